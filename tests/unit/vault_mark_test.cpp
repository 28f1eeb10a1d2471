// SPDX-License-Identifier: MPL-2.0
#include "ledger/vault_mark.hpp"

#include <doctest/doctest.h>

#include <fstream>

#include "unit/fake_keyring.hpp"

using namespace reprompt;
using namespace std::chrono_literals;
using ledger::VaultMark;

namespace {
bool yes() {
    return true;
}
}  // namespace

TEST_CASE("the vault is taken for empty after it was seen so, for 30 days") {
    const test::TempFolder folder;
    const VaultMark mark(folder.path() / "state");
    const auto now = std::chrono::system_clock::now();
    CHECK_FALSE(mark.says_empty(now + 1h));
    mark.look([] { return false; });
    CHECK_FALSE(mark.says_empty(now + 1h));
    mark.look(yes);
    CHECK(mark.says_empty(now + 1h));
    CHECK(mark.says_empty(now + 24h * 29));
    CHECK_FALSE(mark.says_empty(now + 24h * 31));
    CHECK_FALSE_MESSAGE(mark.says_empty(now - 1h), "the clock went back");
}

TEST_CASE("a vault that is being filled is not marked as empty, however that ends") {
    const test::TempFolder folder;
    const VaultMark mark(folder.path() / "state");
    const auto later = std::chrono::system_clock::now() + 1h;
    mark.look(yes);
    {
        const auto held = mark.take_away();
        CHECK(held.has_value());
        CHECK_FALSE(mark.says_empty(later));
        int asked = 0;
        VaultMark(folder.path() / "state").look([&] { return ++asked == 1; });
        CHECK(asked == 1);
        CHECK_FALSE(mark.says_empty(later));
    }
    mark.look(yes);
    CHECK(mark.says_empty(later));
}

TEST_CASE("without a folder the vault is looked into every time, and can be filled") {
    const test::TempFolder folder;
    std::ofstream(folder.path() / "file") << "in the way";
    for (const VaultMark& mark : {VaultMark(""), VaultMark(folder.path() / "file" / "state")}) {
        int asked = 0;
        mark.look([&] { return ++asked > 0; });
        CHECK(asked == 1);
        CHECK_FALSE(mark.says_empty(std::chrono::system_clock::now() + 1h));
        CHECK_FALSE(mark.take_away().has_value());
    }
}
