// SPDX-License-Identifier: MPL-2.0
// Dial: host name and port -> connected socket. Resolver on an abandonable thread, addresses tried as RFC
// 8305 says (happy eyeballs).
#pragma once

#include <functional>

#include "net/address.hpp"
#include "net/channel.hpp"

namespace reprompt::net {

/// Called when a stage begins; must not block.
using StageReport = std::function<void(Stage)>;

/// Whether an address may be connected to.
using AddressRule = std::function<bool(const Address&)>;

/// Each stage's own limit, clipped by the deadline of the whole run.
inline constexpr Milliseconds resolve_limit{10'000};
inline constexpr Milliseconds connect_limit{10'000};

/// Fills stage, timings_ms (resolve, connect), addresses and loopback of `evidence`. The error's failure is
/// dns_*, connection_refused, host_unreachable, network_down, timeout or cancelled; evidence.stage says
/// where. Addresses that `allowed` (empty = all) refuses are passed over; if none is left: host_unreachable.
Expected<Channel, IoError> dial(const std::string& host, std::uint16_t port, Evidence& evidence,
                                Deadline deadline, const Cancel& cancel, const StageReport& report = {},
                                const AddressRule& allowed = {});

}  // namespace reprompt::net
