// SPDX-License-Identifier: MPL-2.0
#include "app/endpoint_url.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/text.hpp"

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

}  // namespace

Expected<Endpoint, std::string> parse_endpoint_url(std::string_view url) {
    const auto refuse = [](std::string why) { return Unexpected<std::string>("the URL " + std::move(why)); };
    if (has_control(url)) return refuse("contains a control character");
    const auto colon = url.find("://");
    if (colon == std::string_view::npos) return refuse("must look like imaps://host or smtp://host:port");
    const std::string name = to_lower(url.substr(0, colon));
    const auto scheme = std::find_if(std::begin(schemes), std::end(schemes),
                                     [&](const auto& known) { return known.name == name; });
    if (scheme == std::end(schemes)) return refuse("must begin with imap, imaps, pop3, pop3s, smtp or smtps");
    std::string_view rest = url.substr(colon + 3);
    if (rest.find('@') != std::string_view::npos)
        return refuse("must not name a user or a password; use --user and --password-fd");
    if (rest.find_first_of("/?#\\") != std::string_view::npos)
        return refuse("must end after the host and the port, without a path");
    if (rest.find_first_of(" ") != std::string_view::npos) return refuse("contains a blank");
    if (std::any_of(rest.begin(), rest.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; })) {
        return refuse("must give the host in its ASCII form (xn--...)");
    }

    Endpoint endpoint{scheme->protocol, {}, scheme->port, scheme->tls};
    std::string_view port;
    bool has_port = false;
    if (rest.starts_with('[')) {
        const auto close = rest.find(']');
        if (close == std::string_view::npos) return refuse("has a bracket that is not closed");
        endpoint.host = to_lower(rest.substr(1, close - 1));
        if (!is_ipv6(endpoint.host)) return refuse("has no IPv6 address in its brackets");
        rest.remove_prefix(close + 1);
        has_port = rest.starts_with(':');
        if (!has_port && !rest.empty()) return refuse("has something other than a port after the bracket");
        port = has_port ? rest.substr(1) : rest;
    } else {
        if (std::count(rest.begin(), rest.end(), ':') > 1)
            return refuse("must give an IPv6 address in brackets, as in imaps://[::1]:993");
        const auto at = rest.find(':');
        has_port = at != std::string_view::npos;
        endpoint.host = to_lower(rest.substr(0, at));
        if (has_port) port = rest.substr(at + 1);
        if (endpoint.host.ends_with('.')) endpoint.host.pop_back();
        if (endpoint.host.empty()) return refuse("names no host");
        if (!is_host_name(endpoint.host))
            return refuse("has a host name with characters or lengths that host names do not have");
    }
    if (has_port) {
        const auto number = port_from(port);
        if (!number) return refuse("needs a port from 1 to 65535");
        endpoint.port = *number;
    }
    return endpoint;
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
