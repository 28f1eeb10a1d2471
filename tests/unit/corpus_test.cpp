// SPDX-License-Identifier: MPL-2.0
// Labelled answers of real servers: our own paraphrases, tests/corpus/server_answers.jsonl, and a file of the
// same form named by REPROMPT_CORPUS if there is one.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>

#include "app/explain.hpp"

using namespace reprompt;
using nlohmann::json;

namespace {

struct Score {
    int all = 0, good = 0, inconclusive = 0, wrong = 0, clearing = 0;
    std::map<std::pair<std::string, std::string>, int> table;
};

void judge(const std::string& line, Score& score) {
    const auto in = json::parse(line);
    const auto out = json::parse(explain_line(line, RuleBook::built_in(), false));
    const auto label = in.at("label").get<std::string>();
    const auto verdict = out.value("verdict", "error");
    auto accepted = in.value("accept", std::vector<std::string>{});
    accepted.push_back(label);
    const auto takes = [&](const std::string& code) {
        return std::find(accepted.begin(), accepted.end(), code) != accepted.end();
    };
    ++score.all;
    ++score.table[{label, verdict}];
    const bool good = takes(verdict);
    score.good += good ? 1 : 0;
    if (!good) (verdict == "inconclusive" ? score.inconclusive : score.wrong) += 1;
    const bool clears = verdict == "stale_password" && out.value("confidence", "") != "guess";
    if (clears && !takes("stale_password")) ++score.clearing;
    if (!good)
        std::cout << "  differs: " << in.value("id", "") << " label " << label << ", verdict " << verdict
                  << " by " << out.value("rule", "") << '\n';
}

void print(const Score& score) {
    std::cout << "label -> verdict: count\n";
    for (const auto& [pair, count] : score.table)
        std::cout << "  " << pair.first << " -> " << pair.second << ": " << count << '\n';
    std::cout << score.all << " cases, " << score.good << " as labelled or accepted, " << score.inconclusive
              << " inconclusive, " << score.wrong << " wrong, " << score.clearing << " would clear wrongly\n";
}

struct Paraphrase {
    const char* label;
    const char* protocol;
    const char* mechanism;
    const char* response;
};

// Written by hand after the look-alikes of real servers, to go with the rules; no measure of answers that
// were not seen before.
constexpr Paraphrase paraphrases[] = {
    {"stale_password", "imap", "LOGIN", "a1 NO Login failed: user not found or wrong password"},
    {"stale_password", "pop3", "USER/PASS", "-ERR [AUTH] PAM authentication failed"},
    {"stale_password", "smtp", "LOGIN", "535 #5.7.0 Authentication failed"},
    {"stale_password", "imap", "LOGIN", "a1 NO Benutzername oder Kennwort falsch"},
    {"stale_password", "imap", "LOGIN", "a1 NO ユーザー名またはパスワードが違います。"},
    {"stale_password", "imap", "LOGIN", "a1 NO 用户名或密码错误"},
    {"stale_password", "pop3", "USER/PASS", "-ERR Password supplied for \"bob\" is incorrect."},
    {"account_locked", "imap", "LOGIN",
     "a1 NO [CONTACTADMIN] Account is temporarily disabled by your administrator"},
    {"account_locked", "pop3", "USER/PASS", "-ERR [AUTH] Account is disabled"},
    {"account_locked", "smtp", "PLAIN", "525 5.7.13 User Account Disabled"},
    {"account_locked", "imap", "LOGIN", "a1 NO Учетная запись заблокирована"},
    {"rate_limited", "smtp", "PLAIN",
     "421 4.7.0 Too many failed login attempts from your IP, try again in 15 minutes"},
    {"rate_limited", "imap", "LOGIN", "* BYE Too many authentication failures"},
    {"rate_limited", "imap", "LOGIN", "a1 NO 登录过于频繁，请稍后再试"},
    {"password_expired", "imap", "PLAIN", "a1 NO Ihr Passwort ist abgelaufen"},
    {"password_expired", "pop3", "USER/PASS", "-ERR パスワードの有効期限が切れています"},
    {"protocol_disabled", "pop3", "USER/PASS", "-ERR POP3 access is not allowed for this user"},
    {"protocol_disabled", "imap", "PLAIN", "a1 NO Der Zugriff über IMAP ist deaktiviert."},
    {"app_password_required", "smtp", "PLAIN", "535 5.7.8 Please use Application-specific Password"},
    {"app_password_required", "pop3", "USER/PASS", "-ERR 请使用授权码登录"},
    {"tls_required", "pop3", "USER/PASS", "-ERR must use STLS first"},
    {"tls_required", "smtp", "PLAIN", "538 Encryption required for requested authentication mechanism"},
    {"temporary_failure", "imap", "PLAIN", "a1 NO [UNAVAILABLE] User backend is not reachable"},
    {"temporary_failure", "smtp", "PLAIN", "435 Unable to authenticate at present"},
    {"temporary_failure", "pop3", "USER/PASS", "-ERR [IN-USE] Do you have another POP session running?"},
    {"mechanism_unsupported", "smtp", "CRAM-MD5", "504 5.5.4 Unrecognized authentication type"},
    {"username_format", "imap", "LOGIN",
     "a1 NO [AUTHENTICATIONFAILED] Please use your complete email address as login"},
    {"not_auth", "smtp", "PLAIN", "550 5.7.1 Relaying denied"},
    {"not_auth", "smtp", "PLAIN", "552 5.2.2 Mailbox full"},
    {"oauth2_token_expired", "imap", "XOAUTH2", "a NO [AUTHENTICATIONFAILED] Invalid credentials"},
};

}  // namespace

TEST_CASE("answers like those of real servers get the verdict they mean") {
    Score score;
    for (const auto& each : paraphrases) {
        judge(json{{"id", each.response},
                   {"protocol", each.protocol},
                   {"host", nullptr},
                   {"offered", json::array()},
                   {"mechanism", each.mechanism},
                   {"response", {each.response}},
                   {"label", each.label}}
                  .dump(),
              score);
    }
    CHECK(score.good == score.all);
    CHECK(score.clearing == 0);
}

namespace {

Score judge_file(const std::string& name) {
    std::ifstream file(name);
    REQUIRE(file.good());
    Score score;
    for (std::string line; std::getline(file, line);) {
        if (!line.empty()) judge(line, score);
    }
    print(score);
    return score;
}

}  // namespace

TEST_CASE("answers taken from the sources and logs of many servers never clear wrongly") {
    const auto score = judge_file(SOURCE_DIR "/tests/corpus/server_answers.jsonl");
    CHECK(score.good * 100 >= score.all * 98);
    CHECK(score.clearing == 0);
}

TEST_CASE("the corpus named by REPROMPT_CORPUS is judged well enough and never clears wrongly") {
    const char* name = std::getenv("REPROMPT_CORPUS");
    if (name == nullptr) return;
    const auto score = judge_file(name);
    CHECK(score.good * 100 >= score.all * 98);
    CHECK(score.wrong * 100 <= score.all * 1);
    CHECK(score.clearing == 0);
}
