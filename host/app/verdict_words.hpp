// SPDX-License-Identifier: MPL-2.0
// VerdictWords: the verdicts and the advice in plain English and Japanese, for people at a terminal. (The
// add-on has its own words in _locales.) Does not belong here: the other words of a report
// (report_words.hpp).
#pragma once

#include <cstdint>
#include <string_view>

#include "diagnose/verdict.hpp"

namespace reprompt::app {

enum class Language : std::uint8_t { english, japanese };

struct VerdictWords {
    const char* what;  ///< what happened, one sentence
    const char* next;  ///< what to do
};
VerdictWords words_of(VerdictCode code, Language language = Language::english) noexcept;

/// One sentence for a word of `advice` (diagnose/rules.hpp); "" for a word that is not known.
const char* advice_sentence(std::string_view advice, Language language) noexcept;

/// True if `words_of(code).next` says the same already.
bool says_already(VerdictCode code, std::string_view advice) noexcept;

/// The key of `links` for the page that belongs to a word of `advice`.
std::string_view link_key_of(std::string_view advice) noexcept;

}  // namespace reprompt::app
