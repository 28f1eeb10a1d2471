// SPDX-License-Identifier: MPL-2.0
// The ledger's tests share this: a ledger in a folder of its own with a keyring in memory, and the verbs of a
// probe.
#pragma once

#include <doctest/doctest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <utility>

#include "ledger/ledger.hpp"
#include "unit/fake_keyring.hpp"

namespace reprompt::test {

using namespace reprompt::ledger;

inline const Account alice{"example.org", "alice@example.org"};

inline net::ChannelProof proof() {
    const net::Channel loopback(UniqueFd(), true);
    return *loopback.proof();
}

inline Verdict verdict_of(VerdictCode code, Confidence confidence = Confidence::certain) {
    Verdict verdict;
    verdict.code = code;
    verdict.confidence = confidence;
    verdict.rule = "generic.authenticationfailed";
    verdict.stage = Stage::auth;
    verdict.provider = "gmail";
    verdict.advice = {"app_password", "oauth2"};
    verdict.server_words = {"a1 NO [AUTHENTICATIONFAILED] Authentication failed.", "a second line"};
    verdict.links = {{"help", "https://example.org/"}};
    return verdict;
}

inline std::string content_of(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

inline void write_to(const std::filesystem::path& path, const std::string& octets, std::ios::openmode mode) {
    std::ofstream(path, std::ios::binary | mode) << octets;
}

/// A ledger in a folder of its own, with the verbs of a probe.
struct LedgerFixture {
    TempFolder temp;
    std::filesystem::path folder = temp.path() / "state/reprompt";
    FakeKeyring keyring;
    WallClock::time_point now = WallClock::now();
    Ledger ledger = open();

    Ledger open() {
        auto opened = Ledger::open(folder, keyring, now);
        REQUIRE_MESSAGE(opened, opened.error());
        return std::move(*opened);
    }
    Expected<Permit, Denial> ask(const char* password, bool again = false, const Account& account = alice) {
        return ledger.permit(account, Secret(password), proof(), now, again);
    }
    void attempt(const char* password, VerdictCode code, bool again = false, const Account& account = alice) {
        auto permit = ask(password, again, account);
        REQUIRE(permit);
        ledger.record(std::move(*permit), verdict_of(code), now);
    }
    std::optional<Rejection> rejected(const char* password, const Account& account = alice) {
        return ledger.rejected(account, Secret(password), now, std::nullopt);
    }
    [[nodiscard]] std::filesystem::path file() const { return folder / "ledger"; }
};

}  // namespace reprompt::test
