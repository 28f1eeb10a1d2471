// SPDX-License-Identifier: MPL-2.0
// Evidence that leaves the computer: names are gone from every field, the server's too if it is to be hidden,
// and the verdict stays.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "diagnose/diagnose.hpp"
#include "diagnose/redact.hpp"
#include "evidence/evidence_json.hpp"

using namespace reprompt;

namespace {

constexpr const char* host = "mail.private-uni.ac.jp";
const std::vector<std::string> secrets = {host,
                                          "private-uni.ac.jp",
                                          "203.0.113.77",
                                          "2001:db8:7::77",
                                          "Private Holding",
                                          "webmail.private-uni.ac.jp",
                                          "cafecafe"};

Evidence evidence() {
    Evidence out;
    out.protocol = Protocol::imap;
    out.host = host;
    out.port = 993;
    out.tls_mode_known = true;
    out.configured_auth = "password";
    out.stage = Stage::auth;
    out.tls.established = out.tls.verified = true;
    out.tls.trusted_by = "system";
    out.tls.subject = "CN=mail.private-uni.ac.jp,O=Private Holding";
    out.tls.issuer = "CN=Private Holding CA";
    out.tls.top_issuer = "CN=Private Holding Root";
    out.tls.names = {host, "*.private-uni.ac.jp", "other.example.net"};
    out.tls.sha256 = "cafecafe";
    out.addresses = {{"2001:db8:7::77", Failure::timeout, "no answer"}, {"203.0.113.77", Failure::none, ""}};
    out.greeting = {"* OK MAIL.PRIVATE-UNI.AC.JP [203.0.113.77] ready"};
    out.offered = {"* CAPABILITY IMAP4rev1 AUTH=PLAIN"};
    out.unsolicited = {"* NO see https://webmail.private-uni.ac.jp/%70rivate-uni.ac.jp 10.1.2.3"};
    out.domain = {
        "private-uni.ac.jp", {"mx1.private-uni.ac.jp", "aspmx.l.google.com"}, {{"imaps", host, 993}}, ""};
    Attempt attempt;
    attempt.mechanism = "PLAIN";
    attempt.response = {mask_identity(
        "a1 NO [AUTHENTICATIONFAILED] Authentication failed. (" + base64_encode(host) + ")", "")};
    out.attempt = attempt;
    return out;
}

std::string text_of(const Evidence& given) {
    return to_lower(evidence_to_json(given).dump());
}

}  // namespace

TEST_CASE("a hidden server is in no field of the evidence, and the verdict stays") {
    const auto before = evidence();
    const Redactor redactor(before, {{}, true}, RuleBook::built_in());
    const auto after = redactor.evidence(before);
    const auto text = text_of(after);
    INFO(text);
    for (const auto& secret : secrets)
        CHECK_MESSAGE(text.find(to_lower(secret)) == std::string::npos, secret);
    CHECK(text.find(to_lower(base64_encode(host))) == std::string::npos);
    CHECK(text.find("10.1.2.3") == std::string::npos);
    CHECK(after.host == "server.invalid");
    CHECK(after.tls.names[0] == "server.invalid");
    CHECK(after.greeting[0].find("server.invalid") != std::string::npos);
    CHECK(after.addresses[0].address == "2001:db8::1");
    CHECK(after.domain.mx[1] == "aspmx.l.google.com");
    const auto left = diagnose(before, RuleBook::built_in()), right = diagnose(after, RuleBook::built_in());
    CHECK(left.code == right.code);
    CHECK(left.confidence == right.confidence);
    CHECK(left.rule == right.rule);
}

TEST_CASE(
    "the name that a machine greets with is hidden too, wherever it says it, and software keeps its own") {
    auto before = evidence();
    before.protocol = Protocol::smtp;
    before.greeting = {"220 Node7.Holding.example. ESMTP Exim 4.96 Postfix"};
    before.attempt->response = {"535 5.7.8 [node7.holding.example]: Incorrect authentication data"};
    const Redactor redactor(before, {{}, true}, RuleBook::built_in());
    const auto after = redactor.evidence(before);
    CHECK(text_of(after).find("holding") == std::string::npos);
    CHECK(after.greeting[0].ends_with(" ESMTP Exim 4.96 Postfix"));
    CHECK(after.attempt->response[0].ends_with("]: Incorrect authentication data"));
    CHECK(diagnose(before, RuleBook::built_in()).rule == diagnose(after, RuleBook::built_in()).rule);
    const Redactor plain(before, {{}, false}, RuleBook::built_in());
    CHECK(plain.evidence(before).greeting == before.greeting);
}

TEST_CASE("without the wish the server stays, and a provider that everybody knows stays anyway") {
    const auto before = evidence();
    const Redactor plain(before, {{"Alice Example"}, false}, RuleBook::built_in());
    CHECK(plain.evidence(before).host == host);
    CHECK(plain.evidence(before).tls.subject == before.tls.subject);
    auto gmail = before;
    gmail.host = "imap.gmail.com";
    gmail.domain = {};
    gmail.tls.names = {"imap.gmail.com"};
    gmail.greeting = {"* OK Gimap ready"};
    gmail.unsolicited = {};
    gmail.attempt->response = {"a1 NO [ALERT] Application-specific password required (Failure)"};
    const Redactor hiding(gmail, {{}, true}, RuleBook::built_in());
    CHECK(hiding.evidence(gmail).host == "imap.gmail.com");
    CHECK(diagnose(hiding.evidence(gmail), RuleBook::built_in()).rule == "gmail.app-password");
}

TEST_CASE("names are masked in every text, words of mail servers and the server's own name are not") {
    auto before = evidence();
    before.attempt->response = {"a1 NO Alice Example (alice.private@private-uni.ac.jp) password refused at " +
                                std::string(host)};
    before.greeting = {"* OK hello %61lice.private"};
    const Redactor redactor(before,
                            {{"Alice Example", "alice.private@private-uni.ac.jp", "password", host}, false},
                            RuleBook::built_in());
    const auto after = redactor.evidence(before);
    CHECK(after.attempt->response[0] == "a1 NO <user> (<user>) password refused at " + std::string(host));
    CHECK(after.greeting[0] == "* OK hello <user>");
    CHECK(after.host == host);
}

TEST_CASE("a redirect to a page of the same house is still one, and one to strangers too") {
    auto before = evidence();
    before.attempt.reset();
    before.failure = Failure::tls_not_spoken;
    before.stage = Stage::tls;
    before.tls = {};
    for (const char* target : {"https://webmail.private-uni.ac.jp/x", "https://portal.hotel.example/login"}) {
        INFO(target);
        before.second_look = SecondLook{};
        before.second_look->http_status = 302;
        before.second_look->http_location = target;
        const Redactor redactor(before, {{}, true}, RuleBook::built_in());
        const auto after = redactor.evidence(before);
        CHECK(text_of(after).find("hotel") == std::string::npos);
        CHECK(text_of(after).find("private-uni") == std::string::npos);
        CHECK(diagnose(before, RuleBook::built_in()).code == diagnose(after, RuleBook::built_in()).code);
    }
}

TEST_CASE("an interceptor keeps its name, a certificate signed by its owner stays one") {
    auto before = evidence();
    before.stage = Stage::tls;
    before.attempt.reset();
    before.failure = Failure::certificate_issuer;
    before.tls.issuer = before.tls.top_issuer = "CN=Avast Web/Mail Shield Root";
    const Redactor redactor(before, {{}, true}, RuleBook::built_in());
    CHECK(redactor.evidence(before).tls.issuer == before.tls.issuer);
    before.tls.issuer = before.tls.top_issuer = before.tls.subject;
    const Redactor other(before, {{}, true}, RuleBook::built_in());
    const auto after = other.evidence(before);
    CHECK(after.tls.issuer == after.tls.subject);
    CHECK(after.tls.subject == "CN=server.invalid");
}
