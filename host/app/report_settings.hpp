// SPDX-License-Identifier: MPL-2.0
// ReportSettings: the part of a probe's report that shows settings found working, old -> new, with the
// reason. In English and Japanese, in the words of Thunderbird's account settings. Does not belong here: the
// rest of the report (report_text).
#pragma once

#include <string>
#include <vector>

#include "app/verdict_words.hpp"
#include "probe/probe.hpp"

namespace reprompt::app {

/// "Change these settings:"
const char* settings_heading(Language language) noexcept;

/// One line for each change, then sentences: who knew of them, and what to look at before using them. Not
/// wrapped. Empty if nothing is proposed.
std::vector<std::string> settings_lines(const probe::Result& result, Language language);

}  // namespace reprompt::app
