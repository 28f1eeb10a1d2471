// SPDX-License-Identifier: MPL-2.0
#include "diagnose/capability_facts.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace reprompt {

CredentialClass credential_class_of(std::string_view mechanism) {
    if (mechanism.empty()) return CredentialClass::unknown;
    if (mechanism == "XOAUTH2" || mechanism == "OAUTHBEARER" || mechanism == "XOAUTH")
        return CredentialClass::token;
    if (mechanism == "STARTTLS" || mechanism == "STLS" || mechanism == "CAPABILITY" || mechanism == "CAPA" ||
        mechanism == "NONE") {
        return CredentialClass::none;
    }
    if (mechanism == "GSSAPI" || mechanism == "EXTERNAL" || mechanism == "GS2-KRB5")
        return CredentialClass::other;
    return CredentialClass::password;
}

bool CapabilityFacts::lists(std::string_view mechanism) const noexcept {
    if (user_pass && mechanism == "USER") return true;
    return std::find(mechanisms.begin(), mechanisms.end(), mechanism) != mechanisms.end();
}

bool CapabilityFacts::lists_token() const noexcept {
    return lists("XOAUTH2") || lists("OAUTHBEARER");
}

bool CapabilityFacts::takes_password(Protocol protocol) const noexcept {
    if (user_pass || auth_without_list) return true;
    const bool sasl = std::any_of(mechanisms.begin(), mechanisms.end(), [](const std::string& name) {
        return name == "PLAIN" || name == "LOGIN" || name == "CRAM-MD5" || name == "DIGEST-MD5" ||
               name == "NTLM" || name.starts_with("SCRAM-");
    });
    // IMAP's LOGIN command needs no listing (RFC 3501 section 6.2.3); a server that lists only token
    // mechanisms will not take it.
    return sasl || (protocol == Protocol::imap && !login_disabled && !lists_token());
}

CapabilityFacts read_capabilities(Protocol protocol, const std::vector<std::string>& lines) {
    CapabilityFacts facts;
    bool bare_list = false;  // AUTH (SMTP) or SASL (POP3) without a name behind it
    for (const auto& line : lines) {
        bool names_follow = false;  // after AUTH (SMTP) or SASL (POP3)
        for (auto token : split_words(line)) {
            while (!token.empty() && (token.front() == '[' || token.front() == '('))
                token.remove_prefix(1);
            while (!token.empty() && (token.back() == ']' || token.back() == ')'))
                token.remove_suffix(1);
            if (protocol == Protocol::smtp && token.size() > 4 && token[0] >= '0' && token[0] <= '9' &&
                (token[3] == '-' || token[3] == ' ')) {
                token.remove_prefix(4);
            }
            if (istarts_with(token, "AUTH=")) {
                facts.mechanisms.push_back(to_upper(token.substr(5)));
                names_follow = protocol == Protocol::smtp;
            } else if (names_follow) {
                facts.mechanisms.push_back(to_upper(token));
            } else if (iequals(token, "LOGINDISABLED")) {
                facts.login_disabled = true;
            } else if (iequals(token, "STARTTLS") || iequals(token, "STLS")) {
                facts.starttls = true;
            } else if (protocol == Protocol::pop3 && iequals(token, "USER")) {
                facts.user_pass = true;
            } else if ((protocol == Protocol::smtp && iequals(token, "AUTH")) ||
                       (protocol == Protocol::pop3 && iequals(token, "SASL"))) {
                names_follow = true;
            }
        }
        if (names_follow && facts.mechanisms.empty()) bare_list = true;
    }
    // Nobody may log in yet: POP3 with an empty SASL list and no USER (Dovecot 2.3 without TLS), SMTP with
    // STARTTLS and no AUTH (RFC 4954 section 4).
    const bool none_listed = facts.mechanisms.empty() && !facts.user_pass;
    if (protocol == Protocol::pop3 && bare_list && none_listed) facts.login_disabled = true;
    if (protocol == Protocol::smtp && !bare_list && none_listed && facts.starttls)
        facts.login_disabled = true;
    facts.auth_without_list = bare_list && protocol != Protocol::pop3;
    facts.known = facts.login_disabled || facts.user_pass || !facts.mechanisms.empty();
    return facts;
}

Offer offer_of(Protocol protocol, const CapabilityFacts& facts, std::string_view mechanism) {
    if (!facts.known || mechanism.empty()) return Offer::unknown;
    if (facts.lists(mechanism)) return Offer::yes;
    if (protocol == Protocol::imap && mechanism == "LOGIN")
        return facts.login_disabled ? Offer::no : Offer::yes;
    if (protocol == Protocol::pop3 &&
        (mechanism == "USER/PASS" || mechanism == "PASS" || mechanism == "USER" || mechanism == "APOP")) {
        return facts.user_pass ? Offer::yes : Offer::unknown;  // CAPA is optional and often incomplete
    }
    return facts.mechanisms.empty() ? Offer::unknown : Offer::no;
}

}  // namespace reprompt
