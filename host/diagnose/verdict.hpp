// SPDX-License-Identifier: MPL-2.0
// Verdict: the closed vocabulary of causes (host/DESIGN.md section 4) and what one decision says. Belongs
// here: data and names.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "evidence/evidence.hpp"

namespace reprompt {

enum class VerdictCode : std::uint8_t {
    stale_password,
    password_expired,
    app_password_required,
    oauth2_required,
    oauth2_token_expired,
    web_login_required,
    account_locked,
    rate_limited,
    protocol_disabled,
    mechanism_unsupported,
    username_format,
    tls_required,
    tls_obsolete,
    certificate_untrusted,
    server_unreachable,
    offline,
    temporary_failure,
    not_auth,
    password_accepted,
    inconclusive,
};
enum class Confidence : std::uint8_t { guess, likely, certain };

/// Who wrote the rule that decided: this program, the administrator (/etc), the organisation by a policy of
/// the mail program (managed storage), or the user (~/.config).
enum class RuleOrigin : std::uint8_t { built_in, organisation, policy, user };

/// True for the administrator and the policy: they may send people to a page and speak as the organisation.
bool is_organisation(RuleOrigin) noexcept;

const char* name_of(VerdictCode) noexcept;
const char* name_of(Confidence) noexcept;
const char* name_of(RuleOrigin) noexcept;
std::optional<VerdictCode> verdict_code_from(std::string_view) noexcept;
std::optional<Confidence> confidence_from(std::string_view) noexcept;

/// What an organisation tells its users about a verdict of one of its own rules. Plain text, as it was
/// written: no markup, no links, no control characters.
struct OrganisationWords {
    std::map<std::string, std::string> text;  ///< language tag (RFC 5646, lower case: "en", "ja") -> words
    std::string name;                         ///< how it calls itself, or empty
};

struct Verdict {
    VerdictCode code = VerdictCode::inconclusive;
    Confidence confidence = Confidence::guess;
    std::string rule;  ///< id of the deciding rule, "ledger", "attempts-used-up", "no-credential" or "none"
    Stage stage = Stage::resolve;
    std::vector<std::string> server_words;  ///< the lines that decided, as in the Evidence
    std::vector<std::string>
        advice;  ///< closed words, e.g. "app_password", "oauth2", "enable_imap": see rules.hpp
    std::map<std::string, std::string>
        links;             ///< from rules only: "app_password", "reset", "help", … -> https URL
    std::string provider;  ///< provider id of the rule book, or empty
    bool retry_is_safe =
        false;  ///< another attempt with the same credential harms nothing (never for a refused password)
    std::vector<std::string> because;  ///< facts that decided, English, for "Details" and --trace
    RuleOrigin rule_origin = RuleOrigin::built_in;
    std::optional<int> retry_after_s;  ///< a time named by the server, over TLS, at most 6 h
    std::optional<OrganisationWords>
        organisation;  ///< only if a rule of the organisation decided (invariant 12)
};

/// Whether the saved secret may be cleared without a click / with the user's click (DESIGN section 4,
/// invariant 7).
bool may_clear_at_once(const Verdict&) noexcept;
bool may_clear_on_click(const Verdict&) noexcept;

/// The server answers well and lists no way to sign in at all: not another method helps but another port or
/// server.
bool offers_no_sign_in(const Verdict&);

/// `verdict, confidence, rule, stage, server_words, advice, links, provider, retry_is_safe, because[,
/// retry_after_s][, rule_origin][, organisation]`; `rule_origin` only where it is not this program,
/// `organisation` as {"text": {"en": …}[, "name": …]}.
nlohmann::json verdict_to_json(const Verdict&);

}  // namespace reprompt
