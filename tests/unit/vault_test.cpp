// SPDX-License-Identifier: MPL-2.0
// The vault (invariant 7): a success means that the password can be had again; every failure is said.
#include "ledger/vault.hpp"

#include <doctest/doctest.h>

#include "ledger/digest.hpp"
#include "ledger/seal.hpp"
#include "unit/fake_keyring.hpp"

using namespace reprompt;
using namespace reprompt::ledger;
using namespace std::chrono_literals;
using reprompt::test::FakeKeyring;

namespace {

const VaultAccount account{Protocol::imap, "imap.example.org", 993, "alice@example.org"};

struct Fixture {
    FakeKeyring keyring;
    Vault vault{keyring};
    Secret seal_key = random_secret(seal_key_octets);
    std::chrono::system_clock::time_point now = std::chrono::system_clock::now();
};

}  // namespace

TEST_CASE("a password put into the vault comes out again, whatever octets it holds") {
    Fixture f;
    for (const std::string& password :
         {std::string("hunter2"), std::string(), std::string("a\0b", 3), std::string("pässwörd 日本")}) {
        const auto entry = f.vault.store(account, Secret(password), f.seal_key, f.now);
        REQUIRE(entry);
        CHECK(entry->id.size() == 32);
        CHECK(entry->expires_at - entry->stored_at == 30 * 24h);
        const auto opened = f.vault.open(entry->id, f.seal_key, f.now);
        REQUIRE(opened);
        CHECK(opened->reveal() == password);
    }
}

TEST_CASE("the keyring sees neither the password nor the user in a label") {
    Fixture f;
    REQUIRE(f.vault.store(account, Secret("hunter2-planted"), f.seal_key, f.now));
    REQUIRE(f.keyring.items.size() == 1);
    CHECK(f.keyring.items[0].secret.reveal().find("hunter2") == std::string_view::npos);
    for (const auto& [name, value] : f.keyring.items[0].attributes)
        CHECK(value.find("hunter2") == std::string::npos);
    for (const std::string& label : f.keyring.labels)
        CHECK(label.find("alice") == std::string::npos);
}

TEST_CASE("another seal key opens nothing") {
    Fixture f;
    const auto entry = f.vault.store(account, Secret("hunter2"), f.seal_key, f.now);
    REQUIRE(entry);
    const auto opened = f.vault.open(entry->id, random_secret(seal_key_octets), f.now);
    REQUIRE_FALSE(opened);
    CHECK(opened.error().problem == KeyringProblem::refused);
}

TEST_CASE("blobs put under each other's entry, or an entry given to another account, open nothing") {
    Fixture f;
    const auto one = f.vault.store(account, Secret("one"), f.seal_key, f.now);
    const auto two = f.vault.store(account, Secret("two"), f.seal_key, f.now);
    REQUIRE(one);
    REQUIRE(two);
    SUBCASE("blobs swapped") {
        std::swap(f.keyring.items[0].secret, f.keyring.items[1].secret);
    }
    SUBCASE("host changed") {
        f.keyring.items[0].attributes["host"] = "imap.example.net";
    }
    SUBCASE("port changed") {
        f.keyring.items[0].attributes["port"] = "143";
    }
    SUBCASE("user changed") {
        f.keyring.items[0].attributes["user"] = "mallory";
    }
    SUBCASE("attributes broken") {
        f.keyring.items[0].attributes["port"] = "70000";
    }
    CHECK_FALSE(f.vault.open(one->id, f.seal_key, f.now));
}

TEST_CASE("whichever call of the keyring fails, store does not claim success") {
    for (int step = 0;; ++step) {
        CAPTURE(step);
        Fixture f;
        f.keyring.fail_at = step;
        const auto entry = f.vault.store(account, Secret("hunter2"), f.seal_key, f.now);
        if (f.keyring.calls <= step) {
            CHECK(step == 2);  // store and read back
            CHECK(entry);
            break;
        }
        REQUIRE_FALSE(entry);
        CHECK(entry.error().problem == KeyringProblem::no_service);
        CHECK(f.keyring.items.empty());
    }
}

TEST_CASE("a keyring that keeps nothing or something else is found out") {
    Fixture f;
    SUBCASE("nothing") {
        f.keyring.forgets = true;
    }
    SUBCASE("something else") {
        f.keyring.garbles = true;
    }
    CHECK_FALSE(f.vault.store(account, Secret("hunter2"), f.seal_key, f.now));
    CHECK(f.keyring.items.empty());
}

TEST_CASE("a seal key that is not 32 octets stores nothing") {
    Fixture f;
    CHECK_FALSE(f.vault.store(account, Secret("hunter2"), Secret("short"), f.now));
    CHECK(f.keyring.calls == 0);
}

TEST_CASE("entries are listed newest first, and others' items are left out") {
    Fixture f;
    const auto older = f.vault.store(account, Secret("one"), f.seal_key, f.now - 1h);
    const auto newer =
        f.vault.store({Protocol::smtp, "smtp.example.org", 465, "bob"}, Secret("two"), f.seal_key, f.now);
    REQUIRE(older);
    REQUIRE(newer);
    f.keyring.items.push_back({"org.reprompt.Vault", {{"entry", "nonsense"}}, Secret("x")});
    f.keyring.items.push_back({"org.example.Other", {{"entry", older->id}}, Secret("x")});
    const auto entries = f.vault.list(f.now);
    REQUIRE(entries);
    REQUIRE(entries->size() == 2);
    CHECK((*entries)[0].id == newer->id);
    CHECK((*entries)[0].account.protocol == Protocol::smtp);
    CHECK((*entries)[0].account.port == 465);
    CHECK((*entries)[1].id == older->id);
    CHECK((*entries)[1].account.user == "alice@example.org");
    CHECK((*entries)[1].stored_at == older->stored_at);
    CHECK((*entries)[1].expires_at == older->expires_at);
}

TEST_CASE("sweeping deletes what is older than 30 days and nothing else") {
    Fixture f;
    const auto old = f.vault.store(account, Secret("one"), f.seal_key, f.now - 30 * 24h);
    const auto young = f.vault.store(account, Secret("two"), f.seal_key, f.now - 29 * 24h);
    REQUIRE(old);
    REQUIRE(young);
    CHECK(f.vault.sweep(f.now, Deadline::after(1s)).value_or(Vault::Swept{9, 9}).deleted == 1);
    CHECK_FALSE(f.vault.open(old->id, f.seal_key, f.now));
    CHECK(f.vault.open(young->id, f.seal_key, f.now));
    REQUIRE(f.vault.erase(young->id));
    CHECK(f.vault.list(f.now)->empty());
}

TEST_CASE("an expired entry is neither listed nor opened, although nobody swept") {
    Fixture f;
    const auto entry = f.vault.store(account, Secret("one"), f.seal_key, f.now);
    REQUIRE(entry);
    CHECK(f.vault.list(f.now + 30 * 24h - 1ms)->size() == 1);
    CHECK(f.vault.open(entry->id, f.seal_key, f.now + 30 * 24h - 1ms));
    CHECK(f.vault.list(f.now + 30 * 24h)->empty());
    const auto opened = f.vault.open(entry->id, f.seal_key, f.now + 30 * 24h);
    REQUIRE_FALSE(opened);
    CHECK(opened.error().detail.find("expired") != std::string::npos);
    CHECK(f.keyring.items.size() == 1);
}

TEST_CASE("sweeping deletes no password because the clock went back") {
    Fixture f;
    REQUIRE(f.vault.store(account, Secret("one"), f.seal_key, f.now));
    CHECK(f.vault.sweep(f.now - 24h * 365, Deadline::after(1s)).value_or(Vault::Swept{9, 9}).deleted == 0);
    CHECK(f.vault.list(f.now - 24h * 365)->size() == 1);
}

TEST_CASE("erasing all takes what cannot be read as an entry too, and nothing of others") {
    Fixture f;
    REQUIRE(f.vault.store(account, Secret("one"), f.seal_key, f.now));
    f.keyring.items.push_back({"org.reprompt.Vault", {{"entry", "nonsense"}}, Secret("x")});
    f.keyring.items.push_back({"org.example.Other", {{"entry", "1"}}, Secret("x")});
    CHECK(f.vault.erase_all().value_or(0) == 2);
    REQUIRE(f.keyring.items.size() == 1);
    CHECK(f.keyring.items[0].schema == "org.example.Other");
    f.keyring.absent = true;
    CHECK_FALSE(f.vault.erase_all());
}

TEST_CASE("an id that is none deletes nothing") {
    Fixture f;
    REQUIRE(f.vault.store(account, Secret("one"), f.seal_key, f.now));
    CHECK_FALSE(f.vault.erase(""));
    CHECK_FALSE(f.vault.erase("../x"));
    CHECK_FALSE(f.vault.open("", f.seal_key, f.now));
    CHECK(f.keyring.items.size() == 1);
}
