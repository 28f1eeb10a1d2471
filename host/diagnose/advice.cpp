// SPDX-License-Identifier: MPL-2.0
#include "diagnose/advice.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "diagnose/diagnose.hpp"

namespace reprompt {
namespace {

const char* enable_word(Protocol protocol) noexcept {
    switch (protocol) {
        case Protocol::imap:
            return "enable_imap";
        case Protocol::pop3:
            return "enable_pop";
        case Protocol::smtp:
            return "enable_smtp";
    }
    return "enable_imap";
}

// What follows from the verdict alone; empty = nothing.
const char* advice_of(VerdictCode code, Protocol protocol) noexcept {
    switch (code) {
        case VerdictCode::password_expired:
            return "reset_password";
        case VerdictCode::app_password_required:
            return "app_password";
        case VerdictCode::oauth2_required:
            return "oauth2";
        case VerdictCode::web_login_required:
            return "sign_in_web";
        case VerdictCode::account_locked:
            return "contact_admin";
        case VerdictCode::rate_limited:
        case VerdictCode::temporary_failure:
            return "wait";
        case VerdictCode::protocol_disabled:
            return enable_word(protocol);
        case VerdictCode::mechanism_unsupported:
            return "change_mechanism";
        case VerdictCode::username_format:
            return "use_full_address";
        case VerdictCode::tls_required:
            return "use_tls";
        case VerdictCode::server_unreachable:
            return "check_settings";
        case VerdictCode::offline:
            return "check_network";
        case VerdictCode::stale_password:
        case VerdictCode::oauth2_token_expired:
        case VerdictCode::tls_obsolete:
        case VerdictCode::certificate_untrusted:
        case VerdictCode::not_auth:
        case VerdictCode::password_accepted:
        case VerdictCode::inconclusive:
            return "";
    }
    return "";
}

// A password was refused and the provider's own ways matter.
bool about_passwords(VerdictCode code) noexcept {
    return code == VerdictCode::stale_password || code == VerdictCode::app_password_required ||
           code == VerdictCode::oauth2_required;
}

const char* link_of(const std::string& advice) noexcept {
    if (advice == "reset_password") return "reset";
    if (advice == "sign_in_web") return "web_login";
    if (advice == "contact_admin") return "help";
    return advice.c_str();
}

/// The provider's links for what is advised.
void add_links(Verdict& verdict, const Provider& provider) {
    for (const auto& word : verdict.advice) {
        const auto link = provider.links.find(link_of(word));
        if (link != provider.links.end()) verdict.links.insert(*link);
    }
    if (const auto help = provider.links.find("help"); help != provider.links.end())
        verdict.links.insert(*help);
}

void take_from(const Rule& rule, Verdict& verdict) {
    verdict.links = rule.links;
    if (!rule.organisation.text.empty()) verdict.organisation = rule.organisation;
}

bool is_for_host(const When& when, std::string_view host) {
    return when.host.empty() || std::any_of(when.host.begin(), when.host.end(), [&](const std::string& name) {
               return when.exact_host ? host == name : is_host_or_below(host, name);
           });
}

void add(std::vector<std::string>& advice, std::string_view word) {
    if (!word.empty() && std::find(advice.begin(), advice.end(), word) == advice.end())
        advice.emplace_back(word);
}

}  // namespace

void advise(Verdict& verdict, Protocol protocol, const Rule* rule, const Provider* provider) {
    if (rule != nullptr) {
        verdict.advice = rule->advice;
        take_from(*rule, verdict);
    }
    // Where nothing at all is offered, another method is no help either.
    const bool nothing_offered = verdict.code == VerdictCode::mechanism_unsupported && rule != nullptr &&
                                 rule->when.offers_sign_in == false;
    if (!nothing_offered) add(verdict.advice, advice_of(verdict.code, protocol));
    if (provider == nullptr) return;
    verdict.provider = provider->id;
    if (about_passwords(verdict.code)) {
        for (const auto& word : provider->advice)
            add(verdict.advice, word);
        if (provider->accepts_password == "no")
            verdict.because.push_back(provider->name + " takes no account password in mail programs");
    }
    add_links(verdict, *provider);
}

void advise_again(Verdict& kept, std::string_view host, const RuleBook& rules) {
    const auto& all = rules.content().rules;
    const auto name = to_lower(host);
    const auto rule = std::find_if(all.begin(), all.end(), [&](const Rule& each) {
        return each.id == kept.rule && each.verdict == kept.code && is_for_host(each.when, name);
    });
    if (rule != all.end()) {
        take_from(*rule, kept);
        kept.rule_origin = rule->origin;
    }
    if (const auto* provider = rules.content().provider(kept.provider)) add_links(kept, *provider);
}

}  // namespace reprompt
