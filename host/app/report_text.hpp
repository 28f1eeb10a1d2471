// SPDX-License-Identifier: MPL-2.0
// ReportText: one probe on one screen, for people: at most 24 lines of 80 columns (only a URL may be longer).
// Belongs here: which facts are shown, and layout. Does not belong here: sentences (verdict_words,
// report_words), JSON (probe/result_json).
#pragma once

#include <string>

#include "app/report_words.hpp"
#include "probe/probe.hpp"

namespace reprompt::app {

inline constexpr std::size_t report_lines = 24;
inline constexpr std::size_t report_columns = 80;

struct Look {
    Language language = Language::english;
    bool colour = false;  ///< ANSI colours: a terminal, and NO_COLOR is not set
};

/// Ends with a newline. No control characters but newlines and, with `colour`, those of the first line; the
/// user's address is masked as in the evidence.
std::string report_text(const probe::Result& result, const Look& look = {});

}  // namespace reprompt::app
