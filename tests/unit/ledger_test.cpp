// SPDX-License-Identifier: MPL-2.0
// The ledger's decisions: who gets a Permit (invariants 1 and 2), what is remembered and for how long, with
// and without keyring. Not here: files and several programs (ledger_disk_test.cpp).
#include <doctest/doctest.h>

#include <array>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "unit/ledger_fixture.hpp"

using namespace reprompt;
using namespace reprompt::test;
using namespace std::chrono_literals;

namespace {

/// A keyring whose first answer waits until the test lets it go (or ten seconds, so that a test fails rather
/// than hangs).
class SlowKeyring final : public Keyring {
  public:
    Expected<void, KeyringError> store(const std::string&, const Attributes&, const std::string&,
                                       const Secret&) override {
        return missing();
    }
    Expected<std::vector<KeyringItem>, KeyringError> find(const std::string&, const Attributes&,
                                                          bool) override {
        std::unique_lock lock(mutex_);
        asked_ = true;
        changed_.notify_all();
        in_time_ = changed_.wait_for(lock, 10s, [this] { return let_go_; });
        return missing();
    }
    Expected<std::vector<KeyringItem>, KeyringError> find_until(Deadline deadline, const std::string& schema,
                                                                const Attributes& match,
                                                                bool with_secrets) override {
        limit_ = deadline.left();
        return find(schema, match, with_secrets);
    }
    Expected<void, KeyringError> erase(const std::string&, const Attributes&) override { return missing(); }

    bool wait_until_asked() {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, 10s, [this] { return asked_; });
    }
    void let_go() {
        const std::lock_guard lock(mutex_);
        let_go_ = true;
        changed_.notify_all();
    }
    [[nodiscard]] bool was_let_go_in_time() const { return in_time_; }
    [[nodiscard]] Milliseconds limit() const { return limit_; }

  private:
    static Unexpected<KeyringError> missing() {
        return Unexpected<KeyringError>({KeyringProblem::timeout, "The keyring did not answer in time."});
    }
    std::mutex mutex_;
    std::condition_variable changed_;
    bool asked_ = false;
    bool let_go_ = false;
    bool in_time_ = false;
    Milliseconds limit_{0};
};

/// Who else wants to send the credential: another probe of this program, with or without a keyring, or of
/// another program that runs already.
enum class Rivals { threads, threads_without_keyring, programs };
constexpr std::array all_rivals{Rivals::threads, Rivals::threads_without_keyring, Rivals::programs};

struct TwoProbes {
    explicit TwoProbes(Rivals rivals) {
        if (rivals == Rivals::threads_without_keyring) f.keyring.absent = true;
        if (rivals == Rivals::programs) other = f.open();
    }
    Expected<Permit, Denial> second(const char* password, bool again, const Account& account = alice) {
        return (other ? *other : f.ledger).permit(account, Secret(password), proof(), f.now, again);
    }
    LedgerFixture f;
    std::optional<Ledger> other;
};

}  // namespace

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
    SUBCASE("a clock set back does not end it, neither at once nor after a restart") {
        for (const auto back : {1h, 9h, 23h}) {
            CAPTURE(back.count());
            f.now -= back;
            CHECK(f.rejected("old"));
            CHECK(f.ask("old").error().reason == DenialReason::rejected_before);
            f.ledger = f.open();
            CHECK(f.rejected("old"));
            f.now += back;
            CHECK(f.rejected("old"));
        }
    }
    SUBCASE("written by a clock that was years ahead, it lives a day from when that is seen") {
        f.now -= 24h * 800;
        CHECK(f.rejected("old"));
        f.ledger = f.open();
        f.now += 23h;
        CHECK(f.rejected("old"));
        CHECK(f.ask("old").error().reason == DenialReason::rejected_before);
        f.ledger = f.open();
        f.now += 2h;
        CHECK_FALSE(f.rejected("old"));
        CHECK(f.ask("old"));
    }
    SUBCASE("a clock that ran ahead for a while and is set back finds it again") {
        f.now += 30h;
        f.ledger = f.open();
        CHECK_FALSE(f.rejected("old"));
        f.now -= 30h;
        f.ledger = f.open();
        CHECK(f.rejected("old"));
        CHECK(f.ask("old").error().reason == DenialReason::rejected_before);
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

TEST_CASE("attempts are counted for a day, whichever way the clock is set") {
    LedgerFixture f;
    for (const char* password : {"one", "two", "three"})
        f.attempt(password, VerdictCode::stale_password);
    for (const auto step : {-23h, 46h, -43h, 20h}) {
        f.now += step;
        f.ledger = f.open();
    }
    CHECK(f.ask("four").error().reason == DenialReason::budget_spent);
    f.now -= 24h * 800;
    f.ledger = f.open();
    CHECK(f.ask("four").error().reason == DenialReason::budget_spent);
    f.now += 25h;
    f.ledger = f.open();
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

TEST_CASE("while the keyring is silent, an account with a refusal on disk gets no permit") {
    LedgerFixture f;
    f.attempt("old", VerdictCode::stale_password);
    f.keyring.absent = true;
    f.ledger = f.open();
    for (const char* password : {"old", "new"}) {
        const auto denied = f.ask(password);
        REQUIRE_FALSE(denied);
        CHECK(denied.error().reason == DenialReason::rejected_before);
        CHECK(denied.error().detail ==
              "A login of this account was refused before, and the keyring that would tell which one is not "
              "available.");
    }
    SUBCASE("the user's \"check again\" passes") {
        CHECK(f.ask("old", true));
    }
    SUBCASE("another account is not affected") {
        CHECK(f.ask("old", false, {"example.org", "bob@example.org"}));
    }
    SUBCASE("a refusal that has ended is none") {
        f.now += 24h + 1s;
        CHECK(f.ask("old"));
    }
    SUBCASE("once the keyring answers, only the refused password is held back") {
        f.keyring.absent = false;
        f.ledger = f.open();
        CHECK_FALSE(f.ask("old"));
        CHECK(f.ask("new"));
    }
}

TEST_CASE("a credential whose answer is to come gets no second permit, until the answer is in") {
    for (const Rivals rivals : all_rivals) {
        CAPTURE(static_cast<int>(rivals));
        for (const VerdictCode code : {VerdictCode::stale_password, VerdictCode::password_accepted,
                                       VerdictCode::offline, VerdictCode::inconclusive}) {
            CAPTURE(name_of(code));
            TwoProbes probes(rivals);
            auto first = probes.f.ask("old");
            REQUIRE(first);
            for (const bool again : {false, true}) {
                const auto denied = probes.second("old", again);
                REQUIRE_FALSE(denied);
                CHECK(denied.error().reason == DenialReason::in_progress);
                CHECK(denied.error().detail ==
                      "The same login is being tried right now; its answer will tell.");
            }
            probes.f.ledger.record(std::move(*first), verdict_of(code), probes.f.now);
            const auto later = probes.second("old", false);
            if (code == VerdictCode::stale_password) {
                REQUIRE_FALSE(later);
                CHECK(later.error().reason == DenialReason::rejected_before);
                CHECK(probes.second("old", true));
            } else {
                CHECK(later);
            }
        }
    }
}

TEST_CASE("a permit holds back the same credential only") {
    for (const Rivals rivals : all_rivals) {
        CAPTURE(static_cast<int>(rivals));
        TwoProbes probes(rivals);
        REQUIRE(probes.f.ask("old"));
        CHECK(probes.second("new", false));
        CHECK(probes.second("old", false, {"example.org", "bob@example.org"}));
    }
}

TEST_CASE("a permit whose program died holds the credential back for a minute, and counts") {
    for (const Rivals rivals : all_rivals) {
        CAPTURE(static_cast<int>(rivals));
        TwoProbes probes(rivals);
        REQUIRE(probes.f.ask("old"));
        probes.f.now += 59s;
        CHECK(probes.second("old", false).error().reason == DenialReason::in_progress);
        probes.f.now += 1s;
        CHECK(probes.second("old", false));
        CHECK(probes.second("two", false));
        CHECK(probes.second("three", false).error().reason == DenialReason::budget_spent);
    }
}

TEST_CASE("opening the ledger keeps apart attempts under way and attempts that ended") {
    LedgerFixture f;
    f.attempt("ended", VerdictCode::inconclusive);
    REQUIRE(f.ask("open"));
    // Something that compaction drops, so that the file is written anew.
    for (int round = 0; round < 20; ++round)
        f.attempt("x", VerdictCode::offline);
    const auto before = std::filesystem::file_size(f.file());
    f.ledger = f.open();
    REQUIRE(std::filesystem::file_size(f.file()) < before);
    CHECK(f.ask("open").error().reason == DenialReason::in_progress);
    CHECK(f.ask("ended"));
    CHECK(f.ask("fourth").error().reason == DenialReason::budget_spent);
}

TEST_CASE("a keyring that hangs holds up nobody who does not need its key") {
    TempFolder temp;
    SlowKeyring keyring;
    auto ledger = Ledger::open(temp.path(), keyring);
    REQUIRE(ledger);
    const net::ChannelProof shown = proof();
    bool permitted = false;
    std::thread probe([&] {
        permitted = ledger->permit(alice, Secret("old"), shown, WallClock::now(), false).has_value();
    });
    const bool asked = keyring.wait_until_asked();
    CHECK(ledger->forget(alice));
    CHECK_FALSE(ledger->rejected(alice, Secret("old"), WallClock::now(), std::nullopt));
    CHECK(ledger->notes().empty());
    keyring.let_go();
    probe.join();
    CHECK(asked);
    CHECK(keyring.was_let_go_in_time());
    CHECK(keyring.limit() <= 2s);
    CHECK(permitted);
    CHECK(ledger->notes().size() == 1);
}

TEST_CASE("the key is looked for ahead once, and a keyring that fails is told of when its key is needed") {
    LedgerFixture f;
    f.attempt("old", VerdictCode::stale_password);
    f.ledger = f.open();
    int calls = f.keyring.calls;
    f.ledger.ask_keyring_ahead();
    CHECK(f.ask("old").error().reason == DenialReason::rejected_before);
    CHECK(f.keyring.calls == calls + 1);
    f.keyring.absent = true;
    f.ledger = f.open();
    calls = f.keyring.calls;
    f.ledger.ask_keyring_ahead();
    CHECK(f.ledger.notes().empty());
    CHECK(f.ask("new", true));
    CHECK(f.ledger.notes().size() == 1);
    CHECK(f.keyring.calls == calls + 1);
}

TEST_CASE("looking for the key ahead makes none") {
    LedgerFixture f;
    f.ledger.ask_keyring_ahead();
    f.ledger = f.open();  // the first one has waited for its answer
    CHECK(f.keyring.items.empty());
    f.ledger.ask_keyring_ahead();
    CHECK(f.ask("new"));
    CHECK(f.keyring.items.size() == 1);
}

TEST_CASE("a refusal that Thunderbird met is remembered, and costs none of our attempts") {
    LedgerFixture desk;
    SUBCASE("with a keyring, across a restart") {}
    SUBCASE("without one, in this process") {
        desk.keyring.absent = true;
    }
    desk.ledger.record_heard(alice, Secret("old"), verdict_of(VerdictCode::stale_password), desk.now);
    if (!desk.keyring.absent) desk.ledger = desk.open();
    const auto refusal = desk.rejected("old");
    REQUIRE(refusal);
    CHECK(refusal->verdict.code == VerdictCode::stale_password);
    CHECK(refusal->verdict.confidence == Confidence::likely);
    CHECK_FALSE(desk.rejected("new"));
    CHECK_FALSE(desk.ask("old"));
    for (const char* other : {"one", "two", "three"})
        desk.attempt(other, VerdictCode::stale_password);
    CHECK_FALSE(desk.ask("four"));
}

TEST_CASE("what Thunderbird met makes no entry where the credential was not judged") {
    LedgerFixture desk;
    for (const auto code : {VerdictCode::rate_limited, VerdictCode::temporary_failure,
                            VerdictCode::account_locked, VerdictCode::inconclusive}) {
        desk.ledger.record_heard(alice, Secret("old"), verdict_of(code), desk.now);
        CHECK_FALSE(desk.rejected("old"));
    }
}
