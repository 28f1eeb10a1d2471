// SPDX-License-Identifier: MPL-2.0
#include "net/proxy.hpp"

#include <doctest/doctest.h>

#include "unit/net_fixture.hpp"

using namespace reprompt;
using namespace reprompt::test;
using namespace std::string_literals;

namespace {

Deadline soon() {
    return Deadline::after(10s);
}

net::Proxy http_at(const Server& server) {
    return {net::ProxyKind::http, "127.0.0.1", server.port()};
}

/// Reads the head of a CONNECT.
void hear_out(Peer& peer) {
    while (!peer.line().empty()) {
    }
}

}  // namespace

TEST_CASE("a tunnel is never loopback, and the server's first words are not lost") {
    Server proxy([](Peer& peer) {
        hear_out(peer);
        peer.send("HTTP/1.1 200 OK\r\n\r\n* OK ready\r\n");
        peer.wait_for_end();
    });
    const Cancel cancel;
    Evidence evidence;
    auto channel = net::dial_through(http_at(proxy), "127.0.0.1", 143, evidence, soon(), cancel);
    REQUIRE(channel);
    CHECK_FALSE(channel->loopback());
    CHECK_FALSE(channel->proof());
    CHECK_FALSE(evidence.loopback);
    CHECK(evidence.proxy == "http://127.0.0.1:" + std::to_string(proxy.port()));
    CHECK(channel->read(soon(), cancel).value() == "* OK ready\r\n");
}

TEST_CASE("words that wait where TLS begins at once are the server's, not an injection") {
    Server proxy([](Peer& peer) {
        hear_out(peer);
        peer.send("HTTP/1.1 200 OK\r\n\r\n+OK POP3 in clear\r\n");
        peer.wait_for_end();
    });
    const Cancel cancel;
    Evidence evidence;
    auto channel = net::dial_through(http_at(proxy), "localhost", 995, evidence, soon(), cancel);
    REQUIRE(channel);
    const auto tls = channel->upgrade("localhost", 995, {}, nullptr, evidence.tls, soon(), cancel);
    REQUIRE_FALSE(tls);
    CHECK(tls.error().failure == Failure::tls_not_spoken);
}

TEST_CASE("a proxy that goes away, says nothing or something else: proxy_failed, with its name") {
    const Cancel cancel;
    for (const std::string said :
         {"", "HTTP/1.1 2", "HTTP/1.1 200 OK\r\n", "220 smtp.example.org ESMTP\r\n"}) {
        Server proxy([&](Peer& peer) {
            hear_out(peer);
            peer.send(said);
        });
        Evidence evidence;
        const auto channel = net::dial_through(http_at(proxy), "localhost", 143, evidence, soon(), cancel);
        REQUIRE_FALSE(channel);
        CHECK(channel.error().failure == Failure::proxy_failed);
        CHECK(channel.error().detail.find(evidence.proxy) != std::string::npos);
        CHECK(evidence.stage == Stage::connect);
    }
    Server silent([](Peer& peer) { peer.wait_for_end(); });
    Evidence evidence;
    const auto channel =
        net::dial_through(http_at(silent), "localhost", 143, evidence, Deadline::after(200ms), cancel);
    REQUIRE_FALSE(channel);
    CHECK(channel.error().failure == Failure::proxy_failed);
    CHECK(channel.error().detail.find("time limit") != std::string::npos);
}

TEST_CASE("a cancel ends the talk with a silent proxy") {
    Cancel cancel;
    Server silent([&](Peer& peer) {
        hear_out(peer);
        cancel.cancel();
        peer.wait_for_end();
    });
    Evidence evidence;
    const auto channel = net::dial_through(http_at(silent), "localhost", 143, evidence, soon(), cancel);
    REQUIRE_FALSE(channel);
    CHECK(channel.error().failure == Failure::cancelled);
}

TEST_CASE("a proxy's name that leads nowhere is not taken for the server's") {
    const Cancel cancel;
    Evidence evidence;
    const net::Proxy nowhere{net::ProxyKind::socks5, "127.0.0.1", closed_port()};
    const auto channel = net::dial_through(nowhere, "localhost", 143, evidence, soon(), cancel);
    REQUIRE_FALSE(channel);
    CHECK(channel.error().failure == Failure::proxy_failed);
    CHECK(channel.error().detail.find("cannot be reached") != std::string::npos);
    CHECK(evidence.addresses.empty());
    CHECK(net::to_text({net::ProxyKind::socks5, "::1", 1080}) == "socks5://[::1]:1080");
}
