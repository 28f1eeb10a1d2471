// SPDX-License-Identifier: MPL-2.0
#include "diagnose/facts.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "diagnose/plain_refusal.hpp"
#include "diagnose/words.hpp"

namespace reprompt {
namespace {

constexpr std::int64_t slow_ms = 4000;  // a reply slower than this is itself a finding: the server throttles

bool refuses(ReplyStatus status) noexcept {
    switch (status) {
        case ReplyStatus::no:
        case ReplyStatus::bad:
        case ReplyStatus::bye:
        case ReplyStatus::err:
        case ReplyStatus::transient:
        case ReplyStatus::permanent:
            return true;
        case ReplyStatus::none:
        case ReplyStatus::ok:
        case ReplyStatus::more:
            return false;
    }
    return false;
}

/// The greeting of a server that takes APOP, which CAPA does not list (RFC 1939 section 7).
bool greets_with_timestamp(const Evidence& evidence) {
    return std::any_of(evidence.greeting.begin(), evidence.greeting.end(), [](const std::string& line) {
        const auto open = line.find('<');
        return open != std::string::npos && line.find('>', open) != std::string::npos;
    });
}

/// Whether the server, where it lists what it can, lists any way to sign in.
Offer any_sign_in(const Evidence& evidence, const CapabilityFacts& have) {
    if (!have.mechanisms.empty() || have.user_pass || have.auth_without_list) return Offer::yes;
    // EHLO was answered without one extension: its first line is a salutation and not kept.
    const bool asked = evidence.stage == Stage::auth || evidence.stage == Stage::done;
    const bool bare = evidence.protocol == Protocol::smtp && asked && evidence.failure == Failure::none;
    if (evidence.offered.empty() && !bare) return Offer::unknown;
    switch (evidence.protocol) {
        case Protocol::imap:  // LOGIN needs no listing (RFC 3501 section 6.2.3)
            return have.login_disabled ? Offer::no : Offer::yes;
        case Protocol::pop3:
            return greets_with_timestamp(evidence) ? Offer::yes : Offer::no;
        case Protocol::smtp:
            return Offer::no;
    }
    return Offer::unknown;
}

Facts basics(const Evidence& evidence, const RuleBook::Content& rules) {
    Facts facts;
    facts.evidence = &evidence;
    if (evidence.host) {
        facts.host = to_lower(*evidence.host);
        if (facts.host.ends_with('.')) facts.host.pop_back();  // the root, as resolvers take it
        facts.provider = rules.provider_of_host(facts.host);
        if (facts.provider != nullptr)
            facts.provider_why = facts.host + " belongs to " + facts.provider->name;
    }
    facts.capabilities = read_capabilities(evidence.protocol, evidence.offered);
    facts.sign_in = any_sign_in(evidence, facts.capabilities);
    if (evidence.tls.established) {
        facts.channel = ChannelState::tls;
    } else {
        // An explain line that does not say is a help desk's reading of a real login: taken as TLS.
        facts.channel = evidence.tls_mode_known ? ChannelState::plain : ChannelState::unknown;
    }
    facts.credential = credential_class_of("");
    facts.connection = read_connection(evidence, rules.interceptors);
    return facts;
}

// Unasked lines that refuse add their words; those that may have come before STARTTLS do not count.
void add_unsolicited(Facts& facts) {
    const auto& evidence = *facts.evidence;
    if (evidence.tls_mode_known && evidence.tls_mode != TlsMode::implicit && !evidence.loopback) return;
    for (const auto& line : evidence.unsolicited) {
        const auto reply = read_reply(evidence.protocol, {line});
        if (refuses(reply.status)) append_folded(facts.reply.words, reply.words);
    }
}

void find_words(Facts& facts, const RuleBook::Content& rules) {
    rules.phrases.find(facts.reply.words, facts.hits);
    facts.plain = is_plain_refusal(facts.reply.words, rules);
}

void set_mechanism(Facts& facts, const std::string& mechanism) {
    facts.mechanism = mechanism;
    facts.credential = credential_class_of(mechanism);
    if (facts.credential == CredentialClass::unknown) {
        // Only a token is refused with a status (RFC 7628 section 3.2.2).
        if (facts.evidence->configured_auth == "oauth2" || !facts.reply.oauth_status.empty())
            facts.credential = CredentialClass::token;
        if (facts.evidence->configured_auth.starts_with("password"))
            facts.credential = CredentialClass::password;
    }
    if (!facts.reply.capability_lines.empty()) {
        auto lines = facts.evidence->offered;
        lines.insert(lines.end(), facts.reply.capability_lines.begin(), facts.reply.capability_lines.end());
        facts.capabilities = read_capabilities(facts.evidence->protocol, lines);
    }
    facts.used = offer_of(facts.evidence->protocol, facts.capabilities, mechanism);
}

}  // namespace

Facts facts_of_attempt(const Evidence& evidence, const RuleBook::Content& rules) {
    auto facts = basics(evidence, rules);
    const auto& attempt = *evidence.attempt;
    facts.speaker = Speaker::reply;
    facts.accepted = attempt.accepted;
    facts.complete = attempt.complete;
    facts.slow = attempt.elapsed_ms > slow_ms;
    facts.reply = read_reply(evidence.protocol, attempt.response);
    set_mechanism(facts, attempt.mechanism);
    add_unsolicited(facts);
    find_words(facts, rules);
    return facts;
}

Facts facts_of_heard(const Evidence& evidence, const Heard& heard, const RuleBook::Content& rules) {
    auto facts = basics(evidence, rules);
    facts.speaker = Speaker::reply;
    facts.complete = true;
    facts.channel = heard.tls ? ChannelState::tls : ChannelState::plain;
    facts.reply = read_reply(heard.protocol, heard.lines);
    set_mechanism(facts, heard.mechanism);
    find_words(facts, rules);
    return facts;
}

Facts facts_before_attempt(const Evidence& evidence, const RuleBook::Content& rules) {
    auto facts = basics(evidence, rules);
    facts.reply = read_reply(evidence.protocol, evidence.greeting);
    if (refuses(facts.reply.status)) {
        facts.speaker = Speaker::greeting;
    } else {
        facts.reply = ReplyFacts{};
        add_unsolicited(facts);
        if (!facts.reply.words.empty()) facts.speaker = Speaker::unsolicited;
    }
    if (evidence.configured_auth == "oauth2") facts.credential = CredentialClass::token;
    if (evidence.configured_auth.starts_with("password")) facts.credential = CredentialClass::password;
    find_words(facts, rules);
    return facts;
}

}  // namespace reprompt
