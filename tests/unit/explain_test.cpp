// SPDX-License-Identifier: MPL-2.0
#include <doctest/doctest.h>

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
    CHECK(json::parse(explain_line(app_password_line, RuleBook::built_in(), true))["trace"][0] ==
          "gmail.app-password");
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
    CHECK_FALSE(explain_stream(in, out, RuleBook::built_in(), false));
    std::istringstream lines(out.str());
    std::vector<json> all;
    for (std::string line; std::getline(lines, line);)
        all.push_back(json::parse(line));
    REQUIRE(all.size() == 4);
    CHECK(all[0]["verdict"] == "app_password_required");
    CHECK(all[1]["error"] == "not JSON");
    CHECK(all[2]["error"] == "line over 1 MiB");
    CHECK(all[3]["verdict"] == "app_password_required");
    std::istringstream good(std::string(app_password_line) + "\n");
    CHECK(explain_stream(good, out, RuleBook::built_in(), false));
}

TEST_CASE("unknown keys are no trouble and the server's words are masked") {
    const auto out = explained(
        R"({"id":"1","protocol":"imap","label":"x","response":["a1 NO no mailbox bob@example.org here"]})");
    CHECK_FALSE(out.contains("error"));
    CHECK(out.dump().find("bob@") == std::string::npos);
}
