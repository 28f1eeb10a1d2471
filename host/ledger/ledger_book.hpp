// SPDX-License-Identifier: MPL-2.0
// LedgerBook: what the events of a ledger amount to: attempts that count, refusals that live. Pure: no clock.
// Belongs here: lifetimes and counting (DESIGN section 3). Does not belong here: the format of a
// line (ledger_line.hpp), who may send (ledger.hpp).
//
// A help desk may have a hundred thousand refusals in a day. So a book is a table of small records that
// leaves the memory when it grows (base/spill_table), found by account and by fingerprint; verdicts share
// their texts, and of the servers' words only the first 2000 different ones are kept.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/spill_table.hpp"
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
    /// The live refusal of this fingerprint; without the server's words if there were too many different
    /// ones.
    [[nodiscard]] std::optional<Event> rejection(const std::string& fingerprint, Time now) const;
    /// True if any refusal of this account lives: saves a visit to the keyring.
    [[nodiscard]] bool has_rejection(const std::string& account_key, Time now) const;
    /// True if an attempt with this fingerprint began less than `attempt_lasts` ago and has no result yet.
    [[nodiscard]] bool under_way(const std::string& fingerprint, Time now) const;
    /// Attempts of the last 24 h that count.
    [[nodiscard]] int spent(const std::string& account_key, Time now) const;
    /// The shortest list of events with the same meaning at `now`, and at any time of the day before: a clock
    /// that ran ahead may be set back. Attempts come before refusals.
    void each_live_event(Time now, const std::function<void(const Event&)>& take) const;
    /// True if those are less than half of what was applied.
    [[nodiscard]] bool mostly_dead(Time now) const;

  private:
    enum class Kind : std::uint8_t { under_way, ended, rejection, fingerprint };
    struct Record {
        std::uint64_t key;  ///< of the account; of the fingerprint if the record only leads to its account
        std::array<unsigned char, 16> account;
        std::array<unsigned char, 32> fingerprint;  ///< zeros: there is none
        std::uint64_t attempt;
        std::int64_t at;  ///< as Time counts
        std::uint32_t texts, words;
        Kind kind;
        VerdictCode code;
        Confidence confidence;
        Stage stage;
        bool of_attempt;  ///< a refusal of an attempt of ours: `attempt` says which
    };
    using Table = SpillTable<Record>;
    using Next = Table::Next;
    /// What verdicts have in common, kept once.
    struct Texts {
        std::string rule, provider;
        std::vector<std::string> advice;
    };

    static Record record_of(const Event& event, Kind kind);
    [[nodiscard]] Event event_of(const Record& record) const;
    void end_attempt(const Event& event);
    void erase_account(const Event& event, bool attempts);
    void lead_to(const Record& record);
    std::uint32_t keep_texts(const Verdict& verdict);
    std::uint32_t keep_words(const Verdict& verdict);
    template <class Look>
    void each_of_fingerprint(const std::string& fingerprint, Look&& look) const;
    /// `look(record, is an attempt)` for every record that each_live_event() makes an event of.
    template <class Look>
    void each_live_record(Time now, Look&& look) const;

    mutable Table records_{1024 * 1024};
    std::size_t applied_ = 0;  ///< events
    Time latest_ = Time::min();
    std::vector<Texts> texts_;
    std::map<std::string, std::uint32_t> text_numbers_;
    std::vector<std::string> words_;
    std::map<std::string, std::uint32_t> word_numbers_;
};

}  // namespace reprompt::ledger
