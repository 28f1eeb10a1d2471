// SPDX-License-Identifier: MPL-2.0
// What people paste, read down to the answer to the sign-in. Not here: what single answers mean
// (corpus_test.cpp).
#include "evidence/transcript.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "app/explain.hpp"

using namespace reprompt;
using nlohmann::json;
using Lines = std::vector<std::string>;

TEST_CASE("transcripts in the forms of many logs are judged by their last outcome") {
    std::ifstream file(SOURCE_DIR "/tests/corpus/transcripts.jsonl");
    int count = 0;
    for (std::string text; std::getline(file, text); ++count) {
        auto line = json::parse(text);
        auto accepted = line.at("accept");
        accepted.push_back(line.at("label"));
        line.erase("label");
        line.erase("accept");
        CAPTURE(text);
        const auto out = json::parse(explain_line(line.dump(), RuleBook::built_in(), false));
        CHECK(std::find(accepted.begin(), accepted.end(), out.at("verdict")) != accepted.end());
    }
    CHECK(count > 50);
}

TEST_CASE("the marks of logs are taken off, and the client's lines left out") {
    for (const auto& [server, client] :
         {std::pair("S: ", "C: "), std::pair("<- ", "-> "), std::pair("-> ", "<- "),
          std::pair("12:00:01.2 S: ", "12:00:01.1 C: "), std::pair("< ", "> "),
          std::pair("mailnews.smtp: S: ", "mailnews.smtp: C: "),
          std::pair("SERVER -> CLIENT: ", "CLIENT -> SERVER: ")}) {
        CAPTURE(server);
        const std::string s = server, c = client;
        const auto answer =
            answer_in(Protocol::smtp, {s + "250-AUTH PLAIN LOGIN", s + "250 OK", c + "AUTH LOGIN",
                                       s + "535 5.7.8 no", c + "QUIT", s + "221 Bye"});
        CHECK(answer.lines == Lines{"535 5.7.8 no"});
        CHECK(answer.complete);
        CHECK_FALSE(answer.accepted);
    }
    CHECK(answer_in(Protocol::imap, {"<= 'a1 NO [AUTHENTICATIONFAILED] no\\r\\n'"}).lines ==
          Lines{"a1 NO [AUTHENTICATIONFAILED] no"});
    // A mail program's words with a colon, and a URL, are no marks.
    for (const char* text :
         {"Login failed: wrong password", "See https://example.org/ERRS: 1", "C'est non: refusé"})
        CHECK(answer_in(Protocol::imap, {text}).lines == Lines{text});
}

TEST_CASE("what is over does not count") {
    CHECK(answer_in(Protocol::pop3,
                    {"-ERR [AUTH] not in clear", "+OK Begin TLS negotiation now.", "+OK", "-ERR no"})
              .lines == Lines{"-ERR no"});
    CHECK(answer_in(Protocol::smtp, {"530 Must issue STARTTLS", "220 2.0.0 Ready to start TLS", "535 no"})
              .lines == Lines{"535 no"});
    CHECK(answer_in(Protocol::imap, {"1 NO mechanism not available", "2 NO Password incorrect"}).lines ==
          Lines{"2 NO Password incorrect"});
    const auto in =
        answer_in(Protocol::smtp, {"535 no", "334 VXNlcm5hbWU6", "235 ok", "250 ok", "354 go on"});
    CHECK(in.accepted);
    CHECK(answer_in(Protocol::imap, {"1 OK LOGIN completed", "2 NO SELECT failed"}).accepted);
    CHECK_FALSE(
        answer_in(Protocol::imap, {"1 OK LOGIN completed", "* BYE your account has been disabled"}).accepted);
    CHECK(answer_in(Protocol::imap, {"1 OK LOGIN completed", "* BYE LOGOUT received"}).accepted);
    CHECK_FALSE(answer_in(Protocol::imap, {"* CAPABILITY IMAP4rev1", "1 OK Thats all she wrote!"}).accepted);
    CHECK(answer_in(Protocol::imap, {"* CAPABILITY IMAP4rev1", "1 OK done"}).accepted);
    CHECK_FALSE(answer_in(Protocol::pop3, {"+OK Logged in.", "-ERR cannot open maildrop"}).accepted);
    CHECK_FALSE(answer_in(Protocol::imap, {}).complete);
}
