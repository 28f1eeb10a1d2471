// SPDX-License-Identifier: MPL-2.0
// Cancel: one flag with a file descriptor, so that a wait in poll(2) ends when somebody calls cancel().
#pragma once

#include <atomic>

#include "base/unique_fd.hpp"

namespace reprompt {

/// Shared between the thread that waits and the one that cancels; must outlive both uses.
class Cancel {
  public:
    Cancel();
    /// Thread-safe, may be called more than once.
    void cancel() noexcept;
    [[nodiscard]] bool cancelled() const noexcept { return cancelled_.load(std::memory_order_acquire); }
    /// Readable (POLLIN) for ever once cancelled; -1 if the system had no descriptor left (then only the
    /// flag works and waits end by their deadline).
    [[nodiscard]] int fd() const noexcept { return event_.get(); }

  private:
    UniqueFd event_;
    std::atomic<bool> cancelled_{false};
};

}  // namespace reprompt
