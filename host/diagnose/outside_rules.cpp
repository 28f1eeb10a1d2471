// SPDX-License-Identifier: MPL-2.0
#include "diagnose/outside_rules.hpp"

#include <algorithm>
#include <string_view>

namespace reprompt {
namespace {

template <class List, class Value>
bool has(const List& list, const Value& value) {
    return std::find(std::begin(list), std::end(list), value) != std::end(list);
}

// RFC 5530 section 3, RFC 3501 section 7.1, RFC 2449 section 8.1, RFC 3206 section 4.
constexpr std::string_view says_refused[] = {"AUTHENTICATIONFAILED", "AUTH", "ALERT", "CAPABILITY"};
// The same sections and RFC 9051 section 7.1: registered, and about something else.
constexpr std::string_view says_other[] = {
    "UNAVAILABLE", "AUTHORIZATIONFAILED", "EXPIRED",     "PRIVACYREQUIRED", "CONTACTADMIN", "NOPERM",
    "INUSE",       "EXPUNGEISSUED",       "CORRUPTION",  "SERVERBUG",       "CLIENTBUG",    "CANNOT",
    "LIMIT",       "OVERQUOTA",           "NONEXISTENT", "ALREADYEXISTS",   "REFERRAL",     "TRYCREATE",
    "NOTSAVED",    "HASCHILDREN",         "UNKNOWN-CTE", "READ-ONLY",       "SYS/TEMP",     "SYS/PERM",
    "IN-USE",      "LOGIN-DELAY",         "WEBALERT",    "USERLOCKED",      "LOCKED",       "BADCHARSET",
};

// An enhanced code that says no more than "refused" (RFC 4954 section 6, RFC 3463 section 3.8), without
// class.
constexpr std::string_view enhanced_refused[] = {".7.8", ".7.0", ".7.1", ".0.0", ".5.0"};
// RFC 5248 and RFC 4954 section 6: mechanism too weak, encryption, password change, account disabled, trust.
constexpr std::string_view enhanced_other[] = {".7.9",  ".7.10", ".7.11", ".7.12",
                                               ".7.13", ".7.14", ".7.15", ".7.16"};

bool code_agrees(const std::string& code, const When& when) {
    return has(says_refused, code) || (has(when.code, code) && !has(says_other, code));
}

bool enhanced_agrees(const std::string& code, const When& when) {
    if (!code.starts_with("5.")) return false;
    const auto rest = std::string_view(code).substr(1);
    const auto named = has(when.enhanced, code) || has(when.enhanced, "x" + std::string(rest));
    return has(enhanced_refused, rest) || (named && !has(enhanced_other, rest));
}

// RFC 4954 section 6: 535 is the refusal; 530, 534 and 538 say what else is missing, 4yz that it may pass.
bool smtp_agrees(int code, const When& when) {
    if (code == 0 || code == 535) return true;
    return code >= 500 && code != 530 && code != 534 && code != 538 && has(when.smtp, code);
}

bool codes_agree(const When& when, const ReplyFacts& reply) {
    return smtp_agrees(reply.smtp_code, when) && reply.oauth_status.empty() &&
           std::all_of(reply.codes.begin(), reply.codes.end(),
                       [&](const std::string& code) { return code_agrees(code, when); }) &&
           std::all_of(reply.enhanced.begin(), reply.enhanced.end(),
                       [&](const std::string& code) { return enhanced_agrees(code, when); });
}

}  // namespace

bool overruled(const Rule& rule, const Facts& facts, const RuleBook::Content& rules) {
    if (rule.origin == RuleOrigin::built_in || rule.verdict != VerdictCode::stale_password) return false;
    if (!codes_agree(rule.when, facts.reply)) return true;
    const auto own = std::find_if(rules.rules.begin(), rules.rules.end(), [&](const Rule& each) {
        return each.origin == RuleOrigin::built_in && holds(each.when, facts);
    });
    return own != rules.rules.end() && own->verdict != VerdictCode::stale_password &&
           own->verdict != VerdictCode::inconclusive;
}

}  // namespace reprompt
