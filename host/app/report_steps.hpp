// SPDX-License-Identifier: MPL-2.0
// ReportSteps: what a probe tried, step by step, and how each step went. Belongs here: reading that out of
// the Evidence. Does not belong here: the rest of the report (report_text).
#pragma once

#include <string>
#include <vector>

#include "app/report_words.hpp"
#include "probe/probe.hpp"

namespace reprompt::app {

/// One line for each step, in columns, indented by two blanks, at most 80 columns; one sentence if nothing
/// was tried at all (the ledger or heard words decided).
std::vector<std::string> step_lines(const probe::Result& result, Language language);

}  // namespace reprompt::app
