// SPDX-License-Identifier: MPL-2.0
// The ledger's decisions: who gets a Permit (invariants 1 and 2), what is remembered and for how long, with
// and without keyring. Not here: files and several programs (ledger_disk_test.cpp).
#include <doctest/doctest.h>

#include "unit/ledger_fixture.hpp"

using namespace reprompt;
using namespace reprompt::test;
using namespace std::chrono_literals;

TEST_CASE("a refused password gets no second permit, and the verdict is told from the ledger") {
    LedgerFixture f;
    CHECK_FALSE(f.rejected("old"));
    f.attempt("old", VerdictCode::stale_password);
    const auto denied = f.ask("old");
    REQUIRE_FALSE(denied);
    CHECK(denied.error().reason == DenialReason::rejected_before);
    const auto rejection = f.rejected("old");
    REQUIRE(rejection);
    CHECK(rejection->verdict.code == VerdictCode::stale_password);
    CHECK(rejection->verdict.confidence == Confidence::likely);
    CHECK(rejection->verdict.rule == "generic.authenticationfailed");
    CHECK(rejection->verdict.stage == Stage::auth);
    CHECK(rejection->verdict.provider == "gmail");
    CHECK_FALSE(rejection->verdict.retry_is_safe);

    SUBCASE("after a restart too, with advice and words but without links") {
        f.ledger = f.open();
        const auto later = f.rejected("old");
        REQUIRE(later);
        CHECK(later->verdict.advice == std::vector<std::string>{"app_password", "oauth2"});
        REQUIRE(later->verdict.server_words.size() == 2);
        CHECK(later->verdict.server_words[0] == "a1 NO [AUTHENTICATIONFAILED] Authentication failed.");
        CHECK(later->verdict.links.empty());
        CHECK_FALSE(f.ask("old"));
    }
    SUBCASE("another password is not affected") {
        CHECK_FALSE(f.rejected("new"));
        CHECK(f.ask("new"));
    }
    SUBCASE("another user or another realm is not affected") {
        CHECK_FALSE(f.rejected("old", {"example.org", "bob@example.org"}));
        CHECK(f.ask("old", false, {"example.org", "bob@example.org"}));
        CHECK(f.ask("old", false, {"example.net", "alice@example.org"}));
    }
    SUBCASE("a login saved after the entry lowers the verdict to a guess") {
        const auto fresh = f.ledger.rejected(alice, Secret("old"), f.now, f.now + 1min);
        REQUIRE(fresh);
        CHECK(fresh->verdict.confidence == Confidence::guess);
        CHECK(f.ledger.rejected(alice, Secret("old"), f.now, f.now - 1min)->verdict.confidence ==
              Confidence::likely);
    }
    SUBCASE("the user's \"check again\" overlooks the entry") {
        CHECK(f.ask("old", true));
    }
    SUBCASE("forgetting the account removes the entry, not the count") {
        REQUIRE(f.ledger.forget(alice));
        CHECK_FALSE(f.rejected("old"));
        f.attempt("old", VerdictCode::stale_password);
        f.attempt("other", VerdictCode::stale_password);
        CHECK(f.ask("third").error().reason == DenialReason::budget_spent);
    }
    SUBCASE("it lives 24 hours") {
        f.now += 23h + 59min;
        CHECK(f.rejected("old"));
        f.now += 2min;
        CHECK_FALSE(f.rejected("old"));
        CHECK(f.ask("old"));
    }
    SUBCASE("a clock set back by an hour does not end it") {
        f.now -= 1h;
        CHECK(f.rejected("old"));
    }
}

TEST_CASE("a refused token is forgotten after an hour") {
    LedgerFixture f;
    f.attempt("token", VerdictCode::oauth2_token_expired);
    f.now += 59min;
    CHECK(f.rejected("token"));
    f.now += 2min;
    CHECK_FALSE(f.rejected("token"));
}

TEST_CASE("three refused attempts a day and account are all, whatever the password and the user's wish") {
    LedgerFixture f;
    f.attempt("one", VerdictCode::stale_password);
    f.attempt("two", VerdictCode::inconclusive);
    f.attempt("three", VerdictCode::account_locked);
    for (const bool again : {false, true}) {
        const auto denied = f.ask("four", again);
        REQUIRE_FALSE(denied);
        CHECK(denied.error().reason == DenialReason::budget_spent);
    }
    CHECK(f.ask("one", false, {"example.org", "bob"}));
    f.ledger = f.open();
    CHECK(f.ask("four").error().reason == DenialReason::budget_spent);
    f.now += 24h + 1s;
    CHECK(f.ask("four"));
}

TEST_CASE("an attempt whose result never came counts as one") {
    LedgerFixture f;
    for (const char* password : {"one", "two", "three"})
        REQUIRE(f.ask(password));
    f.ledger = f.open();
    CHECK(f.ask("four").error().reason == DenialReason::budget_spent);
}

TEST_CASE("an attempt that nobody judged is given back") {
    LedgerFixture f;
    for (const VerdictCode code :
         {VerdictCode::server_unreachable, VerdictCode::offline, VerdictCode::tls_required,
          VerdictCode::certificate_untrusted, VerdictCode::temporary_failure, VerdictCode::not_auth,
          VerdictCode::mechanism_unsupported, VerdictCode::tls_obsolete}) {
        f.attempt("one", code);
    }
    CHECK_FALSE(f.rejected("one"));
    CHECK(f.ask("one"));
}

TEST_CASE("only codes about the credential make an entry") {
    for (const VerdictCode code :
         {VerdictCode::account_locked, VerdictCode::rate_limited, VerdictCode::web_login_required,
          VerdictCode::protocol_disabled, VerdictCode::inconclusive, VerdictCode::temporary_failure}) {
        LedgerFixture f;
        f.attempt("one", code);
        CHECK_FALSE(f.rejected("one"));
    }
    for (const VerdictCode code :
         {VerdictCode::stale_password, VerdictCode::password_expired, VerdictCode::app_password_required,
          VerdictCode::oauth2_required, VerdictCode::username_format}) {
        LedgerFixture f;
        f.attempt("one", code);
        CHECK(f.rejected("one"));
    }
}

TEST_CASE("a success removes the account's entries and its count") {
    LedgerFixture f;
    f.attempt("one", VerdictCode::stale_password);
    f.attempt("two", VerdictCode::stale_password);
    f.attempt("right", VerdictCode::password_accepted);
    CHECK_FALSE(f.rejected("one"));
    for (const char* password : {"three", "four", "five"})
        f.attempt(password, VerdictCode::stale_password);
    CHECK(f.ask("six").error().reason == DenialReason::budget_spent);
}

TEST_CASE("without keyring attempts are counted on disk and one process never repeats a refusal") {
    LedgerFixture f;
    f.keyring.absent = true;
    f.attempt("old", VerdictCode::stale_password);
    REQUIRE(f.ledger.notes().size() == 1);
    CHECK(f.ask("old").error().reason == DenialReason::rejected_before);
    CHECK(f.rejected("old"));
    const std::string content = content_of(f.file());
    CHECK(content.find(" - ") != std::string::npos);
    f.ledger = f.open();
    CHECK_FALSE(f.rejected("old"));
    f.attempt("old", VerdictCode::stale_password);
    f.attempt("other", VerdictCode::stale_password);
    CHECK(f.ask("third").error().reason == DenialReason::budget_spent);
    REQUIRE(f.ledger.forget(alice));
    CHECK_FALSE(f.rejected("old"));
}

TEST_CASE(
    "whichever call of the keyring fails, a permit is counted and one process never repeats a refusal") {
    for (int step = 0; step < 6; ++step) {
        CAPTURE(step);
        LedgerFixture f;
        f.keyring.fail_at = step;
        f.attempt("old", VerdictCode::stale_password);
        CHECK(f.ask("old").error().reason == DenialReason::rejected_before);
        f.attempt("two", VerdictCode::stale_password);
        f.attempt("three", VerdictCode::stale_password);
        CHECK(f.ask("four").error().reason == DenialReason::budget_spent);
    }
}

TEST_CASE("the key is made once, and a damaged one is not replaced in silence") {
    LedgerFixture f;
    f.attempt("old", VerdictCode::stale_password);
    REQUIRE(f.keyring.items.size() == 1);
    CHECK(f.keyring.items[0].schema == "org.reprompt.LedgerKey");
    CHECK(f.keyring.items[0].secret.size() == 32);
    f.ledger = f.open();
    CHECK(f.rejected("old"));
    CHECK(f.keyring.items.size() == 1);
    f.keyring.items[0].secret = Secret("short");
    f.ledger = f.open();
    CHECK_FALSE(f.rejected("old"));
    CHECK(f.ledger.notes().size() == 1);
    CHECK(f.keyring.items[0].secret.reveal() == "short");
}
