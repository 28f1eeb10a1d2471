// SPDX-License-Identifier: MPL-2.0
// OutsideRules: what a rule from a rule folder may not do (host/DESIGN.md invariant 12), as far as it depends
// on the evidence. Does not belong here: what such a file may hold at all (rules_load), who may have written
// it (app/rule_folders).
#pragma once

#include "diagnose/rule_match.hpp"

namespace reprompt {

/// True if `rule`, which holds, may not decide: it comes from a rule folder and would call a password stale,
/// while the answer carries a response code of another meaning, or the program's own rules know another
/// cause. Never true for a built-in rule.
bool overruled(const Rule& rule, const Facts& facts, const RuleBook::Content& rules);

}  // namespace reprompt
