// SPDX-License-Identifier: MPL-2.0
#include "probe/mechanism_choice.hpp"

#include <algorithm>

namespace reprompt::probe {
namespace {

std::optional<Mechanism> first_of(const std::vector<Mechanism>& offered,
                                  const std::vector<Mechanism>& wanted) {
    for (const Mechanism mechanism : wanted) {
        if (std::find(offered.begin(), offered.end(), mechanism) != offered.end()) return mechanism;
    }
    return std::nullopt;
}

bool takes_the_password_itself(Mechanism mechanism) noexcept {
    switch (mechanism) {
        case Mechanism::plain:
        case Mechanism::login:
        case Mechanism::imap_login:
        case Mechanism::user_pass:
            return true;
        case Mechanism::cram_md5:
        case Mechanism::xoauth2:
        case Mechanism::oauthbearer:
            return false;
    }
    return false;
}

}  // namespace

std::optional<Mechanism> choose_mechanism(const Request& request, const std::vector<Mechanism>& offered) {
    if (request.only == Mechanism::login)
        return first_of(offered, {Mechanism::login, Mechanism::imap_login});  // both are called LOGIN
    if (request.only) return first_of(offered, {*request.only});
    // Thunderbird's OAuth2 is XOAUTH2 and nothing else (nsImapProtocol, Pop3Client, SmtpClient): another way
    // in would say nothing about why it fails there.
    if (request.kind == CredentialKind::token) return first_of(offered, {Mechanism::xoauth2});
    if (request.configured_auth == "password_encrypted") return first_of(offered, {Mechanism::cram_md5});
    const auto found = std::find_if(offered.begin(), offered.end(), takes_the_password_itself);
    return found == offered.end() ? std::nullopt : std::optional(*found);
}

}  // namespace reprompt::probe
