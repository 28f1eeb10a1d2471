// SPDX-License-Identifier: MPL-2.0
#include <doctest/doctest.h>

#include <arpa/inet.h>
#include <fcntl.h>

#include <condition_variable>
#include <cstring>
#include <latch>
#include <memory>
#include <mutex>

#include "net/dial.hpp"
#include "net/race.hpp"
#include "net/resolver.hpp"
#include "unit/net_fixture.hpp"

using namespace reprompt;
using namespace reprompt::test;

namespace {

Deadline soon() {
    return Deadline::after(10s);
}

net::Address address_of(const char* text, std::uint16_t port) {
    const Cancel cancel;
    return net::resolve(text, port, soon(), cancel).value().front();
}

/// An address that takes no more connections: its queue is full, so that the next SYN gets no answer at all.
class FullHouse {
  public:
    FullHouse() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in own{};
        own.sin_family = AF_INET;
        own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof own;
        ::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&own), size);
        ::listen(listener_.get(), 0);
        ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&own), &size);
        port_ = ntohs(own.sin_port);
        for (UniqueFd& guest : guests_) {
            guest = UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
            ::connect(guest.get(), reinterpret_cast<const sockaddr*>(&own), size);
        }
    }
    [[nodiscard]] net::Address address() const { return address_of("127.0.0.1", port_); }

  private:
    UniqueFd listener_;
    std::uint16_t port_ = 0;
    std::array<UniqueFd, 4> guests_;
};

/// A resolver that answers only when it is let go; shared with the thread that resolve() abandons.
struct StuckLookup {
    std::mutex mutex;
    std::condition_variable changed;
    bool entered = false, released = false, left = false;

    int wait() {
        std::unique_lock lock(mutex);
        entered = true;
        changed.notify_all();
        changed.wait(lock, [this] { return released; });
        left = true;
        changed.notify_all();
        return EAI_AGAIN;
    }
    void wait_until_entered() {
        std::unique_lock lock(mutex);
        changed.wait(lock, [this] { return entered; });
    }
    void release() {
        std::unique_lock lock(mutex);
        released = true;
        changed.notify_all();
        changed.wait(lock, [this] { return !entered || left; });
    }
};

net::Lookup answering(int status) {
    return [status](const char*, const char*, const addrinfo*, addrinfo**) { return status; };
}

}  // namespace

TEST_CASE("dial reaches a server on this machine and says that it is loopback") {
    Server server([](Peer& peer) { peer.send("hello"); });
    const Cancel cancel;
    for (const char* host : {"127.0.0.1", "localhost"}) {
        Evidence evidence;
        std::vector<Stage> stages;
        auto channel = net::dial(host, server.port(), evidence, soon(), cancel,
                                 [&](Stage stage) { stages.push_back(stage); });
        REQUIRE(channel);
        CHECK(channel->read(soon(), cancel).value() == "hello");
        CHECK(evidence.loopback);
        CHECK(evidence.stage == Stage::connect);
        CHECK(evidence.timings_ms.count("resolve") == 1);
        CHECK(evidence.timings_ms.count("connect") == 1);
        CHECK(stages == std::vector{Stage::resolve, Stage::connect});
    }
}

TEST_CASE("a closed port is a refused connection") {
    const Cancel cancel;
    Evidence evidence;
    const auto channel = net::dial("127.0.0.1", closed_port(), evidence, soon(), cancel);
    REQUIRE_FALSE(channel);
    CHECK(channel.error().failure == Failure::connection_refused);
    CHECK(channel.error().detail.find("127.0.0.1") != std::string::npos);
    CHECK(evidence.stage == Stage::connect);
}

TEST_CASE("each answer of the resolver has its own failure") {
    const Cancel cancel;
    const auto failure = [&](int status) {
        return net::resolve("mail.example.org", 993, soon(), cancel, answering(status)).error().failure;
    };
    CHECK(failure(EAI_NONAME) == Failure::dns_not_found);
    CHECK(failure(EAI_NODATA) == Failure::dns_no_address);
    CHECK(failure(EAI_FAIL) == Failure::dns_temporary);
    CHECK(failure(EAI_AGAIN) == (net::has_route() ? Failure::dns_temporary : Failure::network_down));
    CHECK(failure(0) == Failure::dns_no_address);
}

TEST_CASE("a numeric address asks no resolver") {
    const Cancel cancel;
    const net::Lookup never = [](const char*, const char*, const addrinfo*, addrinfo**) -> int {
        FAIL("asked");
        return EAI_FAIL;
    };
    CHECK(net::resolve("192.0.2.7", 993, soon(), cancel, never).value().size() == 1);
    CHECK(net::resolve("2001:db8::7", 993, soon(), cancel, never).value().front().family() == AF_INET6);
}

TEST_CASE("a hanging resolver holds nobody longer than the deadline") {
    const auto stuck = std::make_shared<StuckLookup>();
    const net::Lookup lookup = [stuck](const char*, const char*, const addrinfo*, addrinfo**) {
        return stuck->wait();
    };
    const Cancel cancel;
    const auto result = net::resolve("mail.example.org", 993, Deadline::after(50ms), cancel, lookup);
    REQUIRE_FALSE(result);
    CHECK(result.error().failure == Failure::timeout);
    stuck->release();
}

TEST_CASE("a cancel leaves a hanging resolver at once") {
    const auto stuck = std::make_shared<StuckLookup>();
    const net::Lookup lookup = [stuck](const char*, const char*, const addrinfo*, addrinfo**) {
        return stuck->wait();
    };
    Cancel cancel;
    std::thread canceller([&] {
        stuck->wait_until_entered();
        cancel.cancel();
    });
    const auto result = net::resolve("mail.example.org", 993, Deadline::after(60s), cancel, lookup);
    canceller.join();
    REQUIRE_FALSE(result);
    CHECK(result.error().failure == Failure::cancelled);
    stuck->release();
}

TEST_CASE("families alternate, IPv6 first") {
    const std::vector<net::Address> mixed{address_of("192.0.2.1", 1), address_of("192.0.2.2", 1),
                                          address_of("192.0.2.3", 1), address_of("2001:db8::1", 1),
                                          address_of("2001:db8::2", 1)};
    std::vector<std::string> order;
    for (const auto& address : net::interleaved(mixed))
        order.push_back(net::to_text(address));
    CHECK(order ==
          std::vector<std::string>{"2001:db8::1", "192.0.2.1", "2001:db8::2", "192.0.2.2", "192.0.2.3"});
}

TEST_CASE("private is what means nothing, or somebody else, outside one network") {
    for (const char* text :
         {"0.0.0.0",       "10.1.2.3",       "100.64.0.1",      "100.127.255.255",  "127.0.0.1",
          "169.254.1.1",   "172.16.0.1",     "172.31.255.255",  "192.0.0.9",        "192.168.1.1",
          "198.18.0.1",    "198.19.255.255", "224.0.0.1",       "255.255.255.255",  "::",
          "::1",           "::10.0.0.1",     "::ffff:10.0.0.1", "::ffff:127.0.0.1", "64:ff9b::192.168.0.1",
          "2002:a00:1::1", "fc00::1",        "fd12::1",         "fe80::1",          "febf::1",
          "fec0::1",       "ff02::1",        "64:ff9b:1::1"})
        CHECK_MESSAGE(net::is_private(address_of(text, 1)), text);
    for (const char* text :
         {"1.1.1.1",         "9.255.255.255",  "11.0.0.0",         "100.63.255.255",  "100.128.0.0",
          "126.0.0.1",       "128.0.0.1",      "172.15.0.1",       "172.32.0.1",      "192.0.2.1",
          "192.167.1.1",     "192.169.0.1",    "198.17.0.1",       "198.20.0.1",      "203.0.113.1",
          "223.255.255.255", "::ffff:1.1.1.1", "64:ff9b::1.1.1.1", "2002:101:101::1", "2001:db8::1",
          "2606:4700::1"})
        CHECK_MESSAGE(!net::is_private(address_of(text, 1)), text);
}

TEST_CASE("addresses that a rule refuses are not dialled") {
    Server server([](Peer& peer) { peer.wait_for_end(); });
    const Cancel cancel;
    Evidence evidence;
    const auto channel = net::dial("127.0.0.1", server.port(), evidence, soon(), cancel, {},
                                   [](const net::Address& each) { return !net::is_private(each); });
    REQUIRE_FALSE(channel);
    CHECK(channel.error().failure == Failure::host_unreachable);
    CHECK(evidence.addresses.empty());
    CHECK(server.clients() == 0);
}

TEST_CASE("loopback is 127.0.0.0/8 and ::1, mapped or not, and nothing else") {
    for (const char* text : {"127.0.0.1", "127.255.0.3", "::1", "::ffff:127.0.0.1"})
        CHECK(net::is_loopback(address_of(text, 1)));
    for (const char* text : {"128.0.0.1", "10.0.0.1", "::2", "::ffff:192.0.2.1", "fe80::1"})
        CHECK_FALSE(net::is_loopback(address_of(text, 1)));
}

TEST_CASE("a refused address makes the next one start at once") {
    Server server([](Peer& peer) { peer.send("second"); });
    const Cancel cancel;
    auto channel = net::connect_first(
        {address_of("127.0.0.1", closed_port()), address_of("127.0.0.1", server.port())}, soon(), cancel);
    REQUIRE(channel);
    CHECK(channel->read(soon(), cancel).value() == "second");
}

TEST_CASE("an address that does not answer is overtaken by the next") {
    const FullHouse full;
    Server server([](Peer& peer) { peer.send("second"); });
    const Cancel cancel;
    const auto start = Deadline::Clock::now();
    auto channel =
        net::connect_first({full.address(), address_of("127.0.0.1", server.port())}, soon(), cancel);
    REQUIRE(channel);
    CHECK(channel->read(soon(), cancel).value() == "second");
    CHECK(Deadline::Clock::now() - start >= net::attempt_delay);
}

TEST_CASE("when no address answers the deadline ends the race, and a cancel ends it at once") {
    const FullHouse full;
    Cancel cancel;
    CHECK(net::connect_first({full.address()}, Deadline::after(50ms), cancel).error().failure ==
          Failure::timeout);
    std::latch started(1);
    std::thread canceller([&] {
        started.wait();
        cancel.cancel();
    });
    started.count_down();
    CHECK(net::connect_first({full.address()}, Deadline::after(60s), cancel).error().failure ==
          Failure::cancelled);
    canceller.join();
}

TEST_CASE("a refusal tells more than a missing route") {
    const Cancel cancel;
    // 255.255.255.255 cannot be connected to; what errno says depends on the machine, the refusal wins all
    // the same.
    const auto result = net::connect_first(
        {address_of("255.255.255.255", 993), address_of("127.0.0.1", closed_port())}, soon(), cancel);
    CHECK(result.error().failure == Failure::connection_refused);
}
