// SPDX-License-Identifier: MPL-2.0
#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <mutex>
#include <nlohmann/json.hpp>

#include "diagnose/diagnose.hpp"
#include "diagnose/recognition.hpp"
#include "evidence/evidence_json.hpp"
#include "ledger/ledger.hpp"
#include "probe/domain_hint.hpp"
#include "unit/silent_dns.hpp"

using namespace reprompt;

namespace {

const RuleBook& book() {
    return RuleBook::built_in();
}

Evidence refused(std::string reply, Protocol protocol = Protocol::imap) {
    Evidence evidence;
    evidence.protocol = protocol;
    evidence.host = "mail.firm.example";
    evidence.tls_mode_known = true;
    evidence.tls.established = evidence.tls.verified = true;
    evidence.stage = Stage::auth;
    evidence.greeting = {"* OK ready"};
    evidence.attempt = Attempt{"PLAIN", {std::move(reply)}, false, true, 20};
    return evidence;
}
Evidence refused_with_mx(std::string reply, std::string mx) {
    auto evidence = refused(std::move(reply));
    evidence.domain = {"firm.example", {std::move(mx)}, {}, ""};
    return evidence;
}
bool says(const Verdict& verdict, const std::string& text) {
    return std::any_of(verdict.because.begin(), verdict.because.end(),
                       [&](const std::string& line) { return line.find(text) != std::string::npos; });
}
bool advises(const Verdict& verdict, const std::string& word) {
    return std::find(verdict.advice.begin(), verdict.advice.end(), word) != verdict.advice.end();
}

constexpr const char* plain_refusal = "a1 NO [AUTHENTICATIONFAILED] Authentication failed.";

}  // namespace

TEST_CASE("a stale password at a provider that never takes it says so and names the better ways") {
    auto evidence = refused("a1 NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)");
    evidence.host = "imap.gmail.com";
    const auto verdict = diagnose(evidence, book());
    CHECK(verdict.code == VerdictCode::stale_password);
    CHECK(verdict.advice == std::vector<std::string>{"oauth2", "app_password", "two_step_first"});
    CHECK(verdict.links.count("app_password") == 1);
    CHECK(says(verdict, "Gmail takes no account password"));
}

TEST_CASE(
    "every provider that takes no account password gives advice with a stale password, if it has mail "
    "servers") {
    for (const auto& provider : book().content().providers) {
        if (provider.accepts_password != "no" || provider.hosts.empty()) continue;
        auto evidence = refused("a1 NO [AUTHENTICATIONFAILED] Authentication failed.");
        evidence.host = "imap." + provider.hosts.front();
        const auto verdict = diagnose(evidence, book());
        CHECK_MESSAGE(!verdict.advice.empty(), provider.id);
        if (verdict.code == VerdictCode::stale_password)
            CHECK_MESSAGE(says(verdict, "takes no account password"), provider.id);
    }
}

TEST_CASE(
    "the MX of the domain names the provider, and a refusal keeps its verdict with the provider's advice") {
    const auto plain = diagnose(refused(plain_refusal), book());
    const auto verdict = diagnose(refused_with_mx(plain_refusal, "aspmx.l.google.com"), book());
    CHECK(verdict.code == plain.code);
    CHECK(verdict.confidence == plain.confidence);
    CHECK(verdict.rule == plain.rule);
    CHECK(plain.advice.empty());
    CHECK(verdict.advice == std::vector<std::string>{"oauth2", "app_password", "two_step_first"});
    CHECK(verdict.provider == "gmail");
    CHECK(says(verdict, "MX aspmx.l.google.com"));
}

TEST_CASE(
    "Microsoft 365 by MX: \"LOGIN failed.\" is a guess at OAuth2 unless the server runs something else") {
    auto evidence = refused_with_mx("a1 NO LOGIN failed.", "firm-example.mail.protection.outlook.com");
    for (const auto* greeting : {"* OK ready", "* OK The Microsoft Exchange IMAP4 service is ready."}) {
        evidence.greeting = {greeting};
        const auto verdict = diagnose(evidence, book());
        CHECK(verdict.code == VerdictCode::oauth2_required);
        CHECK(verdict.confidence == Confidence::guess);
        CHECK_FALSE(may_clear_on_click(verdict));
        CHECK(says(verdict, "nobody signs"));
    }
    for (const auto* greeting : {"* OK Dovecot ready.", "* OK Courier-IMAP ready."}) {
        evidence.greeting = {greeting};
        const auto verdict = diagnose(evidence, book());
        CHECK(verdict.code == VerdictCode::stale_password);
        CHECK(advises(verdict, "oauth2"));
        CHECK(says(verdict, "but this server runs"));
    }
}

TEST_CASE(
    "a hint of the DNS never makes more certain, never calls a password stale, and never links outside the "
    "rules") {
    const char* replies[] = {plain_refusal,
                             "a1 NO LOGIN failed.",
                             "a1 NO [ALERT] Application-specific password required",
                             "a1 NO [UNAVAILABLE] Temporary authentication failure.",
                             "a1 NO [LIMIT] Too many connections",
                             "a1 NO Please log in via your web browser",
                             "a1 NO Something else",
                             "a1 NO [EXPIRED] Password expired",
                             "a1 BAD what",
                             "* BYE Authentication failed"};
    for (const auto* reply : replies) {
        const auto plain = diagnose(refused(reply), book());
        for (const auto& provider : book().content().providers) {
            for (const auto& mx : provider.mx) {
                const auto verdict = diagnose(refused_with_mx(reply, "a." + mx), book());
                CAPTURE(reply);
                CAPTURE(mx);
                if (verdict.code == VerdictCode::stale_password) CHECK(plain.code == verdict.code);
                if (verdict.code == plain.code) CHECK(verdict.confidence <= plain.confidence);
                if (may_clear_at_once(verdict)) CHECK(may_clear_at_once(plain));
                if (plain.code != VerdictCode::inconclusive && plain.code != VerdictCode::stale_password)
                    CHECK(verdict.code == plain.code);
                for (const auto& [key, url] : verdict.links) {
                    const auto own = provider.links.find(key);
                    CHECK(
                        (plain.links.count(key) == 1 || (own != provider.links.end() && own->second == url)));
                }
            }
        }
    }
}

TEST_CASE("a provider that a rule names by host is not overruled by the DNS") {
    auto evidence = refused_with_mx(plain_refusal, "aspmx.l.google.com");
    evidence.host = "imap.mail.yahoo.com";
    CHECK(diagnose(evidence, book()).provider == "yahoo");
}

TEST_CASE("greeting and capabilities name the provider, but not in clear") {
    auto evidence = refused("a1 NO LOGIN failed.", Protocol::smtp);
    evidence.attempt->response = {"535 5.7.139 Authentication unsuccessful"};
    evidence.greeting = {"220 FR0P281CA0123.outlook.office365.com Microsoft ESMTP MAIL Service ready at Mon"};
    auto found = recognise(evidence, book().content());
    REQUIRE(found.provider != nullptr);
    CHECK(found.provider->id == "microsoft");
    CHECK(found.by_server);
    evidence.tls_mode = TlsMode::starttls;
    CHECK(recognise(evidence, book().content()).provider == nullptr);

    auto gmail = refused("a1 NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)");
    gmail.tls_mode = TlsMode::starttls;
    gmail.offered = {"IMAP4rev1", "X-GM-EXT-1", "AUTH=PLAIN"};
    found = recognise(gmail, book().content());
    REQUIRE(found.provider != nullptr);
    CHECK(found.provider->id == "gmail");
    CHECK(found.by_server);
    CHECK(advises(diagnose(gmail, book()), "app_password"));

    // A greeting in clear can be anybody's: it does not hide what came inside TLS.
    gmail.offered = {"IMAP4rev1", "XYMHIGHESTMODSEQ"};
    gmail.greeting = {"* OK Gimap ready for requests from 192.0.2.1 a1mb"};
    found = recognise(gmail, book().content());
    REQUIRE(found.provider != nullptr);
    CHECK(found.provider->id != "gmail");
    CHECK(found.by_server);

    gmail.offered.clear();
    gmail.greeting = {"* OK Gimap ready for requests from 192.0.2.1 a1mb"};
    CHECK(diagnose(gmail, book()).provider.empty());
    gmail.tls_mode = TlsMode::implicit;
    CHECK(diagnose(gmail, book()).provider == "gmail");
    gmail.greeting = {"* OK NotGimap ready"};
    CHECK(diagnose(gmail, book()).provider.empty());
}

TEST_CASE("a greeting in clear, whatever it says, neither adds to a verdict nor takes anything from it") {
    // STARTTLS: the greeting comes before the encryption, so that anybody on the way may have written it.
    const char* forged[] = {"* OK Dovecot ready.", "* OK Courier-IMAP ready.",
                            "* OK Gimap ready for requests from 192.0.2.1 a1mb",
                            "* OK The Microsoft Exchange IMAP4 service is ready.",
                            "* OK IMAP4rev1 server ready (QQMail)"};
    const char* replies[] = {plain_refusal, "a1 NO LOGIN failed.", "a1 NO Something else",
                             "a1 NO [ALERT] Application-specific password required"};
    for (const auto* reply : replies) {
        for (const auto* mx :
             {"firm-example.mail.protection.outlook.com", "aspmx.l.google.com", "mx.example"}) {
            auto evidence = refused_with_mx(reply, mx);
            evidence.tls_mode = TlsMode::starttls;
            const auto honest = verdict_to_json(diagnose(evidence, book()));
            for (const auto* greeting : forged) {
                CAPTURE(reply);
                CAPTURE(mx);
                CAPTURE(greeting);
                evidence.greeting = {greeting};
                CHECK(verdict_to_json(diagnose(evidence, book())) == honest);
            }
        }
    }
    // What the finding was about: "LOGIN failed." of Microsoft 365 stays a question of OAuth2.
    auto evidence = refused_with_mx("a1 NO LOGIN failed.", "firm-example.mail.protection.outlook.com");
    evidence.tls_mode = TlsMode::starttls;
    evidence.greeting = {"* OK Dovecot ready."};
    CHECK(diagnose(evidence, book()).code == VerdictCode::oauth2_required);
}

TEST_CASE("a domain that belongs to a provider names it without the DNS, its subdomains do not") {
    auto evidence = refused(plain_refusal);
    evidence.domain.name = "gmail.com";
    CHECK(diagnose(evidence, book()).provider == "gmail");
    evidence.domain.name = "x.gmail.com";
    CHECK(diagnose(evidence, book()).provider.empty());
    evidence.domain.name = "notgmail.com";
    CHECK(diagnose(evidence, book()).provider.empty());
}

TEST_CASE("an MX name is matched at a label, not inside one") {
    for (const auto* mx : {"evilgoogle.com", "google.com.evil.example", "aspmx.l.google.com.evil.example"})
        CHECK(diagnose(refused_with_mx(plain_refusal, mx), book()).provider.empty());
}

TEST_CASE("what the DNS said goes through JSON, and explains the same verdict") {
    auto evidence = refused_with_mx("a1 NO LOGIN failed.", "firm-example.mail.protection.outlook.com");
    evidence.domain.srv = {{"imaps", "outlook.office365.com", 993}};
    evidence.domain.note = "x";
    const auto again = evidence_from_json(evidence_to_json(evidence));
    REQUIRE(again.has_value());
    CHECK(evidence_to_json(*again) == evidence_to_json(evidence));
    CHECK(verdict_to_json(diagnose(*again, book())) == verdict_to_json(diagnose(evidence, book())));
    CHECK_FALSE(evidence_from_json({{"protocol", "imap"}, {"domain", "x"}}).has_value());
    CHECK_FALSE(evidence_from_json({{"protocol", "imap"}, {"domain", {{"srv", {1}}}}}).has_value());
}

TEST_CASE("the realm of an account is the host's, whatever the DNS or the greeting says") {
    CHECK(ledger::realm_of("mail.firm.example", book()) == "firm.example");
}

TEST_CASE("the mail domain is what stands behind the @, if the public DNS could know it") {
    const auto domain = [](std::string user, std::string mail_domain = "") {
        probe::Request request;
        request.user = std::move(user);
        request.mail_domain = std::move(mail_domain);
        return probe::mail_domain_of(request);
    };
    CHECK(domain("alice@Firm.Example") == "firm.example");
    CHECK(domain("alice@firm.example.") == "firm.example");
    CHECK(domain("\"a@b\"@firm.example") == "firm.example");
    CHECK(domain("alice@m\xC3\xBCnchen.example") == "xn--mnchen-3ya.example");
    CHECK(domain("alice", "firm.example") == "firm.example");
    CHECK(domain("alice@other.example", "firm.example") == "firm.example");
    for (const auto* user :
         {"alice", "alice@", "@", "alice@localhost", "alice@box.local", "alice@x.onion", "alice@10.0.0.1",
          "alice@[10.0.0.1]", "alice@a..b", "alice@-", "alice@a b.example", "alice@a\nb.example"})
        CHECK_MESSAGE(domain(user).empty(), user);
}

TEST_CASE("the DNS is asked only if something could come of it") {
    std::mutex mutex;
    int asked = 0;
    const net::DnsQuery query = [&](const std::string&, int) {
        const std::lock_guard lock(mutex);
        ++asked;
        return net::DnsReply{net::DnsOutcome::no_name, {}};
    };
    probe::Context context{book(), nullptr, {}, nullptr, {}};
    context.dns = query;
    const Cancel never;
    /// The evidence of a refused login after this request, and how often the DNS was asked meanwhile.
    const auto settle = [&](const std::function<void(probe::Request&)>& change) {
        probe::Request request;
        request.endpoint.host = "mail.firm.example";
        request.user = "alice@firm.example";
        request.kind = probe::CredentialKind::password;
        change(request);
        asked = 0;
        auto evidence = refused(plain_refusal);
        probe::DomainHint hint(request, context);
        hint.settle(evidence, diagnose(evidence, book()), Deadline::after(Milliseconds(20'000)), never);
        const std::lock_guard lock(mutex);
        return std::pair(evidence.domain, asked);
    };
    CHECK(settle([](probe::Request&) {}).second == 3);
    CHECK(settle([](probe::Request& request) { request.endpoint.host = "imap.gmail.com"; }).second == 0);
    CHECK(settle([](probe::Request& request) { request.kind = probe::CredentialKind::none; }).second == 0);
    CHECK(settle([](probe::Request& request) { request.user = "alice"; }).second == 0);
    const auto known = settle([](probe::Request& request) { request.user = "alice@gmail.com"; });
    CHECK(known.second == 0);
    CHECK(known.first.name == "gmail.com");
    const auto proxied = settle([](probe::Request& request) {
        request.proxy = net::Proxy{net::ProxyKind::socks5, "127.0.0.1", 9050, true};
    });
    CHECK(proxied.second == 0);
    CHECK(proxied.first.note.find("proxy") != std::string::npos);
}

TEST_CASE("a request waits for a silent DNS once, however often it asks what is known") {
    const test::SilentDns server;
    probe::Context context{book(), nullptr, {}, nullptr, {}};
    context.dns = server.query();
    probe::Request request;
    request.endpoint.host = "mail.firm.example";
    request.user = "alice@firm.example";
    request.kind = probe::CredentialKind::password;
    const Cancel never;
    probe::DomainHint hint(request, context);
    const auto begin = Deadline::Clock::now();
    for (int i = 0; i < 3; ++i) {
        auto evidence = refused(plain_refusal);
        hint.settle(evidence, diagnose(evidence, book()), Deadline::after(Milliseconds(60'000)), never);
        CHECK(evidence.domain.note == "The DNS did not answer in time.");
    }
    const auto waited = Deadline::Clock::now() - begin;
    CHECK(waited >= probe::domain_patience);
    CHECK(waited < 2 * probe::domain_patience);
}

TEST_CASE("a verdict that no provider could change is not kept waiting") {
    const test::SilentDns server;
    probe::Context context{book(), nullptr, {}, nullptr, {}};
    context.dns = server.query();
    probe::Request request;
    request.endpoint.host = "mail.firm.example";
    request.user = "alice@firm.example";
    request.kind = probe::CredentialKind::password;
    const Cancel never;
    probe::DomainHint hint(request, context);
    auto evidence = refused("a1 OK Logged in");
    evidence.attempt->accepted = true;
    const auto begin = Deadline::Clock::now();
    hint.settle(evidence, diagnose(evidence, book()), Deadline::after(Milliseconds(60'000)), never);
    CHECK(Deadline::Clock::now() - begin < probe::domain_patience / 2);
    CHECK(evidence.domain.name.empty());
}
