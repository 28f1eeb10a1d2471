// SPDX-License-Identifier: MPL-2.0
// Resolver: host name -> addresses, by getaddrinfo(3) on a thread that can be abandoned. getaddrinfo cannot
// be cancelled and may hang for many seconds; the caller's deadline must hold all the same. The state shared
// with that thread is the one shared_ptr of this program. Later also SRV look-ups. Does not belong here:
// connecting (race.hpp).
#pragma once

#include <netdb.h>

#include <functional>

#include "net/address.hpp"
#include "net/channel.hpp"

namespace reprompt::net {

/// The signature of getaddrinfo(3). Runs on another thread, perhaps longer than the call that started it: it
/// owns what it needs.
using Lookup =
    std::function<int(const char* host, const char* service, const addrinfo* hints, addrinfo** found)>;

/// The addresses of `host`, in the system's order. A numeric address is answered at once without a thread.
/// Errors: dns_not_found, dns_no_address, dns_temporary, network_down (the resolver could not tell and there
/// is no route), timeout, cancelled.
Expected<std::vector<Address>, IoError> resolve(const std::string& host, std::uint16_t port,
                                                Deadline deadline, const Cancel& cancel,
                                                const Lookup& lookup = ::getaddrinfo);

}  // namespace reprompt::net
