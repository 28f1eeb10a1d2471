// SPDX-License-Identifier: MPL-2.0
// Facts and notes in Japanese: what a report shows must not fall back to English.
#include "app/fact_words.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/nearest.hpp"
#include "diagnose/diagnose.hpp"
#include "diagnose/rule_content.hpp"
#include "evidence/evidence_json.hpp"

using namespace reprompt;
using namespace reprompt::app;
using nlohmann::json;

namespace {

bool is_japanese(const std::string& words) {
    return std::any_of(words.begin(), words.end(),
                       [](char octet) { return static_cast<unsigned char>(octet) >= 0xE3; });
}

/// What report_text leaves out: the steps and the last line show it.
bool is_shown_elsewhere(const std::string& fact) {
    return fact.starts_with("at stage ") || fact.starts_with("mechanism ") ||
           fact.find("rule ") != std::string::npos;
}

void check_all(const Verdict& verdict) {
    for (const auto& fact : verdict.because) {
        if (is_shown_elsewhere(fact)) continue;
        const auto words = fact_words(fact, Language::japanese);
        CHECK_MESSAGE(is_japanese(words), fact);
        CHECK_MESSAGE(words.find('{') == std::string::npos, words);
        for (const char* english : {" the ", " is ", " not ", " and ", " or ", " it "})
            CHECK_MESSAGE(words.find(english) == std::string::npos, words);
        CHECK(fact_words(fact, Language::english) == fact);
    }
}

Evidence sample(const std::string& line) {
    const auto given = json::parse(line);
    const bool whole = given.contains("evidence") && given["evidence"].is_object();
    return (whole ? evidence_from_json(given["evidence"]) : evidence_from_explain_line(given)).value();
}

}  // namespace

TEST_CASE("every fact behind every built-in rule's own sample has Japanese words") {
    const auto& book = RuleBook::built_in();
    for (const auto& rule : book.content().rules)
        check_all(diagnose(sample(rule.sample), book));
}

TEST_CASE("every failure at every stage has Japanese words, with and without details") {
    const auto& book = RuleBook::built_in();
    for (int failure = 0; failure <= static_cast<int>(Failure::cancelled); ++failure) {
        for (int stage = 0; stage <= static_cast<int>(Stage::done); ++stage) {
            for (const auto mode : {TlsMode::none, TlsMode::starttls, TlsMode::implicit}) {
                Evidence evidence;
                evidence.host = "imap.example.org";
                evidence.port = 143;
                evidence.tls_mode = mode;
                evidence.tls_mode_known = true;
                evidence.failure = static_cast<Failure>(failure);
                evidence.stage = static_cast<Stage>(stage);
                check_all(diagnose(evidence, book));
                evidence.clock = {"2026-11-22T10:00:00Z", "2026-11-20T00:00:00Z", "build"};
                evidence.tls.subject = "CN=mail";
                evidence.tls.issuer = "CN=mail";
                evidence.tls.not_before = "2026-12-01T00:00:00Z";
                evidence.tls.not_after = "2027-01-01T00:00:00Z";
                evidence.tls.names = {"a.example", "b.example"};
                evidence.tls.plain_words = "+OK POP3 ready";
                evidence.greeting = {"+OK POP3 ready"};
                check_all(diagnose(evidence, book));
                for (const auto& words : {"220 mail ESMTP", "SSH-2.0-x", "HTTP/1.1 302 Found", "what?"}) {
                    evidence.second_look =
                        SecondLook{true, "TLSv1", "RC4", {words}, 302, "http://p.example/"};
                    evidence.greeting = {words};
                    evidence.tls.plain_words = words;
                    check_all(diagnose(evidence, book));
                }
            }
        }
    }
}

TEST_CASE("gaps are filled in the order of the Japanese sentence; what is not known stays as it is") {
    CHECK(fact_words("imap.gmail.com belongs to Gmail", Language::japanese) ==
          "imap.gmail.com は Gmail のサーバーです");
    CHECK(fact_words("port 143 of m.example is answered by a POP3 server: \"+OK {1}\"; this is not the IMAP "
                     "server, the host name or the port is wrong",
                     Language::japanese) ==
          "m.example のポート 143 ではPOP3 サーバーが応答しました（\"+OK {1}\"）。IMAP "
          "サーバーではないため、ホスト名かポートが誤っています");
    CHECK(
        fact_words("Which password was refused is known only while this program runs; after that only how "
                   "many were (three a day for an account at most): The keyring did not answer in time.",
                   Language::japanese) ==
        "どのパスワードが拒否されたかは、このプログラムの実行中だけ記憶されます。終了後は回数だけが残ります（"
        "1 アカウントにつき 1 日 3 回まで）。理由: キーリングが時間内に応答しませんでした。");
    CHECK(fact_words(std::string(4096, '{'), Language::japanese) == std::string(4096, '{'));
    CHECK(fact_words("something new", Language::japanese) == "something new");
    CHECK(fact_words("", Language::japanese).empty());
}

TEST_CASE("the nearest known name is found for a slip, and none for another word") {
    constexpr std::string_view known[] = {"mechanism", "response", "tls", "host"};
    CHECK(nearest("mechansim", known) == "mechanism");
    CHECK(nearest("respones", known) == "response");
    CHECK(nearest("hots", known) == "host");
    CHECK(nearest("password", known).empty());
    CHECK(nearest("", known).empty());
    CHECK(nearest(std::string(10'000, 'x'), known).empty());
    CHECK(edit_distance("", "abc") == 3);
    CHECK(edit_distance("ab", "ba") == 1);
}
