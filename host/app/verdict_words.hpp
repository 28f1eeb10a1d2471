// SPDX-License-Identifier: MPL-2.0
// VerdictWords: the verdicts in plain English, for people at a terminal. (The add-on has its own words in
// _locales.)
#pragma once

#include "diagnose/verdict.hpp"

namespace reprompt::app {

struct VerdictWords {
    const char* what;  ///< what happened, one sentence
    const char* next;  ///< what to do
};
VerdictWords words_of(VerdictCode code) noexcept;

}  // namespace reprompt::app
