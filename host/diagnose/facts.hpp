// SPDX-License-Identifier: MPL-2.0
// Prepares Facts from Evidence: which words count, who spoke them, what the channel was.
#pragma once

#include "diagnose/rule_match.hpp"

namespace reprompt {

/// The answer to the evidence's own attempt, which must be there.
Facts facts_of_attempt(const Evidence& evidence, const RuleBook::Content& rules);
/// Words that Thunderbird heard.
Facts facts_of_heard(const Evidence& evidence, const Heard& heard, const RuleBook::Content& rules);
/// Everything before a credential: network, TLS, capabilities, a greeting or an unasked line that refuses.
Facts facts_before_attempt(const Evidence& evidence, const RuleBook::Content& rules);

/// Words in clear from anywhere but this machine decide only tls_*, server_unreachable and inconclusive
/// (DESIGN section 3).
inline bool trusted(const Facts& facts) noexcept {
    return facts.channel != ChannelState::plain || facts.evidence->loopback;
}

}  // namespace reprompt
