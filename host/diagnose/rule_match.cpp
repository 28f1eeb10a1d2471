// SPDX-License-Identifier: MPL-2.0
#include "diagnose/rule_match.hpp"

#include <algorithm>

namespace reprompt {
namespace {

template <class T>
bool among(const std::vector<T>& wanted, const T& value) {
    return wanted.empty() || std::find(wanted.begin(), wanted.end(), value) != wanted.end();
}

bool agrees(std::optional<bool> wanted, bool value) {
    return !wanted || *wanted == value;
}

bool any_code(const std::vector<std::string>& wanted, const std::vector<std::string>& have) {
    if (wanted.empty()) return true;
    return std::any_of(wanted.begin(), wanted.end(), [&](const std::string& each) {
        return each == "none" ? have.empty() : std::find(have.begin(), have.end(), each) != have.end();
    });
}

bool any_enhanced(const std::vector<std::string>& wanted, const std::vector<std::string>& have) {
    if (wanted.empty()) return true;
    return std::any_of(wanted.begin(), wanted.end(), [&](const std::string& each) {
        if (each == "none") return have.empty();
        return std::any_of(have.begin(), have.end(), [&](const std::string& code) {
            return each.starts_with("x.")
                       ? std::string_view(code).substr(1) == std::string_view(each).substr(1)
                       : code == each;
        });
    });
}

bool host_holds(const When& when, const Facts& facts) {
    if (!when.provider.empty() && (facts.provider == nullptr || !among(when.provider, facts.provider->id)))
        return false;
    return when.host.empty() ||
           (!facts.host.empty() &&
            std::any_of(when.host.begin(), when.host.end(), [&](const std::string& name) {
                return when.exact_host ? facts.host == name : is_host_or_below(facts.host, name);
            }));
}

bool words_hold(const When& when, const Facts& facts) {
    for (const auto list : when.all_lists) {
        if (facts.hits[list] == 0) return false;
    }
    for (const auto list : when.no_lists) {
        if (facts.hits[list] != 0) return false;
    }
    const std::string_view words = facts.reply.words;
    const auto one = [](const std::vector<std::string>& wanted, auto&& test) {
        return wanted.empty() || std::any_of(wanted.begin(), wanted.end(), test);
    };
    return one(when.prefix, [&](const std::string& each) { return words.starts_with(each); }) &&
           one(when.suffix, [&](const std::string& each) { return words.ends_with(each); }) &&
           one(when.equals, [&](const std::string& each) { return words == each; });
}

bool reply_holds(const When& when, const Facts& facts) {
    const auto& reply = facts.reply;
    if (!among(when.status, reply.status) || !among(when.smtp, reply.smtp_code)) return false;
    if (!any_code(when.code, reply.codes) || !any_enhanced(when.enhanced, reply.enhanced)) return false;
    if (!when.only_codes.empty() &&
        std::any_of(reply.codes.begin(), reply.codes.end(),
                    [&](const std::string& code) { return !among(when.only_codes, code); })) {
        return false;
    }
    if (when.oauth_status.empty()) return true;
    return !reply.oauth_status.empty() &&
           (when.oauth_status.front() == "any" || among(when.oauth_status, reply.oauth_status));
}

bool capabilities_hold(const When& when, const Facts& facts) {
    const auto& have = facts.capabilities;
    const auto asks =
        when.offers_password || when.offers_token || !when.offered.empty() || !when.not_offered.empty();
    if (asks && !have.known) return false;
    const auto lists = [&](const std::string& name) { return have.lists(name); };
    if (!when.offered.empty() && std::none_of(when.offered.begin(), when.offered.end(), lists)) return false;
    if (std::any_of(when.not_offered.begin(), when.not_offered.end(), lists)) return false;
    return agrees(when.offers_password, have.takes_password(facts.evidence->protocol)) &&
           agrees(when.offers_token, have.lists_token()) &&
           (!when.offers_sign_in || facts.sign_in == (*when.offers_sign_in ? Offer::yes : Offer::no)) &&
           agrees(when.login_disabled, have.login_disabled) && agrees(when.starttls, have.starttls) &&
           agrees(when.used_offered, facts.used != Offer::no);
}

bool connection_holds(const When& when, const Facts& facts) {
    const auto& have = facts.connection.findings;
    return when.finding.empty() ||
           std::any_of(have.begin(), have.end(), [&](Finding each) { return among(when.finding, each); });
}

}  // namespace

bool holds(const When& when, const Facts& facts) {
    const auto& evidence = *facts.evidence;
    // The cheap and selective ones first.
    if (!among(when.failure, evidence.failure) || !connection_holds(when, facts) ||
        !host_holds(when, facts) || !words_hold(when, facts))
        return false;
    const bool attempt = facts.speaker == Speaker::reply;
    return among(when.protocol, evidence.protocol) && among(when.credential, facts.credential) &&
           among(when.mechanism, facts.mechanism) && among(when.channel, facts.channel) &&
           among(when.tls_mode, evidence.tls_mode) && among(when.stage, evidence.stage) &&
           among(when.configured_auth, evidence.configured_auth) && agrees(when.plain, facts.plain) &&
           agrees(when.attempt, attempt) && agrees(when.accepted, facts.accepted) &&
           agrees(when.complete, facts.complete) && agrees(when.slow, facts.slow) &&
           reply_holds(when, facts) && capabilities_hold(when, facts);
}

}  // namespace reprompt
