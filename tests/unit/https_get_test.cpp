// SPDX-License-Identifier: MPL-2.0
// Pages over https: what an answer amounts to, where redirects may lead, and a real handshake.
#include "net/https_get.hpp"

#include <doctest/doctest.h>

#include "net/registrable_domain.hpp"
#include "unit/net_fixture.hpp"

using namespace reprompt;
using namespace reprompt::test;
using protocol::HttpPage;
using protocol::HttpsPlace;

namespace {

HttpPage read(std::string_view bytes, bool ended = true, std::size_t longest = 100) {
    return protocol::read_http_page(bytes, ended, longest);
}

/// The same, however it comes in pieces.
HttpPage read_in_pieces(std::string_view bytes, std::size_t longest = 100) {
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        auto page = read(bytes.substr(0, size), false, longest);
        if (page.state != HttpPage::State::incomplete) return page;
    }
    return read(bytes, true, longest);
}

constexpr auto whole = HttpPage::State::whole;
constexpr auto broken = HttpPage::State::broken;
constexpr auto too_long = HttpPage::State::too_long;
constexpr auto incomplete = HttpPage::State::incomplete;

/// A web server whose answers stand by path; it counts the questions.
class Web {
  public:
    void play(Peer& peer) {
        if (!peer.start_tls({&identity_})) return;
        const auto question = peer.line();
        if (question.empty()) return;  // the client did not like the certificate
        while (!peer.line().empty()) {
        }
        ++questions;
        const auto path = question.substr(4, question.find(" HTTP") - 4);
        peer.send(path == "/page" ? "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello" : answer);
    }
    [[nodiscard]] const Authority& authority() const noexcept { return authority_; }
    std::atomic<int> questions{0};
    std::string answer;

  private:
    Authority authority_;
    Identity identity_{authority_};
};

Expected<std::string, net::IoError> get(const Web& web, std::uint16_t port, const char* path,
                                        const net::AddressRule& allowed = {}) {
    const Cancel never;
    return net::https_get({"localhost", port, path}, {web.authority().policy(), "localhost", allowed, 100},
                          Deadline::after(5s), never);
}

}  // namespace

TEST_CASE("a page with a length, in chunks, or until the connection ends") {
    CHECK(read_in_pieces("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello").body == "hello");
    CHECK(read_in_pieces(
              "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\n\r\n")
              .body == "hello");
    CHECK(read_in_pieces("HTTP/1.0 200 OK\n\nhello").body == "hello");
    CHECK(read("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell", false).state == incomplete);
    CHECK(read("HTTP/1.1 200 OK\r\n\r\nhello", false).state == incomplete);
    CHECK(read("HTTP/1.1 404 Not Found\r\n\r\n", false).state == whole);
}

TEST_CASE("a page that is too long, cut off or in another form is none") {
    const std::string ok = "HTTP/1.1 200 OK\r\n";
    CHECK(read(ok + "Content-Length: 101\r\n\r\n", false).state == too_long);
    CHECK(read(ok + "\r\n" + std::string(101, 'x'), false).state == too_long);
    CHECK(read(ok + "Transfer-Encoding: chunked\r\n\r\n65\r\n", false).state == too_long);
    CHECK(read(ok + "Transfer-Encoding: chunked\r\n\r\n60\r\n" + std::string(96, 'x') + "\r\n5\r\n", false)
              .state == too_long);
    CHECK(read(std::string(20'000, 'x'), false).state == too_long);
    for (const std::string head :
         {"Content-Length: 5\r\nContent-Length: 6\r\n", "Content-Length: x\r\n", "Content-Length: -1\r\n",
          "Content-Length: 99999999999999999999\r\n", "Content-Encoding: gzip\r\n",
          "Transfer-Encoding: gzip, chunked\r\n", "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"}) {
        INFO(head);
        CHECK(read(ok + head + "\r\nhello").state == broken);
    }
    CHECK(read(ok + "Content-Length: 6\r\n\r\nhello").state == broken);
    CHECK(read(ok + "Transfer-Encoding: chunked\r\n\r\n5\r\nhel").state == broken);
    CHECK(read(ok + "Transfer-Encoding: chunked\r\n\r\n2\r\nhelx\r\n0\r\n").state == broken);
    CHECK(read("HTTP/1.1 100 Continue\r\n\r\n").state == broken);
    CHECK(read("* OK IMAP4rev1 ready\r\n\r\n").state == broken);
    CHECK(read("").state == broken);
}

TEST_CASE("a NUL among the fields of an answer makes it unreadable") {
    using namespace std::string_view_literals;
    CHECK(read("HTTP/1.1 200 OK\r\nX: \0\r\nContent-Length: 2\r\n\r\nhi"sv).state == broken);
    CHECK(read("HTTP/1.1 200 OK\r\nX: y\r\nContent-Length: 2\r\n\r\nhi"sv).state == whole);
}

TEST_CASE("where a redirect leads: https and absolute paths, nothing else") {
    const HttpsPlace from{"autoconfig.example.org", 443, "/mail"};
    const auto to = [&](std::string_view location) { return protocol::redirected(location, from); };
    CHECK(to("/x?y#z") == HttpsPlace{"autoconfig.example.org", 443, "/x?y"});
    CHECK(to("https://Config.example.org") == HttpsPlace{"config.example.org", 443, "/"});
    CHECK(to("HTTPS://config.example.org:8443/x") == HttpsPlace{"config.example.org", 8443, "/x"});
    CHECK(to("https://config.example.org?a") == HttpsPlace{"config.example.org", 443, "/?a"});
    for (const auto* location :
         {"", "x", "../x", "//evil.example/x", "http://autoconfig.example.org/", "ftp://x/", "https://",
          "https:///x", "https://user@evil.example/", "https://a:0/", "https://a:70000/", "https://a:/",
          "https://[::1]/", "https://a b/", "/a\tb", "https://h\xC3\xBC/"})
        CHECK_MESSAGE(!to(location), location);
    CHECK_FALSE(to("/" + std::string(3000, 'x')));
}

TEST_CASE("names of one owner: the same name or the same registrable domain") {
    CHECK(net::same_owner("autoconfig.example.org", "example.org"));
    CHECK(net::same_owner("localhost", "localhost"));
    CHECK_FALSE(net::same_owner("example.org", "example.com"));
    CHECK_FALSE(net::same_owner("a.co.uk", "b.co.uk"));
    CHECK_FALSE(net::same_owner("192.0.2.1", "192.0.2.2"));
    CHECK(net::registrable_domain("imap.example.co.uk") == "example.co.uk");
    CHECK(net::registrable_domain("co.uk").empty());
    CHECK(net::registrable_domain("10.0.0.1").empty());
}

TEST_CASE("a page is fetched over a verified connection, redirects of the same server included") {
    Web web;
    Server server([&](Peer& peer) { web.play(peer); });
    CHECK(get(web, server.port(), "/page").value_or("") == "hello");
    web.answer = "HTTP/1.1 302 Found\r\nLocation: /page\r\n\r\n";
    CHECK(get(web, server.port(), "/old").value_or("") == "hello");
}

TEST_CASE("a redirect to somebody else, to another port, or without end leads nowhere") {
    Web web;
    Server server([&](Peer& peer) { web.play(peer); });
    const auto port = std::to_string(server.port());
    for (const auto& location :
         {"https://127.0.0.1:" + port + "/page", std::string("https://localhost:1/page"),
          std::string("http://localhost/page")}) {
        web.questions = 0;
        web.answer = "HTTP/1.1 301 Moved\r\nLocation: " + location + "\r\n\r\n";
        CHECK_FALSE(get(web, server.port(), "/old"));
        CHECK(web.questions == 1);
    }
    web.questions = 0;
    web.answer = "HTTP/1.1 301 Moved\r\nLocation: /again\r\n\r\n";
    CHECK_FALSE(get(web, server.port(), "/old"));
    CHECK(web.questions == 1 + net::most_redirects);
}

TEST_CASE(
    "a page is not asked for over a certificate that is not verified, nor from an address that is refused") {
    Web web;
    Server server([&](Peer& peer) { web.play(peer); });
    const auto error =
        get(web, server.port(), "/page", [](const net::Address& each) { return !net::is_private(each); });
    REQUIRE_FALSE(error);
    CHECK(error.error().failure == Failure::host_unreachable);
    const Authority other;
    const Cancel never;
    const auto strange = net::https_get({"localhost", server.port(), "/page"},
                                        {other.policy(), "localhost", {}, 100}, Deadline::after(5s), never);
    REQUIRE_FALSE(strange);
    CHECK(strange.error().failure == Failure::certificate_issuer);
    CHECK(web.questions == 0);
}
