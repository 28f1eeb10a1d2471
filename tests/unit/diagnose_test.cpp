// SPDX-License-Identifier: MPL-2.0
#include <doctest/doctest.h>

#include "diagnose/diagnose.hpp"

using namespace reprompt;

namespace {

Evidence answered(std::vector<std::string> response, std::string mechanism = "PLAIN") {
    Evidence evidence;
    evidence.host = "imap.example.org";
    evidence.tls_mode_known = true;
    evidence.tls.established = true;
    evidence.stage = Stage::auth;
    evidence.attempt = Attempt{std::move(mechanism), std::move(response), false, true, 20};
    return evidence;
}

Verdict decide(const Evidence& evidence) {
    return diagnose(evidence, RuleBook::built_in());
}
bool clears(const Verdict& verdict) {
    return may_clear_at_once(verdict) || may_clear_on_click(verdict);
}

}  // namespace

TEST_CASE("an account set to no encryption whose password works over TLS is told to use TLS") {
    Evidence evidence;
    evidence.protocol = Protocol::imap;
    evidence.tls_mode = TlsMode::none;
    evidence.tls_mode_known = true;
    evidence.tls.established = evidence.tls.verified = true;
    evidence.stage = Stage::done;
    evidence.attempt = Attempt{"PLAIN", {"a2 OK Logged in"}, true, true, 5};
    CHECK(diagnose(evidence, RuleBook::built_in()).code == VerdictCode::tls_required);
    evidence.tls_mode = TlsMode::starttls;
    CHECK(diagnose(evidence, RuleBook::built_in()).code == VerdictCode::password_accepted);
}

TEST_CASE("a plain refusal over TLS is a stale password") {
    const auto verdict = decide(answered({"a1 NO [AUTHENTICATIONFAILED] Authentication failed."}));
    CHECK(verdict.code == VerdictCode::stale_password);
    CHECK(verdict.confidence == Confidence::likely);
    CHECK(may_clear_at_once(verdict));
    CHECK_FALSE(verdict.retry_is_safe);
    CHECK(verdict.server_words.front() == "a1 NO [AUTHENTICATIONFAILED] Authentication failed.");
}

TEST_CASE("the same refusal in clear decides nothing, on this machine it does") {
    auto evidence = answered({"a1 NO [AUTHENTICATIONFAILED] Authentication failed."});
    evidence.tls.established = false;
    CHECK(decide(evidence).code == VerdictCode::inconclusive);
    evidence.loopback = true;
    CHECK(may_clear_at_once(decide(evidence)));
}

TEST_CASE("a refused token is never a stale password") {
    for (const auto* mechanism : {"XOAUTH2", "OAUTHBEARER"}) {
        const auto verdict =
            decide(answered({"a1 NO [AUTHENTICATIONFAILED] Invalid credentials"}, mechanism));
        CHECK(verdict.code == VerdictCode::oauth2_token_expired);
    }
}

TEST_CASE("a connection that closes or stalls during AUTH clears nothing") {
    auto evidence = answered({});
    evidence.attempt->complete = false;
    for (const auto failure : {Failure::connection_closed, Failure::timeout, Failure::protocol_error}) {
        evidence.failure = failure;
        const auto verdict = decide(evidence);
        CHECK(verdict.code != VerdictCode::stale_password);
        CHECK_FALSE(clears(verdict));
    }
    evidence.attempt->response = {"* BYE Authentication failed"};
    CHECK_FALSE(clears(decide(evidence)));
}

TEST_CASE("a mechanism that was not offered does not make the password stale") {
    auto evidence = answered({"a1 NO Authentication failed."}, "CRAM-MD5");
    evidence.offered = {"* CAPABILITY IMAP4rev1 AUTH=PLAIN"};
    CHECK(decide(evidence).code == VerdictCode::mechanism_unsupported);
}

TEST_CASE("words that name another cause win over the code") {
    struct Case {
        const char* line;
        VerdictCode code;
    };
    for (const auto& each :
         {Case{"a1 NO [AUTHENTICATIONFAILED] Password expired", VerdictCode::password_expired},
          Case{"a1 NO [AUTHENTICATIONFAILED] Please use your complete e-mail address",
               VerdictCode::username_format},
          Case{"a1 NO [AUTHENTICATIONFAILED] Too many failed attempts", VerdictCode::rate_limited},
          Case{"a1 NO [AUTHENTICATIONFAILED] IMAP is disabled for you", VerdictCode::protocol_disabled},
          Case{"a1 NO [AUTHENTICATIONFAILED] Ihr Konto wurde gesperrt", VerdictCode::account_locked},
          Case{"a1 NO [AUTHENTICATIONFAILED] アプリパスワードが必要です", VerdictCode::app_password_required},
          Case{"a1 NO [UNAVAILABLE] Authentication failed.", VerdictCode::temporary_failure},
          Case{"a1 NO [EXPIRED] Authentication failed.", VerdictCode::password_expired}}) {
        CHECK_MESSAGE(decide(answered({each.line})).code == each.code, each.line);
    }
}

TEST_CASE("a refusal with a reason nobody knows, or one that was cut off, is only a guess") {
    for (const auto* line :
         {"a1 NO [AUTHENTICATIONFAILED] Authentication failed, the hamster is asleep",
          "a1 NO [AUTHENTICATIONFAILED]", "a1 NO Login failed:", "a1 NO Authentication failed, your"}) {
        const auto verdict = decide(answered({line}));
        CHECK_MESSAGE(verdict.confidence == Confidence::guess, line);
        CHECK_FALSE(clears(verdict));
    }
}

TEST_CASE("Google's app-password words are understood from any host") {
    const std::string words =
        "a1 NO [ALERT] Application-specific password required: "
        "https://support.google.com/accounts/answer/185833 (Failure)";
    auto evidence = answered({words});
    CHECK(decide(evidence).code == VerdictCode::app_password_required);
    evidence.host = "imap.gmail.com";
    const auto verdict = decide(evidence);
    CHECK(verdict.code == VerdictCode::app_password_required);
    CHECK(verdict.provider == "gmail");
    CHECK(verdict.links.at("app_password") == "https://myaccount.google.com/apppasswords");
}

TEST_CASE("where the account password never works, a stale password asks for our dialog first") {
    auto evidence = answered({"a1 NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)"});
    evidence.host = "imap.gmail.com";
    const auto verdict = decide(evidence);
    CHECK(verdict.code == VerdictCode::stale_password);
    CHECK_FALSE(may_clear_at_once(verdict));
    CHECK(may_clear_on_click(verdict));
    CHECK(verdict.advice == std::vector<std::string>{"oauth2", "app_password", "two_step_first"});
}

TEST_CASE("the host decides what LOGIN failed means") {
    auto evidence = answered({"a1 NO LOGIN failed."}, "LOGIN");
    CHECK(decide(evidence).code == VerdictCode::stale_password);
    for (const char* host : {"outlook.office365.com", "Outlook.Office365.com", "outlook.office365.com."}) {
        evidence.host = host;
        CHECK_MESSAGE(decide(evidence).code == VerdictCode::oauth2_required, host);
    }
}

TEST_CASE("an accepted credential is accepted") {
    auto evidence = answered({"a1 OK [CAPABILITY IMAP4rev1] Logged in"});
    evidence.attempt->accepted = true;
    const auto verdict = decide(evidence);
    CHECK(verdict.code == VerdictCode::password_accepted);
    CHECK(verdict.retry_is_safe);
}

TEST_CASE("a server that offers only tokens needs no attempt") {
    Evidence evidence;
    evidence.tls_mode_known = true;
    evidence.tls.established = true;
    evidence.stage = Stage::capabilities;
    evidence.offered = {"* CAPABILITY IMAP4rev1 AUTH=XOAUTH2"};
    CHECK(diagnose_without_attempt(evidence, RuleBook::built_in()).code == VerdictCode::oauth2_required);
    evidence.configured_auth = "oauth2";
    CHECK(diagnose_without_attempt(evidence, RuleBook::built_in()).code == VerdictCode::inconclusive);
}

TEST_CASE("plaintext logins disabled and no encryption need no attempt") {
    Evidence evidence;
    evidence.tls_mode = TlsMode::none;
    evidence.tls_mode_known = true;
    evidence.failure = Failure::plaintext_forbidden;
    evidence.stage = Stage::capabilities;
    evidence.offered = {"* CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED"};
    CHECK(diagnose_without_attempt(evidence, RuleBook::built_in()).code == VerdictCode::tls_required);
    evidence.failure = Failure::none;
    CHECK(diagnose_without_attempt(evidence, RuleBook::built_in()).code == VerdictCode::tls_required);
}

TEST_CASE("nothing wrong and no credential is inconclusive with its own rule") {
    Evidence evidence;
    evidence.tls.established = true;
    evidence.tls_mode_known = true;
    evidence.stage = Stage::capabilities;
    evidence.offered = {"* CAPABILITY IMAP4rev1 AUTH=PLAIN"};
    const auto verdict = decide(evidence);
    CHECK(verdict.code == VerdictCode::inconclusive);
    CHECK(verdict.rule == "no-credential");
    CHECK(verdict.retry_is_safe);
}

TEST_CASE("network and TLS failures are named and clear nothing") {
    for (int i = 1; i <= static_cast<int>(Failure::cancelled); ++i) {
        Evidence evidence;
        evidence.tls_mode_known = true;
        evidence.stage = Stage::tls;
        evidence.failure = static_cast<Failure>(i);
        const auto verdict = decide(evidence);
        CHECK_MESSAGE(!clears(verdict), name_of(evidence.failure));
        if (evidence.failure != Failure::cancelled && evidence.failure != Failure::protocol_error) {
            CHECK_MESSAGE(verdict.code != VerdictCode::inconclusive, name_of(evidence.failure));
        }
    }
}

TEST_CASE("heard words count only from TLS or this machine") {
    Evidence evidence;
    evidence.protocol = Protocol::pop3;
    evidence.tls_mode_known = true;
    evidence.tls.established = true;
    evidence.heard = {{Protocol::pop3, "USER/PASS", {"-ERR [AUTH] Authentication failed."}, true}};
    CHECK(diagnose_without_attempt(evidence, RuleBook::built_in()).code == VerdictCode::stale_password);
    evidence.heard.front().tls = false;
    CHECK(diagnose_without_attempt(evidence, RuleBook::built_in()).code == VerdictCode::inconclusive);
    evidence.loopback = true;
    CHECK(diagnose_without_attempt(evidence, RuleBook::built_in()).code == VerdictCode::stale_password);
}

TEST_CASE("heard words that contradict each other decide nothing") {
    Evidence evidence;
    evidence.protocol = Protocol::pop3;
    evidence.heard = {{Protocol::pop3, "USER/PASS", {"-ERR [AUTH] Authentication failed."}, true},
                      {Protocol::pop3, "USER/PASS", {"-ERR Too many connections"}, true}};
    CHECK(diagnose_without_attempt(evidence, RuleBook::built_in()).code == VerdictCode::inconclusive);
}

TEST_CASE("another reason that Thunderbird heard makes a stale password a guess") {
    auto evidence = answered({"a1 NO [AUTHENTICATIONFAILED] Authentication failed."});
    evidence.heard = {{Protocol::imap, "PLAIN", {"a NO IMAP is disabled for your mailbox"}, true}};
    CHECK_FALSE(clears(decide(evidence)));
}

TEST_CASE("a greeting that refuses is no word about the password") {
    Evidence evidence;
    evidence.tls_mode_known = true;
    evidence.tls.established = true;
    evidence.stage = Stage::greeting;
    evidence.greeting = {"* BYE Authentication failed: wrong password"};
    CHECK(decide(evidence).code != VerdictCode::stale_password);
    evidence.greeting = {"* BYE Too many connections"};
    CHECK(decide(evidence).code == VerdictCode::rate_limited);
}

TEST_CASE("a time to wait is taken from words over TLS only") {
    auto evidence = answered({"a1 NO Too many logins, try again in 15 minutes"});
    CHECK(decide(evidence).retry_after_s == 900);
    evidence.tls.established = false;
    CHECK_FALSE(decide(evidence).retry_after_s.has_value());
}

TEST_CASE("no certainty and no clearing grows out of changed wording") {
    const std::vector<std::string> lines = {
        "a1 NO [ALERT] Application-specific password required",
        "a1 NO [AUTHENTICATIONFAILED] Too many failed logins", "a1 NO Your password has expired",
        "a1 NO LOGIN failed, account locked by administrator",
        "a1 NO [AUTHENTICATIONFAILED] Authentication failed: no mechanism available"};
    for (const auto& line : lines) {
        const auto whole = decide(answered({line}));
        REQUIRE(whole.code != VerdictCode::stale_password);
        for (std::size_t size = 6; size < line.size(); ++size) {
            const auto part = decide(answered({line.substr(0, size)}));
            // "LOGIN failed" alone is what many servers really say; nobody can see that more was to come.
            const auto words = line.substr(0, size);
            if (words.ends_with("LOGIN failed") || words.ends_with("Authentication failed") ||
                words.ends_with("failed "))
                continue;
            CHECK_MESSAGE(!may_clear_at_once(part), line.substr(0, size));
        }
    }
}

TEST_CASE("a status token that names another cause never lets the password be cleared") {
    struct Case {
        Protocol protocol;
        const char* line;
    };
    constexpr auto smtp = Protocol::smtp;
    constexpr auto imap = Protocol::imap;
    constexpr auto pop3 = Protocol::pop3;
    for (const auto& each :
         {Case{smtp, "535 5.7.8 Authentication failed: use_oauth2"},
          Case{smtp, "535 5.7.8 Authentication failed: 2fa_required"},
          Case{smtp, "535 Authentication failed: temp_fail"},
          Case{smtp, "535 5.7.8 Authentication failed 4.7.0"},
          Case{imap, "a1 NO [AUTHENTICATIONFAILED] Authentication failed: E_SERVER_BUSY"},
          Case{imap, "a1 NO [AUTHENTICATIONFAILED] Authentication failed: IMAP_NOT_ENABLED"},
          Case{imap, "a1 NO [AUTHENTICATIONFAILED] Authentication failed. ERR_TOO_MANY_LOGINS"},
          Case{imap, "a1 NO [AUTHENTICATIONFAILED] Authentication failed: backend@down"},
          Case{pop3, "-ERR [AUTH] Authentication failed: pop3_disabled"},
          // More in that spirit: other joints, glued texts, codes and numbers.
          Case{smtp, "535 5.7.8 4.7.0 Authentication failed"},
          Case{smtp, "535 5.7.8 Authentication failed (#4.3.2)"},
          Case{smtp, "535 5.7.8 Authentication failed: 5.7.9"},
          Case{smtp, "535 5.7.8 Authentication failed (421)"},
          Case{smtp, "535 5.7.8 Authentication failed: error 503"},
          Case{smtp, "535 5.7.8 Authentication failed: oauth2"},
          Case{smtp, "535 5.7.8 Authentication failed: 2fa"},
          Case{smtp, "535 5.7.8 [TEMP_FAIL] Authentication failed"},
          Case{smtp, "535 5.7.8 Authentication failed: E1042/MAINTENANCE"},
          Case{smtp, "535 5.7.8 Authentication failed reason=quota_17"},
          Case{imap, "a1 NO [AUTHENTICATIONFAILED] Authentication failed: account.suspended"},
          Case{imap, "a1 NO [AUTHENTICATIONFAILED] Authentication failed.Locked"},
          Case{imap, "a1 NO [AUTHENTICATIONFAILED] Authentication failed: pop3.disabled"},
          Case{imap, "a1 NO [AUTHENTICATIONFAILED] Authentication failed #LOCKED#12"},
          Case{imap, "a1 NO [AUTHENTICATIONFAILED] Authentication failed: busy|retry"},
          Case{imap, "a1 NO [AUTHENTICATIONFAILED] Authentication failed: serverbusy503"},
          Case{imap, "a1 NO [AUTHENTICATIONFAILED] Authentication failed: E503BUSY"},
          Case{imap, "a1 NO [AUTHENTICATIONFAILED] Authentication failed: ERR-429-THROTTLE"},
          Case{imap, "a1 NO [AUTHENTICATIONFAILED] Authentication failed: 认证/系统"},
          Case{pop3, "-ERR [AUTH] Authentication failed: code=ip_banned"},
          Case{pop3, "-ERR [AUTH] Authentication failed, see https://example.org/x <ldap_down>"},
          Case{pop3, "-ERR [AUTH] Authentication failed: http://busy"},
          Case{pop3, "-ERR [AUTH] Authentication failed: https://example.org/x|maintenance_1"}}) {
        auto evidence = answered({each.line});
        evidence.protocol = each.protocol;
        CHECK_MESSAGE(!may_clear_at_once(decide(evidence)), each.line);
    }
}

TEST_CASE("a status token is read as the words it is made of") {
    struct Case {
        const char* line;
        VerdictCode code;
    };
    for (const auto& each : {Case{"a1 NO [AUTHENTICATIONFAILED] Authentication failed: E_SERVER_BUSY",
                                  VerdictCode::temporary_failure},
                             Case{"a1 NO [AUTHENTICATIONFAILED] Authentication failed: IMAP_NOT_ENABLED",
                                  VerdictCode::protocol_disabled},
                             Case{"a1 NO [AUTHENTICATIONFAILED] Authentication failed. ERR_TOO_MANY_LOGINS",
                                  VerdictCode::rate_limited},
                             Case{"a1 NO [AUTHENTICATIONFAILED] Authentication failed: use_oauth2",
                                  VerdictCode::oauth2_required}}) {
        CHECK_MESSAGE(decide(answered({each.line})).code == each.code, each.line);
    }
}

TEST_CASE("a token spelled out makes no refusal surer than it was") {
    CHECK_FALSE(may_clear_at_once(decide(answered({"a1 NO AUTHENTICATION_FAILED"}))));
    CHECK_FALSE(may_clear_at_once(decide(answered({"a1 NO ERR_INVALID_CREDENTIALS"}))));
}

TEST_CASE("ids, hosts, addresses, times and placeholders do not hide a plain refusal") {
    struct Case {
        Protocol protocol;
        const char* line;
    };
    constexpr auto smtp = Protocol::smtp;
    constexpr auto imap = Protocol::imap;
    constexpr auto pop3 = Protocol::pop3;
    for (const auto& each :
         {Case{smtp, "535 #5.7.0 Authentication failed"},
          Case{smtp, "535 5.7.3 Authentication unsuccessful [PH0PR07CA0004.namprd07.prod.outlook.com]"},
          Case{smtp,
               "535 5.7.3 Authentication unsuccessful [CH2PR10CA0013.namprd10.prod.outlook.com "
               "2024-05-13T23:07:11.907Z 08DC72A03191847E]"},
          Case{smtp,
               "535 5.7.8 Username and Password not accepted. For more information, go to "
               "https://support.google.com/mail/?p=BadCredentials "
               "e14-20020adfef0e000000b0030c2e3c7fb3sm10043909wro.101 - gsmtp"},
          Case{smtp, "535 5.7.8 Error: authentication failed: <base64>"},
          Case{smtp, "535 Authentication failed (192.0.2.1)"},
          Case{smtp, "535 Authentication failed [2001:db8::1]"},
          Case{imap, "a1 NO [AUTHENTICATIONFAILED] Authentication failed for <user>."},
          Case{imap, "a1 NO [AUTHENTICATIONFAILED] Authentication failed for bob-j.smith@example.org"},
          Case{imap, "a1 NO Invalid username/password sc=ANQhQk2BrGkH_101523_7m"},
          Case{imap, "a1 NO CRAM-MD5 authentication failed (AUTH005)"},
          Case{pop3, "-ERR [AUTH] POP3 login failed at mail.example.com"},
          Case{pop3, "-ERR [AUTH] <address>: authentication failed"}}) {
        auto evidence = answered({each.line});
        evidence.protocol = each.protocol;
        CHECK_MESSAGE(may_clear_at_once(decide(evidence)), each.line);
    }
}
