// SPDX-License-Identifier: MPL-2.0
// Wait: the one poll(2) under every network wait. Belongs here: waiting for one descriptor, a Deadline and a
// Cancel together, and the IoError that says why a wait ended. Does not belong here: reading and writing
// (channel.cpp, tls.cpp).
#pragma once

#include <string>

#include "net/channel.hpp"

namespace reprompt::net {

enum class Waited : std::uint8_t { ready, timeout, cancelled };

/// Waits until `fd` is ready for `events` (POLLIN, POLLOUT) or broken, `deadline` passes, or `cancel` is
/// called. A cancel wins over readiness. fd -1 waits for the other two only.
Waited wait_for(int fd, short events, Deadline deadline, const Cancel& cancel);

/// Failure::timeout or Failure::cancelled; `what` names what was waited for: "no answer to the TLS greeting".
/// Not for Waited::ready.
IoError error_of(Waited waited, const std::string& what);

/// `what` and the system's text for `error_number`.
std::string with_errno(const std::string& what, int error_number);

inline Unexpected<IoError> fail(Failure failure, std::string detail) {
    return Unexpected<IoError>(IoError{failure, std::move(detail)});
}

}  // namespace reprompt::net
