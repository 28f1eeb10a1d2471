// SPDX-License-Identifier: MPL-2.0
#include "net/wait.hpp"

#include <poll.h>

#include <array>
#include <cerrno>
#include <limits>
#include <system_error>

#include "base/system_words.hpp"

namespace reprompt::net {

Waited wait_for(int fd, short events, Deadline deadline, const Cancel& cancel) {
    for (;;) {
        if (cancel.cancelled()) return Waited::cancelled;
        std::array<pollfd, 2> waits{{{fd, events, 0}, {cancel.fd(), POLLIN, 0}}};
        const auto left =
            std::min<Milliseconds::rep>(deadline.left().count(), std::numeric_limits<int>::max());
        const int ready = ::poll(waits.data(), waits.size(), static_cast<int>(left));
        if (ready < 0 && errno != EINTR && errno != EAGAIN) {
            throw std::system_error(errno, std::generic_category(), "poll");
        }
        if (ready > 0) {
            if (cancel.cancelled()) return Waited::cancelled;
            if (waits[0].revents != 0) return Waited::ready;
        }
        if (deadline.passed()) return Waited::timeout;
    }
}

IoError error_of(Waited waited, const std::string& what) {
    switch (waited) {
        case Waited::timeout:
            return {Failure::timeout, what + " within the time limit"};
        case Waited::cancelled:
        case Waited::ready:
            break;
    }
    return {Failure::cancelled, "cancelled"};
}

std::string with_errno(const std::string& what, int error_number) {
    return what + ": " + system_words(error_number);
}

}  // namespace reprompt::net
