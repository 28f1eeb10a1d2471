// SPDX-License-Identifier: MPL-2.0
// CapabilityFacts: which ways to log in a server offers, from its capability lines or bare tokens.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "evidence/evidence.hpp"

namespace reprompt {

enum class Offer : std::uint8_t { unknown, no, yes };

/// What a mechanism presents. `none` = no credential at all (STARTTLS); `other` = neither password nor token
/// (GSSAPI, EXTERNAL).
enum class CredentialClass : std::uint8_t { unknown, password, token, none, other };
CredentialClass credential_class_of(std::string_view mechanism);

struct CapabilityFacts {
    bool known = false;                   ///< the lines say something about logging in
    std::vector<std::string> mechanisms;  ///< SASL names in capitals (AUTH=, SASL, AUTH)
    bool login_disabled = false;          ///< RFC 3501 section 7.2.1, or the same said by POP3 or SMTP
    bool starttls = false;                ///< STARTTLS or STLS
    bool user_pass = false;               ///< POP3 USER (RFC 2449 section 6.3)
    bool auth_without_list = false;       ///< AUTH without names (SMTP)

    /// A SASL mechanism, or POP3's USER, is listed.
    [[nodiscard]] bool lists(std::string_view mechanism) const noexcept;
    [[nodiscard]] bool lists_token() const noexcept;
    /// A listed SASL mechanism takes a password, or a command does.
    [[nodiscard]] bool takes_password(Protocol protocol) const noexcept;
};

CapabilityFacts read_capabilities(Protocol protocol, const std::vector<std::string>& lines);

/// Whether the way named by Attempt::mechanism is on offer.
Offer offer_of(Protocol protocol, const CapabilityFacts& facts, std::string_view mechanism);

}  // namespace reprompt
