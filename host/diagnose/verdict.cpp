// SPDX-License-Identifier: MPL-2.0
// Names of verdicts and confidences, what may be cleared (invariant 7), and a verdict as JSON.
#include "diagnose/verdict.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

namespace reprompt {
namespace {

constexpr std::array<const char*, 20> codes{"stale_password",        "password_expired",
                                            "app_password_required", "oauth2_required",
                                            "oauth2_token_expired",  "web_login_required",
                                            "account_locked",        "rate_limited",
                                            "protocol_disabled",     "mechanism_unsupported",
                                            "username_format",       "tls_required",
                                            "tls_obsolete",          "certificate_untrusted",
                                            "server_unreachable",    "offline",
                                            "temporary_failure",     "not_auth",
                                            "password_accepted",     "inconclusive"};
static_assert(codes.size() == static_cast<std::size_t>(VerdictCode::inconclusive) + 1);
constexpr std::array<const char*, 3> confidences{"guess", "likely", "certain"};

bool sure(const Verdict& verdict) noexcept {
    return verdict.confidence != Confidence::guess;
}

// Advice that makes our dialog come before Thunderbird's prompt (DESIGN section 4, "Foreground").
bool wants_dialog_first(std::string_view advice) noexcept {
    return advice == "app_password" || advice == "oauth2" || advice == "enable_imap" ||
           advice == "enable_pop" || advice == "enable_smtp";
}

}  // namespace

const char* name_of(VerdictCode code) noexcept {
    const auto index = static_cast<std::size_t>(code);
    return index < codes.size() ? codes[index] : "inconclusive";
}

const char* name_of(Confidence confidence) noexcept {
    const auto index = static_cast<std::size_t>(confidence);
    return index < confidences.size() ? confidences[index] : "guess";
}

const char* name_of(RuleOrigin origin) noexcept {
    switch (origin) {
        case RuleOrigin::built_in:
            return "built_in";
        case RuleOrigin::organisation:
            return "organisation";
        case RuleOrigin::policy:
            return "policy";
        case RuleOrigin::user:
            return "user";
    }
    return "built_in";
}

std::optional<VerdictCode> verdict_code_from(std::string_view name) noexcept {
    for (std::size_t i = 0; i < codes.size(); ++i) {
        if (name == codes[i]) return static_cast<VerdictCode>(i);
    }
    return std::nullopt;
}

std::optional<Confidence> confidence_from(std::string_view name) noexcept {
    for (std::size_t i = 0; i < confidences.size(); ++i) {
        if (name == confidences[i]) return static_cast<Confidence>(i);
    }
    return std::nullopt;
}

bool may_clear_at_once(const Verdict& verdict) noexcept {
    return verdict.code == VerdictCode::stale_password && sure(verdict) &&
           std::none_of(verdict.advice.begin(), verdict.advice.end(),
                        [](const std::string& word) { return wants_dialog_first(word); });
}

bool may_clear_on_click(const Verdict& verdict) noexcept {
    switch (verdict.code) {
        case VerdictCode::stale_password:
        case VerdictCode::password_expired:
        case VerdictCode::app_password_required:
        case VerdictCode::oauth2_required:
        case VerdictCode::oauth2_token_expired:
            return sure(verdict);
        case VerdictCode::web_login_required:
        case VerdictCode::account_locked:
        case VerdictCode::rate_limited:
        case VerdictCode::protocol_disabled:
        case VerdictCode::mechanism_unsupported:
        case VerdictCode::username_format:
        case VerdictCode::tls_required:
        case VerdictCode::tls_obsolete:
        case VerdictCode::certificate_untrusted:
        case VerdictCode::server_unreachable:
        case VerdictCode::offline:
        case VerdictCode::temporary_failure:
        case VerdictCode::not_auth:
        case VerdictCode::password_accepted:
        case VerdictCode::inconclusive:
            return false;
    }
    return false;
}

bool is_organisation(RuleOrigin origin) noexcept {
    return origin == RuleOrigin::organisation || origin == RuleOrigin::policy;
}

bool offers_no_sign_in(const Verdict& verdict) {
    return verdict.rule == "caps.no-sign-in";
}

nlohmann::json verdict_to_json(const Verdict& verdict) {
    nlohmann::json out = {{"verdict", name_of(verdict.code)},
                          {"confidence", name_of(verdict.confidence)},
                          {"rule", verdict.rule},
                          {"stage", name_of(verdict.stage)},
                          {"server_words", verdict.server_words},
                          {"advice", verdict.advice},
                          {"links", verdict.links},
                          {"provider", verdict.provider},
                          {"retry_is_safe", verdict.retry_is_safe},
                          {"because", verdict.because}};
    if (verdict.retry_after_s) out["retry_after_s"] = *verdict.retry_after_s;
    if (verdict.rule_origin != RuleOrigin::built_in) out["rule_origin"] = name_of(verdict.rule_origin);
    if (verdict.organisation) {
        out["organisation"]["text"] = verdict.organisation->text;
        if (!verdict.organisation->name.empty()) out["organisation"]["name"] = verdict.organisation->name;
    }
    return out;
}

}  // namespace reprompt
