// SPDX-License-Identifier: MPL-2.0
// How the rules judge labelled answers of real servers: the matrix of label and verdict, and what may not be
// missed.
#include <doctest/doctest.h>

#include <algorithm>
#include <iostream>
#include <map>

#include "app/explain.hpp"
#include "unit/labelled_answers.hpp"

using namespace reprompt;

namespace {

struct Score {
    int all = 0, good = 0, inconclusive = 0, wrong = 0, clearing = 0;
};

Score score_of(const Corpus& corpus) {
    Score score;
    std::map<std::pair<std::string, std::string>, int> matrix;
    for (const auto& answer : corpus.answers) {
        const auto judgement = judge(answer.line, RuleBook::built_in());
        // The same through the front door: labels and notes in a line do not disturb it.
        const auto explained =
            nlohmann::json::parse(explain_line(answer.line.dump(), RuleBook::built_in(), false));
        CHECK_MESSAGE(explained.value("verdict", "") == judgement.verdict, explained.dump());
        ++score.all;
        ++matrix[{answer.label, judgement.verdict}];
        if (judgement.clears && !answer.takes("stale_password")) ++score.clearing;
        if (answer.takes(judgement.verdict)) {
            ++score.good;
            continue;
        }
        ++(judgement.verdict == "inconclusive" ? score.inconclusive : score.wrong);
        std::cout << "  differs: " << describe(answer, judgement) << '\n';
    }
    std::cout << "confusion matrix of " << corpus.name << ": label x verdict, * = as labelled\n";
    for (const auto& [pair, count] : matrix)
        std::cout << "  " << (pair.first == pair.second ? '*' : ' ') << ' ' << pair.first << " x "
                  << pair.second << ": " << count << '\n';
    std::cout << "corpus: " << corpus.name << ": " << score.all << " answers, " << score.good
              << " as labelled or accepted, " << score.inconclusive << " inconclusive, " << score.wrong
              << " wrong, " << score.clearing << " would clear wrongly\n";
    return score;
}

}  // namespace

TEST_CASE("every corpus, REPROMPT_CORPUS included, is judged well enough and never clears wrongly") {
    for (const auto& corpus : corpora()) {
        CAPTURE(corpus.name);
        const auto score = score_of(corpus);
        CHECK(score.good * 100 >= score.all * 98);
        CHECK(score.wrong * 100 <= score.all * 1);
        CHECK(score.clearing == 0);
    }
    if (corpora().size() == 4) std::cout << "corpus: none named by REPROMPT_CORPUS\n";
}

TEST_CASE("labelled answers use the closed vocabulary and have an id of their own") {
    for (const auto& corpus : corpora()) {
        std::set<std::string> ids;
        CHECK_FALSE(corpus.answers.empty());
        for (const auto& answer : corpus.answers) {
            CAPTURE(answer.id);
            CHECK(ids.insert(answer.id).second);
            CHECK(verdict_code_from(answer.label).has_value());
            for (const auto& each : answer.accept)
                CHECK(verdict_code_from(each).has_value());
        }
    }
}
