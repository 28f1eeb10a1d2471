// SPDX-License-Identifier: MPL-2.0
// ReportText: one probe on one screen, for people. Belongs here: layout. Does not belong here: sentences
// (verdict_words.hpp), JSON (probe/probe.hpp).
#pragma once

#include <string>

#include "probe/probe.hpp"

namespace reprompt::app {

/// Ends with a newline. No control characters but newlines; the user's address is masked as in the evidence.
std::string report_text(const probe::Result& result);

}  // namespace reprompt::app
