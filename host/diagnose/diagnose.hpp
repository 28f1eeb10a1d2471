// SPDX-License-Identifier: MPL-2.0
// Diagnose: Evidence x RuleBook -> Verdict. Pure: no clock, no I/O, no locale, never throws.
#pragma once

#include "diagnose/rules.hpp"
#include "diagnose/verdict.hpp"

namespace reprompt {

/// Why nothing is sent any more (Evidence::attempts_used_up); English, for Verdict::because and notes.
inline constexpr const char* attempts_used_up_words =
    "Three sign-ins of this account failed within 24 hours; no more are tried.";

/// The whole evidence, an attempt included if there was one.
Verdict diagnose(const Evidence& evidence, const RuleBook& rules) noexcept;

/// The same before a credential was sent ("zero attempts first"): a verdict only if heard words and
/// pre-authentication facts decide at least `likely` by themselves; `inconclusive` means "an attempt is
/// needed".
Verdict diagnose_without_attempt(const Evidence& evidence, const RuleBook& rules) noexcept;

/// Links, origin and the organisation's words for a verdict that was kept without them (ledger::Rejection):
/// of the rule that decided then, if it is still there, still says so and holds for `host` (A-label name),
/// and of the provider.
void advise_again(Verdict& kept, std::string_view host, const RuleBook& rules);

}  // namespace reprompt
