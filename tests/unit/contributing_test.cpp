// SPDX-License-Identifier: MPL-2.0
// The example in packaging/CONTRIBUTING.md works when it is copied: its texts are taken from the page itself.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "app/explain.hpp"
#include "app/rule_folders.hpp"
#include "diagnose/rule_content.hpp"

using namespace reprompt;
using nlohmann::json;

namespace {

std::string text_of(const std::filesystem::path& file) {
    std::ifstream in(file);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

/// What stands between `begin` and `end`, each time.
std::vector<std::string> between(const std::string& text, const std::string& begin, const std::string& end) {
    std::vector<std::string> found;
    for (auto at = text.find(begin); at != std::string::npos; at = text.find(begin, at)) {
        at += begin.size();
        const auto stop = text.find(end, at);
        REQUIRE(stop != std::string::npos);
        found.push_back(text.substr(at, stop - at));
        at = stop;
    }
    return found;
}

std::string rule_for(const std::string& line, const RuleBook& book) {
    const auto answer = json::parse(explain_line(line, book, false));
    return answer.value("rule", "") + " " + answer.value("verdict", "");
}

/// The built-in files as they would be with one provider and one rule more.
Expected<RuleBook, std::string> built_in_with(const json& provider, const json& rule) {
    const std::filesystem::path folder = std::filesystem::path(SOURCE_DIR) / "host/rules";
    json all = {{"version", 1}};
    for (const char* name : {"providers.json", "generic.json", "interceptors.json"}) {
        auto file = json::parse(text_of(folder / name));
        if (file.contains("providers")) {
            file["providers"].push_back(provider);
            file["rules"].push_back(rule);
        }
        for (const auto& [key, value] : file.items()) {
            if (key == "$schema" || key == "version" || key == "about") continue;
            if (value.is_array() && all.contains(key)) {
                all[key].insert(all[key].end(), value.begin(), value.end());
            } else if (value.is_object() && all.contains(key)) {
                all[key].update(value);
            } else {
                all[key] = value;
            }
        }
    }
    return RuleBook::parse(all.dump(), "all.json");
}

}  // namespace

TEST_CASE("the rule that CONTRIBUTING.md tells how to add decides its answer, in a folder and built in") {
    const std::filesystem::path source(SOURCE_DIR);
    const auto page = text_of(source / "packaging/CONTRIBUTING.md");
    const auto files = between(page, "<<'END'\n", "\nEND\n");
    REQUIRE(files.size() == 2);
    const auto& answer = files[0];
    CHECK(rule_for(answer, RuleBook::built_in()) == "none inconclusive");

    std::vector<std::string> complaints;
    const auto folder =
        RuleBook::with_folders({{"examplepost.json", files[1], RuleOrigin::user}}, complaints);
    CHECK(complaints.empty());
    CHECK(app::undecided_samples(folder).empty());
    CHECK(rule_for(answer, folder) == "try.door-code app_password_required");

    const auto objects = between(page, "```json\n", "```");
    REQUIRE(objects.size() == 2);
    const auto book = built_in_with(json::parse(objects[0]), json::parse(objects[1]));
    REQUIRE_MESSAGE(book.has_value(), book.error());
    CHECK(rule_for(answer, *book) == "examplepost.door-code app_password_required");
    for (const auto& rule : book->content().rules) {
        const auto decided = json::parse(explain_line(rule.sample, *book, false));
        CHECK_MESSAGE(decided.value("rule", "") == rule.id, rule.id);
    }
    CHECK(book->content().rules.size() == RuleBook::built_in().content().rules.size() + 1);
}
