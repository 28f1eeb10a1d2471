// SPDX-License-Identifier: MPL-2.0
// Invariant 12: each test lets a rule file overstep one limit of rule folders.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "app/explain.hpp"

using namespace reprompt;
using nlohmann::json;

namespace {

/// A rule for mail.uni.example; `changes` are merged into it.
json rule(const json& changes = {}) {
    json out = {{"id", "uni"},
                {"verdict", "app_password_required"},
                {"confidence", "likely"},
                {"when", {{"host", "mail.uni.example"}, {"words", {{"any", {"login failed"}}}}}},
                {"source", "https://it.uni.example/mail"},
                {"date", "2026-11-22"},
                {"sample", {{"id", "s"}}}};
    if (!changes.is_null()) out.merge_patch(changes);
    return out;
}

std::string file(const json& one) {
    return json{{"version", 1}, {"rules", {one}}}.dump();
}

struct Loaded {
    RuleBook book;
    std::vector<std::string> complaints;
};

Loaded load(const std::string& text, RuleOrigin origin = RuleOrigin::organisation) {
    Loaded out;
    out.book = RuleBook::with_folders({{"f.json", text, origin}}, out.complaints);
    return out;
}

/// The complaint about a file that is refused.
std::string complaint(const json& whole, RuleOrigin origin = RuleOrigin::organisation) {
    const auto loaded = load(whole.dump(), origin);
    INFO(whole.dump());
    REQUIRE(loaded.complaints.size() == 1);
    CHECK(loaded.complaints[0].starts_with("f.json:1:"));
    return loaded.complaints[0];
}
std::string rule_complaint(const json& one, RuleOrigin origin = RuleOrigin::organisation) {
    return complaint({{"version", 1}, {"rules", {one}}}, origin);
}
bool holds_text(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

json explained(const RuleBook& book, const char* host, const char* answer, const char* protocol = "imap") {
    const json line = {{"id", "1"},
                       {"protocol", protocol},
                       {"host", host},
                       {"offered", json::array()},
                       {"mechanism", "PLAIN"},
                       {"response", {answer}},
                       {"tls", "implicit"}};
    return json::parse(explain_line(line.dump(), book, false));
}

}  // namespace

TEST_CASE("a rule of the administrator or of the user decides for the host that it lists") {
    for (const auto origin : {RuleOrigin::organisation, RuleOrigin::user}) {
        const auto loaded = load(file(rule()), origin);
        CHECK(loaded.complaints.empty());
        const auto out = explained(loaded.book, "mail.uni.example", "a NO Login failed");
        CHECK(out["rule"] == "uni");
        CHECK(out["verdict"] == "app_password_required");
        CHECK(holds_text(out["because"].dump(),
                         origin == RuleOrigin::user ? "your own rule uni" : "your organisation's rule uni"));
        CHECK(explained(loaded.book, "MAIL.uni.example", "a NO Login failed")["rule"] == "uni");
    }
}

TEST_CASE("it decides for no other host: not below, not above, not beside, not without a name") {
    const auto loaded = load(file(rule()));
    for (const char* host : {"x.mail.uni.example", "uni.example", "mail2.uni.example", "mail.uni.example.org",
                             "notmail.uni.example", "imap.gmail.com"}) {
        INFO(host);
        CHECK(explained(loaded.book, host, "a NO Login failed")["rule"] != "uni");
    }
    const auto nameless = json::parse(explain_line(
        R"({"id":"1","protocol":"imap","host":null,"response":["a NO Login failed"]})", loaded.book, false));
    CHECK(nameless["rule"] != "uni");
}

TEST_CASE("a rule from a folder without hosts, or with wildcards or domains, is refused") {
    CHECK(holds_text(rule_complaint(rule({{"when", {{"host", nullptr}}}})), "/rules/0/when: "));
    CHECK(holds_text(rule_complaint(rule({{"when", {{"host", nullptr}, {"provider", "gmail"}}}})),
                     "needs \"host\""));
    for (const char* host : {"*.uni.example", ".uni.example", "*", "Mail.uni.example", "uni.example.", "a b",
                             "", "mail..example", "m\xC3\xBCnchen.example", "[::1]"}) {
        INFO(host);
        CHECK(holds_text(rule_complaint(rule({{"when", {{"host", host}}}})), "/when/host: "));
    }
}

TEST_CASE("what holds for more servers than a rule names is not in a folder") {
    for (const char* key : {"providers", "plain_words", "unfinished", "software"}) {
        INFO(key);
        CHECK(holds_text(complaint({{"version", 1}, {key, json::array({"x"})}}),
                         "/" + std::string(key) + ": not in a rule folder"));
    }
}

TEST_CASE("a user's own file has no links and names no issuers; the administrator's may") {
    const json linking = rule({{"links", {{"help", "https://it.uni.example/mail"}}}});
    CHECK(load(file(linking)).complaints.empty());
    CHECK(holds_text(rule_complaint(linking, RuleOrigin::user), "/rules/0/links: a rule of a user's own"));
    const json issuers = {{"version", 1},
                          {"interceptors",
                           {{{"name", "Uni proxy"},
                             {"kind", "proxy"},
                             {"issuer", {"uni example inspection ca"}},
                             {"source", "https://it.uni.example"},
                             {"date", "2026-11-22"}}}}};
    CHECK(load(issuers.dump()).complaints.empty());
    CHECK(holds_text(complaint(issuers, RuleOrigin::user), "/interceptors: only the administrator"));
}

TEST_CASE("links that hide where they lead are refused") {
    for (const char* url : {"http://uni.example", "https://", "https://uni.example@evil.example/",
                            "https://uni.example\\@evil.example", "https://uni.example/\n", "javascript:x",
                            "https://b\xC3\xBCro.example"}) {
        INFO(url);
        CHECK(holds_text(rule_complaint(rule({{"links", {{"help", url}}}})), "/links/help: "));
    }
}

TEST_CASE("no rule says that a password was accepted, and none takes the name of what is no rule") {
    CHECK(holds_text(rule_complaint(rule({{"verdict", "password_accepted"}})),
                     "/verdict: only the server's OK"));
    for (const char* id : {"none", "ledger", "attempts-used-up", "no-credential", "accepted", "refused.imap"})
        CHECK(holds_text(rule_complaint(rule({{"id", id}})), "/id: "));
}

TEST_CASE("a stale password by a rule from a folder is at most likely") {
    CHECK(holds_text(rule_complaint(rule({{"verdict", "stale_password"}, {"confidence", "certain"}})),
                     "/confidence: "));
}

TEST_CASE("a rule from a folder makes a password stale where nothing speaks against it") {
    const auto loaded = load(file(rule(
        {{"verdict", "stale_password"}, {"when", {{"words", {{"any", {"login failed", "gute nacht"}}}}}}})));
    CHECK(loaded.complaints.empty());
    const auto out = explained(loaded.book, "mail.uni.example", "a NO Gute Nacht");
    CHECK(out["rule"] == "uni");
    CHECK(out["verdict"] == "stale_password");
    CHECK(out["confidence"] == "likely");
    CHECK(explained(loaded.book, "mail.uni.example", "a NO [AUTHENTICATIONFAILED] Gute Nacht")["rule"] ==
          "uni");
}

TEST_CASE("it never makes one against a contrary response code, not even if it asks for that code") {
    const json asks = {{"verdict", "stale_password"},
                       {"when",
                        {{"words", {{"any", {"gute nacht"}}}},
                         {"code", {"UNAVAILABLE", "EXPIRED", "INUSE", "SYS/TEMP", "CONTACTADMIN", "XODD"}}}}};
    const auto loaded = load(file(rule(asks)));
    CHECK(loaded.complaints.empty());
    for (const char* code : {"UNAVAILABLE", "EXPIRED", "INUSE", "SYS/TEMP", "CONTACTADMIN"}) {
        INFO(code);
        const auto answer = "a NO [" + std::string(code) + "] Gute Nacht";
        const auto out = explained(loaded.book, "mail.uni.example", answer.c_str());
        CHECK(out["rule"] != "uni");
        CHECK(out["verdict"] != "stale_password");
    }
    // A code of the server's own, which the rule explains.
    CHECK(explained(loaded.book, "mail.uni.example", "a NO [XODD] Gute Nacht")["rule"] == "uni");
}

TEST_CASE("the same for SMTP: 4yz, 530, 534, 538 and enhanced codes of another meaning") {
    const json asks = {
        {"verdict", "stale_password"},
        {"when", {{"words", {{"any", {"gute nacht"}}}}, {"smtp", {421, 454, 530, 534, 535, 538, 550}}}}};
    const auto loaded = load(file(rule(asks)));
    CHECK(loaded.complaints.empty());
    for (const char* answer :
         {"454 4.7.0 Gute Nacht", "421 Gute Nacht", "530 5.7.0 Gute Nacht", "534 5.7.9 Gute Nacht",
          "538 5.7.11 Gute Nacht", "535 5.7.13 Gute Nacht", "535 4.7.0 Gute Nacht", "535 5.2.1 Gute Nacht"}) {
        INFO(answer);
        const auto out = explained(loaded.book, "mail.uni.example", answer, "smtp");
        CHECK(out["rule"] != "uni");
    }
    CHECK(explained(loaded.book, "mail.uni.example", "535 5.7.8 Gute Nacht", "smtp")["rule"] == "uni");
    CHECK(explained(loaded.book, "mail.uni.example", "535 Gute Nacht", "smtp")["rule"] == "uni");
}

TEST_CASE("it never makes one where the built-in rules know another cause") {
    const auto loaded = load(
        file(rule({{"verdict", "stale_password"}, {"when", {{"words", {{"any", {"account", "login"}}}}}}})));
    for (const char* answer : {"a NO Your account is locked", "a NO Too many login failures, try again later",
                               "a NO Application-specific password required, login with one"}) {
        INFO(answer);
        const auto out = explained(loaded.book, "mail.uni.example", answer);
        CHECK(out["rule"] != "uni");
        CHECK(out["verdict"] != "stale_password");
    }
}

TEST_CASE("words that came in clear stay powerless, whatever a folder says") {
    const auto loaded = load(file(rule({{"verdict", "stale_password"}})));
    const auto out = json::parse(explain_line(
        R"({"id":"1","protocol":"imap","host":"mail.uni.example","tls":"none","mechanism":"PLAIN","response":["a NO Login failed"]})",
        loaded.book, false));
    CHECK(out["verdict"] == "inconclusive");
}

TEST_CASE("lists: a file knows its own and the built-in ones, no other file's, and redefines none") {
    std::vector<std::string> complaints;
    json first = {{"version", 1}, {"lists", {{"ours", {"gute nacht"}}}}, {"rules", {rule()}}};
    first["rules"][0]["when"]["words"]["any"] = {"@ours", "@refused"};
    json second = first;
    second["lists"] = {{"theirs", {"bonne nuit"}}};
    second["rules"][0]["id"] = "other";
    const auto book = RuleBook::with_folders({{"a.json", first.dump(), RuleOrigin::organisation},
                                              {"b.json", second.dump(), RuleOrigin::organisation}},
                                             complaints);
    REQUIRE(complaints.size() == 1);
    CHECK(complaints[0].starts_with("b.json:1:"));
    CHECK(holds_text(complaints[0], "/rules/0/when/words/any/0: expected a known list, not @ours"));
    CHECK(explained(book, "mail.uni.example", "a NO Gute Nacht")["rule"] == "uni");
    CHECK(holds_text(complaint({{"version", 1}, {"lists", {{"refused", {"hello"}}}}}),
                     "/lists/refused: expected a name of its own"));
}

TEST_CASE("a broken file is named with line, column and path, and the rest works") {
    std::vector<std::string> complaints;
    const auto book = RuleBook::with_folders(
        {{"/x/10.json", "{\n  \"version\": 1,\n  \"rules\": [\n    { \"id\": }\n", RuleOrigin::organisation},
         {"/x/20.json", "{\"version\": 1,\n \"rules\": [{\n  \"id\": \"b\",\n  \"verdict\": \"stale\"}]}",
          RuleOrigin::organisation},
         {"/x/30.json", file(rule()), RuleOrigin::organisation},
         {"/x/40.json", file(rule()), RuleOrigin::user},
         {"/x/50.json", R"({"version":1,"version":1})", RuleOrigin::user},
         {"/x/60.json", std::string(5000, '['), RuleOrigin::user},
         {"/x/70.json", R"({"version":1e999})", RuleOrigin::user}},
        complaints);
    REQUIRE(complaints.size() == 6);
    CHECK(complaints[0].starts_with("/x/10.json:4:13: not JSON: "));
    CHECK(complaints[1] == "/x/20.json:4:14: /rules/0/verdict: expected a verdict");
    CHECK(complaints[2].starts_with("/x/40.json:1:"));
    CHECK(holds_text(complaints[2], "/rules/0/id: expected an id of its own"));
    CHECK(complaints[3] == "/x/50.json:1:14: \"version\" is there twice");
    CHECK(complaints[4].starts_with("/x/60.json:1:"));
    CHECK(complaints[5].starts_with("/x/70.json:1:1: not JSON: a number is out of range"));
    CHECK(explained(book, "mail.uni.example", "a NO Login failed")["rule"] == "uni");
    CHECK(explained(book, "h.example", "a NO [AUTHENTICATIONFAILED] no")["verdict"] == "stale_password");
}

TEST_CASE("the administrator's rule comes before the user's, and both before the built-in ones") {
    std::vector<std::string> complaints;
    const auto book = RuleBook::with_folders(
        {{"e.json", file(rule({{"id", "admin"}})), RuleOrigin::organisation},
         {"c.json", file(rule({{"id", "own"}, {"verdict", "account_locked"}})), RuleOrigin::user}},
        complaints);
    CHECK(complaints.empty());
    CHECK(explained(book, "mail.uni.example", "a NO Login failed")["rule"] == "admin");
}

TEST_CASE("files in folders do not change what the built-in rules say about other hosts") {
    const auto loaded = load(file(rule()));
    for (const char* answer : {"a NO Login failed", "a NO [UNAVAILABLE] no", "a NO Account locked", "a NO x"})
        CHECK(explained(loaded.book, "h.example", answer) ==
              explained(RuleBook::built_in(), "h.example", answer));
}
