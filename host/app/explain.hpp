// SPDX-License-Identifier: MPL-2.0
// Explain: JSON Lines in, JSON Lines out; the decision alone, no network (host/DESIGN.md section 5). Belongs
// here: reading a line and printing a verdict. Does not belong here: what the fields mean
// (evidence/explain_form), the decision (diagnose/).
#pragma once

#include <iosfwd>
#include <string>
#include <string_view>

#include "diagnose/rules.hpp"

namespace reprompt {

/// What became of one line.
struct Explained {
    std::string json;      ///< one line without line end: the verdict, or {"id":…,"error":"…"}
    bool readable = true;  ///< false: `json` is an error, and the run must end with exit status 65
};

inline constexpr std::size_t longest_explain_line = 1024 * 1024;

/// `line` without line end, in the flat form or as {"id":…,"evidence":{…}}. `trace` adds "trace": all rules
/// that hold, in order.
Explained explain_one(std::string_view line, const RuleBook& rules, bool trace);

/// The same, for callers who do not ask whether it was readable.
std::string explain_line(std::string_view line, const RuleBook& rules, bool trace);

/// Every line of `in` to `out`; CRLF is fine, empty lines are skipped, memory does not grow with the input.
/// True if all were readable.
bool explain_stream(std::istream& in, std::ostream& out, const RuleBook& rules, bool trace);

}  // namespace reprompt
