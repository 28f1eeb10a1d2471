// SPDX-License-Identifier: MPL-2.0
// Trace: for people who write rules, which ones held for a piece of evidence, the deciding one first.
#pragma once

#include <string>
#include <vector>

#include "diagnose/rules.hpp"

namespace reprompt {

/// Ids in the order in which they are asked; of the attempt if there is one, else of what is known before
/// one.
std::vector<std::string> rules_that_hold(const Evidence& evidence, const RuleBook& rules);

}  // namespace reprompt
