// SPDX-License-Identifier: MPL-2.0
#include "protocol/imap_reply.hpp"

#include <doctest/doctest.h>

using namespace reprompt::protocol;
using Words = std::vector<std::string>;

TEST_CASE("IMAP lines are told apart by their first word") {
    const auto tagged = parse_imap_line("a2 NO [AUTHENTICATIONFAILED] no");
    CHECK(tagged.kind == ImapKind::tagged);
    CHECK(tagged.tag == "a2");
    CHECK(tagged.status == ImapStatus::no);
    CHECK(tagged.text == "[AUTHENTICATIONFAILED] no");
    CHECK(tagged.frame == 5);

    const auto bye = parse_imap_line("* bye See you");
    CHECK(bye.kind == ImapKind::untagged);
    CHECK(bye.status == ImapStatus::bye);
    CHECK(bye.text == "See you");

    CHECK(parse_imap_line("* 3 EXISTS").status == ImapStatus::other);
    CHECK(parse_imap_line("+ YWJj ").text == "YWJj");
    CHECK(parse_imap_line("+").kind == ImapKind::continuation);
    CHECK(parse_imap_line("a1 OK").status == ImapStatus::ok);
}

TEST_CASE("what is no IMAP line is none") {
    for (const auto* line :
         {"", "*", "a1", " a1 OK", "+OK ready", "a1 MAYBE", "220 mail ESMTP", "a+1 OK x", "\xE4 OK x"}) {
        CAPTURE(line);
        const auto kind = parse_imap_line(line).kind;
        CHECK(kind == ImapKind::other);
    }
}

TEST_CASE("capabilities come from an untagged line or a response code") {
    CHECK(imap_capabilities("* CAPABILITY IMAP4rev1  AUTH=PLAIN ") == Words{"IMAP4rev1", "AUTH=PLAIN"});
    CHECK(imap_capabilities("* OK [CAPABILITY IMAP4rev1 SASL-IR] hi [x]") == Words{"IMAP4rev1", "SASL-IR"});
    CHECK(imap_capabilities("a1 OK [CAPABILITY IMAP4rev1] done") == Words{"IMAP4rev1"});
    CHECK_FALSE(imap_capabilities("* OK [CAPABILITY IMAP4rev1 unfinished"));
    CHECK_FALSE(imap_capabilities("* OK CAPABILITY is my middle name"));
    CHECK_FALSE(imap_capabilities("* NO [CAPABILITY IMAP4rev1] x"));
    CHECK_FALSE(imap_capabilities("* CAPABILITYX a"));
    CHECK(has_capability({"imap4REV1", "auth=plain"}, "AUTH=PLAIN"));
    CHECK_FALSE(has_capability({"AUTH=PLAIN-CLIENTTOKEN"}, "AUTH=PLAIN"));
}

TEST_CASE("quoted strings escape quote and backslash, everything beyond ASCII needs a literal") {
    CHECK(imap_quoted("a\"b\\c") == "\"a\\\"b\\\\c\"");
    CHECK(imap_quoted("") == "\"\"");
    CHECK(is_imap_quotable("a b\"\\~"));
    CHECK_FALSE(is_imap_quotable("ä"));
    CHECK_FALSE(is_imap_quotable("a\tb"));
    CHECK_FALSE(is_imap_quotable("\x7F"));
}
