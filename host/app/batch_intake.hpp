// SPDX-License-Identifier: MPL-2.0
// BatchIntake: the list -> the queue, in bounded memory. Belongs here: which line is read when. Does not
// belong here: octets (batch_input), whose turn it is (batch_queue).
//
// A list is often sorted by server, and only two accounts of a server are checked at a time. If reading
// stopped at such a run, everybody behind it would wait; if it went on, the lines of the run would fill the
// memory. So, where the list is a file, a host that has its share of waiting lines is *parked*: its lines are
// passed over, and of each only its place is kept, with the place of the host's next one, in a table that
// leaves the memory when it grows. When nothing of the host waits any more, just these lines are read again:
// whatever the order of the list, no line is read more than twice here. A pipe cannot be read again; there a
// run holds up what is behind it once the queue is full.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>

#include "app/answered_ids.hpp"
#include "app/batch_input.hpp"
#include "app/batch_queue.hpp"
#include "app/guessing_screen.hpp"
#include "base/spill_table.hpp"
#include "diagnose/rules.hpp"

namespace reprompt::app {

/// Why the whole list is refused.
struct Refusal {
    Guessing why = Guessing::none;
    std::uint64_t line = 0;
};

class BatchIntake {
  public:
    struct Hearer {
        /// A line that cannot be read.
        std::function<void(const LineError&, std::uint64_t line)> error;
        /// A line whose id was answered before.
        std::function<void()> answered_before;
        /// A line with members that do nothing.
        std::function<void(const std::vector<std::string>& names, std::uint64_t line)> unread;
    };
    /// The references must outlive this object. `answered`: ids that need no answer any more.
    BatchIntake(int fd, const BatchTerms& terms, const RuleBook& rules, const AnsweredIds& answered,
                BatchQueue& queue, Hearer hearer);

    /// Reads a file to its end without checking any account: the lines in it, or why it is refused. `go_on`
    /// is asked from time to time; false ends it. A pipe is not looked at.
    Refusal survey(const std::function<bool()>& go_on);
    /// Lines that the survey found, those answered before included; 0 without one.
    [[nodiscard]] std::uint64_t lines() const noexcept { return lines_; }

    /// Fills the queue with what can be read now, of at most `lines_at_a_time` lines that were never read and
    /// as many that were passed over.
    Refusal pull();
    static constexpr std::size_t lines_at_a_time = 1024;
    /// pull() left before the end of what can be read now.
    [[nodiscard]] bool has_more() const noexcept { return more_; }
    /// More may come when the descriptor is readable.
    [[nodiscard]] bool waits_for_input() const noexcept { return waits_; }
    /// Nothing will ever come again.
    [[nodiscard]] bool ended() const noexcept { return ended_ && parked_.empty(); }
    /// The descriptor failed; what was read before is valid.
    [[nodiscard]] bool broken() const noexcept { return broken_; }
    [[nodiscard]] std::size_t parked() const noexcept { return parked_.size(); }
    /// How many lines pull() has read so far, those that it read twice twice.
    [[nodiscard]] std::uint64_t lines_read() const noexcept { return lines_read_; }

  private:
    using Got = BatchInput::Got;
    using Place = BatchInput::Place;
    /// The first and the last line of a host that were passed over; `after_` leads from each to the next.
    struct Parked {
        Place next, last;
    };
    struct Step {
        std::uint64_t key;  ///< of the line before
        std::uint64_t offset, number;
    };
    Guessing screen(const BatchAccount& account);
    Refusal read_on();
    Refusal read_again();
    Refusal take(BatchAccount account);
    void park(const std::string& host, Place at);
    /// The line passed over after `at`, which is forgotten.
    Place take_step(Place at);
    void list_changed();

    const BatchTerms& terms_;
    const RuleBook& rules_;
    const AnsweredIds& answered_;
    BatchQueue& queue_;
    Hearer hearer_;
    BatchInput input_, again_;
    GuessingScreen screen_;
    AnsweredIds taken_;                     ///< ids of this list
    std::map<std::string, Parked> parked_;  ///< by host
    SpillTable<Step> after_;
    std::deque<std::string> hungry_;  ///< hosts of which nothing waited when they were put here
    std::uint64_t lines_ = 0, lines_read_ = 0;
    bool more_ = false, waits_ = false, ended_ = false, broken_ = false;
};

}  // namespace reprompt::app
