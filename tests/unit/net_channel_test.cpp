// SPDX-License-Identifier: MPL-2.0
#include <doctest/doctest.h>

#include <latch>

#include "unit/net_fixture.hpp"

using namespace reprompt;
using namespace reprompt::test;

namespace {
Deadline soon() {
    return Deadline::after(10s);
}
}  // namespace

TEST_CASE("what the server sends in clear is read, and its close is named") {
    Server server([](Peer& peer) { peer.send("* OK hello\r\n"); });
    net::Channel channel = connect_to(server.port());
    const Cancel cancel;
    CHECK(channel.read(soon(), cancel).value() == "* OK hello\r\n");
    const auto end = channel.read(soon(), cancel);
    REQUIRE_FALSE(end);
    CHECK(end.error().failure == Failure::connection_closed);
}

TEST_CASE("a silent server runs into the deadline, and the channel is over then") {
    Server server([](Peer& peer) { peer.wait_for_end(); });
    net::Channel channel = connect_to(server.port());
    const Cancel cancel;
    const auto start = Deadline::Clock::now();
    const auto late = channel.read(Deadline::after(50ms), cancel);
    REQUIRE_FALSE(late);
    CHECK(late.error().failure == Failure::timeout);
    CHECK(Deadline::Clock::now() - start >= 50ms);
    CHECK(channel.read(soon(), cancel).error().failure == Failure::connection_closed);
    CHECK_FALSE(channel.proof());
}

TEST_CASE("a cancel from another thread ends a read at once") {
    std::latch connected(1);
    Server server([&](Peer& peer) {
        connected.count_down();
        peer.wait_for_end();
    });
    net::Channel channel = connect_to(server.port());
    Cancel cancel;
    std::thread canceller([&] {
        connected.wait();
        cancel.cancel();
    });
    const auto start = Deadline::Clock::now();
    const auto ended = channel.read(Deadline::after(60s), cancel);
    canceller.join();
    REQUIRE_FALSE(ended);
    CHECK(ended.error().failure == Failure::cancelled);
    CHECK(Deadline::Clock::now() - start < 5s);
}

TEST_CASE("a cancel wins over bytes that are already there") {
    Server server([](Peer& peer) { peer.send("* OK\r\n"); });
    net::Channel channel = connect_to(server.port());
    Cancel cancel;
    cancel.cancel();
    CHECK(channel.read(soon(), cancel).error().failure == Failure::cancelled);
}

TEST_CASE("writing to a server that went away is an error and no signal") {
    Server server([](Peer& peer) { peer.reset(); });
    net::Channel channel = connect_to(server.port());
    const Cancel cancel;
    CHECK(channel.read(soon(), cancel).error().failure == Failure::connection_closed);
    CHECK(channel.write("a1 NOOP\r\n", soon(), cancel).error().failure == Failure::connection_closed);

    Server closing([](Peer&) {});
    net::Channel other = connect_to(closing.port());
    // The first write may still be taken by the kernel; one of the next meets the reset.
    bool refused = false;
    for (int i = 0; i < 100000 && !refused; ++i) {
        refused = !other.write("a1 NOOP\r\n", soon(), cancel);
    }
    CHECK(refused);
}

TEST_CASE("a server that does not read runs into the deadline of the write") {
    std::latch finished(1);
    Server deaf([&](Peer&) { finished.wait(); });
    net::Channel channel = connect_to(deaf.port());
    const Cancel cancel;
    const auto sent = channel.write(std::string(64UL * 1024 * 1024, 'x'), Deadline::after(200ms), cancel);
    finished.count_down();
    REQUIRE_FALSE(sent);
    CHECK(sent.error().failure == Failure::timeout);
}

TEST_CASE("only a loopback peer is proof without encryption") {
    Server server([](Peer& peer) { peer.wait_for_end(); });
    CHECK(connect_to(server.port(), true).proof());
    CHECK_FALSE(connect_to(server.port(), false).proof());
}
