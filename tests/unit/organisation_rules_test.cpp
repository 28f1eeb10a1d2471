// SPDX-License-Identifier: MPL-2.0
// Rules by which an organisation speaks to its users: who may, in which words, and on which verdicts.
#include <doctest/doctest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "app/rule_folders.hpp"
#include "diagnose/diagnose.hpp"
#include "evidence/evidence_json.hpp"

using namespace reprompt;
using nlohmann::json;

namespace {

const json sample = {{"id", "s"},
                     {"protocol", "imap"},
                     {"host", "mail.uni.example"},
                     {"mechanism", "PLAIN"},
                     {"response", {"a1 NO Login failed"}}};

json rule(const json& more = json::object()) {
    json out = {{"id", "uni"},
                {"verdict", "app_password_required"},
                {"confidence", "likely"},
                {"when", {{"host", {"mail.uni.example"}}, {"attempt", true}}},
                {"links", {{"app_password", "https://it.uni.example/codes"}}},
                {"text", {{"en", "Use a code."}, {"ja", "コードを使ってください。"}}},
                {"source", "https://it.uni.example"},
                {"date", "2026-11-22"},
                {"sample", sample}};
    out.update(more);
    return out;
}
std::string file(const json& one, const char* name = "Example University") {
    return json{{"version", 1}, {"organisation", name}, {"rules", {one}}}.dump();
}

struct Loaded {
    RuleBook book;
    std::vector<std::string> complaints;
};
Loaded load(const std::string& text, RuleOrigin origin) {
    Loaded out;
    out.book = RuleBook::with_folders({{"a.json", text, origin}}, out.complaints);
    return out;
}
Verdict judge(const RuleBook& book, const json& line = sample) {
    return diagnose(*evidence_from_explain_line(line), book);
}
bool holds(const std::vector<std::string>& lines, std::string_view text) {
    return lines.size() == 1 && lines[0].find(text) != std::string::npos;
}

}  // namespace

TEST_CASE("the administrator and the policy speak as the organisation, in its languages") {
    for (const auto origin : {RuleOrigin::organisation, RuleOrigin::policy}) {
        const auto loaded = load(file(rule()), origin);
        REQUIRE(loaded.complaints.empty());
        const auto verdict = judge(loaded.book);
        REQUIRE(verdict.organisation);
        CHECK(verdict.organisation->text.at("ja") == "コードを使ってください。");
        CHECK(verdict.organisation->name == "Example University");
        const auto out = verdict_to_json(verdict);
        CHECK(out["organisation"]["text"]["en"] == "Use a code.");
        CHECK(out["rule_origin"] == name_of(origin));
        CHECK(out["links"]["app_password"] == "https://it.uni.example/codes");
    }
}

TEST_CASE("neither a user's own file nor a built-in one speaks as the organisation") {
    CHECK(holds(load(json{{"version", 1}, {"rules", {rule({{"links", nullptr}})}}}.dump(), RuleOrigin::user)
                    .complaints,
                "a rule of a user's own has no links"));
    auto own = rule();
    own.erase("links");
    CHECK(holds(load(json{{"version", 1}, {"rules", {own}}}.dump(), RuleOrigin::user).complaints,
                "/rules/0/text: only the"));
    CHECK(holds(load(json{{"version", 1}, {"organisation", "Me"}}.dump(), RuleOrigin::user).complaints,
                "/organisation: only the"));
    CHECK_FALSE(RuleBook::parse(json{{"version", 1}, {"rules", {own}}}.dump(), "built-in.json"));
}

TEST_CASE("the words are one paragraph of plain text in a known kind of language") {
    const auto complaint = [](const json& text) {
        return load(file(rule({{"text", text}})), RuleOrigin::policy).complaints;
    };
    CHECK(holds(complaint("Use a code."), "/text: expected an object"));
    CHECK(holds(complaint(json::object()), "/text: expected an object"));
    CHECK(holds(complaint({{"en", ""}}), "/text/en: expected 1 to 400 characters"));
    CHECK(holds(complaint({{"en", "  "}}), "/text/en: expected 1 to 400 characters"));
    CHECK(holds(complaint({{"en", std::string(401, 'x')}}), "/text/en: expected 1 to 400 characters"));
    CHECK(holds(complaint({{"en", 7}}), "/text/en: expected a string"));
    CHECK(holds(complaint({{"en", "one\ntwo"}}), "/text/en: plain text without"));
    CHECK(holds(complaint({{"en", "turned \u202E around"}}), "/text/en: plain text without"));
    for (const char* language : {"", "e", "EN", "english", "en-", "en--us", "en_US", "日本語", "en/../x"})
        CHECK_MESSAGE(holds(complaint({{language, "Use a code."}}), "a language as key"), language);
    std::string longest;
    for (int i = 0; i < 400; ++i)
        longest += "字";
    CHECK(complaint({{"ja", longest}, {"pt-br", "<b>Use</b> https://evil.example"}}).empty());
    CHECK(holds(load(file(rule(), ""), RuleOrigin::policy).complaints, "/organisation: expected 1 to 80"));
}

TEST_CASE("the organisation speaks about its own servers and its own verdict only") {
    const auto loaded = load(file(rule()), RuleOrigin::organisation);
    auto other = sample;
    other["host"] = "mail.other.example";
    CHECK_FALSE(judge(loaded.book, other).organisation);
    // Words in clear decide nothing, so there is nothing to speak about.
    auto clear = sample;
    clear["tls"] = "none";
    const auto verdict = judge(loaded.book, clear);
    CHECK(verdict.code == VerdictCode::inconclusive);
    CHECK_FALSE(verdict.organisation);
    CHECK(verdict.links.empty());
}

TEST_CASE("a policy counts after /etc and before the user, and is refused whole with its place") {
    const auto own = [](const char* id) {
        auto out = rule({{"id", id}});
        out.erase("links");
        out.erase("text");
        return json{{"version", 1}, {"rules", {out}}}.dump();
    };
    std::vector<std::string> complaints;
    const auto book = RuleBook::with_folders({{"user", own("mine"), RuleOrigin::user},
                                              {"policy", file(rule({{"id", "policy"}})), RuleOrigin::policy},
                                              {"etc", file(rule({{"id", "etc"}})), RuleOrigin::organisation}},
                                             complaints);
    CHECK(complaints.empty());
    CHECK(judge(book).rule == "etc");
    const auto broken = app::load_rules_in_use({}, R"({"version":1,"rules":[{"id":"x"}]})");
    CHECK(holds(broken.complaints, "managed storage:1:"));
    CHECK(holds(broken.complaints, "/rules/0/verdict"));
    CHECK(app::load_rules_in_use({}, file(rule())).complaints.empty());
}

TEST_CASE("a policy is held to the limits of rule folders") {
    const auto complaint = [](const json& more) {
        return load(file(rule(more)), RuleOrigin::policy).complaints;
    };
    CHECK(holds(complaint({{"when", {{"host", {"*.uni.example"}}}}}), "whole lower-case host names"));
    CHECK(holds(complaint({{"when", {{"attempt", true}}}}), "needs \"host\""));
    CHECK(holds(complaint({{"links", {{"help", "http://it.uni.example"}}}}), "expected an https URL"));
    CHECK(holds(complaint({{"verdict", "stale_password"}, {"confidence", "certain"}}), "at most likely"));
    const auto stale =
        load(file(rule({{"verdict", "stale_password"}, {"text", {{"en", "Old."}}}})), RuleOrigin::policy);
    auto expired = sample;
    expired["response"] = {"a1 NO [EXPIRED] Login failed"};
    CHECK(judge(stale.book, expired).rule != "uni");
}

TEST_CASE("a verdict from the record gets its links and words again, from the same rule only") {
    const auto loaded = load(file(rule()), RuleOrigin::policy);
    Verdict kept;
    kept.code = VerdictCode::app_password_required;
    kept.rule = "uni";
    advise_again(kept, "mail.uni.example", loaded.book);
    CHECK(kept.links.at("app_password") == "https://it.uni.example/codes");
    REQUIRE(kept.organisation);
    Verdict other;
    other.code = VerdictCode::app_password_required;
    other.rule = "uni";
    advise_again(other, "smtp.uni.example", loaded.book);
    CHECK(other.links.empty());
    CHECK_FALSE(other.organisation);
}

TEST_CASE("the example for a university is sound, and each of its rules decides its own sample") {
    std::ifstream in(SOURCE_DIR "/packaging/examples/university.json");
    std::stringstream text;
    text << in.rdbuf();
    for (const auto origin : {RuleOrigin::organisation, RuleOrigin::policy}) {
        const auto loaded = load(text.str(), origin);
        CHECK(loaded.complaints.empty());
        CHECK(app::undecided_samples(loaded.book).empty());
        CHECK(loaded.book.outside_samples().size() == 4);
        for (const auto& [id, line, place] : loaded.book.outside_samples()) {
            const auto verdict = judge(loaded.book, json::parse(line));
            CHECK(verdict.rule == id);
            REQUIRE(verdict.organisation);
            CHECK(verdict.organisation->text.size() == 2);
        }
    }
}
