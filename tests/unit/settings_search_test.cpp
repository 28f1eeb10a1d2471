// SPDX-License-Identifier: MPL-2.0
// When settings are looked for, and what a search does with a server on this machine. Real mail ports and
// names are tried in tests/servers/settings_search.
#include "probe/settings_search.hpp"

#include <doctest/doctest.h>

#include "base/text.hpp"
#include "unit/net_fixture.hpp"

using namespace reprompt;
using namespace reprompt::test;
using namespace reprompt::probe;

namespace {

/// Offers this over TLS from the first octet, and counts who tries to sign in.
class Imap {
  public:
    void play(Peer& peer) {
        if (!peer.start_tls({&identity_})) return;
        peer.send("* OK [CAPABILITY IMAP4rev1 " + offer + "] ready\r\n");
        for (std::string line = peer.line(); !line.empty(); line = peer.line()) {
            const auto words = split_words(line);
            if (line.find("AUTHENTICATE") != std::string::npos || line.find("LOGIN ") != std::string::npos)
                ++sign_ins;
            peer.send("* CAPABILITY IMAP4rev1 " + offer + "\r\n" + std::string(words.front()) + " OK\r\n");
        }
    }
    [[nodiscard]] const Authority& authority() const noexcept { return authority_; }
    std::string offer = "AUTH=PLAIN";
    std::atomic<int> sign_ins{0};

  private:
    Authority authority_;
    Identity identity_{authority_};
};

net::DnsReply no_dns(const std::string&, int) {
    return {net::DnsOutcome::no_name, {}};
}

Request account(std::uint16_t port, TlsMode tls) {
    Request request;
    request.endpoint = {Protocol::imap, "localhost", port, tls};
    request.user = "alice";
    request.configured_auth = "password";
    request.repair = true;
    request.limit = 20s;
    return request;
}

struct Desk {
    explicit Desk(const Imap& imap)
        : context{RuleBook::built_in(), nullptr, imap.authority().policy(), nullptr, {}, no_dns} {}
    Result run(Request request) { return probe::run(std::move(request), context, never).value(); }
    std::optional<SettingsProposal> search(const Request& request, VerdictCode code, const Evidence& evidence,
                                           const char* rule = "") {
        Verdict verdict;
        verdict.code = code;
        verdict.rule = rule;
        return search_settings({request, context, Deadline::after(request.limit), never}, verdict, evidence);
    }
    Context context;
    Cancel never;
};

bool may_help(VerdictCode code, Failure failure = Failure::none, Stage stage = Stage::connect) {
    Verdict verdict;
    verdict.code = code;
    Evidence evidence;
    evidence.failure = failure;
    evidence.stage = stage;
    return settings_may_help(verdict, evidence);
}

}  // namespace

TEST_CASE("settings are looked for only after verdicts that settings can explain") {
    using enum VerdictCode;
    for (const auto code : {tls_required, tls_obsolete, certificate_untrusted, server_unreachable,
                            mechanism_unsupported, username_format})
        CHECK_MESSAGE(may_help(code), name_of(code));
    for (const auto code :
         {stale_password, password_expired, app_password_required, oauth2_required, oauth2_token_expired,
          web_login_required, account_locked, rate_limited, protocol_disabled, offline, temporary_failure,
          not_auth, password_accepted, inconclusive})
        CHECK_FALSE_MESSAGE(may_help(code), name_of(code));
    for (const auto failure : {Failure::proxy_failed, Failure::proxy_refused, Failure::proxy_login_required,
                               Failure::dns_temporary, Failure::network_down, Failure::cancelled})
        CHECK_FALSE_MESSAGE(may_help(server_unreachable, failure), name_of(failure));
    CHECK_FALSE(may_help(server_unreachable, Failure::timeout, Stage::resolve));
    CHECK(may_help(server_unreachable, Failure::timeout, Stage::connect));
}

TEST_CASE(
    "STARTTLS set for a port with TLS from the first octet: the same port is proposed, and nobody signs in") {
    Imap imap;
    Server server([&](Peer& peer) { imap.play(peer); });
    Desk desk(imap);
    auto request = account(server.port(), TlsMode::starttls);
    request.limit = 4s;  // such a server says nothing
    Evidence evidence;
    evidence.addresses = {{"127.0.0.1", Failure::none, ""}};
    const auto settings = desk.search(request, VerdictCode::server_unreachable, evidence);
    REQUIRE(settings);
    CHECK(settings->endpoint.port == server.port());
    CHECK(settings->endpoint.tls == TlsMode::implicit);
    CHECK(settings->changes == std::vector<std::string>{"tls"});
    CHECK_FALSE(settings->confirm_host);
    CHECK_FALSE(settings->auth);
    CHECK(imap.sign_ins == 0);
}

TEST_CASE("a server that offers no way in, or whose certificate nobody verifies, is not proposed") {
    Imap imap;
    Server server([&](Peer& peer) { imap.play(peer); });
    Desk desk(imap);
    const auto request = account(server.port(), TlsMode::starttls);
    imap.offer = "LOGINDISABLED AUTH=GSSAPI";
    CHECK_FALSE(desk.search(request, VerdictCode::tls_required, {}));
    imap.offer = "AUTH=PLAIN";
    const Authority other;
    desk.context.trust = other.policy();
    CHECK_FALSE(desk.search(request, VerdictCode::tls_required, {}));
}

TEST_CASE("what Thunderbird or the user trusts for one endpoint makes no other one trusted") {
    class Trusting final : public net::TrustOracle {
      public:
        bool trusts(const net::Chain&, Deadline, const Cancel&) override {
            asked = true;
            return true;
        }
        std::atomic<bool> asked{false};
    } oracle;
    Imap imap;
    Server server([&](Peer& peer) { imap.play(peer); });
    Desk desk(imap);
    const Authority other;
    desk.context.trust = other.policy();
    desk.context.oracle = &oracle;
    CHECK_FALSE(desk.search(account(server.port(), TlsMode::starttls), VerdictCode::tls_required, {}));
    CHECK_FALSE(oracle.asked);
}

TEST_CASE("without being asked to, a run looks for no settings") {
    Imap imap;
    Desk desk(imap);
    auto request = account(closed_port(), TlsMode::implicit);
    request.repair = false;
    const auto result = desk.run(std::move(request));
    CHECK(result.verdict.code == VerdictCode::server_unreachable);
    CHECK_FALSE(result.settings_time);
}

TEST_CASE("a search that finds nothing is told by its time alone") {
    Imap imap;
    Desk desk(imap);
    const auto result = desk.run(account(closed_port(), TlsMode::implicit));
    CHECK(result.verdict.code == VerdictCode::server_unreachable);
    CHECK_FALSE(result.settings);
    REQUIRE(result.settings_time);
    CHECK(*result.settings_time < 3s);
}

TEST_CASE("mechanism_unsupported: another method of the same encrypted channel, never in the clear") {
    Imap imap;
    Desk desk(imap);
    const auto request = account(993, TlsMode::implicit);
    Evidence evidence;
    evidence.offered = {"* CAPABILITY IMAP4rev1 LOGINDISABLED AUTH=CRAM-MD5"};
    evidence.tls.verified = true;
    const auto settings = desk.search(request, VerdictCode::mechanism_unsupported, evidence);
    REQUIRE(settings);
    CHECK(settings->auth == "password_encrypted");
    CHECK(settings->endpoint.host == "localhost");
    CHECK(settings->changes == std::vector<std::string>{"auth"});
    CHECK_FALSE(desk.search(account(143, TlsMode::none), VerdictCode::mechanism_unsupported, evidence));
    evidence.offered = {"* CAPABILITY IMAP4rev1 AUTH=PLAIN"};
    CHECK_FALSE(desk.search(request, VerdictCode::mechanism_unsupported, evidence));
}

TEST_CASE(
    "mechanism_unsupported from heard words alone: the server is asked what it offers, without signing in") {
    Imap imap;
    imap.offer = "AUTH=CRAM-MD5 AUTH=PLAIN";
    Server server([&](Peer& peer) { imap.play(peer); });
    Desk desk(imap);
    const auto settings =
        desk.search(account(server.port(), TlsMode::implicit), VerdictCode::mechanism_unsupported, {});
    REQUIRE(settings);
    CHECK(settings->auth == "password_encrypted");
    CHECK(imap.sign_ins == 0);
}

TEST_CASE("username_format: the full address, if a domain is known and the name is none already") {
    Imap imap;
    Desk desk(imap);
    auto request = account(993, TlsMode::implicit);
    const auto proposed = [&] { return desk.search(request, VerdictCode::username_format, {}); };
    CHECK_FALSE(proposed());  // the server's own domain says nothing about the address
    request.mail_domain = "example.org";
    REQUIRE(proposed());
    CHECK(proposed()->user == "alice@example.org");
    CHECK(proposed()->changes == std::vector<std::string>{"user"});
    request.user = "alice@other.example.org";
    CHECK_FALSE(proposed());
    request.user.clear();
    CHECK_FALSE(proposed());
}

TEST_CASE("a cancelled run looks for nothing, and a cancel ends a search") {
    Imap imap;
    Desk desk(imap);
    desk.never.cancel();
    const auto start = Deadline::Clock::now();
    CHECK_FALSE(desk.search(account(closed_port(), TlsMode::implicit), VerdictCode::server_unreachable, {}));
    Server mute([](Peer& peer) { peer.wait_for_end(); });
    Desk other(imap);
    std::thread ender([&] { other.never.cancel(); });
    CHECK_FALSE(other.search(account(mute.port(), TlsMode::starttls), VerdictCode::server_unreachable, {}));
    ender.join();
    CHECK(Deadline::Clock::now() - start < 3s);
}

TEST_CASE("no way to sign in at all: not another method but another way to the server is looked for") {
    Imap imap;
    Server server([&](Peer& peer) { imap.play(peer); });
    Desk desk(imap);
    auto request = account(server.port(), TlsMode::starttls);
    request.limit = 4s;
    Evidence evidence;
    evidence.addresses = {{"127.0.0.1", Failure::none, ""}};
    evidence.offered = {"IMAP4rev1", "LOGINDISABLED"};
    evidence.tls.verified = true;
    const auto settings =
        desk.search(request, VerdictCode::mechanism_unsupported, evidence, "caps.no-sign-in");
    REQUIRE(settings);
    CHECK(settings->changes == std::vector<std::string>{"tls"});
    CHECK(imap.sign_ins == 0);
    CHECK_FALSE(desk.search(request, VerdictCode::mechanism_unsupported, evidence, "caps.not-offered"));
}
