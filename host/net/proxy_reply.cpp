// SPDX-License-Identifier: MPL-2.0
#include "net/proxy_reply.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/text.hpp"

namespace reprompt::net {
namespace {

using State = ProxyReply::State;

constexpr char socks_version = 5;
constexpr std::size_t longest_reason = 80;

ProxyReply incomplete(std::size_t wanted) {
    return {State::incomplete, wanted};
}

unsigned octet(std::string_view octets, std::size_t at) {
    return static_cast<unsigned char>(octets[at]);
}

std::string two_octets(std::uint16_t number) {
    return {static_cast<char>(number >> 8U), static_cast<char>(number & 0xffU)};
}

/// RFC 1928 section 6, REP.
const char* reason_of(unsigned reply) noexcept {
    switch (reply) {
        case 1:
            return "general failure";
        case 2:
            return "not allowed by its rules";
        case 3:
            return "network unreachable";
        case 4:
            return "host unreachable";
        case 5:
            return "connection refused";
        case 6:
            return "time to live expired";
        case 7:
            return "command not supported";
        case 8:
            return "address type not supported";
        default:
            return "unknown reason";
    }
}

/// The length of the head that `text` begins with, its empty line included. Lines may end without CR
/// (RFC 9112 section 2.2).
std::optional<std::size_t> head_size(std::string_view text) {
    for (auto at = text.find('\n'); at != std::string_view::npos; at = text.find('\n', at + 1)) {
        const auto rest = text.substr(at + 1);
        if (rest.starts_with('\n')) return at + 2;
        if (rest.starts_with("\r\n")) return at + 3;
    }
    return std::nullopt;
}

/// Octets that an unfinished head surely still has: its empty line.
std::size_t head_wants(std::string_view text) {
    return text.ends_with('\n') || text.ends_with("\n\r") ? 1 : 2;
}

struct StatusLine {
    int code;
    std::string reason;
};

/// RFC 9112 section 4: HTTP/1.x SP 3DIGIT [SP reason].
std::optional<StatusLine> status_line(std::string_view head) {
    const auto line = trim(head.substr(0, head.find('\n')));
    constexpr std::size_t code_at = 9;
    if (line.size() < code_at + 3 || line[code_at - 1] != ' ') return std::nullopt;
    const auto digits = line.substr(code_at, 3);
    const bool all_digits =
        std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; });
    const auto rest = line.substr(code_at + 3);
    if (!all_digits || (!rest.empty() && rest.front() != ' ')) return std::nullopt;
    const int code = (digits[0] - '0') * 100 + (digits[1] - '0') * 10 + (digits[2] - '0');
    return StatusLine{code, std::string(trim(rest))};
}

bool may_begin_status_line(std::string_view text) noexcept {
    constexpr std::string_view beginning = "HTTP/1.";
    return text.substr(0, beginning.size()) == beginning.substr(0, std::min(text.size(), beginning.size()));
}

ProxyReply judged(const StatusLine& status) {
    if (status.code >= 200 && status.code < 300) return {State::accepted};
    std::string words = "HTTP " + std::to_string(status.code);
    if (!status.reason.empty()) words += " " + escape_server_words(status.reason, longest_reason);
    return {status.code == 407 ? State::needs_login : State::refused, 0, std::move(words)};
}

}  // namespace

std::string socks5_greeting() {
    return {socks_version, 1, 0};
}

ProxyReply read_socks5_method(std::string_view octets) {
    if (!octets.empty() && octets[0] != socks_version) return {State::garbage};
    if (octets.size() < 2) return incomplete(2 - octets.size());
    switch (octet(octets, 1)) {
        case 0x00:
            return {State::accepted};
        case 0x02:  // not offered, but it says what it wants (RFC 1929)
        case 0xff:
            return {State::needs_login, 0, "it serves nobody without a login"};
        default:
            return {State::garbage};
    }
}

std::string socks5_request(const std::string& host, std::uint16_t port) {
    constexpr std::size_t longest_name = 255;
    std::string request{socks_version, 1, 0};
    std::array<char, sizeof(in6_addr)> address{};
    if (::inet_pton(AF_INET, host.c_str(), address.data()) == 1) {
        request += '\x01';
        request.append(address.data(), sizeof(in_addr));
    } else if (::inet_pton(AF_INET6, host.c_str(), address.data()) == 1) {
        request += '\x04';
        request.append(address.data(), sizeof(in6_addr));
    } else {
        const std::string name = host.substr(0, longest_name);
        request += '\x03';
        request += static_cast<char>(name.size());
        request += name;
    }
    return request + two_octets(port);
}

ProxyReply read_socks5_connect(std::string_view octets) {
    constexpr std::size_t shortest = 5;  // up to the first octet of the address, which a name needs
    if (!octets.empty() && octets[0] != socks_version) return {State::garbage};
    // Some proxies close right after the reason, so it is not made to wait for the address behind it.
    if (octets.size() >= 2 && octet(octets, 1) != 0) {
        return {State::refused, 0, reason_of(octet(octets, 1))};
    }
    if (octets.size() < 2) return incomplete(2 - octets.size());
    if (octets.size() < shortest) return incomplete(shortest - octets.size());
    std::size_t address = 0;
    switch (octet(octets, 3)) {
        case 1:
            address = sizeof(in_addr);
            break;
        case 3:
            address = 1 + std::size_t{octet(octets, 4)};
            break;
        case 4:
            address = sizeof(in6_addr);
            break;
        default:
            return {State::garbage};
    }
    const std::size_t whole = 4 + address + 2;
    if (octets.size() < whole) return incomplete(whole - octets.size());
    return {State::accepted};
}

std::string http_connect_request(const std::string& host, std::uint16_t port) {
    const bool six = host.find(':') != std::string::npos;
    const std::string authority = (six ? "[" + host + "]" : host) + ":" + std::to_string(port);
    return "CONNECT " + authority + " HTTP/1.1\r\nHost: " + authority + "\r\n\r\n";
}

ProxyReply read_http_connect(std::string_view octets) {
    if (octets.size() > max_proxy_reply) return {State::garbage};
    for (;;) {
        if (!may_begin_status_line(octets)) return {State::garbage};
        const auto size = head_size(octets);
        if (!size) return incomplete(head_wants(octets));
        const auto status = status_line(octets.substr(0, *size));
        if (!status) return {State::garbage};
        if (status->code < 100 || status->code >= 200) return judged(*status);
        octets.remove_prefix(*size);  // an interim response (RFC 9110 section 15.2)
    }
}

}  // namespace reprompt::net
