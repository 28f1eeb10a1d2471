// SPDX-License-Identifier: MPL-2.0
// SaslExchange: which line answers which challenge.
#include "protocol/sasl_exchange.hpp"

#include "base/text.hpp"

namespace reprompt::protocol {

bool has_initial_response(Mechanism mechanism) noexcept {
    switch (mechanism) {
        case Mechanism::plain:
        case Mechanism::xoauth2:
        case Mechanism::oauthbearer:
            return true;
        case Mechanism::login:
        case Mechanism::cram_md5:
        case Mechanism::imap_login:
        case Mechanism::user_pass:
            return false;
    }
    return false;
}

bool carries_token(Mechanism mechanism) noexcept {
    return mechanism == Mechanism::xoauth2 || mechanism == Mechanism::oauthbearer;
}

Expected<SaslExchange::Answer, std::string> SaslExchange::answer(std::string_view challenge) {
    constexpr int most_challenges = 4;  // LOGIN has two; one more is answered "*", one more for good measure
    if (++challenges_ > most_challenges)
        return Unexpected<std::string>("the server goes on asking without an end");
    if (has_initial_response(mechanism_) && !initial_sent_) {
        initial_sent_ = true;
        return Answer{"", {SlotKind::sasl_initial, ""}};
    }
    switch (mechanism_) {
        case Mechanism::xoauth2:
            return Answer{"", {}};
        // RFC 7628 section 3.2.3: a dummy answer, one octet 0x01.
        case Mechanism::oauthbearer:
            return Answer{"AQ==", {}};
        case Mechanism::login: {
            // Quirk `prompt_in_clear`: "334 Username:" without base64. LOGIN does not look at the prompt.
            const bool prompt_in_clear = !base64_decode(challenge);
            return Answer{
                "", {SlotKind::sasl_response, prompt_in_clear ? std::string() : std::string(challenge)}};
        }
        case Mechanism::cram_md5:
            return Answer{"", {SlotKind::sasl_response, std::string(challenge)}};
        case Mechanism::plain:
        case Mechanism::imap_login:
        case Mechanism::user_pass:
            break;
    }
    return Answer{"*", {}};  // nothing more to say: cancel (RFC 4422 section 3.5)
}

std::string readable_challenge(Mechanism mechanism, std::string_view challenge) {
    if (carries_token(mechanism)) {
        const auto decoded = base64_decode(challenge);
        if (decoded && decoded->starts_with('{') && is_utf8(*decoded)) return std::string(trim(*decoded));
    }
    return std::string(challenge);
}

}  // namespace reprompt::protocol
