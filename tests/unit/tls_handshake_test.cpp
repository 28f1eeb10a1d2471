// SPDX-License-Identifier: MPL-2.0
// Servers that do not speak TLS, or not ours.
#include <doctest/doctest.h>

#include <openssl/ssl.h>

#include <latch>

#include "unit/net_fixture.hpp"

using namespace reprompt;
using namespace reprompt::test;

namespace {

/// The error of a handshake with a server that plays `script`; a default error if it succeeded.
net::IoError fall(const std::function<void(Peer&)>& script, bool read_first = false,
                  Milliseconds limit = 10s) {
    const Authority authority;
    Server server(script);
    net::Channel channel = connect_to(server.port());
    const Cancel cancel;
    if (read_first) CHECK(channel.read(Deadline::after(10s), cancel));
    TlsFacts facts;
    const auto result = channel.upgrade("localhost", server.port(), authority.policy(), nullptr, facts,
                                        Deadline::after(limit), cancel);
    CHECK_FALSE(channel.proof());
    return result ? net::IoError{} : result.error();
}

}  // namespace

TEST_CASE("a server that greets in plain text speaks no TLS, and its words are quoted") {
    for (const std::string greeting :
         {"* OK IMAP4rev1 ready\r\n", "+OK POP3 ready\r\n", "220 mail.example.org ESMTP\r\n"}) {
        const auto error = fall([&](Peer& peer) {
            peer.send(greeting);
            peer.wait_for_end();
        });
        CHECK(error.failure == Failure::tls_not_spoken);
        CHECK(error.detail.find(greeting.substr(0, greeting.size() - 2)) != std::string::npos);
        CHECK(error.detail.find('\r') == std::string::npos);
    }
}

TEST_CASE("a web server's answer and binary noise are no TLS either, and stay harmless in the detail") {
    const auto web = fall([](Peer& peer) { peer.send("HTTP/1.1 400 Bad Request\r\n\r\n"); });
    CHECK(web.failure == Failure::tls_not_spoken);
    CHECK(web.detail.find("HTTP/1.1 400") != std::string::npos);
    const auto noise = fall([](Peer& peer) { peer.send(std::string("\x01\x02\x1b[31m\x00\xff\xfe", 10)); });
    CHECK(noise.failure == Failure::tls_not_spoken);
    CHECK(noise.detail.find('\x1b') == std::string::npos);
}

TEST_CASE("an obsolete server is told apart by version") {
    const Authority authority;
    const Identity identity(authority);
    const TlsTaste old{&identity, TLS1_VERSION, TLS1_1_VERSION, ""};
    CHECK(fall([&](Peer& peer) { peer.start_tls(old); }).failure == Failure::tls_version);
}

TEST_CASE("a server without a common cipher is told apart") {
    const Authority authority;
    const Identity identity(authority);
    // The server wants RSA keys and has none: nothing fits.
    const TlsTaste odd{&identity, TLS1_2_VERSION, TLS1_2_VERSION, "AES128-SHA:@SECLEVEL=0"};
    CHECK(fall([&](Peer& peer) { peer.start_tls(odd); }).failure == Failure::tls_cipher);
}

TEST_CASE("a fatal alert of another kind is a failed handshake with its reason") {
    const auto error = fall([](Peer& peer) {
        peer.send(std::string("\x15\x03\x03\x00\x02\x02\x50", 7));  // internal_error
        peer.wait_for_end();
    });
    CHECK(error.failure == Failure::tls_handshake);
    CHECK(error.detail.find("internal error") != std::string::npos);
}

TEST_CASE("a server that closes or stays silent during the handshake is not called a TLS problem") {
    CHECK(fall([](Peer&) {}).failure == Failure::connection_closed);
    CHECK(fall([](Peer& peer) { peer.wait_for_end(); }, false, 50ms).failure == Failure::timeout);
}

TEST_CASE("bytes that wait in clear before the handshake are an injection after a conversation in clear") {
    std::latch read_all(1);
    const Authority authority;
    Server server([&](Peer& peer) {
        peer.send("a1 OK begin TLS now\r\n");
        peer.line();
        peer.send("* OK injected\r\n");
        read_all.count_down();
        peer.wait_for_end();
    });
    net::Channel channel = connect_to(server.port());
    const Cancel cancel;
    CHECK(channel.read(Deadline::after(10s), cancel));
    CHECK(channel.write("go on\r\n", Deadline::after(10s), cancel));
    read_all.wait();
    TlsFacts facts;
    const auto result = channel.upgrade("localhost", server.port(), authority.policy(), nullptr, facts,
                                        Deadline::after(10s), cancel);
    REQUIRE_FALSE(result);
    CHECK(result.error().failure == Failure::starttls_injection);
}

TEST_CASE("a cancel during the handshake ends it") {
    std::latch connected(1);
    const Authority authority;
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
    TlsFacts facts;
    const auto result = channel.upgrade("localhost", server.port(), authority.policy(), nullptr, facts,
                                        Deadline::after(60s), cancel);
    canceller.join();
    REQUIRE_FALSE(result);
    CHECK(result.error().failure == Failure::cancelled);
}

TEST_CASE("TLS 1.2 is still spoken, and a server's close inside TLS is a closed connection") {
    const Authority authority;
    const Identity identity(authority);
    Server server([&](Peer& peer) {
        if (peer.start_tls({&identity, TLS1_2_VERSION, TLS1_2_VERSION, ""})) peer.send("bye");
    });
    net::Channel channel = connect_to(server.port());
    const Cancel cancel;
    TlsFacts facts;
    REQUIRE(channel.upgrade("localhost", server.port(), authority.policy(), nullptr, facts,
                            Deadline::after(10s), cancel));
    CHECK(facts.version == "TLSv1.2");
    CHECK(channel.read(Deadline::after(10s), cancel).value() == "bye");
    const auto end = channel.read(Deadline::after(10s), cancel);
    REQUIRE_FALSE(end);
    CHECK(end.error().failure == Failure::connection_closed);
}

TEST_CASE("session tickets without end do not outlive the deadline") {
    const Authority authority;
    const Identity identity(authority);
    Server server([&](Peer& peer) {
        if (peer.start_tls({&identity})) peer.send_tickets_without_end();
    });
    net::Channel channel = connect_to(server.port());
    const Cancel cancel;
    TlsFacts facts;
    REQUIRE(channel.upgrade("localhost", server.port(), authority.policy(), nullptr, facts,
                            Deadline::after(10s), cancel));
    const auto end = channel.read(Deadline::after(300ms), cancel);
    REQUIRE_FALSE(end);
    CHECK(end.error().failure == Failure::timeout);
}

TEST_CASE("a second handshake, which could bring another certificate, is refused") {
    const Authority authority;
    const Identity identity(authority);
    Server server([&](Peer& peer) {
        if (!peer.start_tls({&identity, TLS1_2_VERSION, TLS1_2_VERSION, ""})) return;
        peer.ask_for_new_handshake();
    });
    net::Channel channel = connect_to(server.port());
    const Cancel cancel;
    TlsFacts facts;
    REQUIRE(channel.upgrade("localhost", server.port(), authority.policy(), nullptr, facts,
                            Deadline::after(10s), cancel));
    const auto end = channel.read(Deadline::after(5s), cancel);
    REQUIRE_FALSE(end);
    CHECK(end.error().failure != Failure::timeout);  // a client that took part would wait for data
}
