// SPDX-License-Identifier: MPL-2.0
// A word is found however it is spelled, and nothing else is taken for it.
#include <doctest/doctest.h>

#include "base/spelling.hpp"
#include "base/text.hpp"

using namespace reprompt;

namespace {

std::string without(std::string_view word, std::string_view text, Edges edges = Edges::whole_word) {
    return replaced(text, spellings_of(word, text, edges), "*");
}

}  // namespace

TEST_CASE("a word is found in any case, as a word only") {
    CHECK(without("alice", "no ALICE here, Alice") == "no * here, *");
    CHECK(without("alice", "malice, alices") == "malice, alices");
    CHECK(without("alice", "malice", Edges::any) == "m*");
    CHECK(without("al", "al and pal") == "* and pal");
}

TEST_CASE("a word is found behind escapes, one inside another too") {
    CHECK(without("alice@example.org", "user=alice%40example.org&x") == "user=*&x");
    CHECK(without("alice@example.org", "user%3Dalice%2540example%2Eorg") == "user%3D*");
    CHECK(without("alice@example.org", "<a>&#x61;lice&#64;example.org</a>") == "<a>*</a>");
    CHECK(without("alice@example.org", "alice&commat;example&period;org") == "*");
    CHECK(without("alice@example.org", "=61lice=40example.org, alice+40example.org") == "*, *");
    CHECK(without("alice", R"("\x61li\u0063\u{65}" \141lice)") == R"("*" *)");
    CHECK(without("pa\"ss\\word", R"(LOGIN "pa\"ss\\word")") == R"(LOGIN "*")");
    CHECK(without("alice", "\xEF\xBD\x81\xEF\xBD\x8C\xEF\xBD\x89\xEF\xBD\x83\xEF\xBD\x85") == "*");
    CHECK(without("やま田", "no %E3%82%84%e3%81%be%E7%94%B0.") == "no *.");
}

TEST_CASE("a word is found in UTF-16, as octets and as escaping leaves it") {
    const std::string wide(
        "\xFF\xFE"
        "a\0l\0i\0c\0e\0",
        12);
    CHECK(without("alice", escape_server_words(wide)).find('*') != std::string::npos);
    CHECK(without("alice", R"(a\x00l\x00i\x00c\x00e\x00)") == R"(*\x00)");
    CHECK(without("pa\\wd", R"(p\x00a\x00\\x00w\x00d\x00)") == R"(*\x00)");  // the backslash is its own
    CHECK(without("alice", "al\u200Bice") == "*");
    CHECK(without("alice", "a\u034Fl\u202Ei\u2066c\u2060e") == "*");
}

TEST_CASE("a word is found in base64 and hexadecimal, whatever stands before and behind it there") {
    for (const char* before : {"", "a", "ab", "abc"}) {
        INFO(before);
        const auto encoded = base64_encode(std::string(before) + "alice@example.org!");
        CHECK(without("alice@example.org", "x " + encoded + " y") == "x * y");
    }
    CHECK(without("alice", "AUTH PLAIN " + base64_encode(std::string_view("\0alice\0pw", 9))) ==
          "AUTH PLAIN *");
    CHECK(without("alice", "x=" + base64_encode("alice")) == "x=*");
    CHECK(without("alice", base64_encode(base64_encode("user alice"))) == "*");
    CHECK(without("alice", "id 616c696365 end") == "id * end");
    CHECK(without("alice", "id 616C696365") == "id *");
    CHECK(without("alice", "Authentication failed, try PLAIN/LOGIN-CRAM") ==
          "Authentication failed, try PLAIN/LOGIN-CRAM");
}

TEST_CASE("a beginning of the word at a cut end is found") {
    CHECK(without("alice@example.org", "no such user alice@ex…") == "no such user *…");
    CHECK(without("alice@example.org", "no such user ali…") == "no such user ali…");
    CHECK(without("alice@example.org", "no such user alice@ex") == "no such user alice@ex");
}

TEST_CASE("addresses with an escaped at sign are found, sizes and versions are not") {
    const auto found = [](std::string_view text) { return replaced(text, escaped_addresses(text), "*"); };
    CHECK(found("see bob%40example.net now") == "see * now");
    CHECK(found("bob&#64;example.net") == "*");
    CHECK(found("SIZE=40960000.5 a+40b.c =40x.y") == "SIZE=40960000.5 a+40b.c =40x.y");
    CHECK(found("100%40 done") == "100%40 done");
}
