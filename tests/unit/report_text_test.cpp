// SPDX-License-Identifier: MPL-2.0
#include "app/report_text.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <sstream>

#include "app/columns.hpp"

using namespace reprompt;
using namespace reprompt::app;

namespace {

/// A password that an IMAP server refused.
probe::Result refused() {
    probe::Result result;
    auto& evidence = result.evidence;
    evidence.host = "mail.example.org";
    evidence.port = 993;
    evidence.stage = Stage::auth;
    evidence.tls = {};
    evidence.tls.established = true;
    evidence.tls.verified = true;
    evidence.tls.version = "TLSv1.3";
    evidence.tls.trusted_by = "system";
    evidence.greeting = {"* OK hello"};
    evidence.timings_ms = {{"resolve", 4}, {"connect", 12}, {"tls", 31}, {"greeting", 2}, {"auth", 2100}};
    evidence.attempt = Attempt{"PLAIN", {"a1 NO no"}, false, true, 2100};
    result.attempts = 1;
    auto& verdict = result.verdict;
    verdict.code = VerdictCode::stale_password;
    verdict.confidence = Confidence::likely;
    verdict.rule = "refused.imap";
    verdict.server_words = {"a1 NO [AUTHENTICATIONFAILED] Authentication failed."};
    return result;
}

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> out;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);)
        out.push_back(line);
    return out;
}

/// One screen, whatever there was to say.
void check_screen(const probe::Result& result) {
    for (const auto language : {Language::english, Language::japanese}) {
        const auto text = report_text(result, {language, false});
        INFO(text);
        CHECK(text.ends_with('\n'));
        const auto lines = lines_of(text);
        CHECK(lines.size() <= report_lines);
        for (const auto& line : lines) {
            CHECK((columns_of(line) <= report_columns || line.find("https://") != std::string::npos));
            CHECK_FALSE(line.ends_with(' '));
            CHECK(std::none_of(line.begin(), line.end(), [](char c) { return c >= 0 && c < ' '; }));
        }
    }
}

bool has(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("the report begins with the verdict and shows each step, the server's words and what to do") {
    CHECK(report_text(refused()) == R"(The server no longer accepts this password.
imaps://mail.example.org:993

  DNS         ok              4 ms
  Connection  ok             12 ms
  Encryption  ok             31 ms  TLSv1.3, certificate verified (system)
  Greeting    ok              2 ms
  Login       REFUSED      2100 ms  PLAIN, the password was sent once

The server said:
  "a1 NO [AUTHENTICATIONFAILED] Authentication failed."

What to do:
  Enter the new password. If it was not changed, check the user name, or reset
  the password with the provider.

stale_password (likely), rule refused.imap; all facts: --json
)");
}

TEST_CASE("the same in Japanese, in columns") {
    CHECK(report_text(refused(), {Language::japanese, false}) ==
          R"(サーバーはこのパスワードを受け付けなくなりました。
imaps://mail.example.org:993

  DNS         成功            4 ms
  接続        成功           12 ms
  暗号化      成功           31 ms  TLSv1.3, 証明書は有効 (system)
  最初の応答  成功            2 ms
  ログイン    拒否         2100 ms  PLAIN, パスワードを 1 回送信しました

サーバーからの応答（原文）:
  「a1 NO [AUTHENTICATIONFAILED] Authentication failed.」

対処方法:
  新しいパスワードを入力してください。変更した覚えがない場合は、ユーザー名を確認
  するか、メールサービスでパスワードを再設定してください。

stale_password (likely), rule refused.imap、すべての情報: --json
)");
}

TEST_CASE("every verdict, stage and failure fits one screen in both languages") {
    auto result = refused();
    for (int code = 0; code <= static_cast<int>(VerdictCode::inconclusive); ++code) {
        result.verdict.code = static_cast<VerdictCode>(code);
        for (const auto confidence : {Confidence::guess, Confidence::certain}) {
            result.verdict.confidence = confidence;
            check_screen(result);
        }
    }
    result.evidence.attempt.reset();
    for (int stage = 0; stage <= static_cast<int>(Stage::done); ++stage) {
        for (int failure = 0; failure <= static_cast<int>(Failure::cancelled); ++failure) {
            result.evidence.stage = static_cast<Stage>(stage);
            result.evidence.failure = static_cast<Failure>(failure);
            for (const auto mode : {TlsMode::implicit, TlsMode::starttls, TlsMode::none}) {
                result.evidence.tls_mode = mode;
                check_screen(result);
            }
        }
    }
}

TEST_CASE("every failure and every advice has words in both languages") {
    for (int failure = 1; failure <= static_cast<int>(Failure::cancelled); ++failure) {
        CHECK(*failure_words(static_cast<Failure>(failure), Language::english) != '\0');
        CHECK(*failure_words(static_cast<Failure>(failure), Language::japanese) != '\0');
    }
    for (const auto word : advice_words) {
        CHECK_MESSAGE(*advice_sentence(word, Language::english) != '\0', word);
        CHECK_MESSAGE(*advice_sentence(word, Language::japanese) != '\0', word);
        const auto key = link_key_of(word);
        CHECK_MESSAGE(std::find(std::begin(link_keys), std::end(link_keys), key) != std::end(link_keys),
                      word);
    }
}

TEST_CASE("a flood of words, facts, notes and pages still fits, and what matters stays") {
    auto result = refused();
    result.verdict.server_words.assign(500, "a1 NO no\x1B[2J " + std::string(400, 'x'));
    result.verdict.because.assign(500, "because " + std::string(300, 'y'));
    result.notes.assign(50, "note " + std::string(300, 'z'));
    result.verdict.advice = {"app_password", "oauth2", "reset_password", "contact_admin", "wait", "use_tls"};
    result.verdict.links = {{"app_password", "https://example.org/app"},
                            {"reset", "https://example.org/" + std::string(150, 'r')},
                            {"help", "https://example.org/help"}};
    result.verdict.retry_after_s = 600;
    result.evidence.host = std::string(253, 'h');
    check_screen(result);
    const auto text = report_text(result);
    CHECK(has(text, "The server said:\n  \"a1 NO no\\x1B[2J"));
    CHECK(has(text, "What to do:"));
    CHECK(has(text, "Please note:"));
    CHECK(has(text, " …\n"));
    CHECK(has(text, "stale_password (likely)"));
}

TEST_CASE("advice comes with its page, once, and not what the verdict says already") {
    auto result = refused();
    result.verdict.code = VerdictCode::app_password_required;
    result.verdict.advice = {"app_password", "oauth2"};
    result.verdict.links = {{"app_password", "https://example.org/app"}, {"help", "https://example.org/app"}};
    const auto text = report_text(result);
    CHECK(has(text,
              "Make an app password on the provider's page and enter it in the mail program.\n"
              "    https://example.org/app\n"
              "  Set the account's authentication method to OAuth2.\n"));
    CHECK_FALSE(has(text, "More: "));
    CHECK_FALSE(has(text, "Make an app password and"));
}

TEST_CASE("only the administrator's rules speak as the organisation") {
    auto result = refused();
    CHECK_FALSE(has(report_text(result), "Your organisation says:"));
    result.verdict.rule_origin = RuleOrigin::organisation;
    CHECK_FALSE(has(report_text(result), "Your organisation says:"));  // its rule says nothing in words
    result.verdict.organisation = OrganisationWords{
        {{"en", "Make a code in the webmail."}, {"ja", "ウェブメールでコードを発行してください。"}},
        "Example University"};
    const auto english = report_text(result);
    CHECK(has(english, "Your organisation says:\n  Example University: Make a code in the webmail.\n"));
    CHECK_FALSE(has(english, "Enter the new password"));
    const auto japanese = report_text(result, {Language::japanese, false});
    CHECK(has(japanese, "組織からの案内:\n"));
    CHECK(has(japanese, "ウェブメールでコードを発行してください。"));
    result.verdict.rule_origin = RuleOrigin::user;
    CHECK_FALSE(has(report_text(result), "organisation"));
    CHECK_FALSE(has(report_text(result), "Make a code"));
}

TEST_CASE("where nothing was sent the report says so") {
    auto result = refused();
    result.attempts = 0;
    result.evidence.attempt.reset();
    result.evidence.timings_ms.erase("auth");
    result.evidence.stage = Stage::done;
    result.verdict = {};
    result.verdict.rule = "no-credential";
    auto text = report_text(result);
    CHECK(text.starts_with("Nothing is wrong up to the sign-in, and no password was tried.\n"));
    CHECK(has(text, "Login       not tried             no password was sent\n"));
    result.evidence = {};
    result.verdict.code = VerdictCode::stale_password;
    result.verdict.rule = "ledger";
    text = report_text(result);
    CHECK(has(text, "No connection was made and nothing was sent."));
    CHECK_FALSE(has(text, "DNS"));
}

TEST_CASE("used-up attempts are said in the first line, once, with what to do instead") {
    auto result = refused();
    result.attempts = 0;
    result.evidence.attempt.reset();
    result.evidence.timings_ms.erase("auth");
    result.evidence.stage = Stage::done;
    result.verdict = {};
    result.verdict.rule = "attempts-used-up";
    result.verdict.advice = {"wait"};
    result.verdict.because = {"Three sign-ins of this account failed within 24 hours; no more are tried."};
    result.notes = {"no keyring", result.verdict.because[0]};
    check_screen(result);
    const auto text = report_text(result);
    CHECK(
        text.starts_with("Three sign-ins of this account failed within 24 hours, so this password was not\n"
                         "tried: it may be right.\n"));
    CHECK(has(text, "not tried             no password was sent"));
    CHECK(has(text, "not even with\n  --again"));
    CHECK(has(text, "To check the password now,"));
    CHECK(has(text, "Please note:\n  no keyring\n"));
    for (const char* without : {"no more are tried", "Wait before", "Nothing is wrong", "Why:"})
        CHECK_FALSE_MESSAGE(has(text, without), without);
    CHECK(has(text, "inconclusive (guess), rule attempts-used-up"));
    const auto japanese = report_text(result, {Language::japanese, false});
    CHECK(japanese.starts_with("このアカウントでは 24 時間以内に 3 回ログインに失敗した"));
    CHECK(has(japanese, "--again"));
}

TEST_CASE("a guess says that it is one") {
    auto result = refused();
    result.verdict.confidence = Confidence::guess;
    CHECK(report_text(result).starts_with("The server no longer accepts this password. (Not certain.)\n"));
}

TEST_CASE("colours mark the first line only, and only where they are wanted") {
    const auto text = report_text(refused(), {Language::english, true});
    CHECK(text.starts_with("\x1B[1;31mThe server no longer accepts this password.\x1B[0m\n"));
    CHECK(std::count(text.begin(), text.end(), '\x1B') == 2);
    CHECK_FALSE(has(report_text(refused()), "\x1B"));
}

TEST_CASE("LC_ALL, then LC_MESSAGES, then LANG choose the language") {
    CHECK(language_of(nullptr, nullptr, "ja_JP.UTF-8") == Language::japanese);
    CHECK(language_of("", "ja_JP.utf8", "C") == Language::japanese);
    CHECK(language_of("C.UTF-8", "ja_JP.UTF-8", "ja_JP.UTF-8") == Language::english);
    CHECK(language_of(nullptr, nullptr, nullptr) == Language::english);
    CHECK(language_of(nullptr, nullptr, "ja") == Language::japanese);
    CHECK(language_of(nullptr, nullptr, "ja_JP") == Language::japanese);
    CHECK(language_of(nullptr, nullptr, "ja_JP.UTF-8@cjknarrow") == Language::japanese);
    CHECK(language_of(nullptr, nullptr, "ja_JP.eucJP") == Language::english);
    CHECK(language_of(nullptr, nullptr, "jam_JM.UTF-8") == Language::english);
}

TEST_CASE("columns: East Asian characters take two, combining marks none") {
    CHECK(columns_of("") == 0);
    CHECK(columns_of("abc") == 3);
    CHECK(columns_of("パスワード") == 10);
    CHECK(columns_of("ｱ") == 1);  // halfwidth
    CHECK(columns_of("é…") == 2);
    CHECK(columns_of("e\xCC\x81") == 1);
    CHECK(columns_of("한국어") == 6);
    CHECK(padded("接続", 6) == "接続  ");
    CHECK(padded("too long", 3) == "too long");
}

TEST_CASE("lines are broken at blanks and between Japanese characters, never before a full stop") {
    CHECK(wrapped("one two three", 8) == std::vector<std::string>{"one two", "three"});
    CHECK(wrapped("", 8) == std::vector<std::string>{""});
    CHECK(wrapped("abcdefghij", 4) == std::vector<std::string>{"abcd", "efgh", "ij"});
    CHECK(wrapped("https://example.org/long", 8) == std::vector<std::string>{"https://example.org/long"});
    CHECK(wrapped("パスワード。", 10) == std::vector<std::string>{"パスワー", "ド。"});
    CHECK(wrapped("「パス」です", 6) == std::vector<std::string>{"「パ", "ス」で", "す"});
    CHECK(wrapped("OAuth2 に切替", 9) == std::vector<std::string>{"OAuth2 に", "切替"});
}

TEST_CASE("settings that work are shown from old to new, in columns, with the reason") {
    auto result = refused();
    result.attempts = 0;
    result.evidence.attempt.reset();
    result.evidence.port = 993;  // where TLS was found in place of 143
    result.evidence.tls_mode = TlsMode::none;
    result.evidence.configured_auth = "password_encrypted";
    result.verdict.code = VerdictCode::tls_required;
    auto& settings = result.settings.emplace();
    settings.endpoint = {Protocol::imap, "imap.hoster.example", 993, TlsMode::implicit};
    settings.auth = "password";
    settings.source = probe::SettingsSource::srv;
    settings.confirm_host = true;
    probe::note_changes(settings, {Protocol::imap, "mail.example.org", 143, TlsMode::none});
    const auto english = report_text(result);
    CHECK(has(english, R"(
Change these settings:
  Server      mail.example.org -> imap.hoster.example
  Port        143 -> 993
  Security    None -> SSL/TLS
  Method      Encrypted password -> Normal password
  The DNS of the account's domain names this server, and it works. No password
  was sent to find out.
  This server is outside the account's domain. Use it only if you know it.
)"));
    const auto japanese = report_text(result, {Language::japanese, false});
    CHECK(has(japanese, "変更する設定:\n  サーバー名  mail.example.org -> imap.hoster.example\n"));
    CHECK(has(japanese, "アカウントのドメインとは別のサーバーです。"));
    check_screen(result);
    settings.endpoint.host = std::string(120, 'a') + ".example.org";
    for (int i = 0; i < 30; ++i)
        result.verdict.because.push_back("a reason that takes a line of its own");
    check_screen(result);
}

TEST_CASE("a user name that is proposed is not said to have been tried") {
    auto result = refused();
    result.verdict.code = VerdictCode::username_format;
    auto& settings = result.settings.emplace();
    settings.endpoint = {Protocol::imap, "mail.example.org", 993, TlsMode::implicit};
    settings.user = "alice@example.org";
    probe::note_changes(settings, settings.endpoint);
    const auto text = report_text(result);
    CHECK(has(text, "  User name   -> alice@example.org\n  This form of the user name was not tried.\n"));
    CHECK_FALSE(has(text, "No password was sent to find out"));
    check_screen(result);
}

TEST_CASE("a server without encryption is not said to forbid what it offers in clear") {
    auto result = refused();
    result.attempts = 0;
    result.evidence.attempt.reset();
    result.evidence.tls = {};
    result.evidence.tls_mode = TlsMode::starttls;
    result.evidence.stage = Stage::starttls;
    result.verdict = {};
    result.verdict.code = VerdictCode::tls_required;
    result.verdict.confidence = Confidence::likely;
    struct Row {
        Failure failure;
        const char *english, *japanese;
    };
    for (const Row& row :
         {Row{Failure::starttls_not_offered, "The server offers no encryption (STARTTLS)", "対応していない"},
          Row{Failure::starttls_injection, "Something was slipped in before", "改ざん"},
          Row{Failure::plaintext_forbidden, "The server offers no encryption that can be",
              "確認できる暗号化"},
          Row{Failure::none, "The server allows no sign-in without encryption.", "認めていません"}}) {
        result.evidence.failure = row.failure;
        check_screen(result);
        const auto english = report_text(result);
        CHECK_MESSAGE(english.starts_with(row.english), english);
        CHECK(has(report_text(result, {Language::japanese, false}), row.japanese));
    }
}

TEST_CASE("a server that offers no sign-in is told so, and --user is not asked for again") {
    auto result = refused();
    result.attempts = 0;
    result.evidence.attempt.reset();
    result.verdict = {};
    result.verdict.code = VerdictCode::mechanism_unsupported;
    result.verdict.rule = "caps.no-sign-in";
    result.verdict.confidence = Confidence::likely;
    result.verdict.advice = {"check_settings"};
    result.verdict.because = {"the server lists no way to sign in",
                              "the account is set to a normal password"};
    check_screen(result);
    const auto text = report_text(result);
    CHECK(text.starts_with("The server answers, but offers no way to sign in on this port.\n"));
    CHECK(has(text, "587 (STARTTLS)"));
    CHECK(
        has(text, "Why:\n  the server lists no way to sign in\n  the account is set to a normal password\n"));
    CHECK_FALSE(has(text, "--user"));
    const auto japanese = report_text(result, {Language::japanese, false});
    CHECK(has(japanese, "判定の根拠:\n  サーバーはどの認証方式も提示していません\n"));
}
