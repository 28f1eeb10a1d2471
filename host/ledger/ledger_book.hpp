// SPDX-License-Identifier: MPL-2.0
// LedgerBook: what the events of a ledger amount to: attempts that count, refusals that live. Pure: no clock,
// no files. Belongs here: lifetimes and counting (DESIGN section 3). Does not belong here: the format of a
// line (ledger_line.hpp), who may send (ledger.hpp).
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ledger/ledger_line.hpp"

namespace reprompt::ledger {

/// Attempts that were refused or never ended, per account and 24 h.
inline constexpr int daily_budget = 3;
/// An attempt without a result is taken to be under way that long; then its program is taken to have died.
inline constexpr std::chrono::seconds attempt_lasts{60};

/// How long a refusal counts: 24 h, a token's 1 h; zero for a code that makes no entry.
std::chrono::hours lifetime_of(VerdictCode code) noexcept;

class LedgerBook {
  public:
    using Time = std::chrono::system_clock::time_point;

    /// In the order of the file. Doubles and events without a beginning are harmless.
    void apply(const Event& event);
    /// What lies more than a day ahead of `now` was written by a clock that was wrong: it counts as of `now`,
    /// so that it neither vanishes nor lives for ever. True if there was such a thing.
    bool pull_back(Time now);
    /// The live refusal of this fingerprint.
    [[nodiscard]] std::optional<Event> rejection(const std::string& fingerprint, Time now) const;
    /// True if any refusal of this account lives: saves a visit to the keyring.
    [[nodiscard]] bool has_rejection(const std::string& account_key, Time now) const;
    /// True if an attempt with this fingerprint began less than `attempt_lasts` ago and has no result yet.
    [[nodiscard]] bool under_way(const std::string& fingerprint, Time now) const;
    /// Attempts of the last 24 h that count.
    [[nodiscard]] int spent(const std::string& account_key, Time now) const;
    /// The shortest list of events with the same meaning at `now`, and at any time of the day before: a clock
    /// that ran ahead may be set back.
    [[nodiscard]] std::vector<Event> live_events(Time now) const;

  private:
    std::map<std::string, Event> attempts_;    ///< by attempt; begin: no result yet, other kinds: ended
    std::map<std::string, Event> rejections_;  ///< by fingerprint
};

}  // namespace reprompt::ledger
