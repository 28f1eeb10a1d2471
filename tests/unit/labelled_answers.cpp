// SPDX-License-Identifier: MPL-2.0
#include "unit/labelled_answers.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "diagnose/diagnose.hpp"
#include "diagnose/rule_content.hpp"
#include "evidence/evidence_json.hpp"

namespace reprompt {

using nlohmann::json;

bool LabelledAnswer::takes(const std::string& verdict) const {
    return verdict == label || std::find(accept.begin(), accept.end(), verdict) != accept.end();
}

namespace {

LabelledAnswer labelled(json line) {
    LabelledAnswer out;
    out.id = line.value("id", "");
    out.label = line.at("label").get<std::string>();
    out.accept = line.value("accept", std::vector<std::string>{});
    out.line = std::move(line);
    return out;
}

Corpus corpus_of_file(const std::string& name, const std::string& path) {
    std::ifstream file(path);
    REQUIRE_MESSAGE(file.good(), path);
    Corpus out{name, {}};
    for (std::string line; std::getline(file, line);) {
        if (!line.empty()) out.answers.push_back(labelled(json::parse(line)));
    }
    return out;
}

Corpus samples_of_rules() {
    Corpus out{"samples of the rules", {}};
    for (const auto& rule : RuleBook::built_in().content().rules) {
        auto line = json::parse(rule.sample);
        if (line.value("response", json::array()).empty()) continue;  // evidence without a reply
        line["id"] = rule.id;
        line["label"] = name_of(rule.verdict);
        out.answers.push_back(labelled(std::move(line)));
    }
    return out;
}

}  // namespace

const std::vector<Corpus>& corpora() {
    static const std::vector<Corpus> all = [] {
        std::vector<Corpus> out;
        out.push_back(corpus_of_file("server_answers", SOURCE_DIR "/tests/corpus/server_answers.jsonl"));
        out.push_back(corpus_of_file("paraphrases", SOURCE_DIR "/tests/corpus/paraphrases.jsonl"));
        out.push_back(corpus_of_file("held_out", SOURCE_DIR "/tests/corpus/held_out.jsonl"));
        out.push_back(samples_of_rules());
        if (const char* named = std::getenv("REPROMPT_CORPUS")) {
            std::istringstream paths(named);
            for (std::string path; std::getline(paths, path, ':');)
                out.push_back(corpus_of_file(path.substr(path.rfind('/') + 1), path));
        }
        return out;
    }();
    return all;
}

std::string rests_on_host(const std::string& id) {
    static const std::set<std::string> exchange{"n249", "d034", "microsoft.password-refused"};
    if (exchange.count(id) == 0) return {};
    return "Exchange's own words for a wrong password; only the host tells that it is Microsoft's cloud";
}

Judgement judge(const json& line, const RuleBook& rules) {
    const auto evidence = evidence_from_explain_line(line);
    REQUIRE_MESSAGE(evidence.has_value(), line.dump());
    const auto verdict = diagnose(*evidence, rules);
    return {name_of(verdict.code), verdict.rule, verdict.confidence, may_clear_at_once(verdict)};
}

json all_rules() {
    json all;
    for (const char* const name : {"generic", "interceptors", "providers"}) {
        std::ifstream file(std::string(SOURCE_DIR "/host/rules/") + name + ".json");
        auto in = json::parse(file);
        if (all.is_null()) {
            all = std::move(in);
            continue;
        }
        for (auto& [key, value] : in.items()) {
            if (key == "lists") all["lists"].update(value);
            if (!value.is_array()) continue;
            auto& list = all[key];
            if (list.is_null()) list = json::array();
            list.insert(list.end(), value.begin(), value.end());
        }
    }
    return all;
}

RuleBook rules_without(const std::set<std::string>& ids) {
    auto all = all_rules();
    auto& rules = all["rules"];
    rules.erase(
        std::remove_if(rules.begin(), rules.end(),
                       [&](const json& rule) { return ids.count(rule.at("id").get<std::string>()) != 0; }),
        rules.end());
    auto book = RuleBook::parse(all.dump(), "all.json");
    REQUIRE_MESSAGE(book.has_value(), book.error());
    return std::move(*book);
}

std::string describe(const LabelledAnswer& answer, const Judgement& judgement) {
    return answer.id + ": label " + answer.label + ", verdict " + judgement.verdict + " (" +
           name_of(judgement.confidence) + ") by " + judgement.rule;
}

}  // namespace reprompt
