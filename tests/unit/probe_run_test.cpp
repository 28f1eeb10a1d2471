// SPDX-License-Identifier: MPL-2.0
// One probe end to end: real session, ledger and diagnosis against a scripted IMAP server.
#include <doctest/doctest.h>

#include <atomic>
#include <latch>
#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "ledger/ledger.hpp"
#include "probe/probe.hpp"
#include "unit/fake_keyring.hpp"
#include "unit/net_fixture.hpp"

using namespace reprompt;
using namespace reprompt::test;

namespace {

constexpr const char* right_password = "correct horse";

/// An IMAP server over implicit TLS that knows one password, and counts the attempts it sees.
class Mailbox {
  public:
    Mailbox() = default;
    void play(Peer& peer) {
        if (!peer.start_tls({&identity_})) return;
        converse(peer);
    }
    void converse(Peer& peer) {
        peer.send("* OK [CAPABILITY IMAP4rev1 SASL-IR " + offer + "] ready\r\n");
        for (std::string line = peer.line(); !line.empty(); line = peer.line()) {
            const auto words = split_words(line);
            const std::string tag(words.front());
            if (line.find("AUTHENTICATE PLAIN") != std::string::npos) {
                ++attempts;
                const bool right =
                    words.back() == base64_encode(std::string("\0user@localhost\0", 16) + right_password);
                peer.send(tag + (right ? " OK in\r\n" : " " + refusal + "\r\n"));
            } else {
                peer.send("* CAPABILITY IMAP4rev1 SASL-IR " + offer + "\r\n" + tag + " OK\r\n");
            }
        }
    }
    [[nodiscard]] const Authority& authority() const noexcept { return authority_; }
    std::atomic<int> attempts{0};
    std::string offer = "AUTH=PLAIN";
    std::string refusal = "NO [AUTHENTICATIONFAILED] Authentication failed.";

  private:
    Authority authority_;
    Identity identity_{authority_};
};

class Desk {
  public:
    explicit Desk(Mailbox& mailbox) : mailbox_(mailbox) { open(); }
    void open() { ledger_.emplace(ledger::Ledger::open(folder_.path(), keyring).value()); }
    Expected<probe::Result, std::string> run(probe::Request request, const Cancel& cancel = Cancel()) {
        probe::Context context{RuleBook::built_in(),
                               with_ledger ? &*ledger_ : nullptr,
                               mailbox_.authority().policy(),
                               oracle,
                               {}};
        return probe::run(std::move(request), context, cancel);
    }
    FakeKeyring keyring;
    bool with_ledger = true;
    net::TrustOracle* oracle = nullptr;

  private:
    Mailbox& mailbox_;
    TempFolder folder_;
    std::optional<ledger::Ledger> ledger_;
};

probe::Request request_for(std::uint16_t port, const char* password = "wrong") {
    probe::Request request;
    request.endpoint = {Protocol::imap, "localhost", port, TlsMode::implicit};
    request.user = "user@localhost";
    request.configured_auth = "password";
    if (password != nullptr) {
        request.kind = probe::CredentialKind::password;
        request.credential = Secret(password);
    }
    request.limit = 20s;
    return request;
}

}  // namespace

TEST_CASE("a right password is accepted with one attempt") {
    Mailbox mailbox;
    Server server([&](Peer& peer) { mailbox.play(peer); });
    Desk desk(mailbox);
    const auto result = desk.run(request_for(server.port(), right_password)).value();
    CHECK(result.verdict.code == VerdictCode::password_accepted);
    CHECK(result.attempts == 1);
    CHECK(result.evidence.tls.verified);
    for (const char* stage : {"resolve", "connect", "tls", "greeting", "auth"})
        CHECK(result.evidence.timings_ms.count(stage) == 1);
}

TEST_CASE("a wrong password is sent once; the second run tells from the ledger and does not even connect") {
    Mailbox mailbox;
    Server server([&](Peer& peer) { mailbox.play(peer); });
    Desk desk(mailbox);
    const auto first = desk.run(request_for(server.port())).value();
    CHECK(first.verdict.code == VerdictCode::stale_password);
    CHECK(first.verdict.confidence != Confidence::guess);
    CHECK(first.attempts == 1);
    CHECK(first.evidence.attempt->elapsed_ms >= 0);
    const int clients = server.clients();

    desk.open();  // as a new process would
    const auto second = desk.run(request_for(server.port())).value();
    CHECK(second.verdict.code == VerdictCode::stale_password);
    CHECK(second.verdict.rule == "ledger");
    CHECK(second.attempts == 0);
    CHECK(server.clients() == clients);
    CHECK(mailbox.attempts == 1);

    SUBCASE("check again sends it again") {
        auto again = request_for(server.port());
        again.again = true;
        CHECK(desk.run(std::move(again)).value().attempts == 1);
        CHECK(mailbox.attempts == 2);
    }
    SUBCASE("another password is another matter") {
        CHECK(desk.run(request_for(server.port(), right_password)).value().verdict.code ==
              VerdictCode::password_accepted);
    }
}

TEST_CASE("after three refused passwords even the right one stays here, and the verdict says why") {
    Mailbox mailbox;
    Server server([&](Peer& peer) { mailbox.play(peer); });
    Desk desk(mailbox);
    for (const char* wrong : {"one", "two", "three"})
        CHECK(desk.run(request_for(server.port(), wrong)).value().attempts == 1);
    for (const bool again : {false, true}) {
        CAPTURE(again);
        auto request = request_for(server.port(), right_password);
        request.again = again;
        const auto result = desk.run(std::move(request)).value();
        CHECK(result.attempts == 0);
        CHECK(result.verdict.code == VerdictCode::inconclusive);
        CHECK(result.verdict.rule == "attempts-used-up");
        CHECK(result.verdict.advice == std::vector<std::string>{"wait"});
        CHECK_FALSE(result.verdict.retry_is_safe);
        REQUIRE(result.notes.size() == 1);
        CHECK(result.verdict.because.back() == result.notes[0]);
        const auto repeated = diagnose(result.evidence, RuleBook::built_in());
        CHECK(repeated.rule == result.verdict.rule);
        CHECK(repeated.because == result.verdict.because);
    }
    CHECK(mailbox.attempts == 3);

    SUBCASE("heard words decide all the same") {
        auto request = request_for(server.port(), right_password);
        request.again = true;
        request.heard = {{Protocol::imap, "PLAIN", {"a1 NO [EXPIRED] Password has expired"}, true}};
        const auto result = desk.run(std::move(request)).value();
        CHECK(result.verdict.code == VerdictCode::password_expired);
        CHECK(result.attempts == 0);
        CHECK(result.notes.size() == 1);
    }
    SUBCASE("heard words that decide nothing stay in sight") {
        auto request = request_for(server.port(), right_password);
        request.heard = {{Protocol::imap, "PLAIN", {"a1 NO Something else"}, true}};
        const auto result = desk.run(std::move(request)).value();
        CHECK(result.verdict.rule == "attempts-used-up");
        CHECK(result.verdict.server_words == std::vector<std::string>{"a1 NO Something else"});
    }
}

TEST_CASE("without a ledger, without a credential and behind an unknown authority nothing is sent") {
    Mailbox mailbox, other;
    Server server([&](Peer& peer) { mailbox.play(peer); });
    SUBCASE("no ledger") {
        Desk desk(mailbox);
        desk.with_ledger = false;
        const auto result = desk.run(request_for(server.port(), right_password)).value();
        CHECK(result.attempts == 0);
        CHECK_FALSE(result.notes.empty());
    }
    SUBCASE("no credential") {
        Desk desk(mailbox);
        const auto result = desk.run(request_for(server.port(), nullptr)).value();
        CHECK(result.attempts == 0);
        CHECK(result.verdict.code == VerdictCode::inconclusive);
        CHECK(result.verdict.rule == "no-credential");
        CHECK_FALSE(result.evidence.offered.empty());
    }
    SUBCASE("unknown authority") {
        Desk desk(other);
        const auto result = desk.run(request_for(server.port(), right_password)).value();
        CHECK(result.attempts == 0);
        CHECK(result.verdict.code == VerdictCode::certificate_untrusted);
        CHECK(result.evidence.stage == Stage::tls);
    }
    CHECK(mailbox.attempts == 0);
}

TEST_CASE("words that Thunderbird heard over TLS suffice: no connection, no attempt") {
    Mailbox mailbox;
    Server server([&](Peer& peer) { mailbox.play(peer); });
    Desk desk(mailbox);
    auto request = request_for(server.port(), right_password);
    request.heard = {
        {Protocol::imap, "PLAIN", {"a1 NO [EXPIRED] Password of user@localhost has expired"}, true}};
    const auto result = desk.run(std::move(request)).value();
    CHECK(result.verdict.code == VerdictCode::password_expired);
    CHECK(result.attempts == 0);
    CHECK(server.clients() == 0);
    CHECK(result.evidence.heard.at(0).lines.at(0).find("user@localhost") == std::string::npos);
}

TEST_CASE(
    "a plain refusal that POP3 or SMTP heard over TLS decides without a connection; heard in clear it does "
    "not") {
    struct Case {
        Protocol protocol;
        const char* line;
    };
    for (const Case& one : {Case{Protocol::pop3, "-ERR [AUTH] Authentication failed."},
                            Case{Protocol::smtp, "535 5.7.8 Authentication failed"}}) {
        for (const bool tls : {true, false}) {
            CAPTURE(one.line);
            CAPTURE(tls);
            Mailbox mailbox;
            Desk desk(mailbox);
            auto request = request_for(closed_port());
            request.endpoint.protocol = one.protocol;
            request.heard = {{one.protocol, "PLAIN", {one.line}, tls}};
            const auto result = desk.run(std::move(request)).value();
            CHECK(result.attempts == 0);
            CHECK((result.verdict.code == VerdictCode::stale_password) == tls);
            if (tls) CHECK(may_clear_at_once(result.verdict));
            if (!tls) CHECK(result.verdict.code == VerdictCode::server_unreachable);
        }
    }
}

TEST_CASE("a password that Thunderbird saw refused over POP3 is not sent again over IMAP") {
    Mailbox mailbox;
    Server server([&](Peer& peer) { mailbox.play(peer); });
    Desk desk(mailbox);
    auto heard = request_for(closed_port());
    heard.endpoint.protocol = Protocol::pop3;
    heard.heard = {{Protocol::pop3, "PLAIN", {"-ERR [AUTH] Authentication failed."}, true}};
    CHECK(desk.run(std::move(heard)).value().attempts == 0);
    const auto result = desk.run(request_for(server.port())).value();
    CHECK(result.verdict.code == VerdictCode::stale_password);
    CHECK(result.verdict.rule == "ledger");
    CHECK(mailbox.attempts == 0);

    SUBCASE("newer words count more than the record") {
        auto later = request_for(closed_port());
        later.endpoint.protocol = Protocol::pop3;
        later.heard = {{Protocol::pop3, "PLAIN", {"-ERR [SYS/TEMP] Backend down, try again later."}, true}};
        CHECK(desk.run(std::move(later)).value().verdict.code == VerdictCode::temporary_failure);
    }
}

TEST_CASE("a refusal that Thunderbird heard makes no entry unless it judged this very password") {
    Mailbox mailbox;
    Server server([&](Peer& peer) { mailbox.play(peer); });
    Desk desk(mailbox);
    auto heard = request_for(closed_port(), right_password);
    heard.endpoint.protocol = Protocol::pop3;
    std::string mechanism = "PLAIN";
    SUBCASE("by CRAM-MD5, which a server may not be able to check") {
        mechanism = "CRAM-MD5";
    }
    SUBCASE("by a mechanism nobody named") {
        mechanism = "";
    }
    SUBCASE("before the login was saved") {
        heard.saved_at = ledger::WallClock::now();
    }
    heard.heard = {{Protocol::pop3, mechanism, {"-ERR [AUTH] Authentication failed."}, true}};
    CHECK(desk.run(std::move(heard)).value().attempts == 0);
    CHECK(desk.run(request_for(server.port(), right_password)).value().verdict.code ==
          VerdictCode::password_accepted);
}

TEST_CASE("a time to wait counts only where it was heard over TLS, and never beyond six hours") {
    for (const bool tls : {true, false}) {
        CAPTURE(tls);
        Mailbox mailbox;
        Desk desk(mailbox);
        auto request = request_for(closed_port());
        request.endpoint.protocol = Protocol::smtp;
        request.heard = {{Protocol::smtp,
                          "PLAIN",
                          {"454 4.7.0 Too many login attempts, please try again in 900 minutes."},
                          tls}};
        const auto result = desk.run(std::move(request)).value();
        CHECK(result.attempts == 0);
        CHECK((result.verdict.code == VerdictCode::rate_limited) == tls);
        CHECK(result.verdict.retry_after_s == (tls ? std::optional(6 * 3600) : std::nullopt));
    }
}

TEST_CASE("a password that holds the user's name or looks like an address leaves no part in the words") {
    Mailbox mailbox;
    Server server([&](Peer& peer) { mailbox.play(peer); });
    Desk desk(mailbox);
    for (const std::string password : {"x-user@localhost-9Z", "user-2026!Kq", "Kq9@example.org"}) {
        CAPTURE(password);
        mailbox.refusal = "NO [AUTHENTICATIONFAILED] " + password + " is wrong for user@localhost";
        auto request = request_for(server.port(), password.c_str());
        request.heard = {{Protocol::imap, "PLAIN", {"a1 BYE heard " + password + "."}, false}};
        const auto result = desk.run(std::move(request)).value();
        CHECK(result.attempts == 1);
        REQUIRE(result.evidence.attempt);
        CHECK(result.evidence.attempt->response.at(0).ends_with(
            "NO [AUTHENTICATIONFAILED] <secret> is wrong for <user>"));
        CHECK(result.evidence.heard.at(0).lines.at(0) == "a1 BYE heard <secret>.");
    }
}

TEST_CASE("a server that offers no fitting mechanism gets no credential, and the run says so") {
    Mailbox mailbox;
    mailbox.offer = "LOGINDISABLED AUTH=XOAUTH2";
    Server server([&](Peer& peer) { mailbox.play(peer); });
    Desk desk(mailbox);
    const auto result = desk.run(request_for(server.port(), right_password)).value();
    CHECK(result.attempts == 0);
    CHECK(mailbox.attempts == 0);
    CHECK(result.verdict.code != VerdictCode::stale_password);
}

TEST_CASE("a closed port and a cancel are told with no attempt") {
    Mailbox mailbox;
    Desk desk(mailbox);
    const auto closed = desk.run(request_for(closed_port(), right_password)).value();
    CHECK(closed.verdict.code == VerdictCode::server_unreachable);
    CHECK(closed.evidence.failure == Failure::connection_refused);

    std::latch reached(1);
    Server silent([&](Peer& peer) {
        reached.count_down();
        peer.wait_for_end();
    });
    Cancel cancel;
    std::thread canceller([&] {
        reached.wait();
        cancel.cancel();
    });
    const auto ended = desk.run(request_for(silent.port(), right_password), cancel).value();
    canceller.join();
    CHECK(ended.evidence.failure == Failure::cancelled);
    CHECK(ended.attempts == 0);
}

TEST_CASE("in clear a password goes to this machine only") {
    Mailbox mailbox;
    Server server([&](Peer& peer) { mailbox.converse(peer); });
    Desk desk(mailbox);
    auto request = request_for(server.port(), right_password);
    request.endpoint.tls = TlsMode::none;
    const auto result = desk.run(std::move(request)).value();
    CHECK(result.evidence.loopback);
    CHECK(result.verdict.code == VerdictCode::password_accepted);
}

TEST_CASE("a run that ends in the middle of the judgement counts its attempt") {
    Mailbox mailbox;
    Server server([&](Peer& peer) {
        const Identity identity(mailbox.authority());
        if (!peer.start_tls({&identity})) return;
        peer.send("* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] ready\r\n");
        peer.line();
    });
    Desk desk(mailbox);
    const auto result = desk.run(request_for(server.port())).value();
    CHECK(result.attempts == 1);
    CHECK(result.verdict.code != VerdictCode::stale_password);
    CHECK(result.evidence.failure == Failure::connection_closed);
    CHECK(desk.run(request_for(server.port())).value().attempts == 1);
    CHECK(desk.run(request_for(server.port())).value().attempts == 1);
    const auto fourth = desk.run(request_for(server.port())).value();
    CHECK(fourth.attempts == 0);  // three a day, answered or not
    CHECK_FALSE(fourth.notes.empty());
}

TEST_CASE("an answer before the password left says nothing about the password") {
    for (const char* answer : {"OK in", "NO [AUTHENTICATIONFAILED] Authentication failed."}) {
        Mailbox mailbox;
        Server server([&](Peer& peer) {
            const Identity identity(mailbox.authority());
            if (!peer.start_tls({&identity})) return;
            peer.send("* OK [CAPABILITY IMAP4rev1 AUTH=LOGIN LOGINDISABLED] ready\r\n");
            const std::string line = peer.line();
            peer.send("+ " + base64_encode("Username:") + "\r\n");
            peer.line();
            peer.send(std::string(split_words(line).front()) + " " + answer + "\r\n");
        });
        Desk desk(mailbox);
        const auto result = desk.run(request_for(server.port())).value();
        CHECK(result.attempts == 0);
        CHECK(result.verdict.code == VerdictCode::inconclusive);
        CHECK(result.evidence.attempt.has_value());
    }
}

TEST_CASE("settings that cannot be sent safely are refused in one line, before anything happens") {
    Mailbox mailbox;
    Server server([&](Peer& peer) { mailbox.play(peer); });
    Desk desk(mailbox);
    const auto refused = [&](const std::function<void(probe::Request&)>& spoil) {
        auto request = request_for(server.port(), right_password);
        spoil(request);
        const auto result = desk.run(std::move(request));
        return !result && result.error().find('\n') == std::string::npos &&
               result.error().find(right_password) == std::string::npos;
    };
    CHECK(refused([](auto& r) { r.endpoint.host.clear(); }));
    CHECK(refused([](auto& r) { r.endpoint.host = "local\rhost"; }));
    CHECK(refused([](auto& r) { r.endpoint.host = "local host"; }));
    CHECK(refused([](auto& r) {
        r.endpoint.host =
            "b\xc3"
            "cher.example";
    }));
    CHECK(refused([](auto& r) { r.proxy = net::Proxy{net::ProxyKind::http, "pro\r\nxy", 8080}; }));
    CHECK(refused([](auto& r) { r.proxy = net::Proxy{net::ProxyKind::http, "", 8080}; }));
    CHECK(refused([](auto& r) { r.proxy = net::Proxy{net::ProxyKind::socks5, "proxy.example", 0}; }));
    CHECK(refused([](auto& r) { r.endpoint.host = std::string(300, 'a'); }));
    CHECK(refused([](auto& r) { r.endpoint.port = 0; }));
    CHECK(refused([](auto& r) { r.user = "a\nb"; }));
    CHECK(refused([](auto& r) { r.user.clear(); }));
    CHECK(refused([](auto& r) { r.credential = Secret(std::string_view("a\0b", 3)); }));
    CHECK(refused([](auto& r) { r.credential = Secret("a\r\nb"); }));
    CHECK(refused([](auto& r) { r.credential = Secret(""); }));
    CHECK(server.clients() == 0);
}

TEST_CASE("a result in JSON holds verdict, evidence and notes, and no password") {
    Mailbox mailbox;
    mailbox.refusal = "NO [AUTHENTICATIONFAILED] wrong for user@localhost";
    Server server([&](Peer& peer) { mailbox.play(peer); });
    Desk desk(mailbox);
    const auto result = desk.run(request_for(server.port(), "hunter2-hunter2")).value();
    const auto json = probe::result_to_json(result);
    for (const char* key : {"verdict", "confidence", "rule", "stage", "server_words", "advice", "attempts",
                            "evidence", "timings_ms", "notes"}) {
        CHECK(json.contains(key));
    }
    CHECK(json["attempts"] == 1);
    CHECK(json.dump().find("hunter2") == std::string::npos);
    CHECK(json.dump().find("user@localhost") == std::string::npos);
}
