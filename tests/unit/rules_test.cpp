// SPDX-License-Identifier: MPL-2.0
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "app/explain.hpp"
#include "diagnose/rule_content.hpp"
#include "diagnose/trace.hpp"

using namespace reprompt;
using nlohmann::json;

namespace {

std::string error_of(const char* text) {
    const auto book = RuleBook::parse(text, "x.json");
    REQUIRE_FALSE_MESSAGE(book.has_value(), text);
    return book.error();
}

}  // namespace

TEST_CASE("every built-in rule decides its own sample and has a source and a date") {
    const auto& book = RuleBook::built_in();
    CHECK(book.content().rules.size() > 60);
    for (const auto& rule : book.content().rules) {
        const auto out = json::parse(explain_line(rule.sample, book, false));
        CHECK_MESSAGE(out.value("rule", "") == rule.id,
                      rule.id << " <- " << rule.sample << " -> " << out.dump());
        CHECK_MESSAGE(out.value("verdict", "") == name_of(rule.verdict), rule.id);
        CHECK_MESSAGE(rule.date.size() == 10, rule.id);
    }
}

TEST_CASE("rules bound to a provider are asked before the others") {
    bool generic = false;
    for (const auto& rule : RuleBook::built_in().content().rules) {
        const bool bound = !rule.when.provider.empty() || !rule.when.host.empty();
        if (!bound) generic = true;
        CHECK_FALSE((bound && generic));
    }
}

TEST_CASE("no built-in rule is surer than likely about a stale password") {
    for (const auto& rule : RuleBook::built_in().content().rules) {
        if (rule.verdict == VerdictCode::stale_password) CHECK(rule.confidence != Confidence::certain);
    }
}

TEST_CASE("a provider is found by its hosts and what lies below them") {
    const auto& book = RuleBook::built_in();
    CHECK(book.provider_of("imap.gmail.com") == "gmail");
    CHECK(book.provider_of("IMAP.GMAIL.COM.") == "gmail");
    CHECK(book.provider_of("smtp.office365.com") == "microsoft");
    CHECK(book.provider_of("notgmail.com").empty());
    CHECK(book.provider_of("gmail.com.example.org").empty());
    CHECK(book.provider_of("").empty());
}

TEST_CASE("a broken rule file is named with its path") {
    CHECK(error_of("{").starts_with("x.json:1:2: not JSON: "));
    CHECK(error_of("{}") == "x.json:1:1: /version: expected 1");
    CHECK(error_of(R"({"version":1,"rulez":[]})") == "x.json:1:22: /rulez: expected no such key");
    CHECK(error_of(R"({"version":1,"rules":[{"id":"a","verdict":"stale"}]})") ==
          "x.json:1:43: /rules/0/verdict: expected a verdict");
    CHECK(
        error_of(
            R"({"version":1,"rules":[{"id":"a","verdict":"offline","confidence":"likely","when":{"words":{"any":["Big Letters"]}}}]})")
            .find("/rules/0/when/words/any") != std::string::npos);
    CHECK(
        error_of(R"({"version":1,"rules":[{"id":"a","verdict":"offline","confidence":"likely","when":{}}]})")
            .find("at least one predicate") != std::string::npos);
    CHECK(
        error_of(
            R"({"version":1,"rules":[{"id":"a","verdict":"offline","confidence":"likely","when":{"words":{"any":"@nowhere"}}}]})")
            .find("@nowhere") != std::string::npos);
    CHECK(
        error_of(
            R"({"version":1,"providers":[{"id":"p","name":"P","accepts_password":"no","links":{"help":"http://example.org"}}]})")
            .find("/providers/0/links/help: expected an https URL") != std::string::npos);
    CHECK(
        error_of(
            R"({"version":1,"rules":[{"id":"a","verdict":"offline","confidence":"likely","when":{"attempt":true},"source":"s","date":"2026-11-22"}]})")
            .find("/sample") != std::string::npos);
    CHECK(
        error_of(
            R"({"version":1,"lists":{"a":"@a"},"rules":[{"id":"a","verdict":"offline","confidence":"likely","when":{"words":{"any":"@a"}}}]})")
            .find("known list") != std::string::npos);
}

TEST_CASE("lists lie in lists four deep, whichever of them was taken apart before") {
    const auto book_of = [](std::vector<const char*> asked) {
        json rules = json::array();
        for (const char* list : asked)
            rules.push_back({{"id", "r" + std::to_string(rules.size())},
                             {"verdict", "offline"},
                             {"confidence", "likely"},
                             {"when", {{"words", {{"any", json::array({list, "one more"})}}}}},
                             {"source", "s"},
                             {"date", "2026-11-22"},
                             {"sample", {{"id", "s"}}}});
        const json lists = {{"a", {"first"}},
                            {"b", {"second", "@a"}},
                            {"c", {"@b"}},
                            {"d", {"@c", "fourth"}},
                            {"e", {"@d", "@a"}}};
        return RuleBook::parse(json{{"version", 1}, {"lists", lists}, {"rules", rules}}.dump(), "x.json");
    };
    CHECK(book_of({"@d"}).has_value());
    for (const auto& asked :
         std::vector<std::vector<const char*>>{{"@e"}, {"@d", "@e"}, {"@a", "@b", "@e"}}) {
        const auto book = book_of(asked);
        REQUIRE_FALSE(book.has_value());
        CHECK_MESSAGE(book.error().find("list") != std::string::npos, book.error());
    }
    const auto book = book_of({"@d"});
    const auto& content = book->content();
    const auto phrases = content.phrases.phrases_of(content.rules[0].when.all_lists[0]);
    CHECK(std::vector<std::string>(phrases.begin(), phrases.end()) ==
          std::vector<std::string>{"first", "fourth", "one more", "second"});
}

TEST_CASE("the loader, the trace and the schema know the same predicates") {
    std::ifstream file(SOURCE_DIR "/manifests/rules.schema.json");
    const auto schema = json::parse(file);
    auto traced = traced_predicates();
    for (const auto& [key, unused] : schema["$defs"]["when"]["properties"].items()) {
        const std::string name = key;  // doctest captures no structured binding
        INFO(name);
        const auto error = error_of(json{{"version", 1},
                                         {"rules",
                                          {{{"id", "a"},
                                            {"verdict", "offline"},
                                            {"confidence", "likely"},
                                            {"when", {{key, json::object()}}}}}}}
                                        .dump()
                                        .c_str());
        CHECK(error.find("no such key") == std::string::npos);
        CHECK(std::erase(traced, key) == 1);
    }
    for (const auto& left : traced)
        CHECK_MESSAGE(left.starts_with("words/"), left);
    const auto error = error_of(
        R"({"version":1,"rules":[{"id":"a","verdict":"offline","confidence":"likely","when":{"phase":"moon"}}]})");
    CHECK(error.find("/rules/0/when/phase: expected no such key") != std::string::npos);
}

TEST_CASE("a sample rule file that the schema takes is loaded, and one that it refuses is refused") {
    const std::filesystem::path samples = SOURCE_DIR "/tests/rules";
    int good = 0, bad = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(samples)) {
        if (entry.path().extension() != ".json") continue;
        std::ifstream file(entry.path());
        const std::string text{std::istreambuf_iterator<char>(file), {}};
        const auto folder = entry.path().parent_path().filename();
        const auto book = RuleBook::parse(text, entry.path().filename().string());
        INFO(entry.path().string());
        CHECK(book.has_value() == (folder == "good"));
        ++(folder == "good" ? good : bad);
    }
    CHECK(good >= 2);
    CHECK(bad >= 15);
}

TEST_CASE("a rule file of one's own decides") {
    const auto book = RuleBook::parse(
        R"({"version":1,"rules":[{"id":"uni","verdict":"app_password_required","confidence":"likely",
        "when":{"host":"mail.uni.example","words":{"any":["login failed"]}},"advice":["app_password"],"links":{"help":"https://uni.example/codes"},
        "source":"https://uni.example/codes","date":"2026-11-22","sample":{"id":"s"}}]})",
        "uni.json");
    REQUIRE_MESSAGE(book.has_value(), book.error());
    const auto out = json::parse(explain_line(
        R"({"id":"1","protocol":"imap","host":"mail.uni.example","offered":[],"mechanism":"PLAIN","response":["a NO Login failed"]})",
        *book, false));
    CHECK(out["verdict"] == "app_password_required");
    CHECK(out["rule"] == "uni");
}
