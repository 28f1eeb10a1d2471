// SPDX-License-Identifier: MPL-2.0
// Any octets as the answer of a proxy, read as dial_through reads them: each reader comes to an end, asks for
// no octet behind its answer, says the same of the same octets, and tells only printable words.
// Covers: host/net/proxy_reply.cpp
#include <cstdint>
#include <cstdlib>

#include "base/text.hpp"
#include "net/proxy_reply.hpp"

namespace {

using reprompt::net::ProxyReply;

void require(bool holds) {
    if (!holds) std::abort();
}

void read_all(ProxyReply (*reader)(std::string_view), std::string_view stream) {
    std::size_t taken = 0;
    for (;;) {
        const auto reply = reader(stream.substr(0, taken));
        require(reprompt::is_utf8(reply.words) && !reprompt::has_control(reply.words) &&
                reply.words.size() < 200);
        if (reply.state != ProxyReply::State::incomplete) {
            // What lies behind the answer does not change it, but for a limit of length.
            if (reply.state == ProxyReply::State::accepted && stream.size() <= reprompt::net::max_proxy_reply)
                require(reader(stream).state == ProxyReply::State::accepted);
            return;
        }
        require(reply.wanted > 0);
        if (taken + reply.wanted > stream.size()) return;
        taken += reply.wanted;
        require(taken <= reprompt::net::max_proxy_reply + 2);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view stream(reinterpret_cast<const char*>(data), size);
    read_all(reprompt::net::read_socks5_method, stream);
    read_all(reprompt::net::read_socks5_connect, stream);
    read_all(reprompt::net::read_http_connect, stream);
    return 0;
}
