// SPDX-License-Identifier: MPL-2.0
// Address: one socket address and the questions asked about it. Belongs here: no name look-up (resolver.hpp),
// no connections (race.hpp).
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <string>
#include <vector>

namespace reprompt::net {

struct Address {
    sockaddr_storage storage{};
    socklen_t size = 0;

    [[nodiscard]] int family() const noexcept { return storage.ss_family; }
    [[nodiscard]] const sockaddr* get() const noexcept { return reinterpret_cast<const sockaddr*>(&storage); }
};

/// 127.0.0.0/8 (RFC 1122 section 3.2.1.3), ::1 (RFC 4291 section 2.5.3), and the former mapped into IPv6.
bool is_loopback(const Address& address) noexcept;

/// An address that means nothing outside one network, or no single machine: loopback, private, shared (RFC
/// 6598), link-local, unique local, benchmarking, multicast, reserved, unspecified; and IPv6 addresses that
/// carry such an IPv4 address (mapped, NAT64, 6to4).
bool is_private(const Address& address) noexcept;

/// True for an IPv4 or IPv6 address in text form, without brackets.
bool is_numeric_address(const std::string& host) noexcept;

/// "192.0.2.1" or "2001:db8::1".
std::string to_text(const Address& address);

/// Families alternate, IPv6 first, the resolver's order kept within each (RFC 8305 section 4).
std::vector<Address> interleaved(const std::vector<Address>& addresses);

/// Whether this machine has a route to anywhere but itself. Sends nothing: a datagram socket is connected to
/// addresses kept for documentation (RFC 5737, RFC 3849) and closed.
bool has_route();

}  // namespace reprompt::net
