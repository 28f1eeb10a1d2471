// SPDX-License-Identifier: MPL-2.0
// The text of the ledger file: what is written comes back, and nothing else does.
#include "ledger/ledger_line.hpp"

#include <doctest/doctest.h>

#include "ledger/digest.hpp"

using namespace reprompt;
using namespace reprompt::ledger;

namespace {

Event rejected_event() {
    Event event;
    event.kind = EventKind::rejected;
    event.at = std::chrono::system_clock::time_point(std::chrono::milliseconds(1'760'000'000'123));
    event.attempt = std::string(16, 'a');
    event.account_key = std::string(32, 'b');
    event.fingerprint = std::string(64, 'c');
    event.verdict.code = VerdictCode::app_password_required;
    event.verdict.confidence = Confidence::certain;
    event.verdict.rule = "gmail.app-password";
    event.verdict.stage = Stage::auth;
    event.verdict.server_words = {"a1 NO one", "a1 NO two"};
    return event;
}

}  // namespace

TEST_CASE("every kind of event comes back as it was written") {
    const std::string salt(32, '0');
    std::string text = header_line(salt);
    for (const EventKind kind : {EventKind::begin, EventKind::rejected, EventKind::accepted,
                                 EventKind::unjudged, EventKind::refused, EventKind::forget}) {
        Event event = rejected_event();
        event.kind = kind;
        if (kind == EventKind::forget) event.attempt.clear();
        text += event_line(event);
    }
    const LedgerText read = parse_ledger(text, true);
    CHECK(read.salt == salt);
    CHECK(read.damaged == 0);
    CHECK(read.complete == text.size());
    REQUIRE(read.events.size() == 6);
    CHECK(read.events[1].at == rejected_event().at);
    CHECK(read.events[1].fingerprint == std::string(64, 'c'));
    CHECK(read.events[1].verdict.rule == "gmail.app-password");
    CHECK(read.events[1].verdict.server_words == rejected_event().verdict.server_words);
    CHECK(read.events[5].kind == EventKind::forget);
    std::string again = header_line(read.salt);
    for (const Event& event : read.events)
        again += event_line(event);
    CHECK(again == text);
}

TEST_CASE("long and strange words are cut at a character and stay readable") {
    Event event = rejected_event();
    std::string words;
    while (words.size() < 1000)
        words += "日本語";
    event.verdict.server_words = {words};
    event.verdict.rule = std::string("\xff\n\0 rule", 8);
    const std::string line = event_line(event);
    CHECK(line.size() < longest_line);
    const LedgerText read = parse_ledger(line, false);
    REQUIRE(read.events.size() == 1);
    CHECK(read.events[0].verdict.server_words[0].size() <= 200);
    CHECK(words.starts_with(read.events[0].verdict.server_words[0]));
}

TEST_CASE("any changed octet of a line makes that line unreadable") {
    const std::string line = event_line(rejected_event());
    for (std::size_t at = 0; at + 1 < line.size(); ++at) {
        std::string changed = line;
        changed[at] = static_cast<char>(changed[at] ^ 1);
        const LedgerText read = parse_ledger(changed, false);
        CHECK(read.events.empty());
        CHECK(read.damaged >= 1);
    }
}

TEST_CASE("lines with a right checksum and a wrong content are unreadable") {
    const std::string account(32, 'b');
    const std::string attempt(16, 'a');
    for (const std::string& content :
         {std::string(), std::string("begin"), "begin -1 " + attempt + ' ' + account + " -",
          "begin 99999999999999999999 " + attempt + ' ' + account + " -",
          "begin 1 " + attempt + ' ' + account, "begin 1 " + attempt + ' ' + account + " zz",
          "begin 1 " + attempt + " B -", "forget 1 " + attempt + ' ' + account,
          "rejected 1 " + attempt + ' ' + account + " - nonsense certain auth - - - -",
          "rejected 1 " + attempt + ' ' + account + " - stale_password certain auth - - - !"}) {
        CAPTURE(content);
        CHECK(parse_ledger(checksum(content) + ' ' + content + '\n', false).damaged == 1);
    }
}

TEST_CASE("what follows the last line end is not read") {
    const std::string line = event_line(rejected_event());
    const LedgerText read = parse_ledger(line + line.substr(0, 30), false);
    CHECK(read.events.size() == 1);
    CHECK(read.complete == line.size());
    CHECK(read.damaged == 0);
    CHECK(parse_ledger("", true).salt.empty());
}
