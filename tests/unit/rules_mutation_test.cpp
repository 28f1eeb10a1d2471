// SPDX-License-Identifier: MPL-2.0
// The same answer in other clothes: no change of form may make the verdict surer, and none may make a saved
// password disappear that the answer itself would have kept.
#include <doctest/doctest.h>

#include <algorithm>
#include <iostream>
#include <map>

#include "unit/answer_mutations.hpp"
#include "unit/labelled_answers.hpp"

using namespace reprompt;
using nlohmann::json;

namespace {

struct Tally {
    int all = 0, accepted = 0, inconclusive = 0, surer = 0, clearing = 0;
};
using Tallies = std::map<std::string, Tally>;

// One changed answer against the answer itself. A cut may leave exactly what other servers say in full
// ("LOGIN failed."): nobody can know that there was more, so such remains are counted and named, and are no
// fault.
struct Comparison {
    const LabelledAnswer& answer;
    const Judgement& before;
    const std::map<std::string, std::set<std::string>>&
        whole_answers;  ///< words of answers, and how they may be judged
    std::set<std::string>& remains;
};

std::string words_of(const json& line) {
    std::string out;
    for (const auto& each : line.at("response"))
        out += parted(line.at("protocol"), each.get<std::string>()).text + '\n';
    std::transform(out.begin(), out.end(), out.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    out.erase(std::remove_if(out.begin(), out.end(),
                             [](char c) { return c == '.' || c == '!' || c == '\n' || c == ' '; }),
              out.end());
    return out;
}

bool ends_a_sentence(const json& line) {
    const auto last = line.at("response").back().get<std::string>();
    const auto end = last.find_last_not_of(' ');
    return end != std::string::npos && (last[end] == '.' || last[end] == '!');
}

bool is_whole(const Comparison& with, const Mutation& mutation, const Judgement& after) {
    const auto known = with.whole_answers.find(words_of(mutation.line));
    return known != with.whole_answers.end() && known->second.count(after.verdict) != 0;
}

void compare(const Comparison& with, const Mutation& mutation, Tally& tally) {
    const auto after = judge(mutation.line, RuleBook::built_in());
    ++tally.all;
    tally.accepted += with.answer.takes(after.verdict) ? 1 : 0;
    tally.inconclusive += after.verdict == "inconclusive" ? 1 : 0;
    const bool surer = after.confidence > with.before.confidence;
    const bool clearing = after.clears && !with.before.clears;
    if (!surer && !clearing) return;
    if (mutation.kind == "truncated" && (ends_a_sentence(mutation.line) || is_whole(with, mutation, after))) {
        with.remains.insert(with.answer.id + ": " + mutation.line.at("response").back().get<std::string>());
        return;
    }
    tally.surer += surer ? 1 : 0;
    tally.clearing += clearing ? 1 : 0;
    CAPTURE(mutation.kind);
    CAPTURE(mutation.line.dump());
    const auto was = describe(with.answer, with.before);
    const auto now = describe(with.answer, after);
    CHECK_MESSAGE(!surer, "surer than before: " << was << " -> " << now);
    CHECK_MESSAGE(!clearing, "clears now: " << was << " -> " << now);
}

void print(const std::string& what, const Tallies& tallies) {
    Tally sum;
    std::cout << what
              << ": kind: changed answers, still as labelled or accepted, inconclusive, surer, clearing\n";
    for (const auto& [kind, tally] : tallies) {
        std::cout << "  " << kind << ": " << tally.all << ", "
                  << tally.accepted * 100 / std::max(tally.all, 1) << " %, " << tally.inconclusive << ", "
                  << tally.surer << ", " << tally.clearing << '\n';
        sum.all += tally.all;
        sum.accepted += tally.accepted;
    }
    std::cout << "mutations: " << what << ": " << sum.all << ", " << sum.accepted * 100 / std::max(sum.all, 1)
              << " % still as labelled or accepted\n";
}

std::map<std::string, std::set<std::string>> whole_answers() {
    std::map<std::string, std::set<std::string>> out;
    for (const auto& corpus : corpora()) {
        for (const auto& answer : corpus.answers) {
            auto& verdicts = out[words_of(answer.line)];
            verdicts.insert(answer.label);
            verdicts.insert(answer.accept.begin(), answer.accept.end());
        }
    }
    return out;
}

bool has_words(const LabelledAnswer& answer) {
    return !answer.line.value("response", json::array()).empty();
}

// The cause is not in the words: the label was set because of the host, the mechanism or what the server
// offers, or a wrong password is as good an explanation.
std::string rests_on(const LabelledAnswer& answer) {
    const auto text = [&](const char* key) {
        const auto value = answer.line.value(key, json());
        return value.is_string() ? value.get<std::string>() : std::string();
    };
    if (answer.takes("stale_password")) return "accepts stale_password";
    if (!rests_on_host(answer.id).empty()) return "the host";
    if (answer.label == "oauth2_token_expired" || text("mechanism").find("OAUTH") != std::string::npos)
        return "the mechanism";
    if (text("mechanism") == "STLS" || text("mechanism") == "STARTTLS") return "the mechanism";
    if (!answer.line.value("offered", json::array()).empty() &&
        (answer.label == "tls_required" || answer.label == "oauth2_required" ||
         answer.label == "mechanism_unsupported"))
        return "what the server offers";
    return {};
}

}  // namespace

TEST_CASE("an answer in other clothes is never judged surer and never begins to clear") {
    const auto known = whole_answers();
    for (const auto& corpus : corpora()) {
        Tallies tallies;
        std::set<std::string> remains;
        for (const auto& answer : corpus.answers) {
            if (!has_words(answer)) continue;
            const auto before = judge(answer.line, RuleBook::built_in());
            for (const auto& mutation : mutations_of_text(answer.line))
                compare({answer, before, known, remains}, mutation, tallies[mutation.kind]);
        }
        print(corpus.name, tallies);
        for (const auto& each : remains)
            std::cout << "  a cut left what other servers say in full: " << each << '\n';
        for (const auto& [kind, tally] : tallies) {
            const std::string& how = kind;  // doctest captures no structured binding
            CAPTURE(how);
            // A cut takes the cause away more often than not; "inconclusive" is the right word then.
            const bool cut = kind == "truncated";
            CHECK(tally.accepted * 100 >= tally.all * (cut ? 55 : 95));
            CHECK((tally.accepted + tally.inconclusive) * 100 >= tally.all * (cut ? 75 : 97));
        }
    }
}

TEST_CASE(
    "an answer whose own words name the cause keeps it at another host, with another mechanism and other "
    "TLS") {
    const auto known = whole_answers();
    for (const auto& corpus : corpora()) {
        Tallies tallies;
        std::set<std::string> remains;
        std::map<std::string, std::string> exempt;
        for (const auto& answer : corpus.answers) {
            if (!has_words(answer)) continue;
            if (const auto why = rests_on(answer); !why.empty()) {
                exempt[why] += " " + answer.id;
                continue;
            }
            const auto before = judge(answer.line, RuleBook::built_in());
            for (const auto& mutation : mutations_of_surroundings(answer.line))
                compare({answer, before, known, remains}, mutation, tallies[mutation.kind]);
        }
        print(corpus.name + " elsewhere", tallies);
        for (const auto& [why, ids] : exempt)
            std::cout << "  exempt, rests on " << why << ":" << ids << '\n';
    }
}
