// SPDX-License-Identifier: MPL-2.0
// Proxy: the way to a server through a proxy, as Thunderbird is configured or `--proxy` says. Belongs here:
// reaching the proxy and asking it for a tunnel. Does not belong here: its protocols (proxy_reply.hpp), the
// direct way (dial.hpp), TLS, which runs inside the tunnel (channel.hpp).
#pragma once

#include <optional>

#include "net/dial.hpp"

namespace reprompt::net {

enum class ProxyKind : std::uint8_t {
    socks5,  ///< RFC 1928, without a login
    http,    ///< CONNECT (RFC 9110 section 9.3.6), in clear to the proxy, without a login
};

struct Proxy {
    ProxyKind kind = ProxyKind::socks5;
    std::string host;  ///< A-label name or address without brackets
    std::uint16_t port = 0;
    bool resolves_names = true;  ///< false: SOCKS5 is given addresses that we look up ourselves
};

/// "socks5", "http"; the reverse gives nullopt for an unknown name.
const char* name_of(ProxyKind) noexcept;
std::optional<ProxyKind> proxy_kind_from(std::string_view) noexcept;

/// "socks5://192.0.2.1:1080"
std::string to_text(const Proxy& proxy);

/// One talk with the proxy, its own way to the server included; clipped by the deadline of the run.
inline constexpr Milliseconds proxy_limit{20'000};

/// As dial(), but through `proxy`, which `evidence.proxy` then names. The channel is never loopback, wherever
/// proxy and server are: who reads what leaves is not known. Errors: proxy_failed (not reached, silent,
/// closed, not the protocol), proxy_refused, proxy_login_required, each with the proxy's name in the detail;
/// network_down, cancelled; dns_* of the server's own name, if we look it up.
Expected<Channel, IoError> dial_through(const Proxy& proxy, const std::string& host, std::uint16_t port,
                                        Evidence& evidence, Deadline deadline, const Cancel& cancel,
                                        const StageReport& report = {});

}  // namespace reprompt::net
