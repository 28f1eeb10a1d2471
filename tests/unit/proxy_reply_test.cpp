// SPDX-License-Identifier: MPL-2.0
#include "net/proxy_reply.hpp"

#include <doctest/doctest.h>

using namespace reprompt;
using namespace reprompt::net;
using State = ProxyReply::State;
using namespace std::string_literals;

namespace {

/// Reads as dial_through does: never more than is wanted. Gives the state and how much was taken.
std::pair<ProxyReply, std::size_t> read(ProxyReply (*reader)(std::string_view), std::string_view stream) {
    std::size_t taken = 0;
    for (;;) {
        auto reply = reader(stream.substr(0, taken));
        if (reply.state != State::incomplete || taken + reply.wanted > stream.size()) return {reply, taken};
        REQUIRE(reply.wanted > 0);
        taken += reply.wanted;
    }
}

}  // namespace

TEST_CASE("SOCKS5: no login is offered, and a proxy that wants one is understood") {
    CHECK(socks5_greeting() == "\x05\x01\x00"s);
    CHECK(read_socks5_method("\x05\x00"s).state == State::accepted);
    CHECK(read_socks5_method("\x05\xff"s).state == State::needs_login);
    CHECK(read_socks5_method("\x05\x02"s).state == State::needs_login);
    CHECK(read_socks5_method("\x05\x01"s).state == State::garbage);
    CHECK(read_socks5_method("\x04").state == State::garbage);
    CHECK(read_socks5_method("HT").state == State::garbage);
    CHECK(read_socks5_method("").wanted == 2);
    CHECK(read_socks5_method("\x05").wanted == 1);
}

TEST_CASE("SOCKS5: a name goes as a name, an address as an address") {
    CHECK(socks5_request("imap.example.org", 993) == "\x05\x01\x00\x03\x10imap.example.org\x03\xe1"s);
    CHECK(socks5_request("192.0.2.1", 143) == "\x05\x01\x00\x01\xc0\x00\x02\x01\x00\x8f"s);
    const auto six = socks5_request("2001:db8::1", 143);
    CHECK(six.size() == 4 + 16 + 2);
    CHECK(six[3] == 4);
    CHECK(socks5_request(std::string(300, 'a'), 1).size() == 4 + 1 + 255 + 2);
}

TEST_CASE("SOCKS5: the consent ends where it ends, whatever the server says behind it") {
    const std::string greeting = "* OK ready\r\n";
    for (const auto& consent :
         {"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00"s, "\x05\x00\x00\x03\x03xyz\x00\x19"s,
          "\x05\x00\x00\x03\x00\x00\x19"s, "\x05\x00\x00\x04"s + std::string(18, 'x')}) {
        const auto [reply, taken] = read(read_socks5_connect, consent + greeting);
        CHECK(reply.state == State::accepted);
        CHECK(taken == consent.size());
        CHECK(read(read_socks5_connect, consent.substr(0, consent.size() - 1)).first.state ==
              State::incomplete);
    }
    CHECK(read_socks5_connect("\x05\x05"s).state == State::refused);
    CHECK(read_socks5_connect("\x05\x05"s).words == "connection refused");
    CHECK(read_socks5_connect("\x05\x77"s).words == "unknown reason");
    CHECK(read_socks5_connect("\x05\x00\x00\x09\x00"s).state == State::garbage);
    CHECK(read_socks5_connect("SSH-2.0").state == State::garbage);
}

TEST_CASE("HTTP CONNECT: the request names the server twice, an IPv6 address in brackets") {
    CHECK(http_connect_request("imap.example.org", 993) ==
          "CONNECT imap.example.org:993 HTTP/1.1\r\nHost: imap.example.org:993\r\n\r\n");
    CHECK(http_connect_request("::1", 143).starts_with("CONNECT [::1]:143 HTTP/1.1\r\n"));
}

TEST_CASE("HTTP CONNECT: the consent ends at the empty line, whatever the server says behind it") {
    for (const std::string consent :
         {"HTTP/1.1 200 Connection established\r\n\r\n", "HTTP/1.0 200\r\n\r\n",
          "HTTP/1.1 200 OK\nVia: x\n\n", "HTTP/1.1 299 fine\r\nA: b\r\nC: d\r\n\r\n",
          "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"}) {
        for (const std::string behind : {"", "\n", "\r\n", "* OK ready\r\n", "HTTP/1.1 403 no\r\n\r\n"}) {
            const auto [reply, taken] = read(read_http_connect, consent + behind);
            CHECK_MESSAGE(reply.state == State::accepted, consent);
            CHECK_MESSAGE(taken == consent.size(), consent);
        }
    }
}

TEST_CASE("HTTP CONNECT: a refusal is told in the proxy's words, escaped and short") {
    CHECK(read_http_connect("HTTP/1.1 403 Forbidden\r\n\r\n").words == "HTTP 403 Forbidden");
    CHECK(read_http_connect("HTTP/1.1 502\r\n\r\n").words == "HTTP 502");
    const auto login = read_http_connect("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
    CHECK(login.state == State::needs_login);
    const auto long_one = read_http_connect("HTTP/1.1 500 " + std::string(2000, 'x') + "\x1b[31m\r\n\r\n");
    CHECK(long_one.state == State::refused);
    CHECK(long_one.words.size() < 100);
    CHECK(read_http_connect("HTTP/1.1 500 a\x1b[31m\r\n\r\n").words.find('\x1b') == std::string::npos);
    CHECK(read_http_connect("HTTP/1.1 301 Moved\r\n\r\n").state == State::refused);
}

TEST_CASE("HTTP CONNECT: what is no HTTP is seen at once, and no answer is endless") {
    for (const std::string wrong :
         {"SSH-2.0", "+OK\r\n", "HTTP/2 200\r\n\r\n", "HTTP/1.1 2000 x\r\n\r\n", "HTTP/1.1 abc x\r\n\r\n",
          "HTTP/1.1200\r\n\r\n", "\r\n", "HTTP/1.1 \r\n\r\n"}) {
        CHECK_MESSAGE(read_http_connect(wrong).state == State::garbage, wrong);
    }
    CHECK(read_http_connect("HTT").state == State::incomplete);
    CHECK(read_http_connect("HTTP/1.1 200 " + std::string(max_proxy_reply, 'x')).state == State::garbage);
}
