// SPDX-License-Identifier: MPL-2.0
// The list of mechanisms: their names and who makes each. The mechanisms themselves are one file each.
#include "sasl/mechanism.hpp"

#include "sasl/clients.hpp"

namespace reprompt {

const char* name_of(Mechanism mechanism) noexcept {
    switch (mechanism) {
        case Mechanism::plain:
            return "PLAIN";
        case Mechanism::login:
            return "LOGIN";
        case Mechanism::cram_md5:
            return "CRAM-MD5";
        case Mechanism::xoauth2:
            return "XOAUTH2";
        case Mechanism::oauthbearer:
            return "OAUTHBEARER";
        case Mechanism::imap_login:
            return "LOGIN";
        case Mechanism::user_pass:
            return "USER/PASS";
    }
    return "";
}

namespace sasl {

std::unique_ptr<Client> make_client(Mechanism mechanism, std::string_view user, const Secret& password,
                                    std::string_view host, std::uint16_t port) {
    switch (mechanism) {
        case Mechanism::plain:
            return make_plain(user, password);
        case Mechanism::login:
            return make_login(user, password);
        case Mechanism::cram_md5:
            return make_cram_md5(user, password);
        case Mechanism::xoauth2:
            return make_xoauth2(user, password);
        case Mechanism::oauthbearer:
            return make_oauthbearer(user, password, host, port);
        case Mechanism::imap_login:
        case Mechanism::user_pass:
            return nullptr;
    }
    return nullptr;
}

}  // namespace sasl
}  // namespace reprompt
