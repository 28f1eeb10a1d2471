// SPDX-License-Identifier: MPL-2.0
#include <doctest/doctest.h>

#include "base/text.hpp"
#include "sasl/mechanism.hpp"

using namespace reprompt;
using namespace std::string_view_literals;

namespace {

std::unique_ptr<sasl::Client> client(Mechanism mechanism, std::string_view user, const Secret& password) {
    return sasl::make_client(mechanism, user, password, "server.example.com", 143);
}

}  // namespace

TEST_CASE("PLAIN sends one message with an empty authorization identity (RFC 4616 section 4)") {
    const Secret password("tanstaaftanstaaf");
    const auto plain = client(Mechanism::plain, "tim", password);
    CHECK(plain->initial_response()->reveal() == "\0tim\0tanstaaftanstaaf"sv);
    CHECK_FALSE(plain->respond(""));
}

TEST_CASE("an empty password and a password of any octets are sent as they are") {
    const Secret nothing;
    CHECK(client(Mechanism::plain, "tim", nothing)->initial_response()->reveal() == "\0tim\0"sv);
    const Secret odd("p\xC3\xA4\xFFss \"\\");
    CHECK(client(Mechanism::plain, "tim", odd)->initial_response()->reveal() ==
          "\0tim\0p\xC3\xA4\xFFss \"\\"sv);
}

TEST_CASE("LOGIN answers name, then password, whatever it is asked, and no more") {
    const Secret password("pw");
    const auto login = client(Mechanism::login, "alice", password);
    CHECK_FALSE(login->initial_response());
    CHECK(login->respond("User Name\0"sv)->reveal() == "alice");
    CHECK(login->respond("")->reveal() == "pw");
    CHECK_FALSE(login->respond("Token:"));
}

TEST_CASE("CRAM-MD5 answers the example of RFC 2195 section 2") {
    const Secret password("tanstaaftanstaaf");
    const auto cram = client(Mechanism::cram_md5, "tim", password);
    CHECK_FALSE(cram->initial_response());
    CHECK(cram->respond("<1896.697170952@postoffice.reston.mci.net>")->reveal() ==
          "tim b913a602c7eda7a495b4e6e7334d3890");
    CHECK_FALSE(cram->respond("<1896.697170952@postoffice.reston.mci.net>"));
}

TEST_CASE("CRAM-MD5 signs nothing that is no challenge") {
    const Secret password("pw");
    CHECK_FALSE(client(Mechanism::cram_md5, "tim", password)->respond("sign this"));
    CHECK_FALSE(client(Mechanism::cram_md5, "tim", password)->respond(""));
}

TEST_CASE("XOAUTH2 sends the token and answers the error with nothing") {
    const Secret token("vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg==");
    const auto xoauth2 = client(Mechanism::xoauth2, "someuser@example.com", token);
    CHECK(base64_encode(*xoauth2->initial_response()).reveal() ==
          "dXNlcj1zb21ldXNlckBleGFtcGxlLmNvbQFhdXRoPUJlYXJlciB2RjlkZnQ0cW1UYzJOdmIzUmxja0JoZEhSaGRtbHpkR0V1WT"
          "I5dENnPT0BAQ==");
    CHECK(xoauth2->respond("{\"status\":\"400\"}")->empty());
    CHECK_FALSE(xoauth2->respond(""));
}

TEST_CASE("OAUTHBEARER sends the message of RFC 7628 section 4.1 and answers the error with 0x01") {
    const Secret token("vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==");
    const auto bearer = client(Mechanism::oauthbearer, "user@example.com", token);
    CHECK(bearer->initial_response()->reveal() ==
          "n,a=user@example.com,\x01host=server.example.com\x01port=143\x01"
          "auth=Bearer vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==\x01\x01");
    CHECK(bearer->respond("{}")->reveal() == "\x01");
    CHECK_FALSE(bearer->respond("{}"));
    CHECK(client(Mechanism::oauthbearer, "a,b=c", token)
              ->initial_response()
              ->reveal()
              .starts_with("n,a=a=2Cb=3Dc,\x01"));
}

TEST_CASE("the two commands have names but no SASL client") {
    const Secret password("pw");
    CHECK(client(Mechanism::imap_login, "a", password) == nullptr);
    CHECK(client(Mechanism::user_pass, "a", password) == nullptr);
    CHECK(name_of(Mechanism::imap_login) == "LOGIN"sv);
    CHECK(name_of(Mechanism::user_pass) == "USER/PASS"sv);
    CHECK(name_of(Mechanism::cram_md5) == "CRAM-MD5"sv);
}
