// SPDX-License-Identifier: MPL-2.0
// Race: several addresses of one server -> the first connection that stands (happy eyeballs, RFC 8305 section
// 5).
#pragma once

#include "net/address.hpp"
#include "net/channel.hpp"

namespace reprompt::net {

/// RFC 8305 section 8: the recommended Connection Attempt Delay.
inline constexpr Milliseconds attempt_delay{250};

/// Tries `addresses` in this order, the next one after `attempt_delay` or at once when one fails. The socket
/// is non-blocking. Errors: connection_refused, host_unreachable, network_down (every address had no route,
/// and neither has anything else), timeout, cancelled. `tried` (may be null) gets each address that was
/// started, in this order.
Expected<Channel, IoError> connect_first(const std::vector<Address>& addresses, Deadline deadline,
                                         const Cancel& cancel, std::vector<AddressTried>* tried = nullptr);

}  // namespace reprompt::net
