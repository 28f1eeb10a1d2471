// SPDX-License-Identifier: MPL-2.0
// Every transcript: played in pieces of 1, 2, 7 octets and whole, compared with its "=" lines; then once for
// each input with that input failing; then the verdict, where one is written.
#include <doctest/doctest.h>

#include <algorithm>

#include "diagnose/diagnose.hpp"
#include "transcripts/transcript.hpp"

namespace reprompt::transcripts {
namespace {

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const auto& word : words)
        text += (text.empty() ? "" : " ") + word;
    return text;
}

bool holds(const std::vector<std::string>& lines, const std::string& wanted) {
    return std::find(lines.begin(), lines.end(), wanted) != lines.end();
}

std::string attempt_word(const Evidence& evidence) {
    if (!evidence.attempt) return "none";
    if (!evidence.attempt->complete) return "incomplete";
    return evidence.attempt->accepted ? "accepted" : "refused";
}

/// `key value` of one "=" line against what was found.
void check_expectation(const std::string& key, const std::string& value, const Outcome& outcome) {
    const Evidence& evidence = outcome.evidence;
    CAPTURE(key);
    CAPTURE(value);
    if (key == "stage") {
        CHECK(name_of(evidence.stage) == value);
    } else if (key == "failure") {
        CHECK(name_of(evidence.failure) == value);
    } else if (key == "attempt") {
        CHECK(attempt_word(evidence) == value);
    } else if (key == "mechanism") {
        REQUIRE(evidence.attempt);
        CHECK(evidence.attempt->mechanism == value);
    } else if (key == "mechanisms") {
        CHECK(joined(outcome.offered) == value);
    } else if (key == "greeting") {
        CHECK(holds(evidence.greeting, value));
    } else if (key == "offered") {
        CHECK(holds(evidence.offered, value));
    } else if (key == "offered-nothing") {
        CHECK(evidence.offered.empty());
    } else if (key == "offered-before-tls") {
        CHECK(holds(evidence.offered_before_tls, value));
    } else if (key == "unsolicited") {
        CHECK(holds(evidence.unsolicited, value));
    } else if (key == "detail") {
        CHECK(evidence.failure_detail.find(value) != std::string::npos);
    } else if (key != "response" && key != "verdict" && key != "confidence") {
        FAIL("unknown expectation");
    }
}

void check_responses(const Transcript& transcript, const Outcome& outcome) {
    std::vector<std::string> wanted;
    for (const auto& [key, value] : transcript.expected) {
        if (key == "response") wanted.push_back(value);
    }
    if (wanted.empty()) return;
    REQUIRE(outcome.evidence.attempt);
    CHECK(outcome.evidence.attempt->response == wanted);
}

void check_verdict(const Transcript& transcript, const Outcome& outcome) {
    for (const auto& [key, value] : transcript.expected) {
        if (key != "verdict" && key != "confidence") continue;
        const Verdict verdict = diagnose(outcome.evidence, RuleBook::built_in());
        CAPTURE(verdict.rule);
        CHECK(std::string(key == "verdict" ? name_of(verdict.code) : name_of(verdict.confidence)) == value);
    }
}

template <class Check>
void for_each_transcript(Check check) {
    const auto paths = transcript_paths();
    REQUIRE(paths.size() >= 25);
    for (const auto& path : paths) {
        const Transcript transcript = read_transcript(path);
        INFO(transcript.name);
        check(transcript);
    }
}

}  // namespace

TEST_CASE("every transcript shows the same in pieces of 1, 2, 7 octets and whole") {
    for_each_transcript([](const Transcript& transcript) {
        REQUIRE_FALSE(transcript.expected.empty());
        for (const auto chunk : {std::size_t{0}, std::size_t{1}, std::size_t{2}, std::size_t{7}}) {
            if (chunk != 0 && transcript.whole_only) continue;
            CAPTURE(chunk);
            const Outcome outcome = play(transcript, chunk);
            CHECK(joined(outcome.mistakes) == "");
            for (const auto& [key, value] : transcript.expected)
                check_expectation(key, value, outcome);
            check_responses(transcript, outcome);
        }
    });
}

TEST_CASE("every transcript leads to the verdict written under it") {
    for_each_transcript([](const Transcript& transcript) { check_verdict(transcript, play(transcript, 0)); });
}

TEST_CASE("whichever step of a transcript fails, the session ends at once and says where") {
    for_each_transcript([](const Transcript& transcript) {
        const std::size_t inputs = play(transcript, 0).inputs;
        for (std::size_t fail_at = 0; fail_at < inputs; ++fail_at) {
            CAPTURE(fail_at);
            const Outcome outcome = play(transcript, 0, fail_at);
            CHECK(outcome.done);
            CHECK(outcome.failed_on_purpose);
            CHECK(joined(outcome.mistakes) == "");
            CHECK(outcome.evidence.failure == Failure::timeout);
            CHECK(outcome.evidence.stage != Stage::done);
            const auto& attempt = outcome.evidence.attempt;
            if (attempt) {
                CHECK_FALSE(attempt->complete);
                CHECK_FALSE(attempt->accepted);
                CHECK(outcome.evidence.stage == Stage::auth);
            }
        }
    });
}

}  // namespace reprompt::transcripts
