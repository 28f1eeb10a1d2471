// SPDX-License-Identifier: MPL-2.0
#include "diagnose/compiled_rules.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "diagnose/embedded_rules.hpp"
#include "diagnose/rules_load.hpp"

using namespace reprompt;

namespace {

struct SourceFiles {
    std::vector<std::string> names, texts;
    SourceFiles() {
        for (const auto& entry : std::filesystem::directory_iterator(SOURCE_DIR "/host/rules")) {
            if (entry.path().extension() == ".json") names.push_back(entry.path());
        }
        std::sort(names.begin(), names.end());
        for (const auto& name : names) {
            std::ifstream file(name, std::ios::binary);
            texts.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
        }
    }
    [[nodiscard]] std::vector<RuleFile> files() const {
        std::vector<RuleFile> out;
        for (std::size_t at = 0; at < names.size(); ++at)
            out.push_back({names[at], texts[at]});
        return out;
    }
};

template <class List>
std::vector<std::string> texts_of(const List& list) {
    return {list.begin(), list.end()};
}

}  // namespace

TEST_CASE("the program holds what the rule files say") {
    const SourceFiles sources;
    REQUIRE(sources.names.size() > 2);
    const auto compiled = load_and_compile(sources.files());
    REQUIRE(compiled.has_value());
    CHECK(*compiled == embedded_rules());
}

TEST_CASE("compiled rules are what was loaded: the same rules, lists and plain words") {
    const SourceFiles sources;
    const auto loaded = load_rules(sources.files());
    const auto read = read_compiled_rules(embedded_rules());
    REQUIRE(loaded.has_value());
    REQUIRE(read.has_value());
    CHECK(read->plain_words == loaded->plain_words);
    CHECK(read->unfinished == loaded->unfinished);
    CHECK(read->refusals == loaded->refusals);
    CHECK(read->tails == loaded->tails);
    REQUIRE(read->phrases.lists() == loaded->phrases.lists());
    CHECK(read->phrases.size() == loaded->phrases.size());
    for (std::size_t at = 0; at < loaded->phrases.lists(); ++at) {
        const auto list = static_cast<std::uint16_t>(at);
        CHECK(texts_of(read->phrases.phrases_of(list)) == texts_of(loaded->phrases.phrases_of(list)));
    }
    REQUIRE(read->rules.size() == loaded->rules.size());
    for (std::size_t at = 0; at < loaded->rules.size(); ++at) {
        const auto &have = read->rules[at], &want = loaded->rules[at];
        CHECK(have.id == want.id);
        CHECK(have.verdict == want.verdict);
        CHECK(have.confidence == want.confidence);
        CHECK(have.advice == want.advice);
        CHECK(have.links == want.links);
        CHECK(have.sample == want.sample);
        CHECK(have.when.smtp == want.when.smtp);
        CHECK(have.when.plain == want.when.plain);
        CHECK(have.when.offers_password == want.when.offers_password);
        CHECK(have.when.all_lists == want.when.all_lists);
    }
    REQUIRE(read->providers.size() == loaded->providers.size());
    CHECK(read->providers.back().servers == loaded->providers.back().servers);
}

TEST_CASE("compiled rules and lists that are read and compiled again are the same octets") {
    const auto read = read_compiled_rules(embedded_rules());
    REQUIRE(read.has_value());
    const auto lists = read_compiled_lists(embedded_rules(), *read);
    CHECK(lists.size() > 50);
    CHECK(lists.at("refused").height == 1);
    CHECK(compile_rules(*read, lists) == embedded_rules());
}

TEST_CASE("compiled rules that end early, or are something else, are not read") {
    const std::string whole(embedded_rules());
    for (std::size_t size = 0; size < whole.size(); size += 997) {
        // The lists stand behind the rules; a part that holds all rules is none of ours.
        auto part = whole.substr(0, size);
        const auto content = read_compiled_rules(part);
        if (content) {
            CHECK(size > whole.size() / 2);
            CHECK(read_compiled_lists(part, *content).empty());
        }
    }
    CHECK_FALSE(read_compiled_rules("").has_value());
    CHECK_FALSE(read_compiled_rules(std::string(64, '\xFF')).has_value());
    for (std::size_t at = 0; at < whole.size(); at += 1499) {
        auto other = whole;
        other[at] = static_cast<char>(other[at] ^ 0x55);
        (void)read_compiled_rules(other);  // whatever it says, it ends, and touches nothing beyond
    }
}
