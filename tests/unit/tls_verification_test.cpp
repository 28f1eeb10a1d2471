// SPDX-License-Identifier: MPL-2.0
// Who is trusted, and what is said when nobody is.
#include <doctest/doctest.h>

#include <openssl/ssl.h>

#include <latch>

#include "unit/net_fixture.hpp"

using namespace reprompt;
using namespace reprompt::test;

namespace {

struct Met {
    Expected<void, net::IoError> result;
    TlsFacts facts;
    bool proof = false;
    std::string words;
};

class Judge final : public net::TrustOracle {
  public:
    explicit Judge(bool answer) : answer_(answer) {}
    bool trusts(const net::Chain& chain, Deadline, const Cancel&) override {
        ++asked;
        seen = chain;
        return answer_;
    }
    int asked = 0;
    net::Chain seen;

  private:
    bool answer_;
};

/// A handshake with a server that shows `identity` and says "hello" inside; never loopback, so that proof
/// means TLS.
Met meet(const TlsTaste& taste, const net::TrustPolicy& policy, const std::string& host = "localhost",
         net::TrustOracle* oracle = nullptr) {
    Server server([&](Peer& peer) {
        if (!peer.start_tls(taste)) return;
        peer.send("hello");
        peer.wait_for_end();
    });
    net::Channel channel = connect_to(server.port(), false);
    const Cancel cancel;
    Met met;
    met.result =
        channel.upgrade(host, server.port(), policy, oracle, met.facts, Deadline::after(10s), cancel);
    met.proof = channel.proof().has_value();
    if (met.result) met.words = channel.read(Deadline::after(10s), cancel).value_or("");
    return met;
}

Failure failure_of(const Met& met) {
    return met.result ? Failure::none : met.result.error().failure;
}

}  // namespace

TEST_CASE("a certificate of a known authority for this name is trusted, and then only") {
    const Authority authority;
    const Identity identity(authority);
    const Met met = meet({&identity}, authority.policy());
    REQUIRE(met.result);
    CHECK(met.proof);
    CHECK(met.words == "hello");
    CHECK(met.facts.established);
    CHECK(met.facts.verified);
    CHECK(met.facts.trusted_by == "ca-file");
    CHECK(met.facts.version == "TLSv1.3");
    CHECK(met.facts.cipher.starts_with("TLS_"));
    CHECK(met.facts.subject == "CN=Server of a test");
    CHECK(met.facts.issuer == "CN=Authority of a test");
    CHECK(met.facts.not_before.ends_with("Z"));
    CHECK(met.facts.not_after.size() == std::string("2026-01-01T00:00:00Z").size());
    CHECK(met.facts.sha256.size() == 64);
}

TEST_CASE("an address is checked against the addresses of the certificate") {
    const Authority authority;
    const Identity identity(authority);
    CHECK(meet({&identity}, authority.policy(), "127.0.0.1").result);
    CHECK(failure_of(meet({&identity}, authority.policy(), "127.0.0.2")) == Failure::certificate_name);
    CHECK(failure_of(meet({&identity}, authority.policy(), "::1")) == Failure::certificate_name);
    const Identity named_only(authority, {"127.0.0.1", ""});
    CHECK(failure_of(meet({&named_only}, authority.policy(), "127.0.0.1")) == Failure::certificate_name);
}

TEST_CASE(
    "names: a trailing dot and case do not matter, a partial wildcard and the common name do not count") {
    const Authority authority;
    const Identity identity(authority);
    CHECK(meet({&identity}, authority.policy(), "localhost.").result);
    CHECK(meet({&identity}, authority.policy(), "LocalHost").result);
    CHECK(failure_of(meet({&identity}, authority.policy(), "mail.example.org")) == Failure::certificate_name);
    const Identity wildcard(authority, {"*.example.org", ""});
    CHECK(meet({&wildcard}, authority.policy(), "imap.example.org").result);
    CHECK(failure_of(meet({&wildcard}, authority.policy(), "a.imap.example.org")) ==
          Failure::certificate_name);
    const Identity partial(authority, {"imap*.example.org", ""});
    CHECK(failure_of(meet({&partial}, authority.policy(), "imap1.example.org")) == Failure::certificate_name);
    const Identity nameless(authority, {"", ""});
    CHECK(failure_of(meet({&nameless}, authority.policy(), "Server of a test")) == Failure::certificate_name);
}

TEST_CASE("a refused certificate is named by its fault, described, and gives no channel") {
    const Authority authority, stranger;
    const Identity foreign(stranger);
    const Identity expired(authority, {"localhost", "", -7200, -3600});
    const Identity early(authority, {"localhost", "", 3600, 7200});
    const Identity other_name(authority, {"other.example.org", ""});
    struct Case {
        const Identity* identity;
        Failure failure;
    };
    for (const Case& one :
         {Case{&foreign, Failure::certificate_issuer}, Case{&expired, Failure::certificate_expired},
          Case{&early, Failure::certificate_not_yet_valid}, Case{&other_name, Failure::certificate_name}}) {
        const Met met = meet({one.identity}, authority.policy());
        CHECK(failure_of(met) == one.failure);
        CHECK_FALSE(met.result.error().detail.empty());
        CHECK_FALSE(met.proof);
        CHECK(met.facts.established);
        CHECK_FALSE(met.facts.verified);
        CHECK(met.facts.trusted_by.empty());
        CHECK(met.facts.sha256.size() == 64);
    }
}

TEST_CASE("a refused certificate is shown to the oracle, whose word counts") {
    const Authority authority, stranger;
    const Identity foreign(stranger);
    Judge yes(true), no(false);
    const Met trusted = meet({&foreign}, authority.policy(), "localhost", &yes);
    REQUIRE(trusted.result);
    CHECK(trusted.proof);
    CHECK(trusted.facts.trusted_by == "thunderbird");
    CHECK(yes.seen.host == "localhost");
    CHECK(yes.seen.system_failure == Failure::certificate_issuer);
    REQUIRE(yes.seen.der.size() == 1);
    CHECK(yes.seen.der[0][0] == 0x30);

    const Met refused = meet({&foreign}, authority.policy(), "localhost", &no);
    CHECK(failure_of(refused) == Failure::certificate_issuer);
    CHECK(no.asked == 1);

    const Identity good(authority);
    Judge idle(false);
    CHECK(meet({&good}, authority.policy(), "localhost", &idle).result);
    CHECK(idle.asked == 0);
}

TEST_CASE("the certificate that the user named is accepted in any spelling of its fingerprint") {
    const Authority authority, stranger;
    const Identity foreign(stranger);
    const std::string fingerprint = meet({&foreign}, authority.policy()).facts.sha256;
    std::string spelt;
    for (std::size_t i = 0; i < fingerprint.size(); i += 2) {
        spelt += (i == 0 ? "" : ":");
        spelt += static_cast<char>(std::toupper(fingerprint[i]));
        spelt += static_cast<char>(std::toupper(fingerprint[i + 1]));
    }
    net::TrustPolicy policy = authority.policy();
    policy.accept_sha256 = spelt;
    CHECK(meet({&foreign}, policy).facts.trusted_by == "accepted");
    policy.accept_sha256 = std::string(64, '0');
    CHECK(failure_of(meet({&foreign}, policy)) == Failure::certificate_issuer);
}

TEST_CASE("a CA file that cannot be read is an error, not a silent fall-back") {
    const Authority authority;
    const Identity identity(authority);
    const Met met = meet({&identity}, {"/nonexistent/ca.pem", {}, false});
    CHECK(failure_of(met) == Failure::certificate_other);
    CHECK(met.result.error().detail.find("/nonexistent/ca.pem") != std::string::npos);
}
