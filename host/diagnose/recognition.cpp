// SPDX-License-Identifier: MPL-2.0
#include "diagnose/recognition.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "diagnose/words.hpp"

namespace reprompt {
namespace {

bool contains_phrase(std::string_view words, const std::string& phrase) {
    for (auto at = words.find(phrase); at != std::string_view::npos; at = words.find(phrase, at + 1)) {
        if (begins_word(words, at)) return true;
    }
    return false;
}

bool contains_any(std::string_view words, const std::vector<std::string>& phrases) {
    return std::any_of(phrases.begin(), phrases.end(),
                       [&](const std::string& phrase) { return contains_phrase(words, phrase); });
}

std::string folded(const std::vector<std::string>& lines) {
    std::string words;
    for (const auto& line : lines)
        append_folded(words, line);
    return words;
}

/// The greeting of a session that begins in clear can be anybody's, and then says nothing at all, neither for
/// nor against a provider; what comes over loopback is this machine's.
bool greeting_is_the_servers(const Evidence& evidence) noexcept {
    if (!evidence.tls_mode_known || evidence.loopback) return true;
    return evidence.tls_mode == TlsMode::implicit && evidence.tls.established;
}

bool capabilities_are_the_servers(const Evidence& evidence) noexcept {
    return !evidence.tls_mode_known || evidence.loopback || evidence.tls.established;
}

bool lists_token(const std::vector<std::string>& lines, const std::vector<std::string>& tokens) {
    for (const auto& line : lines) {
        for (auto word : split_words(line)) {
            while (!word.empty() && (word.back() == ']' || word.back() == ')'))
                word.remove_suffix(1);
            if (std::any_of(tokens.begin(), tokens.end(),
                            [&](const std::string& token) { return iequals(word, token); }))
                return true;
        }
    }
    return false;
}

}  // namespace

const Software* software_of(const std::vector<std::string>& greeting, const RuleBook::Content& rules) {
    const auto words = folded(greeting);
    if (words.empty()) return nullptr;
    const auto it = std::find_if(rules.software.begin(), rules.software.end(),
                                 [&](const Software& each) { return contains_any(words, each.greeting); });
    return it == rules.software.end() ? nullptr : &*it;
}

const Provider* provider_of_domain(const DomainRecords& domain, const RuleBook::Content& rules,
                                   std::string* why) {
    const auto say = [&](const Provider& provider, const std::string& how) {
        if (why != nullptr)
            *why = "the mail domain of the account is with " + provider.name + " (" + how + ")";
        return &provider;
    };
    for (const auto& each : rules.providers) {
        if (!domain.name.empty() &&
            std::find(each.domains.begin(), each.domains.end(), domain.name) != each.domains.end())
            return say(each, "by its name");
    }
    for (const auto& record : domain.srv) {
        if (const auto* provider = rules.provider_of_host(record.host); provider != nullptr)
            return say(*provider, "SRV " + record.host);
    }
    for (const auto& host : domain.mx) {
        for (const auto& each : rules.providers) {
            if (std::any_of(each.mx.begin(), each.mx.end(),
                            [&](const std::string& name) { return is_host_or_below(host, name); }))
                return say(each, "MX " + host);
        }
    }
    return nullptr;
}

bool may_sharpen(const Verdict& plain, const Verdict& sharper, const Recognised& found) noexcept {
    if (plain.rule_origin != RuleOrigin::built_in || sharper.rule_origin != RuleOrigin::built_in)
        return false;
    if (found.other_software || sharper.code == plain.code || sharper.code == VerdictCode::inconclusive ||
        sharper.code == VerdictCode::stale_password || sharper.code == VerdictCode::password_expired)
        return false;
    if (found.by_server || plain.code == VerdictCode::inconclusive) return true;
    return plain.code == VerdictCode::stale_password && (sharper.code == VerdictCode::app_password_required ||
                                                         sharper.code == VerdictCode::oauth2_required);
}

Recognised recognise(const Evidence& evidence, const RuleBook::Content& rules) {
    Recognised found;
    const std::vector<std::string> none;
    const auto& own_greeting = greeting_is_the_servers(evidence) ? evidence.greeting : none;
    const auto& own_offer = capabilities_are_the_servers(evidence) ? evidence.offered : none;
    const auto greeting = folded(own_greeting);
    for (const auto& each : rules.providers) {
        const bool greets = contains_any(greeting, each.greeting);
        const bool offers = !each.capabilities.empty() && lists_token(own_offer, each.capabilities);
        if (!greets && !offers) continue;
        found.provider = &each;
        found.by_server = true;
        found.why = std::string("the server's ") + (greets ? "greeting" : "capabilities") +
                    (greets ? " is that of " : " are those of ") + each.name;
        return found;
    }
    found.provider = provider_of_domain(evidence.domain, rules, &found.why);
    if (found.provider == nullptr) return found;
    const auto* software = software_of(own_greeting, rules);
    const auto& own = found.provider->software;
    found.other_software =
        software != nullptr && std::find(own.begin(), own.end(), software->id) == own.end();
    if (found.other_software) found.why += ", but this server runs " + software->name;
    return found;
}

}  // namespace reprompt
