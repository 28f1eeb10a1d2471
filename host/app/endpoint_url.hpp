// SPDX-License-Identifier: MPL-2.0
// EndpointUrl: `imap[s]://host[:port]` and its kin -> Endpoint, `socks5://host:port` -> Proxy. Belongs here:
// syntax and default ports (RFC 8314 section 7, RFC 6409, RFC 3501, RFC 1939).
#pragma once

#include <string>
#include <string_view>

#include "base/expected.hpp"
#include "evidence/evidence.hpp"
#include "net/proxy.hpp"

namespace reprompt::app {

/// The host comes back as its A-label, in lower case and without brackets; `tls` is implicit for the schemes
/// that end in s, else STARTTLS. Error: one English line that never repeats the URL, because somebody may
/// have put a password into it.
Expected<Endpoint, std::string> parse_endpoint_url(std::string_view url);

/// `socks5://host:port` or `http://host:port`; the proxy resolves the server's name. Errors as above.
Expected<net::Proxy, std::string> parse_proxy_url(std::string_view url);

/// The reverse, for reports: `imaps://host:993`.
std::string endpoint_text(Protocol protocol, TlsMode tls, std::string_view host, std::uint16_t port);

}  // namespace reprompt::app
