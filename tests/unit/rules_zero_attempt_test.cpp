// SPDX-License-Identifier: MPL-2.0
// What decides before any password is sent: the greeting, what the server offers, and words that Thunderbird
// heard.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "diagnose/diagnose.hpp"
#include "evidence/evidence_json.hpp"

using namespace reprompt;
using nlohmann::json;

namespace {

json over_tls(const char* protocol) {
    return {{"protocol", protocol},   {"host", "mail.example.org"},           {"tls_mode", "implicit"},
            {"tls_mode_known", true}, {"tls_facts", {{"established", true}}}, {"stage", "capabilities"}};
}

json in_clear(const char* protocol) {
    auto line = over_tls(protocol);
    line["tls_mode"] = "none";
    line.erase("tls_facts");
    return line;
}

json with(json evidence, const char* key, json value) {
    evidence[key] = std::move(value);
    return evidence;
}

json heard(const char* protocol, const char* mechanism, const char* words, bool tls) {
    return with(
        over_tls(protocol), "heard",
        json::array({{{"protocol", protocol}, {"mechanism", mechanism}, {"lines", {words}}, {"tls", tls}}}));
}

std::string verdict_without_attempt(const json& evidence) {
    const auto read = evidence_from_json(evidence);
    REQUIRE_MESSAGE(read.has_value(), evidence.dump());
    return name_of(diagnose_without_attempt(*read, RuleBook::built_in()).code);
}

}  // namespace

TEST_CASE("what a server offers decides without an attempt where it leaves no way for a password") {
    const auto offers = [](json evidence, std::vector<std::string> lines) {
        return verdict_without_attempt(with(std::move(evidence), "offered", lines));
    };
    CHECK(offers(in_clear("imap"), {"* CAPABILITY IMAP4rev1 LOGINDISABLED"}) == "tls_required");
    CHECK(offers(in_clear("imap"), {"* CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED"}) == "tls_required");
    CHECK(offers(over_tls("imap"), {"* CAPABILITY IMAP4rev1 AUTH=XOAUTH2 LOGINDISABLED"}) ==
          "oauth2_required");
    CHECK(offers(over_tls("imap"), {"* CAPABILITY IMAP4rev1 AUTH=XOAUTH2 AUTH=OAUTHBEARER"}) ==
          "oauth2_required");
    CHECK(offers(over_tls("smtp"), {"250-AUTH XOAUTH2 OAUTHBEARER"}) == "oauth2_required");
    CHECK(offers(over_tls("imap"), {"* CAPABILITY IMAP4rev1 AUTH=PLAIN AUTH=XOAUTH2"}) == "inconclusive");
    CHECK(offers(over_tls("imap"), {"* CAPABILITY IMAP4rev1"}) == "inconclusive");
}

TEST_CASE("a greeting that refuses decides without an attempt, but never about a password") {
    const auto greets = [](const char* protocol, const char* line) {
        return verdict_without_attempt(with(over_tls(protocol), "greeting", json::array({line})));
    };
    CHECK(greets("imap", "* BYE Too many connections from your IP") == "rate_limited");
    CHECK(greets("smtp", "421 4.7.0 Too many failed logins, try again later") == "rate_limited");
    CHECK(greets("smtp", "554 5.7.1 Your IP address has been blocked") == "rate_limited");
    CHECK(greets("smtp", "421 4.3.2 Service not available") == "temporary_failure");
    CHECK(greets("pop3", "-ERR The server is down for maintenance") == "temporary_failure");
    CHECK(greets("pop3", "-ERR [SYS/TEMP] try later") == "temporary_failure");
    CHECK(greets("pop3", "-ERR [AUTH] Authentication failed.") == "inconclusive");
    CHECK(greets("imap", "* BYE Your password has expired") == "inconclusive");
    CHECK(greets("imap", "* OK [ALERT] Maintenance tonight") == "inconclusive");
}

TEST_CASE("words that Thunderbird heard over TLS decide without an attempt") {
    CHECK(verdict_without_attempt(heard("pop3", "USER/PASS", "-ERR [AUTH] Web login required", true)) ==
          "web_login_required");
    CHECK(verdict_without_attempt(heard("pop3", "USER/PASS", "-ERR Basic authentication is disabled",
                                        true)) == "oauth2_required");
    CHECK(verdict_without_attempt(heard("smtp", "PLAIN", "534 5.7.9 Application-specific password required",
                                        true)) == "app_password_required");
    CHECK(verdict_without_attempt(heard("smtp", "PLAIN", "535 5.7.8 Error: authentication failed", true)) ==
          "stale_password");
    CHECK(verdict_without_attempt(heard("smtp", "PLAIN", "535 5.7.8 Error: authentication failed", false)) ==
          "inconclusive");
    CHECK(verdict_without_attempt(heard("pop3", "USER/PASS", "-ERR must use TLS first", false)) ==
          "tls_required");
}

TEST_CASE("a server that lists no way to sign in over TLS is named, and only then") {
    const auto judged = [](json evidence) {
        evidence["configured_auth"] = "password";
        const auto read = evidence_from_json(evidence);
        REQUIRE_MESSAGE(read.has_value(), evidence.dump());
        return diagnose_without_attempt(*read, RuleBook::built_in());
    };
    const auto offers = [&](const char* protocol, std::vector<std::string> lines) {
        return judged(with(with(over_tls(protocol), "offered", std::move(lines)), "stage", "auth"));
    };
    for (const auto& verdict :
         {offers("imap", {"IMAP4rev1", "LOGINDISABLED"}), offers("smtp", {"250-PIPELINING", "250 SIZE 100"}),
          offers("smtp", {}), offers("pop3", {"UIDL", "TOP"}), offers("pop3", {"UIDL", "SASL"})}) {
        CHECK(name_of(verdict.code) == std::string("mechanism_unsupported"));
        CHECK(offers_no_sign_in(verdict));
        CHECK(verdict.confidence == Confidence::likely);
        CHECK(verdict.advice == std::vector<std::string>{"check_settings"});
        CHECK(verdict.because.front() == "the server lists no way to sign in");
        CHECK_FALSE(may_clear_on_click(verdict));
    }
    // LOGIN needs no listing; CAPA may be missing; APOP stands in the greeting; AUTH without names is a way.
    CHECK_FALSE(offers_no_sign_in(offers("imap", {"IMAP4rev1"})));
    CHECK_FALSE(offers_no_sign_in(offers("imap", {})));
    CHECK_FALSE(offers_no_sign_in(offers("pop3", {})));
    CHECK_FALSE(offers_no_sign_in(offers("pop3", {"UIDL", "USER"})));
    CHECK_FALSE(offers_no_sign_in(offers("smtp", {"250 AUTH"})));
    CHECK_FALSE(offers_no_sign_in(judged(with(with(over_tls("pop3"), "offered", {"UIDL"}), "greeting",
                                              {"+OK POP3 server ready <1896.697170952@dbc.mtv.ca.us>"}))));
    // Seen before encryption, or cut off: nothing follows from it.
    CHECK_FALSE(offers_no_sign_in(offers("smtp", {"250 STARTTLS"})));
    CHECK_FALSE(offers_no_sign_in(judged(with(in_clear("smtp"), "offered", {"250 SIZE"}))));
    CHECK_FALSE(offers_no_sign_in(
        judged(with(with(over_tls("smtp"), "offered", {"250 SIZE"}), "failure", "connection_closed"))));
}

TEST_CASE("a server that lists only ways without password or token does not fit the account") {
    const auto offers = [](const char* protocol, std::vector<std::string> lines) {
        auto evidence = with(with(over_tls(protocol), "offered", std::move(lines)), "stage", "auth");
        return verdict_without_attempt(with(std::move(evidence), "configured_auth", "password"));
    };
    CHECK(offers("imap", {"IMAP4rev1", "LOGINDISABLED", "AUTH=GSSAPI"}) == "mechanism_unsupported");
    CHECK(offers("smtp", {"250 AUTH GSSAPI EXTERNAL"}) == "mechanism_unsupported");
    CHECK(offers("pop3", {"SASL CRAM-MD5"}) == "mechanism_unsupported");
    CHECK(offers("pop3", {"SASL CRAM-MD5", "USER"}) == "inconclusive");
    CHECK(offers("imap", {"IMAP4rev1", "AUTH=GSSAPI"}) == "inconclusive");
}
