// SPDX-License-Identifier: MPL-2.0
// Cancel: its event descriptor.
#include "base/cancel.hpp"

#include <sys/eventfd.h>

#include <cstdint>

namespace reprompt {

Cancel::Cancel() : event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

void Cancel::cancel() noexcept {
    cancelled_.store(true, std::memory_order_release);
    if (!event_) return;
    const std::uint64_t one = 1;
    // Nobody reads the counter, so that it stays readable; a full counter is readable too.
    [[maybe_unused]] const auto written = ::write(event_.get(), &one, sizeof one);
}

}  // namespace reprompt
