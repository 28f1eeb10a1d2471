// SPDX-License-Identifier: MPL-2.0
// What holds for all three sessions: limits, settings, a driver that breaks the contract. Conversations are
// in tests/transcripts.
#include "protocol/conversation.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstdio>

#include "base/text.hpp"
#include "protocol/greeting.hpp"

using namespace reprompt;
using namespace reprompt::protocol;

namespace {

constexpr Protocol all[] = {Protocol::imap, Protocol::pop3, Protocol::smtp};

const char* greeting_of(Protocol protocol) {
    switch (protocol) {
        case Protocol::imap:
            return "* OK ready\r\n";
        case Protocol::pop3:
            return "+OK ready\r\n";
        case Protocol::smtp:
            return "220 ready\r\n";
    }
    return "";
}

struct Talk {
    explicit Talk(Protocol protocol,
                  const SessionSettings& settings = {TlsMode::implicit, "alice", "[127.0.0.1]", true}) {
        evidence.protocol = protocol;
        session = make_session(settings, evidence);
    }
    Action say(const Input& input) { return session->resume(input); }
    Evidence evidence;
    std::unique_ptr<Session> session;
};

template <class T>
bool is(const Action& action) {
    return std::holds_alternative<T>(action);
}

}  // namespace

TEST_CASE("NUL, CR, LF and other control characters in settings end the session before anything is sent") {
    for (const auto protocol : all) {
        for (const auto& user :
             {std::string("a\0b", 3), std::string("a\rb"), std::string("a\nUSER x"), std::string("\x7F")}) {
            Talk talk(protocol, {TlsMode::implicit, user, "[127.0.0.1]", true});
            CHECK(is<Done>(talk.say(Start{})));
            CHECK(talk.evidence.failure_detail.find("control character") != std::string::npos);
            CHECK_FALSE(talk.evidence.attempt);
        }
        Talk talk(protocol, {TlsMode::implicit, "alice", "x\r\nMAIL FROM:<>", true});
        CHECK(is<Done>(talk.say(Start{})));
    }
}

TEST_CASE("nothing is sent before the greeting is complete") {
    for (const auto protocol : all) {
        Talk talk(protocol);
        CHECK(is<NeedBytes>(talk.say(Start{})));
        const std::string_view greeting = greeting_of(protocol);
        for (std::size_t i = 0; i + 1 < greeting.size(); ++i)
            CHECK(is<NeedBytes>(talk.say(Bytes{greeting.substr(i, 1)})));
        CHECK(is<Write>(talk.say(Bytes{"\n"})));
    }
}

TEST_CASE("a line over 64 KiB ends the session") {
    for (const auto protocol : all) {
        Talk talk(protocol);
        talk.say(Start{});
        const std::string block(16 * 1024, 'x');
        Action action = NeedBytes{};
        for (int i = 0; i < 5 && is<NeedBytes>(action); ++i)
            action = talk.say(Bytes{block});
        CHECK(is<Done>(action));
        CHECK(talk.evidence.failure == Failure::protocol_error);
        CHECK(talk.evidence.stage == Stage::greeting);
    }
}

TEST_CASE("a reply over 1 MiB ends the session, and little of it is kept") {
    const char* lines[] = {"* 1 EXISTS of many things\r\n", "X-CAPABILITY of many\r\n",
                           "250-X-KEYWORD of many\r\n"};
    for (const auto protocol : all) {
        Talk talk(protocol);
        talk.say(Start{});
        REQUIRE(is<Write>(talk.say(Bytes{greeting_of(protocol)})));
        Action action = talk.say(Written{});
        if (protocol == Protocol::pop3) action = talk.say(Bytes{"+OK\r\n"});
        std::string block;
        while (block.size() < 16 * 1024)
            block += lines[static_cast<int>(protocol)];
        int blocks = 0;
        while (is<NeedBytes>(action) && blocks < 1000) {
            action = talk.say(Bytes{block});
            ++blocks;
        }
        CHECK(is<Done>(action));
        CHECK(blocks <= 65);
        CHECK(talk.evidence.failure == Failure::protocol_error);
        CHECK(talk.evidence.stage == Stage::capabilities);
        CHECK(talk.evidence.unsolicited.size() <= 50);
        CHECK(talk.evidence.offered.size() <= 256);
    }
}

TEST_CASE("a reply of more lines than anybody has to say ends the session") {
    const char* lines[] = {"* X\r\n", "\r\n", "250-\r\n"};
    for (const auto protocol : {Protocol::pop3, Protocol::smtp}) {
        Talk talk(protocol);
        talk.say(Start{});
        REQUIRE(is<Write>(talk.say(Bytes{greeting_of(protocol)})));
        Action action = talk.say(Written{});
        if (protocol == Protocol::pop3) action = talk.say(Bytes{"+OK\r\n"});
        int count = 0;
        for (; is<NeedBytes>(action) && count < 100'000; ++count)
            action = talk.say(Bytes{lines[static_cast<int>(protocol)]});
        CHECK(is<Done>(action));
        CHECK(count <= 16'385);
        CHECK(talk.evidence.failure == Failure::protocol_error);
    }
}

TEST_CASE("of a long line only the beginning is read, and no half of a secret is left where it is cut") {
    std::size_t longest = 0;
    SessionSettings settings{TlsMode::implicit, "alice", "[127.0.0.1]", true};
    settings.hide_secret = [&](std::string_view words) {
        longest = std::max(longest, words.size());
        return mask_secret(words, Secret("correct horse battery"));
    };
    for (std::size_t before = 1000; before < 1030; ++before) {
        Talk talk(Protocol::imap, settings);
        talk.say(Start{});
        // What stands before is masked, so that the place of the cut is within what is kept.
        talk.say(Bytes{"* BYE " + std::string(before, 'A') + " correct horse battery " +
                       std::string(30'000, 'x') + "\r\n"});
        REQUIRE(talk.evidence.greeting.size() == 1);
        CAPTURE(talk.evidence.greeting[0]);
        CHECK(talk.evidence.greeting[0].find("corre") == std::string::npos);
        CHECK(talk.evidence.greeting[0].ends_with("\u2026"));
    }
    CHECK(longest < 2048);
}

TEST_CASE("where a long line is cut, no half of a secret, a name or an address is left in any spelling") {
    const std::string secret = "correct horse battery", address = "bob.jones@corp.example";
    const auto spelled = [](std::string_view text, const char* octet) {
        std::string out;
        for (const char each : text) {
            std::array<char, 16> one{};
            std::snprintf(one.data(), one.size(), octet, static_cast<unsigned>(each));
            out += one.data();
        }
        return out;
    };
    SessionSettings settings{TlsMode::implicit, "alice.miller@example.org", "[127.0.0.1]", true};
    settings.hide_secret = [&](std::string_view words) { return mask_secret(words, Secret(secret)); };
    const std::string all_spellings[] = {spelled(secret, "%%%02X"),        spelled(secret, "%02x"),
                                         spelled(secret, "\\x%02x"),       spelled(secret, "&#%u;"),
                                         spelled(settings.user, "%%%02X"), address};
    for (const auto& spelling : all_spellings) {
        for (std::size_t before = 900; before < 1024; ++before) {
            Talk talk(Protocol::imap, settings);
            talk.say(Start{});
            talk.say(Bytes{"* BYE " + std::string(before, 'A') + " " + spelling + std::string(3000, ' ') +
                           "\r\n"});
            REQUIRE(talk.evidence.greeting.size() == 1);
            CAPTURE(talk.evidence.greeting[0]);
            CHECK(talk.evidence.greeting[0].find(spelling.substr(0, 8)) == std::string::npos);
        }
    }
}

TEST_CASE("of a long line in Japanese the beginning stays, in whole characters") {
    Talk talk(Protocol::imap);
    talk.say(Start{});
    std::string words = "x";
    while (words.size() < 3000)
        words += "\u3042";
    talk.say(Bytes{"* BYE " + words + "\r\n"});
    REQUIRE(talk.evidence.greeting.size() == 1);
    const auto& kept = talk.evidence.greeting[0];
    CAPTURE(kept);
    CHECK(kept.starts_with("* BYE x\u3042"));
    CHECK(kept.size() > 400);
    CHECK(kept.find("\\x") == std::string::npos);
}

TEST_CASE("a flood of lines nobody asked for ends the session") {
    for (const auto protocol : all) {
        Talk talk(protocol);
        talk.say(Start{});
        talk.say(Bytes{greeting_of(protocol)});
        talk.say(Written{});
        Action action = NeedBytes{};
        int lines = 0;
        for (; lines < 1000 && is<NeedBytes>(action); ++lines)
            action = talk.say(Bytes{"hello?\r\n"});
        CHECK(is<Done>(action));
        CHECK(lines < 300);
        CHECK(talk.evidence.failure == Failure::protocol_error);
        CHECK(talk.evidence.unsolicited.size() == 50);
    }
}

TEST_CASE("an input that does not fit the last action ends the session as a mistake of the program") {
    for (const auto protocol : all) {
        for (const Input& input :
             {Input(Bytes{"* OK"}), Input(Written{}), Input(TlsReady{}), Input(Grant{}), Input(Deny{})}) {
            Talk talk(protocol);
            CHECK(is<Done>(talk.say(input)));
            CHECK(talk.evidence.failure_detail.find("mistake in the program") != std::string::npos);
            CHECK(is<Done>(talk.say(Start{})));
        }
        Talk twice(protocol);
        twice.say(Start{});
        CHECK(is<Done>(twice.say(Start{})));
    }
}

TEST_CASE("a grant for a mechanism that was not offered sends nothing") {
    Talk talk(Protocol::imap);
    talk.say(Start{});
    REQUIRE(
        is<WantCredential>(talk.say(Bytes{"* OK [CAPABILITY IMAP4rev1 LOGINDISABLED AUTH=PLAIN] x\r\n"})));
    CHECK(is<Done>(talk.say(Grant{Mechanism::xoauth2, true})));
    CHECK_FALSE(talk.evidence.attempt);
    CHECK(talk.evidence.stage == Stage::auth);
}

TEST_CASE("the rest of a line that began before the command was written is unsolicited") {
    Talk talk(Protocol::smtp);
    talk.say(Start{});
    REQUIRE(is<Write>(talk.say(Bytes{"220 hi\r\n250 AUTH"})));
    CHECK(is<NeedBytes>(talk.say(Written{})));
    CHECK(is<NeedBytes>(talk.say(Bytes{" PLAIN\r\n"})));
    CHECK(talk.evidence.unsolicited == std::vector<std::string>{"250 AUTH PLAIN"});
    CHECK(is<WantCredential>(talk.say(Bytes{"250-hi\r\n250 AUTH LOGIN\r\n"})));
}

TEST_CASE("half a greeting is kept when the server closes") {
    Talk talk(Protocol::imap);
    talk.say(Start{});
    talk.say(Bytes{"\x15\x03\x01"});
    CHECK(is<Done>(talk.say(IoFailure{Failure::connection_closed, "closed"})));
    CHECK(talk.evidence.greeting == std::vector<std::string>{"\\x15\\x03\\x01"});
    CHECK(talk.evidence.failure == Failure::connection_closed);
    CHECK(talk.evidence.stage == Stage::greeting);
}

TEST_CASE("servers are told apart by their first line") {
    CHECK(speaker_of("* OK x") == Speaker::imap);
    CHECK(speaker_of("+OK x") == Speaker::pop3);
    CHECK(speaker_of("-ERR x") == Speaker::pop3);
    CHECK(speaker_of("220-x") == Speaker::smtp);
    CHECK(speaker_of("HTTP/1.0 400 Bad") == Speaker::web);
    CHECK(speaker_of("<!doctype html>") == Speaker::web);
    CHECK(speaker_of("SSH-2.0-x") == Speaker::ssh);
    CHECK(speaker_of("") == Speaker::unknown);
    CHECK(speaker_of("\x16\x03\x01") == Speaker::unknown);
}
