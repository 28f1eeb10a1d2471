// SPDX-License-Identifier: MPL-2.0
#include "diagnose/plain_refusal.hpp"

#include <algorithm>
#include <string>

#include "base/text.hpp"
#include "diagnose/words.hpp"

namespace reprompt {
namespace {

bool only_known_words(std::string_view text, const RuleBook::Content& rules) {
    bool known = true;
    for_each_plain_word(text, [&](std::string_view word) {
        known = known && rules.plain_words.find(std::string(word)) != rules.plain_words.end();
    });
    return known;
}

bool says_nothing(std::string_view clause) {
    bool nothing = true;
    for_each_plain_word(clause, [&](std::string_view) { nothing = false; });
    return nothing;
}

// "(failure)", "[mx1:2026-11-22]": an aside, whole.
bool in_brackets(std::string_view clause) {
    while (!clause.empty() && (clause.back() == '.' || clause.back() == '!'))
        clause.remove_suffix(1);
    if (clause.size() < 2) return false;
    const auto first = clause.front();
    const auto last = clause.back();
    return (first == '(' && last == ')') || (first == '[' && last == ']') || (first == '{' && last == '}');
}

bool stops_short(std::string_view clause, const std::vector<std::string>& endings) {
    if (clause.empty()) return false;
    if (std::string_view(":,;-([<=\"/").find(clause.back()) != std::string_view::npos) return true;
    return std::any_of(endings.begin(), endings.end(), [&](const std::string& ending) {
        return clause.ends_with(ending) && begins_word(clause, clause.size() - ending.size());
    });
}

bool meets(std::string_view clause, std::uint16_t list, const PhraseIndex& phrases, ListHits& hits) {
    phrases.find(clause, hits);
    return hits[list] != 0;
}

// "please try again", "see https://… for details".
bool is_tail(std::string_view clause, const RuleBook::Content& rules) {
    if (clause.starts_with("please ")) clause.remove_prefix(7);
    return rules.tails && rules.phrases.begins_with(clause, *rules.tails);
}

// Without ids, URLs and the like at the end; empty if they are what the last word wants ("failed for
// <user>").
std::string_view without_noise(std::string_view clause) {
    bool stripped = false;
    while (!clause.empty()) {
        const auto blank = clause.rfind(' ');
        const auto token = blank == std::string_view::npos ? clause : clause.substr(blank + 1);
        if (blank == std::string_view::npos || !says_nothing(token) || stops_short(token, {})) break;
        clause = trim(clause.substr(0, blank));
        stripped = true;
    }
    for (const std::string_view word : {" for", " at", " from", " by"}) {
        if (stripped && clause.ends_with(word)) return {};
    }
    return clause;
}

// "Incorrect password. 2": of how many was cut off.
bool is_number(std::string_view clause) {
    return !clause.empty() &&
           std::all_of(clause.begin(), clause.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// From the end: what is only an id says nothing, a clause that may follow a refusal is passed over; the first
// other one must refuse, and finish.
bool has_an_end(std::string_view text, const RuleBook::Content& rules) {
    if (!rules.refusals) return true;  // a book without the list asks for known words only
    ListHits hits;
    while (true) {
        const auto clause = last_clause(text);
        const auto words = trim(clause);
        if (!says_nothing(words) && !in_brackets(words)) {
            const bool tail = is_tail(words, rules);
            if (!tail && stops_short(without_noise(words), rules.unfinished)) return false;
            if (stops_short(words, rules.unfinished)) return false;
            if (meets(words, *rules.refusals, rules.phrases, hits)) return true;
            if (!tail) return false;
        } else if (stops_short(words, {}) || is_number(words)) {
            return false;
        }
        if (clause.empty() || clause.size() >= text.size()) return false;
        text.remove_suffix(clause.size());
        text = text.substr(0, text.find_last_not_of(" .:;,!?-/|([{") + 1);
    }
}

}  // namespace

bool is_plain_refusal(std::string_view folded, const RuleBook::Content& rules) {
    return !folded.empty() && only_known_words(folded, rules) && has_an_end(folded, rules);
}

}  // namespace reprompt
