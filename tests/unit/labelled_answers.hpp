// SPDX-License-Identifier: MPL-2.0
// Labelled answers: the corpora on which the rules are measured, and one way to judge a line. Belongs here:
// reading, judging. Does not belong here: what is asked of the figures (corpus_test, rules_*_test), changed
// answers (answer_mutations).
#pragma once

#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "diagnose/rules.hpp"
#include "diagnose/verdict.hpp"

namespace reprompt {

struct LabelledAnswer {
    std::string id;
    nlohmann::json line;  ///< as `reprompt explain` reads it
    std::string label;
    std::vector<std::string> accept;  ///< verdicts that are also right
    [[nodiscard]] bool takes(const std::string& verdict) const;
};

struct Corpus {
    std::string name;
    std::vector<LabelledAnswer> answers;
};

/// tests/corpus/server_answers.jsonl, paraphrases.jsonl and held_out.jsonl, the samples of the rules that
/// show a reply, and the files named by REPROMPT_CORPUS (separated by colons) if there are any. A file that
/// cannot be read fails the test.
const std::vector<Corpus>& corpora();

/// Why the label of this answer rests on its host alone: of themselves the words say nothing but "wrong
/// password". Empty for all others.
std::string rests_on_host(const std::string& id);

struct Judgement {
    std::string verdict, rule;
    Confidence confidence = Confidence::guess;
    bool clears = false;  ///< would make the saved password disappear without a click
};
/// The decision of `reprompt explain` on `line`. A line that cannot be read fails the test.
Judgement judge(const nlohmann::json& line, const RuleBook& rules);

/// All built-in rule files as one, for tests that leave something out.
nlohmann::json all_rules();
/// The built-in rules without those named.
RuleBook rules_without(const std::set<std::string>& ids);

/// "label verdict confidence rule" of one answer, for lists of what differs.
std::string describe(const LabelledAnswer& answer, const Judgement& judgement);

}  // namespace reprompt
