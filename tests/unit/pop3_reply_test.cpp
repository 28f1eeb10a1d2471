// SPDX-License-Identifier: MPL-2.0
#include "protocol/pop3_reply.hpp"

#include <doctest/doctest.h>

using namespace reprompt::protocol;
using Words = std::vector<std::string>;

TEST_CASE("POP3 status words are told apart, in any case") {
    CHECK(parse_pop3_line("+OK").status == Pop3Status::ok);
    CHECK(parse_pop3_line("+ok ready").text == "ready");
    CHECK(parse_pop3_line("-ERR [AUTH] no").status == Pop3Status::err);
    CHECK(parse_pop3_line("-ERR [AUTH] no").text == "[AUTH] no");
    CHECK(parse_pop3_line("+").status == Pop3Status::challenge);
    CHECK(parse_pop3_line("+ ").text.empty());
    CHECK(parse_pop3_line("+ YWJj").text == "YWJj");
    for (const auto* line : {"", "+OKAY", "-ERROR", "OK", "++", "* OK", "220 x"}) {
        CAPTURE(line);
        CHECK(parse_pop3_line(line).status == Pop3Status::other);
    }
}

TEST_CASE("a doubled dot is one dot, a lone dot is the end") {
    CHECK(unstuff_dot("..") == ".");
    CHECK(unstuff_dot("..x") == ".x");
    CHECK(unstuff_dot(".x") == "x");
    CHECK(unstuff_dot("x.") == "x.");
    CHECK(unstuff_dot("") == "");
    CHECK_FALSE(unstuff_dot("."));
}

TEST_CASE("CAPA parameters are found by their tag") {
    const Words lines{"USER", "sasl plain Login", "SASL XOAUTH2", "IMPLEMENTATION x"};
    CHECK(capa_parameters(lines, "SASL") == Words{"PLAIN", "LOGIN", "XOAUTH2"});
    CHECK(capa_parameters(lines, "USER") == Words{});
    CHECK_FALSE(capa_parameters(lines, "STLS"));
    CHECK_FALSE(capa_parameters({"USERX", ""}, "USER"));
}
