// SPDX-License-Identifier: MPL-2.0
#include "diagnose/trace.hpp"

#include "diagnose/facts.hpp"

namespace reprompt {

std::vector<std::string> rules_that_hold(const Evidence& evidence, const RuleBook& rules) {
    const auto& content = rules.content();
    const auto facts =
        evidence.attempt ? facts_of_attempt(evidence, content) : facts_before_attempt(evidence, content);
    std::vector<std::string> out;
    for (const auto& rule : content.rules) {
        if (holds(rule.when, facts)) out.push_back(rule.id);
    }
    return out;
}

}  // namespace reprompt
