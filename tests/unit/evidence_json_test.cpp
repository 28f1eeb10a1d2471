// SPDX-License-Identifier: MPL-2.0
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "evidence/evidence_json.hpp"

using namespace reprompt;
using nlohmann::json;

namespace {

Evidence read(const char* line) {
    const auto evidence = evidence_from_explain_line(json::parse(line));
    REQUIRE_MESSAGE(evidence.has_value(), line);
    return *evidence;
}

}  // namespace

TEST_CASE("every name of a closed set leads back to its value") {
    for (int i = 0; i <= static_cast<int>(Failure::cancelled); ++i) {
        const auto failure = static_cast<Failure>(i);
        CHECK(failure_from(name_of(failure)) == failure);
    }
    for (int i = 0; i <= static_cast<int>(Stage::done); ++i)
        CHECK(stage_from(name_of(static_cast<Stage>(i))) == static_cast<Stage>(i));
    CHECK(protocol_from("pop3") == Protocol::pop3);
    CHECK(tls_mode_from("starttls") == TlsMode::starttls);
    CHECK_FALSE(failure_from("").has_value());
    CHECK_FALSE(stage_from("AUTH").has_value());
}

TEST_CASE("evidence survives the way to JSON and back") {
    Evidence evidence;
    evidence.protocol = Protocol::pop3;
    evidence.host = "pop.example.org";
    evidence.port = 995;
    evidence.tls_mode_known = true;
    evidence.configured_auth = "password";
    evidence.stage = Stage::auth;
    evidence.failure = Failure::connection_closed;
    evidence.failure_detail = "reset";
    evidence.tls = {true,
                    true,
                    "system",
                    "TLSv1.3",
                    "TLS_AES_128_GCM_SHA256",
                    "CN=pop.example.org",
                    "CN=CA",
                    "2026-01-01T00:00:00Z",
                    "2027-01-01T00:00:00Z",
                    "ab",
                    "CN=Root",
                    {"pop.example.org", "192.0.2.1"},
                    "+OK"};
    evidence.addresses = {{"2001:db8::1", Failure::timeout, "no answer"}, {"192.0.2.1", Failure::none, ""}};
    evidence.clock = {"2026-11-22T10:00:00Z", "2026-11-20T00:00:00Z", "build"};
    evidence.second_look = SecondLook{
        true, "TLSv1", "ECDHE-RSA-AES128-SHA", {"HTTP/1.1 302 Found"}, 302, "http://portal.example/"};
    evidence.greeting = {"+OK ready"};
    evidence.offered_before_tls = {"STLS"};
    evidence.offered = {"USER", "SASL PLAIN"};
    evidence.unsolicited = {"* BYE x"};
    evidence.attempt = Attempt{"PLAIN", {"+ ", "-ERR [AUTH] no"}, false, true, 12};
    evidence.heard = {{Protocol::pop3, "USER/PASS", {"-ERR no"}, true}};
    evidence.timings_ms = {{"connect", 3}, {"auth", 12}};
    const auto first = evidence_to_json(evidence);
    const auto back = evidence_from_json(first);
    REQUIRE(back.has_value());
    CHECK(evidence_to_json(*back) == first);
    CHECK(back->heard.front().tls);
}

TEST_CASE("a wrong field of evidence is named with its path") {
    const auto error = evidence_from_json(json::parse(R"({"protocol":"imap","attempt":{"response":[1]}})"));
    REQUIRE_FALSE(error.has_value());
    CHECK(error.error() == "/attempt/response: expected a list of strings");
    CHECK_FALSE(evidence_from_json(json::parse("[]")).has_value());
    CHECK_FALSE(evidence_from_json(json::parse(R"({"protocol":"imap","port":70000})")).has_value());
    CHECK_FALSE(evidence_from_json(json::parse(R"({"protocol":"imap","timings_ms":[1]})")).has_value());
}

TEST_CASE("an explain line needs only a protocol") {
    const auto evidence = read(R"({"protocol":"imap"})");
    CHECK_FALSE(evidence.host.has_value());
    CHECK_FALSE(evidence.attempt.has_value());
    CHECK_FALSE(evidence.tls_mode_known);
    CHECK_FALSE(evidence_from_explain_line(json::parse(R"({"host":null})")).has_value());
    CHECK_FALSE(evidence_from_explain_line(json::parse(R"({"protocol":"nntp"})")).has_value());
}

TEST_CASE("a description of a server is no host name") {
    CHECK_FALSE(read(R"({"protocol":"imap","host":"on-premises Exchange"})").host.has_value());
    CHECK(read(R"({"protocol":"imap","host":"mail.example.org"})").host == "mail.example.org");
    CHECK(read(R"({"protocol":"imap","host":"127.0.0.1"})").loopback);
}

TEST_CASE("reply lines without tag or code still end an exchange") {
    CHECK(read(R"({"protocol":"imap","response":["NO [ALERT] x"]})").attempt->complete);
    CHECK(read(R"({"protocol":"pop3","response":["-ERR"]})").attempt->complete);
    CHECK(read(R"({"protocol":"smtp","response":["Authentication failed"]})").attempt->complete);
    CHECK_FALSE(read(R"({"protocol":"imap","response":["* BYE x"]})").attempt->complete);
    CHECK_FALSE(read(R"({"protocol":"smtp","response":["334 UGFzc3dvcmQ6"]})").attempt->complete);
    CHECK(
        read(R"({"protocol":"imap","response":["* CAPABILITY IMAP4rev1","a1 OK done"]})").attempt->accepted);
    CHECK(read(R"({"protocol":"smtp","response":["235 2.7.0 welcome"]})").attempt->accepted);
    CHECK_FALSE(read(R"({"protocol":"pop3","response":["+OK","-ERR no"]})").attempt->accepted);
}

TEST_CASE("words of a server are escaped when they come from JSON") {
    const auto evidence = read("{\"protocol\":\"imap\",\"response\":[\"a1 NO \\u001b[31mred\"]}");
    CHECK(evidence.attempt->response.front().find('\x1b') == std::string::npos);
}
