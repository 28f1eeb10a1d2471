// SPDX-License-Identifier: MPL-2.0
// What the facts of a connection mean, without a network.
#include <doctest/doctest.h>

#include <algorithm>

#include "diagnose/diagnose.hpp"
#include "protocol/http_answer.hpp"

using namespace reprompt;

namespace {

Evidence failing(Failure failure, Stage stage) {
    Evidence evidence;
    evidence.host = "imap.example.org";
    evidence.port = 993;
    evidence.tls_mode_known = true;
    evidence.stage = stage;
    evidence.failure = failure;
    return evidence;
}

Verdict judged(const Evidence& evidence) {
    return diagnose(evidence, RuleBook::built_in());
}

/// A web server in the mail server's place that answers like this.
Evidence at_a_web_server(int status, std::string location) {
    Evidence evidence = failing(Failure::tls_not_spoken, Stage::tls);
    evidence.tls.plain_words = "HTTP/1.1 400 Bad Request";
    evidence.second_look = SecondLook{false, "", "", {"HTTP/1.1 302 Found"}, status, std::move(location)};
    return evidence;
}

}  // namespace

TEST_CASE("only a redirect away from the server's own house, or status 511, is a captive portal") {
    CHECK(judged(at_a_web_server(302, "http://portal.hotel.example/login")).code == VerdictCode::offline);
    CHECK(judged(at_a_web_server(307, "//10.0.0.1/")).code == VerdictCode::offline);
    CHECK(judged(at_a_web_server(511, "")).code == VerdictCode::offline);
    for (const char* home : {"https://www.example.org/", "https://IMAP.example.org:443/", "/login", "",
                             "https://somebody@www.example.org/", "/login?goto=https://sso.other.example/"}) {
        CHECK_MESSAGE(judged(at_a_web_server(302, home)).code == VerdictCode::server_unreachable, home);
    }
    CHECK(judged(at_a_web_server(200, "http://portal.hotel.example/")).code ==
          VerdictCode::server_unreachable);
}

TEST_CASE("a web server on a web port, or with a valid certificate, is a wrong setting and no portal") {
    Evidence evidence = at_a_web_server(302, "http://portal.hotel.example/login");
    evidence.port = 443;
    CHECK(judged(evidence).code == VerdictCode::server_unreachable);
    evidence.port = 993;
    evidence.tls.verified = true;
    CHECK(judged(evidence).code == VerdictCode::server_unreachable);
}

TEST_CASE("a clock before a moment that is over is wrong; any other clock is only mentioned") {
    Evidence evidence = failing(Failure::certificate_not_yet_valid, Stage::tls);
    evidence.tls.not_before = "2026-10-01T00:00:00Z";
    evidence.clock = {"2019-01-01T00:00:00Z", "2026-11-22T00:00:00Z", "build"};
    CHECK(judged(evidence).rule == "tls.clock");
    evidence.failure = Failure::certificate_expired;  // by such a clock, all the more
    CHECK(judged(evidence).rule == "tls.certificate-date");
    evidence.failure = Failure::certificate_not_yet_valid;
    CHECK(judged(evidence).because.front().starts_with("this computer's clock is wrong: it says 2019"));
    evidence.clock.now = "2026-11-23T00:00:00Z";
    CHECK(judged(evidence).rule == "tls.certificate-date");
    evidence.clock = {};
    CHECK(judged(evidence).rule == "tls.certificate-date");
    CHECK(judged(evidence).because.front() == "the certificate is valid only from 2026-10-01T00:00:00Z");
}

TEST_CASE("a certificate above the server's own is not mistaken for the server's") {
    Evidence evidence = failing(Failure::certificate_expired, Stage::tls);
    evidence.tls.not_after = "2027-01-01T00:00:00Z";
    evidence.clock = {"2026-11-23T00:00:00Z", "2026-11-22T00:00:00Z", "build"};
    CHECK(judged(evidence).because.front().starts_with("a certificate above the server's own has expired"));
}

TEST_CASE("an interceptor is found in the issuer of the top of the chain too") {
    Evidence evidence = failing(Failure::certificate_issuer, Stage::tls);
    evidence.tls.subject = "CN=imap.example.org";
    evidence.tls.issuer = "CN=Office Sub CA";
    CHECK(judged(evidence).rule == "tls.certificate");
    evidence.tls.top_issuer = "CN=Zscaler Root CA,O=Zscaler Inc.";
    CHECK(judged(evidence).rule == "tls.intercepted");
    CHECK(judged(evidence).because.front().starts_with("the certificate says it comes from Zscaler"));
}

TEST_CASE("broken IPv6 is mentioned only where this machine has IPv6 and IPv4 worked") {
    Evidence evidence;
    evidence.host = "imap.example.org";
    evidence.stage = Stage::done;
    const auto mentions = [&] {
        const auto because = judged(evidence).because;
        return std::any_of(because.begin(), because.end(), [](const std::string& sentence) {
            return sentence.starts_with("IPv6 does not work");
        });
    };
    evidence.addresses = {{"2001:db8::1", Failure::timeout, "no answer"}, {"192.0.2.1", Failure::none, ""}};
    CHECK(mentions());
    evidence.addresses[0].failure = Failure::network_down;  // no IPv6 here: nothing is broken
    CHECK_FALSE(mentions());
    evidence.addresses = {{"2001:db8::1", Failure::timeout, ""}, {"2001:db8::2", Failure::none, ""}};
    CHECK_FALSE(mentions());
    evidence.addresses = {{"192.0.2.1", Failure::timeout, ""}, {"192.0.2.2", Failure::none, ""}};
    CHECK_FALSE(mentions());
}

TEST_CASE("STARTTLS that was crossed out on the way is told from STARTTLS that is not offered") {
    Evidence evidence = failing(Failure::starttls_not_offered, Stage::starttls);
    evidence.tls_mode = TlsMode::starttls;
    evidence.offered_before_tls = {"250-PIPELINING", "250-XXXXXXXA", "250 AUTH PLAIN"};
    CHECK(judged(evidence).because.front().find("crosses out") != std::string::npos);
    evidence.offered_before_tls = {"250-PIPELINING", "250-XEXCH50", "250 XXX"};
    CHECK(judged(evidence).because.front().find("crosses out") == std::string::npos);
}

TEST_CASE("the head of a web server's answer is read, whatever its line ends") {
    using protocol::read_http_answer;
    const auto found =
        read_http_answer("HTTP/1.1 302 Found\r\nlocation:  http://p.example/ \r\n\r\nLocation: no");
    CHECK(found.status == 302);
    CHECK(found.location == "http://p.example/");
    CHECK(read_http_answer("HTTP/1.0 511\nX: y\n\n").status == 511);
    CHECK(read_http_answer("* OK IMAP ready\r\nLocation: x\r\n").status == 0);
    CHECK(read_http_answer("* OK IMAP ready\r\nLocation: x\r\n").location.empty());
    CHECK(read_http_answer("HTTP/1.1 3x2 Found\r\n").status == 0);
    CHECK(read_http_answer("").status == 0);
    CHECK(protocol::is_whole_head("HTTP/1.1 200 OK\r\n\r\n"));
    CHECK_FALSE(protocol::is_whole_head("HTTP/1.1 200 OK\r\n"));
    CHECK(protocol::http_question("2001:db8::1").find("Host: [2001:db8::1]\r\n") != std::string::npos);
}
