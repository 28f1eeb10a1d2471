// SPDX-License-Identifier: MPL-2.0
// Diagnose: Evidence x RuleBook -> Verdict. Pure: no clock, no I/O, no locale, never throws.
#pragma once

#include "diagnose/rules.hpp"
#include "diagnose/verdict.hpp"

namespace reprompt {

/// The whole evidence, an attempt included if there was one.
Verdict diagnose(const Evidence& evidence, const RuleBook& rules) noexcept;

/// The same before a credential was sent ("zero attempts first"): a verdict only if heard words and
/// pre-authentication facts decide at least `likely` by themselves; `inconclusive` means "an attempt is
/// needed".
Verdict diagnose_without_attempt(const Evidence& evidence, const RuleBook& rules) noexcept;

}  // namespace reprompt
