// SPDX-License-Identifier: MPL-2.0
#include <doctest/doctest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "app/explain.hpp"
#include "evidence/evidence_json.hpp"

using namespace reprompt;
using nlohmann::json;

namespace {

const char* const app_password_line =
    R"json({"id":"1","protocol":"imap","host":"imap.gmail.com","offered":[],"mechanism":"PLAIN","response":["a1 NO [ALERT] Application-specific password required: https://support.google.com/accounts/answer/185833 (Failure)"]})json";

json explained(std::string_view line) {
    return json::parse(explain_line(line, RuleBook::built_in(), false));
}

}  // namespace

TEST_CASE("one line in, one line out, with the agreed keys") {
    const auto out = explained(app_password_line);
    CHECK(out["id"] == "1");
    CHECK(out["verdict"] == "app_password_required");
    CHECK(out["confidence"] == "certain");
    CHECK(out["retry_is_safe"] == false);
    CHECK(out["advice"].is_array());
    CHECK(out["because"].is_array());
    CHECK(out.size() == 7);
}

TEST_CASE("the same words without host or at localhost mean the same") {
    for (const char* host : {"null", "\"localhost\""}) {
        std::string line = app_password_line;
        line.replace(line.find("\"imap.gmail.com\""), 16, host);
        CHECK(explained(line)["verdict"] == "app_password_required");
    }
}

TEST_CASE("the evidence form gives the same verdict as the flat form") {
    const auto flat = json::parse(app_password_line);
    const auto evidence = evidence_from_explain_line(flat);
    REQUIRE(evidence.has_value());
    const auto out = explained(json{{"id", "1"}, {"evidence", evidence_to_json(*evidence)}}.dump());
    CHECK(out == explained(app_password_line));
}

TEST_CASE("an unreadable line is answered with an error and its id") {
    CHECK(explained("{")["error"] == "not JSON");
    CHECK(explained("[]")["error"] == "not a JSON object");
    CHECK(explained(R"({"protocol":"imap"})")["error"] == "/id: expected a string");
    CHECK(explained(R"({"id":"7","id":"8","protocol":"imap"})")["error"] == "duplicate key id");
    CHECK(explained(R"({"id":"7","protocol":"imap","x":{"a":1,"a":2}})")["error"] == "duplicate key a");
    CHECK(explained(R"({"id":"7","protocol":"uucp"})")["id"] == "7");
    CHECK(explained(R"({"id":"7","protocol":"uucp"})").contains("error"));
    CHECK(explained(std::string(200, '[')).contains("error"));
    CHECK(explained("{\"id\":\"7\",\"protocol\":\"imap\",\"response\":[\"" + std::string(1024 * 1024, 'x') +
                    "\"]}")["error"] == "line over 1 MiB");
    CHECK(explained("{\"id\":\"\xff\"}").contains("error"));
}

TEST_CASE("a stream goes on after a bad line, with CRLF and empty lines in it") {
    std::istringstream in(std::string(app_password_line) + "\r\n\r\n\nnonsense\n" +
                          std::string(3 * 1024 * 1024, 'x') + "\n" + app_password_line);
    std::ostringstream out;
    CHECK_FALSE(explain_stream(in, out, out, RuleBook::built_in(), Tracing::none));
    std::istringstream lines(out.str());
    std::vector<json> all;
    for (std::string line; std::getline(lines, line);)
        all.push_back(json::parse(line));
    REQUIRE(all.size() == 4);
    CHECK(all[0]["verdict"] == "app_password_required");
    CHECK(all[1]["error"] == "not JSON");
    CHECK(all[1]["line"] == 4);
    CHECK(all[2]["error"] == "line over 1 MiB");
    CHECK(all[3]["verdict"] == "app_password_required");
    std::istringstream good(std::string(app_password_line) + "\n");
    CHECK(explain_stream(good, out, out, RuleBook::built_in(), Tracing::none));
}

TEST_CASE("unknown keys are no trouble and the server's words are masked") {
    const auto out = explained(
        R"({"id":"1","protocol":"imap","label":"x","response":["a1 NO no mailbox bob@example.org here"]})");
    CHECK_FALSE(out.contains("error"));
    CHECK(out.dump().find("bob@") == std::string::npos);
}

TEST_CASE(
    "an evidence that is no object is a key that we do not know; one that lacks the protocol is an error") {
    for (const char* form : {"[]", "\"wire\"", "7", "null"}) {
        INFO(form);
        const auto line = std::string(R"({"id":"1","protocol":"imap","evidence":)") + form + "}";
        CHECK(explained(line)["rule"] == "no-credential");
    }
    const auto out = explained(R"({"id":"1","protocol":"imap","evidence":{}})");
    CHECK(out["id"] == "1");
    CHECK(out["error"] == "/evidence/protocol: expected imap, pop3 or smtp");
}

TEST_CASE("a byte order mark, a number as id, and 1 MiB are read; one octet more is not") {
    CHECK(explained("\xEF\xBB\xBF" + std::string(app_password_line))["verdict"] == "app_password_required");
    CHECK(explained(R"({"id":7,"protocol":"imap"})")["id"] == 7);
    CHECK(explained(R"({"id":null,"protocol":"imap"})")["error"] == "/id: expected a string");
    std::string line = R"({"id":"1","protocol":"imap","note":")";
    line += std::string(longest_explain_line - line.size() - 2, 'x') + "\"}";
    REQUIRE(line.size() == longest_explain_line);
    std::istringstream both(line + "\r\n" + line + " \r\n");
    std::ostringstream out, err;
    CHECK_FALSE(explain_stream(both, out, err, RuleBook::built_in(), Tracing::none));
    const auto text = out.str();
    CHECK(json::parse(text.substr(0, text.find('\n'))).contains("verdict"));
    CHECK(json::parse(text.substr(text.find('\n') + 1))["error"] == "line over 1 MiB");
}

TEST_CASE("a report is read as it was copied, with any line ends, and as mail programs quote it") {
    const std::string report =
        "# Reprompt report\n# verdict: {not JSON}\n#\n" + std::string(app_password_line) + "\n";
    for (const std::string quote : {"", "> ", ">", ">> ", "> > ", " "}) {
        for (const char* end : {"\n", "\r\n"}) {
            INFO(quote);
            std::string pasted;
            for (const char c : report)
                pasted += (pasted.empty() || pasted.ends_with('\n') ? quote : "") +
                          (c == '\n' ? end : std::string(1, c));
            std::istringstream in(pasted + quote + end);
            std::ostringstream out;
            CHECK(explain_stream(in, out, out, RuleBook::built_in(), Tracing::none));
            const auto answer = json::parse(out.str());
            CHECK(answer["verdict"] == "app_password_required");
            CHECK(answer["rule"] == "gmail.app-password");
        }
    }
}

TEST_CASE("a trace has every rule in its order, what held, what did not, and who decided") {
    const auto out = json::parse(explain_line(app_password_line, RuleBook::built_in(), true));
    REQUIRE(out["trace"].size() == 1);
    const auto& trace = out["trace"][0];
    CHECK(trace["of"] == "answer");
    CHECK(trace["read"]["code"] == "ALERT");
    CHECK(trace["read"]["provider"] == "gmail");
    int decided = 0;
    bool before = true;
    for (const auto& rule : trace["rules"]) {
        CHECK(rule["held"] == rule["missing"].empty());
        CHECK(rule["met"].size() + rule["missing"].size() > 0);
        if (before && rule["held"] == true) {
            CHECK(rule["rule"] == out["rule"]);
            CHECK(rule["decided"] == true);
            CHECK(rule["met"].dump().find("application-specific password") != std::string::npos);
            before = false;
        }
        decided += rule.value("decided", false) ? 1 : 0;
    }
    CHECK(decided == 1);
}

TEST_CASE("no rule of a trace holds or fails without a predicate to show for it") {
    for (const auto* host : {"null", "\"imap.gmail.com\"", "\"imap.qq.com\""}) {
        const auto line =
            std::string(R"({"id":"1","protocol":"imap","host":)") + host +
            R"(,"offered":["* CAPABILITY IMAP4rev1 AUTH=PLAIN"],"mechanism":"PLAIN","response":["a NO Login fail. Account is locked, too many tries"]})";
        const auto out = json::parse(explain_line(line, RuleBook::built_in(), true));
        for (const auto& rule : out["trace"][0]["rules"])
            CHECK_MESSAGE(rule["missing"].dump().find("another predicate") == std::string::npos, rule.dump());
    }
}

TEST_CASE("a trace shows heard words apart, accepted credentials without rules, and nobody's address") {
    const auto heard = json::parse(explain_line(
        R"({"id":"1","protocol":"pop3","host":null,"heard":[{"protocol":"pop3","lines":["-ERR bob@example.org is locked"],"tls":true}]})",
        RuleBook::built_in(), true));
    REQUIRE(heard["trace"].size() == 2);
    CHECK(heard["trace"][0]["of"] == "before any credential");
    CHECK(heard["trace"][1]["of"] == "heard 1");
    CHECK(heard.dump().find("bob@") == std::string::npos);
    const auto accepted = explain_one(R"({"id":"1","protocol":"imap","response":["a OK done"]})",
                                      RuleBook::built_in(), Tracing::text);
    CHECK(accepted.trace.find("the server said yes; no rule is asked") != std::string::npos);
}

TEST_CASE("a trace for people names the id safely and has no control characters") {
    const auto out =
        explain_one("{\"id\":\"x\\u001b[2J\",\"protocol\":\"imap\",\"response\":[\"a NO \\u001b[2J\\nno\"]}",
                    RuleBook::built_in(), Tracing::text);
    CHECK(out.trace.find('\x1B') == std::string::npos);
    CHECK(out.trace.find("judged: answer") != std::string::npos);
}

namespace {

struct Ran {
    std::string out, err;
    bool well;
};

Ran explain_text(const std::string& text) {
    std::istringstream in(text);
    std::ostringstream out, err;
    const bool well = explain_stream(in, out, err, RuleBook::built_in(), Tracing::none);
    return {out.str(), err.str(), well};
}

}  // namespace

TEST_CASE("a key that does nothing is named with its line, once, and the answer comes all the same") {
    const std::string line =
        R"({"id":"1","protocol":"imap","host":null,"mechansim":"PLAIN","response":["a1 NO x"],"about":"y"})";
    const auto ran = explain_text("# a comment\n" + line + "\n" + line + "\n");
    CHECK(ran.well);
    CHECK(std::count(ran.out.begin(), ran.out.end(), '\n') == 2);
    CHECK(ran.err ==
          "reprompt: line 2: /mechansim: this key is not known and does nothing; did you mean "
          "\"mechanism\"?\n"
          "reprompt: line 2: keys that are not known and do nothing: /about\n");
}

TEST_CASE("evidence beside its id is named as what it is, and how it is read is said") {
    const auto ran = explain_text(
        R"({"id":"1","protocol":"imap","tls_mode":"implicit","attempt":{"response":["a1 NO x"]}})");
    CHECK(ran.err.find("line 1: keys that are not known and do nothing: /attempt, /tls_mode\n") !=
          std::string::npos);
    CHECK(ran.err.find(R"(is read as {"id":"1","evidence":{…}})") != std::string::npos);
}

TEST_CASE("keys inside of evidence are looked at too; none that this program writes is called unknown") {
    const auto wrong = explain_text(
        R"({"id":"1","evidence":{"protocol":"imap","atempt":{},"attempt":{"respnse":["x"]},"heard":[{"lines":[],"tsl":true}]}})");
    CHECK(wrong.err.find(
              "/evidence/atempt: this key is not known and does nothing; did you mean \"attempt\"?") !=
          std::string::npos);
    CHECK(wrong.err.find("/evidence/attempt/respnse") != std::string::npos);
    CHECK(wrong.err.find("/evidence/heard/0/tsl") != std::string::npos);
    const auto answer = explain_text(
        R"({"id":"1","verdict":"inconclusive","because":["x"],"evidence":{"protocol":"imap","atempt":{}}})");
    CHECK(answer.err.find("/evidence/atempt") != std::string::npos);
    CHECK(answer.err.find("/because") == std::string::npos);
    Evidence evidence;
    evidence.attempt.emplace();
    evidence.second_look.emplace();
    evidence.attempts_used_up = true;
    evidence.domain.name = "d.example";
    evidence.timings_ms = {{"tls", 1}};
    const json whole = {{"id", "1"}, {"evidence", evidence_to_json(evidence)}};
    CHECK(explain_text(whole.dump()).err.empty());
    CHECK(explain_text(app_password_line).err.empty());
}

TEST_CASE("a hostile key is escaped, and many are told by twenty") {
    std::string line = R"({"id":"1","protocol":"imap","\u001b[2J":1)";
    for (int i = 0; i < 100; ++i)
        line += ",\"unknown-" + std::to_string(i) + "\":1";
    const auto ran = explain_text(line + "}");
    CHECK(ran.err.find('\x1B') == std::string::npos);
    CHECK(std::count(ran.err.begin(), ran.err.end(), '\n') == 1);
    CHECK(std::count(ran.err.begin(), ran.err.end(), '/') == 20);
}

TEST_CASE("attempts that were used up are part of the evidence, so that explain repeats the verdict") {
    const auto out = explained(
        R"({"id":"1","evidence":{"protocol":"imap","host":"mail.example.org","tls_mode":"implicit","tls_mode_known":true,"tls_facts":{"established":true,"verified":true},"offered":["IMAP4rev1","AUTH=PLAIN"],"stage":"auth","attempts_used_up":true}})");
    CHECK(out["verdict"] == "inconclusive");
    CHECK(out["rule"] == "attempts-used-up");
    CHECK(out["retry_is_safe"] == false);
    CHECK(out["advice"] == json::array({"wait"}));
}

TEST_CASE("in a transcript only the answer to a sign-in accepts, and goodbyes are no reasons") {
    const auto verdict = [](const char* protocol, const std::vector<std::string>& response) {
        const auto out = explained(
            json{{"id", "1"}, {"protocol", protocol}, {"mechanism", "PLAIN"}, {"response", response}}.dump());
        return out["verdict"].get<std::string>();
    };
    CHECK(verdict("imap", {"A1 NO Login failed.", "* BYE Courier-IMAP server shutting down",
                           "A2 OK LOGOUT completed"}) == "stale_password");
    CHECK(verdict("imap", {"a1 OK CAPABILITY completed", "a2 NO LOGIN failed.",
                           "* BYE Connection is closed. 14", "a3 OK LOGOUT completed."}) == "stale_password");
    CHECK(verdict("pop3", {"-ERR Login failed.", "+OK Better luck next time."}) == "stale_password");
    CHECK(verdict("pop3", {"-ERR Logon failure: unknown user name or bad password.",
                           "Connection is closed. 21"}) == "stale_password");
    CHECK(verdict("pop3", {"-ERR [SYS/TEMP] Temporary failure", "+OK Bye"}) == "temporary_failure");
    CHECK(verdict("smtp", {"535 Authentication failed", "250 2.0.0 Ok"}) == "stale_password");
    CHECK(verdict("smtp", {"535 Authentication failed", "221 Bye"}) == "stale_password");
    CHECK(verdict("smtp", {"535 5.7.8 Authentication failed", "421 mail.example.com closing connection"}) ==
          "stale_password");
    CHECK(verdict("smtp", {"535 5.7.8 Authentication failed",
                           "421 4.7.0 Too many errors, closing connection"}) == "rate_limited");
    for (const auto& [protocol, line] :
         {std::pair("imap", "a1 OK CAPABILITY completed"), std::pair("imap", "a9 OK LOGOUT completed"),
          std::pair("pop3", "+OK Pop server at mail.example.org signing off."),
          std::pair("pop3", "+OK Dovecot ready."), std::pair("pop3", "+OK send PASS"),
          std::pair("smtp", "250 2.0.0 Ok")})
        CHECK(verdict(protocol, {line}) == "inconclusive");
    CHECK(verdict("imap", {"a1 NO Login failed.", "a2 OK [CAPABILITY IMAP4rev1] Logged in"}) ==
          "password_accepted");
    CHECK(verdict("imap", {"a1 OK [CAPABILITY IMAP4rev1 IDLE] Logged in"}) == "password_accepted");
    CHECK(verdict("pop3", {"-ERR Login failed.", "+OK fred's maildrop has 2 messages"}) ==
          "password_accepted");
    CHECK(verdict("smtp", {"535 5.7.8 failed", "235 2.7.0 ok"}) == "password_accepted");
}
