// SPDX-License-Identifier: MPL-2.0
#include "protocol/smtp_reply.hpp"

#include <doctest/doctest.h>

using namespace reprompt::protocol;
using Words = std::vector<std::string>;

TEST_CASE("SMTP reply lines have a code, a mark for more, and text") {
    const auto more = parse_smtp_line("250-AUTH PLAIN");
    REQUIRE(more);
    CHECK(more->code == 250);
    CHECK_FALSE(more->last);
    CHECK(more->text == "AUTH PLAIN");
    CHECK(parse_smtp_line("535 5.7.8 no")->last);
    CHECK(parse_smtp_line("250")->last);
    CHECK(parse_smtp_line("250 ")->text.empty());
    for (const auto* line : {"", "25", "2500 x", "199 x", "600 x", "25x x", "250_x", "* OK", "-250 x"}) {
        CAPTURE(line);
        CHECK_FALSE(parse_smtp_line(line));
    }
}

TEST_CASE("EHLO parameters are found by keyword, in any case") {
    CHECK(ehlo_parameters({"250-auth plain Login", "250 AUTH XOAUTH2"}, "AUTH") ==
          Words{"PLAIN", "LOGIN", "XOAUTH2"});
    CHECK(ehlo_parameters({"250 STARTTLS"}, "STARTTLS") == Words{});
    CHECK_FALSE(ehlo_parameters({"250 AUTHX PLAIN"}, "AUTH"));
    CHECK_FALSE(ehlo_parameters({}, "AUTH"));
}

TEST_CASE("quirk auth_equals: AUTH=LOGIN of old Exchange is read") {
    CHECK(ehlo_parameters({"250-AUTH=LOGIN PLAIN"}, "AUTH") == Words{"LOGIN", "PLAIN"});
}
