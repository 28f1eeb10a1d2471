// SPDX-License-Identifier: MPL-2.0
#include "diagnose/trace.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "diagnose/facts.hpp"
#include "diagnose/outside_rules.hpp"
#include "diagnose/recognition.hpp"
#include "diagnose/words.hpp"

namespace reprompt {
namespace {

// Every predicate is asked alone, by the same `holds` that decides: a trace cannot drift away from the
// decision.
struct Predicate {
    const char* name;
    bool (*asked)(const When& when);
    When (*alone)(const When& when);
};

template <auto Member>
bool asked(const When& when) {
    if constexpr (requires { (when.*Member).has_value(); }) {
        return (when.*Member).has_value();
    } else {
        return !(when.*Member).empty();
    }
}

template <auto Member>
When alone(const When& when) {
    When out;
    out.*Member = when.*Member;
    out.exact_host = when.exact_host;
    return out;
}

template <auto Member>
constexpr Predicate predicate(const char* name) {
    return {name, asked<Member>, alone<Member>};
}

constexpr Predicate predicates[] = {
    predicate<&When::provider>("provider"),
    predicate<&When::host>("host"),
    predicate<&When::protocol>("protocol"),
    predicate<&When::credential>("credential"),
    predicate<&When::mechanism>("mechanism"),
    predicate<&When::status>("status"),
    predicate<&When::code>("code"),
    predicate<&When::only_codes>("only_codes"),
    predicate<&When::smtp>("smtp"),
    predicate<&When::enhanced>("enhanced"),
    predicate<&When::oauth_status>("oauth_status"),
    predicate<&When::prefix>("words/prefix"),
    predicate<&When::suffix>("words/suffix"),
    predicate<&When::equals>("words/equals"),
    predicate<&When::plain>("plain"),
    predicate<&When::offered>("offered"),
    predicate<&When::not_offered>("not_offered"),
    predicate<&When::used_offered>("used_offered"),
    predicate<&When::offers_password>("offers_password"),
    predicate<&When::offers_token>("offers_token"),
    predicate<&When::offers_sign_in>("offers_sign_in"),
    predicate<&When::login_disabled>("login_disabled"),
    predicate<&When::starttls>("starttls"),
    predicate<&When::channel>("channel"),
    predicate<&When::tls_mode>("tls_mode"),
    predicate<&When::stage>("stage"),
    predicate<&When::failure>("failure"),
    predicate<&When::finding>("finding"),
    predicate<&When::configured_auth>("configured_auth"),
    predicate<&When::attempt>("attempt"),
    predicate<&When::accepted>("accepted"),
    predicate<&When::complete>("complete"),
    predicate<&When::slow>("slow"),
};

constexpr std::size_t most_phrases_told = 3;

/// The phrases of a list that are there, quoted; "" if none is.
std::string found_phrases(const RuleBook::Content& rules, std::uint16_t list, std::string_view words) {
    std::string out;
    std::size_t told = 0;
    for (const auto phrase : rules.phrases.phrases_of(list)) {
        bool there = false;
        for (auto at = words.find(phrase); at != std::string_view::npos && !there;
             at = words.find(phrase, at + 1))
            there = begins_word(words, at);
        if (!there) continue;
        if (++told > most_phrases_told) return out + " …";
        out.append(" \"").append(phrase).append("\"");
    }
    return out;
}

void trace_words(const When& when, const Facts& facts, const RuleBook::Content& rules, TracedRule& out) {
    for (const auto list : when.all_lists) {
        When one;
        one.all_lists = {list};
        if (holds(one, facts)) {
            out.met.push_back("words" + found_phrases(rules, list, facts.reply.words));
        } else {
            const auto phrases = rules.phrases.phrases_of(list);
            out.missing.push_back(phrases.size() == 1
                                      ? "words \"" + std::string(phrases.front()) + "\""
                                      : "words (none of " + std::to_string(phrases.size()) + " phrases)");
        }
    }
    for (const auto list : when.no_lists) {
        When one;
        one.no_lists = {list};
        if (holds(one, facts)) {
            out.met.push_back("words/none");
        } else {
            out.missing.push_back("words/none" + found_phrases(rules, list, facts.reply.words));
        }
    }
}

TracedRule trace_rule(const Rule& rule, const Facts& facts, const RuleBook::Content& rules) {
    TracedRule out;
    out.id = rule.id;
    out.verdict = rule.verdict;
    out.confidence = rule.confidence;
    out.origin = rule.origin;
    for (const auto& each : predicates) {
        if (each.asked(rule.when))
            (holds(each.alone(rule.when), facts) ? out.met : out.missing).emplace_back(each.name);
    }
    trace_words(rule.when, facts, rules, out);
    const bool held = holds(rule.when, facts);
    if (!held && out.missing.empty()) out.missing.emplace_back("another predicate");
    if (held) out.overruled = overruled(rule, facts, rules);
    return out;
}

const char* word_of(ReplyStatus status) noexcept {
    switch (status) {
        case ReplyStatus::none:
            return "none";
        case ReplyStatus::ok:
            return "ok";
        case ReplyStatus::no:
            return "no";
        case ReplyStatus::bad:
            return "bad";
        case ReplyStatus::bye:
            return "bye";
        case ReplyStatus::more:
            return "more";
        case ReplyStatus::err:
            return "err";
        case ReplyStatus::transient:
            return "4xx";
        case ReplyStatus::permanent:
            return "5xx";
    }
    return "none";
}

const char* word_of(CredentialClass credential) noexcept {
    switch (credential) {
        case CredentialClass::unknown:
            return "unknown";
        case CredentialClass::password:
            return "password";
        case CredentialClass::token:
            return "token";
        case CredentialClass::none:
            return "none";
        case CredentialClass::other:
            return "other";
    }
    return "unknown";
}

const char* word_of(ChannelState channel) noexcept {
    switch (channel) {
        case ChannelState::plain:
            return "plain";
        case ChannelState::tls:
            return "tls";
        case ChannelState::unknown:
            return "unknown";
    }
    return "unknown";
}

const char* word_of(Offer offer) noexcept {
    switch (offer) {
        case Offer::unknown:
            return "unknown";
        case Offer::no:
            return "no";
        case Offer::yes:
            return "yes";
    }
    return "unknown";
}

std::string joined(const std::vector<std::string>& list) {
    std::string out;
    for (const auto& each : list)
        out += (out.empty() ? "" : " ") + each;
    return out;
}

void read_facts(const Facts& facts, Trace& out) {
    const auto& evidence = *facts.evidence;
    const auto tell = [&](const char* name, const std::string& value) {
        if (!value.empty()) out.read.emplace_back(name, escape_server_words(mask_identity(value, "")));
    };
    tell("protocol", name_of(evidence.protocol));
    tell("host", facts.host);
    tell("provider", facts.provider != nullptr ? facts.provider->id : "");
    tell("stage", name_of(evidence.stage));
    tell("failure", evidence.failure == Failure::none ? "" : name_of(evidence.failure));
    tell("channel", word_of(facts.channel));
    tell("offered", joined(facts.capabilities.mechanisms));
    tell("offers_sign_in", facts.sign_in == Offer::unknown ? "" : word_of(facts.sign_in));
    tell("login_disabled", facts.capabilities.login_disabled ? "true" : "");
    tell("mechanism", facts.mechanism);
    tell("credential", word_of(facts.credential));
    if (facts.speaker == Speaker::nobody) return;
    tell("used_offered", word_of(facts.used));
    tell("status", word_of(facts.reply.status));
    tell("code", joined(facts.reply.codes));
    tell("smtp", facts.reply.smtp_code == 0 ? "" : std::to_string(facts.reply.smtp_code));
    tell("enhanced", joined(facts.reply.enhanced));
    tell("oauth_status", facts.reply.oauth_status);
    tell("words", facts.reply.words);
    tell("plain", facts.plain ? "true" : "false");
    tell("complete", facts.complete || facts.speaker != Speaker::reply ? "" : "false");
    tell("slow", facts.slow ? "true" : "");
}

Trace trace_facts(std::string of, const Facts& facts, const RuleBook::Content& rules) {
    Trace out;
    out.of = std::move(of);
    out.accepted = facts.accepted;
    read_facts(facts, out);
    for (const auto& rule : rules.rules)
        out.rules.push_back(trace_rule(rule, facts, rules));
    const auto decider = std::find_if(out.rules.begin(), out.rules.end(), [](const TracedRule& rule) {
        return rule.missing.empty() && !rule.overruled;
    });
    if (decider != out.rules.end() && !out.accepted) decider->decided = true;
    return out;
}

}  // namespace

std::vector<Trace> trace(const Evidence& evidence, const RuleBook& rules) {
    const auto& content = rules.content();
    std::vector<Trace> out;
    const auto add = [&](const std::string& of, Facts facts) {
        out.push_back(trace_facts(of, facts, content));
        if (facts.provider != nullptr || facts.accepted) return;
        const auto found = recognise(evidence, content);
        if (found.provider == nullptr) return;
        facts.provider = found.provider;
        out.push_back(
            trace_facts(of + ", as if from " + found.provider->id + ": " + found.why, facts, content));
    };
    if (evidence.attempt) {
        add("answer", facts_of_attempt(evidence, content));
    } else {
        add("before any credential", facts_before_attempt(evidence, content));
    }
    std::size_t number = 0;
    for (const auto& heard : evidence.heard) {
        if (heard.protocol != evidence.protocol || heard.lines.empty()) continue;
        add("heard " + std::to_string(++number), facts_of_heard(evidence, heard, content));
    }
    return out;
}

std::vector<std::string> traced_predicates() {
    std::vector<std::string> out{"words"};
    for (const auto& each : predicates)
        out.emplace_back(each.name);
    return out;
}

}  // namespace reprompt
