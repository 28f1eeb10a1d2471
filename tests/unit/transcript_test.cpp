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
    for (const auto& marks : {std::pair("S: ", "C: "), std::pair("<- ", "-> "), std::pair("-> ", "<- "),
                              std::pair("12:00:01.2 S: ", "12:00:01.1 C: "), std::pair("< ", "> "),
                              std::pair("mailnews.smtp: S: ", "mailnews.smtp: C: "),
                              std::pair("SERVER -> CLIENT: ", "CLIENT -> SERVER: ")}) {
        const std::string s = marks.first, c = marks.second;
        CAPTURE(s);
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

TEST_CASE("what accepts, what refuses again, and what is beside the point") {
    const auto accepted = [](Protocol protocol, const Lines& lines) {
        return answer_in(protocol, lines).accepted;
    };
    // Another connection.
    CHECK_FALSE(accepted(Protocol::smtp, {"235 2.7.0 ok", "221 Bye", "220 mail ESMTP", "535 5.7.8 no"}));
    CHECK_FALSE(accepted(Protocol::imap, {"a1 OK Logged in", "* BYE Logging out", "* OK ready", "a1 NO no"}));
    // Words of response codes are no words of a sign-in.
    CHECK_FALSE(accepted(Protocol::imap, {"a1 OK [CAPABILITY IMAP4rev1 AUTH=LOGIN] ID completed.",
                                          "a2 NO [AUTHENTICATIONFAILED] no"}));
    CHECK_FALSE(accepted(Protocol::imap,
                         {"a1 NO Login failed", "a2 OK [CAPABILITY LOGIN-REFERRALS] CAPABILITY completed"}));
    CHECK_FALSE(accepted(Protocol::pop3, {"-ERR Login failed", "+OK POP3 server, please login"}));
    CHECK(accepted(Protocol::imap, {"a1 OK [CAPABILITY IMAP4rev1 STARTTLS] Logged in"}));
    CHECK(accepted(Protocol::pop3, {"+OK User fred authenticated; server ready"}));
    CHECK(accepted(Protocol::imap, {"a1 OK User fred signed in", "a2 NO [NONEXISTENT] no"}));
    // Prose.
    for (const char* text :
         {"Authentication status: not OK", "Connection OK - login failed", "IMAP test: Connection OK"})
        CHECK_FALSE(accepted(Protocol::imap, {text}));
    CHECK(answer_in(Protocol::imap, {"Login failed for <fred@example.org> wrong password"}).complete);
    // The hanging up of an idle connection is not a refusal.
    CHECK(accepted(Protocol::imap, {"a1 OK Logged in", "* BYE Disconnected for inactivity."}));
    // Errors of later commands, and a try that was cut off, do not replace what was refused.
    const Lines no{"a1 NO [AUTHENTICATIONFAILED] no"};
    CHECK(answer_in(Protocol::imap, {no[0], "a2 BAD Error in IMAP command"}).lines == no);
    CHECK(answer_in(Protocol::imap, {no[0], "+ "}).lines == no);
    CHECK(answer_in(Protocol::smtp, {"535 no", "334 VXNlcm5hbWU6"}).lines == Lines{"535 no"});
    CHECK(answer_in(Protocol::smtp, {"535 no", "250 2.1.0 Ok", "554 5.7.1 Relay access denied"}).lines ==
          Lines{"535 no"});
    CHECK(answer_in(Protocol::smtp, {"535 one", "334 eyJz", "535 two"}).lines ==
          Lines{"334 eyJz", "535 two"});
    // swaks, msmtp
    CHECK(
        answer_in(Protocol::smtp, {"<-  220 mail ESMTP", " -> AUTH LOGIN", "<** 535 no", " -> QUIT"}).lines ==
        Lines{"535 no"});
    CHECK(answer_in(Protocol::smtp, {"--> AUTH PLAIN x", "<-- 535 no"}).lines == Lines{"535 no"});
}
