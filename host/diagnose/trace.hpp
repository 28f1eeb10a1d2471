// SPDX-License-Identifier: MPL-2.0
// Trace: for people who write rules: what was read out of a piece of evidence, which rules were looked at,
// and what kept each of them from holding. Belongs here: asking every predicate of every rule. Does not
// belong here: the decision (diagnose.cpp), layout (app/trace_text).
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "diagnose/rules.hpp"

namespace reprompt {

/// One rule, looked at. The predicates have the names of manifests/rules.schema.json; words are followed by
/// the phrases that were found, e.g. `words/any "login failed"`.
struct TracedRule {
    std::string id;
    VerdictCode verdict = VerdictCode::inconclusive;
    Confidence confidence = Confidence::guess;
    RuleOrigin origin = RuleOrigin::built_in;
    std::vector<std::string> met;      ///< predicates that hold
    std::vector<std::string> missing;  ///< predicates that do not; empty = the rule holds
    bool overruled = false;            ///< it holds, but invariant 12 does not let it decide
    bool decided = false;              ///< the first that holds and may
};

/// One judgement. Evidence with words that were heard before is judged more than once.
struct Trace {
    std::string of;  ///< "answer", "heard 1", "heard 2", … or "before any credential"; once more where a
                     ///< provider is recognised that no rule names the host of
    bool accepted = false;  ///< the server said yes, so that no rule was asked
    /// What the rules see, in a fixed order, e.g. {"status", "no"}, {"codes", "AUTHENTICATIONFAILED"}.
    /// Masked.
    std::vector<std::pair<std::string, std::string>> read;
    std::vector<TracedRule> rules;  ///< all of them, in the order in which they are asked
};

/// The judgements that `diagnose` makes of this evidence, in its order.
std::vector<Trace> trace(const Evidence& evidence, const RuleBook& rules);

/// The names of all predicates that a trace can tell apart (a test compares them with the schema).
std::vector<std::string> traced_predicates();

}  // namespace reprompt
