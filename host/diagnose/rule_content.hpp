// SPDX-License-Identifier: MPL-2.0
// What a RuleBook holds once loaded: providers and rules with compiled predicates. Read by rule_match and
// diagnose; made by rules_load. Nobody outside this folder includes it.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "diagnose/capability_facts.hpp"
#include "diagnose/connection.hpp"
#include "diagnose/phrase_index.hpp"
#include "diagnose/reply_facts.hpp"
#include "diagnose/rules.hpp"
#include "diagnose/verdict.hpp"

namespace reprompt {

/// The state of the channel on which the words came.
enum class ChannelState : std::uint8_t { plain, tls, unknown };

/// A predicate that is empty is not asked. All that are asked must hold.
struct When {
    std::vector<std::string> provider;
    std::vector<std::string> host;  ///< exact name or parent domain
    bool exact_host = false;        ///< exact names only: a rule from a rule folder (invariant 12)
    std::vector<Protocol> protocol;
    std::vector<CredentialClass> credential;
    std::vector<std::string> mechanism;
    std::vector<ReplyStatus> status;
    std::vector<std::string> code;        ///< any of; "none" = no response code at all
    std::vector<std::string> only_codes;  ///< no response code but these may be there
    std::vector<int> smtp;
    std::vector<std::string> enhanced;  ///< any of; "x.7.8" matches every class; "none" = no enhanced code
    std::vector<std::string> oauth_status;  ///< any of; "any" = one is there
    std::vector<std::uint16_t> all_lists;   ///< each list must be met
    std::vector<std::uint16_t> no_lists;    ///< none may be met
    std::vector<std::string> prefix, suffix, equals;
    std::optional<bool>
        plain;  ///< every word is in the book's vocabulary of plain refusals, and nothing looks cut off
    std::vector<std::string> offered, not_offered;
    std::optional<bool>
        used_offered;  ///< the mechanism of the attempt: true = offered or unknown, false = surely not
    std::optional<bool> offers_password, offers_token, login_disabled, starttls;
    std::optional<bool> offers_sign_in;  ///< any way at all; does not hold where nothing tells
    std::vector<ChannelState> channel;
    std::vector<TlsMode> tls_mode;
    std::vector<Stage> stage;
    std::vector<Failure> failure;
    std::vector<Finding> finding;  ///< any of
    std::vector<std::string> configured_auth;
    std::optional<bool> attempt, accepted, complete, slow;
};

struct Rule {
    std::string id;
    VerdictCode verdict = VerdictCode::inconclusive;
    Confidence confidence = Confidence::guess;
    When when;
    std::vector<std::string> advice;
    std::map<std::string, std::string> links;
    OrganisationWords organisation;  ///< empty text: none
    std::string source, date;
    std::string sample;  ///< one explain line, for the tests
    std::string place;   ///< of the sample: "file:line:column"; of a built-in rule within its file
    RuleOrigin origin = RuleOrigin::built_in;
};

struct Provider {
    std::string id, name;
    std::vector<std::string> hosts;         ///< server names: exact or parent domain
    std::vector<std::string> domains;       ///< of mail addresses
    std::vector<std::string> mx;            ///< exact or parent domain of the MX of an own domain
    std::vector<std::string> greeting;      ///< folded phrases that only its servers greet with
    std::vector<std::string> capabilities;  ///< words that only its servers offer
    std::vector<std::string> software;      ///< ids of the server software it runs, if others run that too
    std::map<Protocol, std::vector<std::string>>
        servers;                   ///< that it names for mail programs, the usual one first
    std::string accepts_password;  ///< "yes", "no", "conditional"
    std::vector<std::string> advice;
    std::map<std::string, std::string> links;
    std::string source, date;
};

/// Server software, so that a server is not taken for one of a provider that runs another.
struct Software {
    std::string id, name;
    std::vector<std::string> greeting;  ///< folded phrases of its greetings
};

struct RuleBook::Content {
    std::vector<Provider> providers;
    std::vector<Software> software;
    /// Rules from rule folders and the policy first, then those bound to a provider or host, else in the
    /// order of the files.
    std::vector<Rule> rules;
    std::vector<Interceptor> interceptors;
    PhraseIndex phrases;
    std::unordered_set<std::string> plain_words;
    std::vector<std::string> unfinished;  ///< endings of a sentence that was cut off
    /// Lists of the built-in files, see plain_refusal.hpp: "refused", and "tails" that may follow a refusal.
    std::optional<std::uint16_t> refusals, tails;

    [[nodiscard]] const Provider* provider(std::string_view id) const noexcept;
    /// The provider that names `host` (lower case) most closely, or null.
    [[nodiscard]] const Provider* provider_of_host(std::string_view host) const noexcept;
};

/// True if `host` is `name` or below it; both lower case.
bool is_host_or_below(std::string_view host, std::string_view name) noexcept;

}  // namespace reprompt
