// SPDX-License-Identifier: MPL-2.0
// A book of very many accounts. Not here: what a ledger decides (ledger_test.cpp).
#include "ledger/ledger_book.hpp"

#include <doctest/doctest.h>
#include <malloc.h>

#include "base/sanitized.hpp"
#include "ledger/digest.hpp"

using namespace reprompt;
using namespace reprompt::ledger;

namespace {

const LedgerBook::Time noon{std::chrono::hours(24 * 365 * 50)};

std::string number(std::size_t at, std::size_t digits, const char* what) {
    return hmac_hex(what, {std::to_string(at)}).substr(0, digits);
}

Event event(EventKind kind, std::size_t at) {
    Event event{kind, noon, number(at, attempt_digits, "attempt"), number(at, 32, "account"), {}, {}};
    if (kind == EventKind::begin || kind == EventKind::rejected) event.fingerprint = number(at, 64, "login");
    if (kind != EventKind::rejected) return event;
    event.verdict.code = VerdictCode::stale_password;
    event.verdict.confidence = Confidence::likely;
    event.verdict.rule = "refused.imap";
    event.verdict.advice = {"reset", "app_password"};
    event.verdict.server_words = {"a1 NO [AUTHENTICATIONFAILED] for session " + std::to_string(at)};
    return event;
}

/// What malloc(3) gave out, large pieces too.
std::size_t heap_in_use() {
    const auto heap = ::mallinfo2();
    return heap.uordblks + heap.hblkhd;
}

}  // namespace

TEST_CASE("each of thousands of refusals is found again, and only as many words as are worth their memory") {
    LedgerBook book;
    constexpr std::size_t few = 4000, many = 20'000;
    [[maybe_unused]] std::size_t after_few = 0;  // read where malloc counts
    for (std::size_t at = 0; at < many; ++at) {
        book.apply(event(EventKind::begin, at));
        book.apply(event(EventKind::rejected, at));
        if (at == few) after_few = heap_in_use();
    }
    // 16,000 more accounts: less than two octets for each.
#ifndef REPROMPT_SANITIZED  // a sanitizer's malloc counts nothing
    CHECK(heap_in_use() < after_few + 32 * 1024);
#endif
    std::size_t with_words = 0;
    for (std::size_t at = 0; at < many; at += 7) {
        const auto found = book.rejection(number(at, 64, "login"), noon);
        REQUIRE(found);
        CHECK(found->account_key == number(at, 32, "account"));
        CHECK(found->attempt == number(at, attempt_digits, "attempt"));
        CHECK(found->verdict.rule == "refused.imap");
        CHECK(found->verdict.advice == std::vector<std::string>{"reset", "app_password"});
        if (found->verdict.server_words.empty()) continue;
        ++with_words;
        CHECK(found->verdict.server_words == event(EventKind::rejected, at).verdict.server_words);
    }
    CHECK(with_words > 100);
    CHECK(book.spent(number(5, 32, "account"), noon) == 1);
    CHECK_FALSE(book.under_way(number(5, 64, "login"), noon));
    book.apply(event(EventKind::accepted, 5));
    CHECK(book.spent(number(5, 32, "account"), noon) == 0);
    CHECK_FALSE(book.rejection(number(5, 64, "login"), noon));
    CHECK(book.rejection(number(6, 64, "login"), noon));
}

TEST_CASE("what is written of a book makes the same book") {
    LedgerBook book;
    for (std::size_t at = 0; at < 200; ++at) {
        book.apply(event(EventKind::begin, at));
        if (at % 4 == 1) book.apply(event(EventKind::rejected, at));
        if (at % 4 == 2) book.apply(event(EventKind::unjudged, at));
        if (at % 4 == 3) book.apply(event(EventKind::refused, at));
    }
    LedgerBook copy;
    std::size_t events = 0;
    book.each_live_event(noon, [&](const Event& each) {
        const auto read = parse_ledger(event_line(each), false);
        REQUIRE(read.events.size() == 1);
        copy.apply(read.events[0]);
        ++events;
    });
    CHECK(events == 200);  // a quarter twice, a quarter not at all
    for (std::size_t at = 0; at < 200; ++at) {
        const auto account = number(at, 32, "account"), login = number(at, 64, "login");
        CHECK(copy.spent(account, noon) == (at % 4 == 2 ? 0 : 1));
        CHECK(copy.under_way(login, noon) == (at % 4 == 0));
        CHECK(copy.has_rejection(account, noon) == (at % 4 == 1));
        CHECK(copy.rejection(login, noon).has_value() == (at % 4 == 1));
    }
}

TEST_CASE("a book is worth writing anew when more than half of what it read means nothing any more") {
    LedgerBook book;
    CHECK_FALSE(book.mostly_dead(noon));
    for (std::size_t at = 0; at < 20; ++at) {
        book.apply(event(EventKind::begin, at));
        book.apply(event(EventKind::rejected, at));
    }
    CHECK_FALSE(book.mostly_dead(noon));
    for (std::size_t at = 0; at < 6; ++at) {
        CHECK_FALSE(book.mostly_dead(noon));
        book.apply(event(EventKind::accepted, at));
    }
    CHECK_FALSE(book.mostly_dead(noon));  // 28 of 46 live
    for (std::size_t at = 6; at < 9; ++at)
        book.apply(event(EventKind::accepted, at));
    CHECK(book.mostly_dead(noon));  // 22 of 49
    CHECK(book.mostly_dead(noon + std::chrono::hours(72)));
}
