// SPDX-License-Identifier: MPL-2.0
// ProxyReply: what is said to a proxy before the mail server is reached, and what its answer means: SOCKS5
// (RFC 1928) and HTTP CONNECT (RFC 9110 section 9.3.6). Pure. Does not belong here: connections (proxy.hpp).
//
// Behind the proxy's answer the mail server may speak at once. So a reader says how many further octets
// surely belong to the proxy's answer, and nobody reads more than that.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace reprompt::net {

struct ProxyReply {
    enum class State : std::uint8_t {
        incomplete,
        accepted,
        refused,      ///< `words` say how
        needs_login,  ///< `words` say how; this program has no login for proxies
        garbage,      ///< not the protocol
    };
    State state = State::incomplete;
    std::size_t wanted = 0;  ///< for `incomplete`: at least 1; these octets belong to the proxy's answer
    std::string words{};     ///< English, one line, escaped
};

/// Longest answer of an HTTP proxy, interim responses included; a longer one is garbage.
inline constexpr std::size_t max_proxy_reply = 16 * 1024;

/// RFC 1928 section 3: one method is offered, "no authentication required".
std::string socks5_greeting();
ProxyReply read_socks5_method(std::string_view octets);

/// RFC 1928 section 4, CONNECT. `host`: a numeric address goes as such, anything else as a name, of which at
/// most 255 octets are sent.
std::string socks5_request(const std::string& host, std::uint16_t port);
ProxyReply read_socks5_connect(std::string_view octets);

/// `host` holds no control characters (probe/settings_check).
std::string http_connect_request(const std::string& host, std::uint16_t port);
ProxyReply read_http_connect(std::string_view octets);

}  // namespace reprompt::net
