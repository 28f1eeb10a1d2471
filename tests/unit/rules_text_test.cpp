// SPDX-License-Identifier: MPL-2.0
// What a built-in rule must look like: words that carry meaning, not whole lines; a source, a date and a
// sample of its own.
#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <iostream>

#include "unit/labelled_answers.hpp"

using namespace reprompt;
using nlohmann::json;

namespace {

constexpr std::size_t longest_literal = 60;

// Every string a rule compares server words with: below "words", and the lists those refer to.
void each_literal(const json& value, const std::function<void(const std::string&)>& visit) {
    if (value.is_string()) return visit(value.get<std::string>());
    if (!value.is_structured()) return;
    for (const auto& each : value)
        each_literal(each, visit);
}

}  // namespace

TEST_CASE("no literal in a rule is longer than 60 characters") {
    const auto all = all_rules();
    int literals = 0;
    const auto short_enough = [&](const std::string& literal) {
        ++literals;
        CHECK_MESSAGE(literal.size() <= longest_literal, literal);
    };
    for (const auto& rule : all.at("rules"))
        each_literal(rule.at("when"), short_enough);
    each_literal(all.at("lists"), short_enough);
    for (const auto& ending : all.at("unfinished"))
        short_enough(ending);
    std::cout << "rules: " << all.at("rules").size() << " rules, " << all.at("providers").size()
              << " providers, " << literals << " literals\n";
    CHECK(literals > 500);
}

TEST_CASE("every rule and provider has a source and a date, every rule a sample") {
    const auto all = all_rules();
    const auto is_date = [](const std::string& date) {
        return date.size() == 10 && date[4] == '-' && date[7] == '-' && date >= "2020-01-01" &&
               date < "2100-01-01";
    };
    for (const auto* kind : {"rules", "providers"}) {
        for (const auto& each : all.at(kind)) {
            CAPTURE(each.value("id", ""));
            CHECK(each.value("source", "").size() >= 8);
            CHECK(is_date(each.value("date", "")));
            if (kind == std::string("rules")) CHECK(each.value("sample", json()).is_object());
        }
    }
}

TEST_CASE("no rule's phrase is a whole answer of the corpora unless it is a plain refusal") {
    // A list of plain refusals may hold "login failed"; a cause must be recognised by the part that names it.
    const auto all = all_rules();
    std::set<std::string> phrases;
    for (const auto& [name, list] : all.at("lists").items()) {
        if (name == "refused") continue;
        each_literal(list, [&](const std::string& each) { phrases.insert(each); });
    }
    for (const auto& rule : all.at("rules"))
        each_literal(rule.at("when").value("words", json::object()),
                     [&](const std::string& each) { phrases.insert(each); });
    const auto long_ones = std::count_if(phrases.begin(), phrases.end(), [](const std::string& each) {
        return std::count(each.begin(), each.end(), ' ') >= 7;
    });
    CHECK(long_ones == 0);
}
