// SPDX-License-Identifier: MPL-2.0
#include "app/endpoint_url.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "base/text.hpp"
#include "net/host_name.hpp"

namespace reprompt::app {

namespace {

struct Scheme {
    std::string_view name;
    Protocol protocol;
    TlsMode tls;
    std::uint16_t port;
};
constexpr Scheme schemes[] = {
    {"imap", Protocol::imap, TlsMode::starttls, 143}, {"imaps", Protocol::imap, TlsMode::implicit, 993},
    {"pop3", Protocol::pop3, TlsMode::starttls, 110}, {"pop3s", Protocol::pop3, TlsMode::implicit, 995},
    {"smtp", Protocol::smtp, TlsMode::starttls, 587}, {"smtps", Protocol::smtp, TlsMode::implicit, 465},
};

/// One spelling for each address (RFC 5952). `text` is one.
std::string shortest_ipv6(const std::string& text) {
    in6_addr address{};
    char spelled[INET6_ADDRSTRLEN] = {};
    ::inet_pton(AF_INET6, text.c_str(), &address);
    return ::inet_ntop(AF_INET6, &address, spelled, sizeof spelled) == nullptr ? text : spelled;
}

bool is_ipv6(const std::string& text) {
    in6_addr address{};
    return ::inet_pton(AF_INET6, text.c_str(), &address) == 1;
}

/// RFC 1123 section 2.1, with "_" which some real hosts have. The root's dot was taken off.
bool is_host_name(std::string_view host) {
    if (host.empty() || host.size() > 253) return false;
    std::size_t label = 0;
    for (const char c : host) {
        const bool alnum = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
        if (c == '.' ? label == 0 : !alnum) return false;
        label = c == '.' ? 0 : label + 1;
        if (label > 63) return false;
    }
    return label > 0;
}

std::optional<std::uint16_t> port_from(std::string_view text) {
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value < 1 || value > 65535)
        return std::nullopt;
    return static_cast<std::uint16_t>(value);
}

tl::unexpected<std::string> refuse(std::string_view why) {
    return Unexpected<std::string>("the URL " + std::string(why));
}

struct Authority {
    std::string host;
    std::optional<std::uint16_t> port;
};

/// What follows "://": a host, perhaps a port, and nothing else.
Expected<Authority, std::string> authority_from(std::string_view rest) {
    if (rest.find('@') != std::string_view::npos)
        return refuse("must not name a user or a password: they have options and members of their own");
    if (rest.find_first_of("/?#\\") != std::string_view::npos)
        return refuse("must end after the host and the port, without a path");
    if (rest.find(' ') != std::string_view::npos) return refuse("contains a blank");

    Authority authority;
    std::string_view port;
    bool has_port = false;
    if (rest.starts_with('[')) {
        const auto close = rest.find(']');
        if (close == std::string_view::npos) return refuse("has a bracket that is not closed");
        authority.host = to_lower(rest.substr(1, close - 1));
        if (!is_ipv6(authority.host)) return refuse("has no IPv6 address in its brackets");
        authority.host = shortest_ipv6(authority.host);
        rest.remove_prefix(close + 1);
        has_port = rest.starts_with(':');
        if (!has_port && !rest.empty()) return refuse("has something other than a port after the bracket");
        port = has_port ? rest.substr(1) : rest;
    } else {
        if (std::count(rest.begin(), rest.end(), ':') > 1)
            return refuse("must give an IPv6 address in brackets, as in imaps://[::1]:993");
        const auto at = rest.find(':');
        has_port = at != std::string_view::npos;
        const auto ascii = net::ascii_host(rest.substr(0, at));
        if (!ascii) return refuse("has a host name with characters that host names do not have");
        authority.host = to_lower(*ascii);
        if (has_port) port = rest.substr(at + 1);
        if (authority.host.ends_with('.')) authority.host.pop_back();
        if (authority.host.empty()) return refuse("names no host");
        if (!is_host_name(authority.host))
            return refuse("has a host name with characters or lengths that host names do not have");
    }
    if (has_port) {
        authority.port = port_from(port);
        if (!authority.port) return refuse("needs a port from 1 to 65535");
    }
    return authority;
}

}  // namespace

Expected<Endpoint, std::string> parse_endpoint_url(std::string_view url) {
    if (has_control(url)) return refuse("contains a control character");
    const auto colon = url.find("://");
    if (colon == std::string_view::npos) return refuse("must look like imaps://host or smtp://host:port");
    const std::string name = to_lower(url.substr(0, colon));
    const auto scheme = std::find_if(std::begin(schemes), std::end(schemes),
                                     [&](const auto& known) { return known.name == name; });
    if (scheme == std::end(schemes)) return refuse("must begin with imap, imaps, pop3, pop3s, smtp or smtps");
    auto authority = authority_from(url.substr(colon + 3));
    if (!authority) return Unexpected<std::string>(authority.error());
    return Endpoint{scheme->protocol, std::move(authority->host), authority->port.value_or(scheme->port),
                    scheme->tls};
}

Expected<net::Proxy, std::string> parse_proxy_url(std::string_view url) {
    const auto colon = url.find("://");
    const bool printable = colon != std::string_view::npos && !has_control(url);
    const auto kind = printable ? net::proxy_kind_from(to_lower(url.substr(0, colon))) : std::nullopt;
    if (!kind)
        return Unexpected<std::string>("the proxy must look like socks5://host:port or http://host:port");
    const auto rest = url.substr(colon + 3);
    if (rest.find('@') != std::string_view::npos)
        return Unexpected<std::string>("a login for the proxy is not supported");
    auto authority = authority_from(rest);
    if (!authority) return Unexpected<std::string>("the proxy: " + authority.error());
    if (!authority->port) return Unexpected<std::string>("the proxy needs a port");
    return net::Proxy{*kind, std::move(authority->host), *authority->port};
}

std::string endpoint_text(Protocol protocol, TlsMode tls, std::string_view host, std::uint16_t port) {
    std::string text = name_of(protocol);
    if (tls == TlsMode::implicit) text += "s";
    const bool address = host.find(':') != std::string_view::npos;
    text += "://";
    text += address ? "[" + std::string(host) + "]" : std::string(host);
    if (port != 0) text += ":" + std::to_string(port);
    return text;
}

}  // namespace reprompt::app
