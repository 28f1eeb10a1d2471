// SPDX-License-Identifier: MPL-2.0
// Never clear wrongly: an answer that does not mean a wrong password must not make one disappear, wherever it
// comes from.
#include <doctest/doctest.h>

#include <iostream>

#include "unit/labelled_answers.hpp"

using namespace reprompt;

TEST_CASE("no answer that means anything but a wrong password allows clearing, at its host or without one") {
    int asked = 0;
    for (const auto& corpus : corpora()) {
        for (const auto& answer : corpus.answers) {
            if (answer.takes("stale_password")) continue;
            ++asked;
            const auto there = judge(answer.line, RuleBook::built_in());
            CHECK_MESSAGE(!there.clears, describe(answer, there));
            auto elsewhere = answer;
            elsewhere.line["host"] = nullptr;
            const auto nowhere = judge(elsewhere.line, RuleBook::built_in());
            if (const auto why = rests_on_host(answer.id); why.empty()) {
                CHECK_MESSAGE(!nowhere.clears, "without host: " << describe(answer, nowhere));
            } else {
                std::cout << "  exempt without host: " << answer.id << ": " << why << '\n';
            }
        }
    }
    std::cout << "clearing: " << asked
              << " answers that do not mean a wrong password, as recorded and without host\n";
    CHECK(asked > 200);
}
