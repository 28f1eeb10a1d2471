// SPDX-License-Identifier: MPL-2.0
// BatchAnswers: the lines that a batch prints, whole and one at a time, and how many of which. Belongs here:
// output and counting. Does not belong here: progress (batch_progress).
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <iosfwd>
#include <mutex>
#include <string>

#include "app/batch_line.hpp"
#include "probe/probe.hpp"

namespace reprompt::app {

/// Counted since the start of the run.
struct BatchTally {
    static constexpr std::size_t codes = static_cast<std::size_t>(VerdictCode::inconclusive) + 1;
    std::array<std::uint64_t, codes> verdicts{};
    std::uint64_t answered = 0;  ///< with a verdict
    std::uint64_t errors = 0;    ///< lines that could not be read or used
    std::uint64_t internal = 0;  ///< accounts without a verdict for a reason that is ours
};

/// For any thread. What prints waits for whoever reads the answers, for ever if that one has stopped; nothing
/// else in here waits.
class BatchAnswers {
  public:
    /// `under_bar`: on the terminal that shows the bar, whose place each line takes.
    explicit BatchAnswers(std::ostream& out, bool under_bar = false) : out_(out), under_bar_(under_bar) {}

    /// `{"id":…,…}` with everything that `probe --json` prints.
    void verdict(const std::string& id, const probe::Result& result);
    /// `{"error":…,"id":…,"line":…}`
    void error(const LineError& error, std::uint64_t line);
    /// The same for a fault that is not the line's.
    void internal_error(const LineError& error, std::uint64_t line);
    /// Of what was printed.
    [[nodiscard]] BatchTally tally() const;
    /// Nobody reads the answers any more, or the disk is full.
    [[nodiscard]] bool broken() const noexcept { return broken_; }

  private:
    void print(const std::string& line);
    std::ostream& out_;
    bool under_bar_;
    std::mutex printing_;
    std::atomic<bool> broken_{false};
    mutable std::mutex counting_;  ///< of `tally_`; held for a moment only
    BatchTally tally_;
};

}  // namespace reprompt::app
