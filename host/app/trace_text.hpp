// SPDX-License-Identifier: MPL-2.0
// TraceText: how a verdict came about, for people (`explain --trace`) and as JSON (`explain --trace --json`).
// Belongs here: layout. Does not belong here: asking the rules (diagnose/trace).
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "diagnose/trace.hpp"

namespace reprompt {

/// A list of judgements: `{"of", "read": {…}, "rules": [{"rule", "verdict", "confidence", "held", "met",
/// "missing"[, "decided"][, "overruled"][, "origin"]}]}`, every rule in the order in which it is asked.
nlohmann::json trace_to_json(const std::vector<Trace>& traces);

/// Lines with line ends, indented by two blanks, about 100 columns: what was read, the rule that decided,
/// those that hold too, those that one predicate kept away, and how many others there are.
std::string trace_text(const std::vector<Trace>& traces);

}  // namespace reprompt
