// SPDX-License-Identifier: MPL-2.0
// Leave one out: rules that were made for one answer are taken away together. What they decided must then be
// decided by a rule that knows more than that answer.
#include <doctest/doctest.h>

#include <iostream>
#include <map>

#include "diagnose/rule_content.hpp"
#include "unit/labelled_answers.hpp"

using namespace reprompt;
using nlohmann::json;

namespace {

bool same_answer(const json& left, const json& right) {
    return left.value("protocol", "") == right.value("protocol", "") &&
           left.value("response", json::array()) == right.value("response", json::array());
}

// Rules that decide exactly one answer of the corpus, and rules whose sample is an answer of the corpus.
std::set<std::string> rules_of_one_answer(const Corpus& corpus) {
    std::map<std::string, int> decided;
    for (const auto& answer : corpus.answers)
        ++decided[judge(answer.line, RuleBook::built_in()).rule];
    std::set<std::string> out;
    for (const auto& rule : RuleBook::built_in().content().rules) {
        const auto sample = json::parse(rule.sample);
        bool taken = false;
        for (const auto& answer : corpus.answers)
            taken = taken || same_answer(sample, answer.line);
        const auto count = decided.find(rule.id);
        if (count != decided.end() && (count->second == 1 || taken)) out.insert(rule.id);
    }
    return out;
}

}  // namespace

TEST_CASE(
    "without the rules made for one answer, four of five such answers are still judged as accepted, and none "
    "clears") {
    for (const auto& corpus : corpora()) {
        if (corpus.name == "samples of the rules") continue;  // each is one by design
        if (corpus.name == "held_out") continue;              // collected when the rules were there
        CAPTURE(corpus.name);
        const auto gone = rules_of_one_answer(corpus);
        const auto rest = rules_without(gone);
        int cases = 0, kept = 0, clearing = 0;
        for (const auto& answer : corpus.answers) {
            const auto before = judge(answer.line, RuleBook::built_in());
            const auto after = judge(answer.line, rest);
            if (after.clears && !before.clears && !answer.takes("stale_password")) ++clearing;
            if (gone.count(before.rule) == 0) continue;
            ++cases;
            const bool good = answer.takes(after.verdict);
            kept += good ? 1 : 0;
            std::cout << "  without " << before.rule << (good ? ": kept, " : ": lost, ")
                      << describe(answer, after) << '\n';
        }
        std::cout << "leave one out: " << corpus.name << ": " << gone.size() << " rules made for one answer, "
                  << kept << " of " << cases << " answers kept an accepted verdict, " << clearing
                  << " began to clear\n";
        CHECK(kept * 100 >= cases * 80);
        CHECK(clearing == 0);
    }
}
