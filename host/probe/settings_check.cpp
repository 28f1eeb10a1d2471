// SPDX-License-Identifier: MPL-2.0
#include "probe/settings_check.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"

namespace reprompt::probe {
namespace {

Expected<void, std::string> refuse(std::string why) {
    return Unexpected<std::string>(std::move(why));
}

/// RFC 1035 section 2.3.4 and RFC 1123 section 2.1, with the underscore that is seen in practice, or an
/// address with its zone.
bool fits_host(char octet) noexcept {
    return (octet >= 'a' && octet <= 'z') || (octet >= 'A' && octet <= 'Z') ||
           (octet >= '0' && octet <= '9') || octet == '-' || octet == '.' || octet == '_' || octet == ':' ||
           octet == '%';
}

Expected<void, std::string> check_host(const std::string& host) {
    constexpr std::size_t longest_name = 253;
    if (host.empty()) return refuse("the host name is empty");
    if (has_control(host)) return refuse("the host name contains a control character");
    if (std::any_of(host.begin(), host.end(),
                    [](char octet) { return static_cast<unsigned char>(octet) > 0x7e; })) {
        return refuse("the host name is not ASCII");  // probe::run has turned it into its A-label
    }
    if (!std::all_of(host.begin(), host.end(), fits_host))
        return refuse("the host name has a character that no host name has");
    if (host.front() == '.' || host.size() > longest_name) return refuse("the host name is not well-formed");
    return {};
}

Expected<void, std::string> check_credential(const Request& request) {
    using namespace std::string_view_literals;
    const bool token = request.kind == CredentialKind::token;
    if (request.kind == CredentialKind::none) return {};
    if (request.user.empty()) return refuse("a user name is needed");
    if (request.credential.empty()) return refuse(token ? "the token is empty" : "the password is empty");
    if (request.credential.reveal().find_first_of("\0\r\n"sv) != std::string_view::npos) {
        return refuse(token ? "the token cannot be sent: it contains NUL, CR or LF"
                            : "the password cannot be sent: it contains NUL, CR or LF");
    }
    return {};
}

}  // namespace

Expected<void, std::string> check_settings(const Request& request) {
    if (auto host = check_host(request.endpoint.host); !host) return host;
    if (request.endpoint.port == 0) return refuse("the port is not between 1 and 65535");
    if (request.proxy) {
        if (auto host = check_host(request.proxy->host); !host) return refuse("the proxy: " + host.error());
        if (request.proxy->port == 0) return refuse("the proxy's port is not between 1 and 65535");
    }
    if (has_control(request.user)) return refuse("the user name contains a control character");
    return check_credential(request);
}

}  // namespace reprompt::probe
