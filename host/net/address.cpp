// SPDX-License-Identifier: MPL-2.0
#include "net/address.hpp"

#include <arpa/inet.h>
#include <netdb.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

#include "base/unique_fd.hpp"

namespace reprompt::net {
namespace {

template <class T>
T as(const Address& address) noexcept {
    T result{};
    std::memcpy(&result, &address.storage, sizeof(T));
    return result;
}

template <class T>
Address wrapped(const T& address) noexcept {
    Address result;
    std::memcpy(&result.storage, &address, sizeof(T));
    result.size = sizeof(T);
    return result;
}

/// RFC 6890, RFC 6598, RFC 2544, RFC 5771; host byte order.
bool is_private_four(std::uint32_t ip) noexcept {
    struct Block {
        std::uint32_t begin;
        unsigned bits;
    };
    constexpr Block blocks[] = {{0x00000000, 8},  {0x0A000000, 8},  {0x64400000, 10}, {0x7F000000, 8},
                                {0xA9FE0000, 16}, {0xAC100000, 12}, {0xC0000000, 24}, {0xC0A80000, 16},
                                {0xC6120000, 15}, {0xE0000000, 4},  {0xF0000000, 4}};
    return std::any_of(std::begin(blocks), std::end(blocks),
                       [ip](const Block& block) { return (ip ^ block.begin) >> (32 - block.bits) == 0; });
}

std::uint32_t four_at(const in6_addr& ip, std::size_t at) noexcept {
    std::uint32_t result = 0;
    for (std::size_t i = at; i < at + 4; ++i)
        result = result << 8U | ip.s6_addr[i];
    return result;
}

bool routed(const Address& address) {
    const UniqueFd socket(::socket(address.family(), SOCK_DGRAM | SOCK_CLOEXEC, 0));
    return socket && ::connect(socket.get(), address.get(), address.size) == 0;
}

}  // namespace

bool is_loopback(const Address& address) noexcept {
    if (address.family() == AF_INET) {
        return (ntohl(as<sockaddr_in>(address).sin_addr.s_addr) >> 24U) == 127;
    }
    if (address.family() != AF_INET6) return false;
    const in6_addr ip = as<sockaddr_in6>(address).sin6_addr;
    return IN6_IS_ADDR_LOOPBACK(&ip) || (IN6_IS_ADDR_V4MAPPED(&ip) && ip.s6_addr[12] == 127);
}

bool is_private(const Address& address) noexcept {
    if (address.family() == AF_INET) return is_private_four(ntohl(as<sockaddr_in>(address).sin_addr.s_addr));
    if (address.family() != AF_INET6) return true;
    const in6_addr ip = as<sockaddr_in6>(address).sin6_addr;
    constexpr std::array<std::uint8_t, 12> nat64{0, 0x64, 0xff, 0x9b};  // RFC 6052
    if (IN6_IS_ADDR_V4MAPPED(&ip) || std::equal(nat64.begin(), nat64.end(), std::begin(ip.s6_addr)))
        return is_private_four(four_at(ip, 12));
    if (ip.s6_addr[0] == 0x20 && ip.s6_addr[1] == 0x02) return is_private_four(four_at(ip, 2));  // RFC 3056
    constexpr std::array<std::uint8_t, 12> zeros{};
    if (std::equal(zeros.begin(), zeros.end(), std::begin(ip.s6_addr)))
        return true;                                                             // ::, ::1, IPv4-compatible
    constexpr std::array<std::uint8_t, 6> own_nat64{0, 0x64, 0xff, 0x9b, 0, 1};  // RFC 8215
    if (std::equal(own_nat64.begin(), own_nat64.end(), std::begin(ip.s6_addr))) return true;
    return (ip.s6_addr[0] & 0xfeU) == 0xfc || IN6_IS_ADDR_LINKLOCAL(&ip) || IN6_IS_ADDR_SITELOCAL(&ip) ||
           IN6_IS_ADDR_MULTICAST(&ip);
}

bool is_numeric_address(const std::string& host) noexcept {
    in_addr four{};
    in6_addr six{};
    const std::string without_zone = host.substr(0, host.find('%'));
    return ::inet_pton(AF_INET, host.c_str(), &four) == 1 ||
           ::inet_pton(AF_INET6, without_zone.c_str(), &six) == 1;
}

std::string to_text(const Address& address) {
    std::array<char, NI_MAXHOST> text{};
    if (::getnameinfo(address.get(), address.size, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST) !=
        0) {
        return "?";
    }
    return text.data();
}

std::vector<Address> interleaved(const std::vector<Address>& addresses) {
    std::vector<Address> six, four, result;
    for (const Address& address : addresses) {
        (address.family() == AF_INET6 ? six : four).push_back(address);
    }
    for (std::size_t i = 0; i < six.size() || i < four.size(); ++i) {
        if (i < six.size()) result.push_back(six[i]);
        if (i < four.size()) result.push_back(four[i]);
    }
    return result;
}

bool has_route() {
    sockaddr_in four{};
    four.sin_family = AF_INET;
    four.sin_port = htons(9);
    ::inet_pton(AF_INET, "192.0.2.1", &four.sin_addr);
    if (routed(wrapped(four))) return true;
    sockaddr_in6 six{};
    six.sin6_family = AF_INET6;
    six.sin6_port = htons(9);
    ::inet_pton(AF_INET6, "2001:db8::1", &six.sin6_addr);
    return routed(wrapped(six));
}

}  // namespace reprompt::net
