// SPDX-License-Identifier: MPL-2.0
#include "ledger/vault_mark.hpp"

#include <doctest/doctest.h>

#include <fstream>

#include "unit/fake_keyring.hpp"

using namespace reprompt;
using ledger::Vault;
using ledger::VaultMark;

namespace {

/// The mark in `folder` after a sweep with this result.
void sweep(const std::filesystem::path& folder, Expected<Vault::Swept, ledger::KeyringError> result) {
    int asked = 0;
    VaultMark(folder).sweep([&] {
        ++asked;
        return result;
    });
    CHECK(asked == 1);
}
const Unexpected<ledger::KeyringError> no_answer({ledger::KeyringProblem::locked, ""});

}  // namespace

TEST_CASE("a vault nobody used is known to hold nothing once a keyring has said so") {
    const test::TempFolder temp;
    const auto folder = temp.path() / "state" / "reprompt";
    CHECK(VaultMark(folder).may_hold());
    sweep(folder, no_answer);
    CHECK(VaultMark(folder).may_hold());
    sweep(folder, Vault::Swept{0, 0});
    CHECK_FALSE(VaultMark(folder).may_hold());
}

TEST_CASE("a used vault may hold something until its last entry was deleted, whatever another keyring says") {
    const test::TempFolder temp;
    const auto folder = temp.path() / "reprompt";
    CHECK(VaultMark(folder).set().has_value());
    CHECK(VaultMark(folder).may_hold());
    for (const auto& result : {Vault::Swept{0, 0}, Vault::Swept{0, 1}, Vault::Swept{2, 1}}) {
        sweep(folder, result);
        CHECK(VaultMark(folder).may_hold());
    }
    sweep(folder, no_answer);
    CHECK(VaultMark(folder).may_hold());
    sweep(folder, Vault::Swept{1, 0});
    CHECK_FALSE(VaultMark(folder).may_hold());
}

TEST_CASE("the mark stays while something is put in") {
    const test::TempFolder temp;
    {
        const auto held = VaultMark(temp.path()).set();
        REQUIRE(held.has_value());
        sweep(temp.path(), Vault::Swept{1, 0});
        CHECK(VaultMark(temp.path()).may_hold());
    }
    sweep(temp.path(), Vault::Swept{1, 0});
    CHECK_FALSE(VaultMark(temp.path()).may_hold());
}

TEST_CASE("without a folder the vault is looked into every time, and can be filled") {
    const test::TempFolder temp;
    std::ofstream(temp.path() / "file") << "in the way";
    for (const auto& folder : {std::filesystem::path(), temp.path() / "file" / "reprompt"}) {
        sweep(folder, Vault::Swept{1, 0});
        CHECK(VaultMark(folder).may_hold());
        CHECK_FALSE(VaultMark(folder).set().has_value());
    }
}
