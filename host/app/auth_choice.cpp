// SPDX-License-Identifier: MPL-2.0
#include "app/auth_choice.hpp"

#include <algorithm>
#include <iterator>

#include "base/text.hpp"

namespace reprompt::app {

namespace {

struct AuthChoice {
    std::string_view word;
    Mechanism mechanism;
    const char* configured;  ///< as Evidence::configured_auth
};
constexpr AuthChoice auth_choices[] = {
    {"PLAIN", Mechanism::plain, "password"},
    {"LOGIN", Mechanism::login, "password"},
    {"CRAM-MD5", Mechanism::cram_md5, "password_encrypted"},
    {"XOAUTH2", Mechanism::xoauth2, "oauth2"},
    {"OAUTHBEARER", Mechanism::oauthbearer, "oauth2"},
    {"USER", Mechanism::user_pass, "password"},
    {"USER/PASS", Mechanism::user_pass, "password"},
};

}  // namespace

Expected<void, std::string> choose_auth(std::string_view word, probe::Request& request) {
    const std::string upper = to_upper(word);
    const auto choice = std::find_if(std::begin(auth_choices), std::end(auth_choices),
                                     [&](const auto& known) { return known.word == upper; });
    if (choice == std::end(auth_choices)) return Unexpected<std::string>(std::string("takes ") + auth_words);
    if (choice->mechanism == Mechanism::user_pass && request.endpoint.protocol != Protocol::pop3)
        return Unexpected<std::string>("USER is for POP3 only");
    request.only = choice->mechanism;
    request.configured_auth = choice->configured;
    return {};
}

}  // namespace reprompt::app
