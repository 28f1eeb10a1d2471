// SPDX-License-Identifier: MPL-2.0
// Deadline: a point on the monotonic clock until which a wait may last. Every wait in the host takes one.
#pragma once

#include <algorithm>
#include <chrono>

namespace reprompt {

using Milliseconds = std::chrono::milliseconds;

class Deadline {
  public:
    using Clock = std::chrono::steady_clock;

    static Deadline after(Milliseconds span) { return Deadline(Clock::now() + span); }
    /// The earlier of "`span` from now" and this one: a stage's limit clipped by the whole run's.
    [[nodiscard]] Deadline clip(Milliseconds span) const {
        return Deadline(std::min(at_, Clock::now() + span));
    }
    [[nodiscard]] bool passed() const { return Clock::now() >= at_; }
    /// What is left, rounded up to whole milliseconds, never below 0: fits poll(2).
    [[nodiscard]] Milliseconds left() const {
        const auto span = std::chrono::ceil<Milliseconds>(at_ - Clock::now());
        return std::max(span, Milliseconds(0));
    }

  private:
    explicit Deadline(Clock::time_point at) : at_(at) {}
    Clock::time_point at_;
};

}  // namespace reprompt
