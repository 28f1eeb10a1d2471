// SPDX-License-Identifier: MPL-2.0
// Advice: what a user can do about a verdict, from the rule, the provider and the verdict itself. Closed
// words (rules.hpp).
#pragma once

#include "diagnose/rule_content.hpp"

namespace reprompt {

/// Fills advice, links and provider. `rule` and `provider` may be null.
void advise(Verdict& verdict, Protocol protocol, const Rule* rule, const Provider* provider);

}  // namespace reprompt
