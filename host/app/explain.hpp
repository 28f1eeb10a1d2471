// SPDX-License-Identifier: MPL-2.0
// Explain: JSON Lines in, JSON Lines out; the decision alone, no network (host/DESIGN.md section 5). Belongs
// here: reading a line and printing a verdict. Does not belong here: what the fields mean
// (evidence/explain_form), the decision (diagnose/).
#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

#include "diagnose/rules.hpp"
#include "evidence/unread_keys.hpp"

namespace reprompt {

/// Whether, and how, `explain` says how a verdict came about.
enum class Tracing : std::uint8_t {
    none,
    json,  ///< as "trace" in the answer (trace_text.hpp)
    text,  ///< for people, beside the answer
};

/// What became of one line.
struct Explained {
    std::string json;                 ///< one line without line end: the verdict, or {"id":…,"error":"…"}
    bool readable = true;             ///< false: `json` is an error, and the run must end with exit status 65
    std::string trace;                ///< for Tracing::text: lines with line ends
    std::vector<UnreadKey> unread{};  ///< keys of the line that do nothing
};

inline constexpr std::size_t longest_explain_line = 1024 * 1024;

/// `line` without line end, in the flat form or as {"id":…,"evidence":{…}}.
Explained explain_one(std::string_view line, const RuleBook& rules, Tracing tracing);

/// The answer alone; with `trace` as Tracing::json.
std::string explain_line(std::string_view line, const RuleBook& rules, bool trace);

/// Every line of `in` to `out`, an unreadable one with its number as "line" (from 1); CRLF and a mail
/// program's "> " are fine, empty lines and those that begin with
/// "#" (the rest of the add-on's report) are skipped, memory does not grow with the input.
/// Traces for people go to `traces`, each before its answer. True if all were readable.
bool explain_stream(std::istream& in, std::ostream& out, std::ostream& traces, const RuleBook& rules,
                    Tracing tracing);

}  // namespace reprompt
