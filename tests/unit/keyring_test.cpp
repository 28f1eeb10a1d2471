// SPDX-License-Identifier: MPL-2.0
// The real Secret Service through libsecret. Active under tests/harness/with_keyring.sh
// (REPROMPT_TEST_KEYRING=1): nothing here touches the keyring of whoever runs the tests.
#include "ledger/keyring.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <thread>
#include <utility>

#include "ledger/digest.hpp"
#include "ledger/ledger.hpp"
#include "ledger/seal.hpp"
#include "ledger/vault.hpp"
#include "unit/child.hpp"
#include "unit/fake_keyring.hpp"
#include "unit/session_bus.hpp"

using namespace reprompt;
using namespace reprompt::ledger;
using namespace std::chrono_literals;
using namespace reprompt::test;

namespace {

const auto without_keyring = doctest::skip(std::getenv("REPROMPT_TEST_KEYRING") == nullptr);

constexpr const char* schema = "org.reprompt.Test";

/// Never the keyring of whoever runs the tests, not even as a child.
Keyring& throw_away_keyring() {
    REQUIRE(std::getenv("REPROMPT_TEST_KEYRING") != nullptr);
    return secret_service();
}

/// What a fresh process meets: GLib keeps its idea of the bus for ever.
std::string visit_with(const std::vector<std::string>& variables) {
    Child child;
    start(child, {"/proc/self/exe", "--child", "visit"}, environment_with(variables));
    const std::string text = read_from(child, false);
    const std::size_t at = text.find("visit: ");
    return at == std::string::npos ? text : text.substr(at + 7, text.find('\n', at) - at - 7);
}

UniqueFd listen_at(const std::filesystem::path& path) {
    UniqueFd listener(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    REQUIRE(path.string().copy(address.sun_path, sizeof address.sun_path - 1) == path.string().size());
    REQUIRE(bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(listen(listener.get(), 5) == 0);
    return listener;
}

}  // namespace

const reprompt::test::ChildBodyName visit_the_keyring("visit", [] {
    const auto found = secret_service().find(schema, {}, true);  // reads only
    std::cout << "visit: " << (found ? "ok" : name_of(found.error().problem)) << std::endl;
});

TEST_CASE("the real keyring gives back any octets, replaces, matches by part and deletes" * without_keyring) {
    Keyring& keyring = throw_away_keyring();
    const std::string octets("a\0b\xff\r\n", 6);
    REQUIRE(keyring.store(schema, {{"a", "1"}, {"b", "x"}}, "Reprompt test", Secret(octets)));
    REQUIRE(keyring.store(schema, {{"a", "1"}, {"b", "y"}}, "Reprompt test", Secret("second")));
    REQUIRE(keyring.store("org.reprompt.Other", {{"a", "1"}}, "Reprompt test", Secret("third")));
    auto found = keyring.find(schema, {{"a", "1"}, {"b", "x"}}, true);
    REQUIRE(found);
    REQUIRE(found->size() == 1);
    CHECK((*found)[0].secret.reveal() == octets);
    CHECK((*found)[0].attributes == Attributes{{"a", "1"}, {"b", "x"}});

    REQUIRE(keyring.store(schema, {{"a", "1"}, {"b", "x"}}, "Reprompt test", Secret()));
    found = keyring.find(schema, {{"a", "1"}}, true);
    REQUIRE(found);
    CHECK(found->size() == 2);
    CHECK(keyring.find(schema, {}, false)->size() == 2);
    CHECK(keyring.find(schema, {{"a", "1"}}, false)->front().secret.empty());

    REQUIRE(keyring.erase(schema, {{"b", "y"}}));
    CHECK(keyring.find(schema, {}, true)->size() == 1);
    REQUIRE(keyring.erase(schema, {}));
    CHECK(keyring.find(schema, {}, true)->empty());
    CHECK(keyring.find("org.reprompt.Other", {}, true)->size() == 1);
    REQUIRE(keyring.erase("org.reprompt.Other", {}));
    REQUIRE(keyring.erase("org.reprompt.Other", {}));
}

TEST_CASE("text that D-Bus cannot carry is refused, not cut" * without_keyring) {
    Keyring& keyring = throw_away_keyring();
    for (const std::string& value : {std::string("a\0b", 3), std::string("\xff")}) {
        const auto stored = keyring.store(schema, {{"a", value}}, "Reprompt test", Secret("x"));
        REQUIRE_FALSE(stored);
        CHECK(stored.error().problem == KeyringProblem::refused);
    }
    CHECK(keyring.find(schema, {}, true)->empty());
}

TEST_CASE("threads may use the real keyring at once" * without_keyring) {
    std::vector<std::thread> threads;
    std::array<bool, 4> good{};
    for (std::size_t number = 0; number < good.size(); ++number) {
        threads.emplace_back([&good, number] {
            const Attributes mine{{"thread", std::to_string(number)}};
            good[number] = throw_away_keyring().store(schema, mine, "Reprompt test", Secret("x")) &&
                           throw_away_keyring().find(schema, mine, true)->size() == 1 &&
                           throw_away_keyring().erase(schema, mine);
        });
    }
    for (std::thread& thread : threads)
        thread.join();
    for (const bool one : good)
        CHECK(one);
}

TEST_CASE("vault and ledger work on the real keyring" * without_keyring) {
    Vault vault(throw_away_keyring());
    const Secret seal_key = random_secret(seal_key_octets);
    const auto now = std::chrono::system_clock::now();
    const auto entry =
        vault.store({Protocol::imap, "imap.example.org", 993, "alice"}, Secret("hunter2"), seal_key, now);
    REQUIRE_MESSAGE(entry, entry.error().detail);
    CHECK(vault.open(entry->id, seal_key, now)->reveal() == "hunter2");
    CHECK(vault.list(now)->size() == 1);
    CHECK(vault.sweep(now + 31 * 24h, Deadline::after(5s)).value_or(Vault::Swept{9, 9}).deleted == 1);
    CHECK(vault.list(now)->empty());

    TempFolder temp;
    const Account account{"example.org", "alice"};
    Verdict verdict;
    verdict.code = VerdictCode::stale_password;
    const net::Channel loopback(UniqueFd(), true);
    {
        auto ledger = Ledger::open(temp.path(), throw_away_keyring());
        REQUIRE(ledger);
        auto permit = ledger->permit(account, Secret("old"), *loopback.proof(), now, false);
        REQUIRE(permit);
        ledger->record(std::move(*permit), verdict, now);
        CHECK(ledger->notes().empty());
    }
    auto ledger = Ledger::open(temp.path(), throw_away_keyring());
    REQUIRE(ledger);
    CHECK(ledger->rejected(account, Secret("old"), now, std::nullopt));
    REQUIRE(throw_away_keyring().erase("org.reprompt.LedgerKey", {}));
}

TEST_CASE("two programs that need the ledger's key at once get the same one" * without_keyring) {
    REQUIRE(throw_away_keyring().erase("org.reprompt.LedgerKey", {}));
    TempFolder temp;
    std::array<Child, 2> children;
    for (Child& child : children) {
        start(child, {"/proc/self/exe", "--child", "permit"},
              environment_with(
                  {"REPROMPT_TEST_FOLDER=" + temp.path().string(),
                   std::string("DBUS_SESSION_BUS_ADDRESS=") + std::getenv("DBUS_SESSION_BUS_ADDRESS")}));
    }
    for (Child& child : children)
        CHECK(read_from(child, false).find("permit: ok") != std::string::npos);
    CHECK(throw_away_keyring().find("org.reprompt.LedgerKey", {}, true)->size() == 1);
    auto ledger = Ledger::open(temp.path(), throw_away_keyring());
    REQUIRE(ledger);
    const auto now = WallClock::now();
    for (const Child& child : children) {
        const Account account{"example.org", std::to_string(child.pid)};
        CHECK(ledger->rejected(account, Secret("old"), now, std::nullopt));
    }
    REQUIRE(throw_away_keyring().erase("org.reprompt.LedgerKey", {}));
}

const reprompt::test::ChildBodyName take_one_permit("permit", [] {
    const char* const folder = std::getenv("REPROMPT_TEST_FOLDER");
    if (folder == nullptr) return;
    auto ledger = Ledger::open(folder, throw_away_keyring());
    REQUIRE(ledger);
    const net::Channel loopback(UniqueFd(), true);
    Verdict verdict;
    verdict.code = VerdictCode::stale_password;
    auto permit = ledger->permit({"example.org", std::to_string(getpid())}, Secret("old"), *loopback.proof(),
                                 WallClock::now(), false);
    if (!permit || !ledger->notes().empty()) return;
    ledger->record(std::move(*permit), verdict, WallClock::now());
    std::cout << "permit: ok" << std::endl;
});

TEST_CASE("without a session bus the keyring says so at once and starts none" * without_keyring) {
    TempFolder temp;
    const auto before = std::chrono::steady_clock::now();
    CHECK(visit_with({}) == "no_bus");
    CHECK(visit_with({"DBUS_SESSION_BUS_ADDRESS="}) == "no_bus");
    CHECK(visit_with({"DBUS_SESSION_BUS_ADDRESS=autolaunch:", "DISPLAY=:99"}) == "no_bus");
    CHECK(visit_with({"XDG_RUNTIME_DIR=" + temp.path().string()}) == "no_bus");
    CHECK(visit_with({"DBUS_SESSION_BUS_ADDRESS=unix:path=" + (temp.path() / "none").string()}) == "no_bus");
    CHECK(std::chrono::steady_clock::now() - before < 5s);
}

TEST_CASE("a bus without keyring service is told from no bus" * without_keyring) {
    TempFolder temp;
    Child bus;
    const std::string address = start_bus(bus, temp.path(), "<allow eavesdrop=\"true\"/>");
    CHECK(visit_with({"DBUS_SESSION_BUS_ADDRESS=" + address}) == "no_service");
    CHECK(visit_with({"XDG_RUNTIME_DIR=" + temp.path().string()}) == "no_service");
}

TEST_CASE("a bus that answers no greeting is left after five seconds" * without_keyring) {
    TempFolder temp;
    Child bus;
    const std::string address = start_bus(bus, temp.path(), "");
    const auto before = std::chrono::steady_clock::now();
    CHECK(visit_with({"DBUS_SESSION_BUS_ADDRESS=" + address}) == "timeout");
    CHECK(std::chrono::steady_clock::now() - before < 8s);
}

TEST_CASE("a bus that accepts and says nothing is left after five seconds" * without_keyring) {
    TempFolder temp;
    const UniqueFd listener = listen_at(temp.path() / "bus");
    const auto before = std::chrono::steady_clock::now();
    CHECK(visit_with({"XDG_RUNTIME_DIR=" + temp.path().string()}) == "timeout");
    const auto span = std::chrono::steady_clock::now() - before;
    CHECK(span > 4s);
    CHECK(span < 8s);
}

TEST_CASE("a keyring service that hangs is left after five seconds" * without_keyring) {
    const char* const pid = std::getenv("REPROMPT_TEST_KEYRING_PID");
    REQUIRE(pid != nullptr);
    REQUIRE(kill(std::atoi(pid), SIGSTOP) == 0);
    const auto before = std::chrono::steady_clock::now();
    const auto found = throw_away_keyring().find(schema, {}, true);
    const auto span = std::chrono::steady_clock::now() - before;
    REQUIRE(kill(std::atoi(pid), SIGCONT) == 0);
    REQUIRE_FALSE(found);
    CHECK(found.error().problem == KeyringProblem::timeout);
    CHECK(span < 6s);
    CHECK(throw_away_keyring().find(schema, {}, true));
}

TEST_CASE("a locked keyring is named and nobody is asked to unlock it" * without_keyring) {
    // In a keyring of its own, because only a person could open it again.
    Child child;
    const std::string self = std::filesystem::read_symlink("/proc/self/exe").string();
    start(child, {SOURCE_DIR "/tests/harness/with_keyring.sh", self, "--child", "locked"},
          environment_with({}));
    CHECK(read_from(child, false).find("all calls said: locked") != std::string::npos);
    int status = 0;
    REQUIRE(waitpid(std::exchange(child.pid, -1), &status, 0) > 0);
    CHECK(status == 0);
}

const reprompt::test::ChildBodyName call_a_locked_keyring("locked", [] {
    Keyring& keyring = throw_away_keyring();
    REQUIRE(keyring.store(schema, {{"a", "1"}}, "Reprompt test", Secret("x")));
    REQUIRE(std::system(
                "dbus-send --session --print-reply --dest=org.freedesktop.secrets /org/freedesktop/secrets "
                "org.freedesktop.Secret.Service.Lock "
                "array:objpath:/org/freedesktop/secrets/collection/login >/dev/null") == 0);
    const auto stored = keyring.store(schema, {{"a", "2"}}, "Reprompt test", Secret("x"));
    const auto found = keyring.find(schema, {{"a", "1"}}, true);
    const auto listed = keyring.find(schema, {}, false);
    const auto erased = keyring.erase(schema, {});
    REQUIRE_FALSE((stored || found || listed || erased));
    for (const KeyringProblem problem :
         {stored.error().problem, found.error().problem, listed.error().problem, erased.error().problem}) {
        REQUIRE(problem == KeyringProblem::locked);
    }
    std::cout << "all calls said: locked" << std::endl;
});
