// SPDX-License-Identifier: MPL-2.0
// The decision. A rule proposes, the limits below dispose: whatever a rule file says, words that came in
// clear, a connection that broke, or a token that was refused never make a saved password disappear.
#include "diagnose/diagnose.hpp"

#include <algorithm>

#include "diagnose/advice.hpp"
#include "diagnose/facts.hpp"
#include "diagnose/outside_rules.hpp"
#include "diagnose/recognition.hpp"
#include "diagnose/retry_after.hpp"

namespace reprompt {
namespace {

void because(Verdict& verdict, std::string text) {
    verdict.because.push_back(std::move(text));
}

bool decidable_in_clear(VerdictCode code) noexcept {
    return code == VerdictCode::tls_required || code == VerdictCode::tls_obsolete ||
           code == VerdictCode::certificate_untrusted || code == VerdictCode::server_unreachable ||
           code == VerdictCode::offline || code == VerdictCode::inconclusive;
}

// What a server may say before anybody showed a credential.
bool decidable_without_reply(VerdictCode code) noexcept {
    return decidable_in_clear(code) || code == VerdictCode::rate_limited ||
           code == VerdictCode::temporary_failure || code == VerdictCode::not_auth ||
           code == VerdictCode::protocol_disabled;
}

void become_inconclusive(Verdict& verdict, std::string why) {
    verdict.code = VerdictCode::inconclusive;
    verdict.confidence = Confidence::guess;
    verdict.organisation.reset();  // its words are about what is no longer said
    because(verdict, std::move(why));
}

void lower(Verdict& verdict, std::string why) {
    if (verdict.confidence == Confidence::guess) return;
    verdict.confidence = Confidence::guess;
    because(verdict, std::move(why));
}

// One step.
void weaken(Verdict& verdict, std::string why) {
    verdict.confidence = verdict.confidence == Confidence::certain ? Confidence::likely : Confidence::guess;
    because(verdict, std::move(why));
}

bool refusal_status(ReplyStatus status) noexcept {
    switch (status) {
        case ReplyStatus::no:
        case ReplyStatus::err:
        case ReplyStatus::permanent:
        case ReplyStatus::none:  // words as a mail program shows them
            return true;
        case ReplyStatus::bad:
        case ReplyStatus::ok:
        case ReplyStatus::bye:
        case ReplyStatus::more:
        case ReplyStatus::transient:
            return false;
    }
    return false;
}

void limit_stale(Verdict& verdict, const Facts& facts) {
    switch (facts.credential) {
        case CredentialClass::token:
            verdict.code = VerdictCode::oauth2_token_expired;
            lower(verdict, "no password was refused but an OAuth2 token");
            return;
        case CredentialClass::none:
        case CredentialClass::other:
            become_inconclusive(verdict, "no password was shown to the server");
            return;
        case CredentialClass::password:
        case CredentialClass::unknown:
            break;
    }
    if (!facts.complete) lower(verdict, "the server did not finish its answer");
    if (!refusal_status(facts.reply.status)) lower(verdict, "the answer is no plain refusal");
    if (facts.used == Offer::no) lower(verdict, "the server does not offer " + facts.mechanism);
}

void limit(Verdict& verdict, const Facts& facts) {
    if (!trusted(facts) && !decidable_in_clear(verdict.code)) {
        become_inconclusive(verdict, "the server's words came without encryption");
        return;
    }
    if (facts.speaker == Speaker::greeting || facts.speaker == Speaker::unsolicited) {
        if (!decidable_without_reply(verdict.code) && !facts.reply.words.empty()) {
            become_inconclusive(verdict, "the server said so before any credential was shown");
            return;
        }
    }
    if (verdict.code == VerdictCode::stale_password) {
        if (facts.speaker != Speaker::reply)
            return become_inconclusive(verdict, "no password was shown to the server");
        limit_stale(verdict, facts);
    }
}

bool retry_is_safe(const Verdict& verdict, const Facts& facts) noexcept {
    switch (verdict.code) {
        case VerdictCode::temporary_failure:
        case VerdictCode::server_unreachable:
        case VerdictCode::offline:
        case VerdictCode::password_accepted:
            return true;
        case VerdictCode::inconclusive:
            return facts.speaker != Speaker::reply;  // nothing was refused
        case VerdictCode::stale_password:
        case VerdictCode::password_expired:
        case VerdictCode::app_password_required:
        case VerdictCode::oauth2_required:
        case VerdictCode::oauth2_token_expired:
        case VerdictCode::web_login_required:
        case VerdictCode::account_locked:
        case VerdictCode::rate_limited:
        case VerdictCode::protocol_disabled:
        case VerdictCode::mechanism_unsupported:
        case VerdictCode::username_format:
        case VerdictCode::tls_required:
        case VerdictCode::tls_obsolete:
        case VerdictCode::certificate_untrusted:
        case VerdictCode::not_auth:
            return false;
    }
    return false;
}

void tell_facts(Verdict& verdict, const Facts& facts) {
    const auto& evidence = *facts.evidence;
    const auto& reply = facts.reply;
    // The cause of a failure comes first, what is only worth knowing last.
    const auto tell_connection = [&](bool now) {
        for (const auto& sentence : facts.connection.words)
            if (now) because(verdict, sentence);
    };
    const bool failed_before = evidence.failure != Failure::none;
    tell_connection(failed_before);
    if (failed_before) {
        because(verdict, std::string("at stage ") + name_of(evidence.stage) + ": " +
                             name_of(evidence.failure) +
                             (evidence.failure_detail.empty() ? "" : " (" + evidence.failure_detail + ")"));
    }
    for (const auto& code : reply.codes)
        because(verdict, "response code " + code);
    if (reply.smtp_code != 0) {
        because(verdict, "SMTP reply " + std::to_string(reply.smtp_code) +
                             (reply.enhanced.empty() ? "" : " " + reply.enhanced.front()));
    }
    if (!reply.oauth_status.empty()) because(verdict, "OAuth2 status " + reply.oauth_status);
    if (facts.provider != nullptr) because(verdict, facts.provider_why);
    if (!facts.mechanism.empty()) {
        const char* offer = facts.used == Offer::yes  ? " (offered)"
                            : facts.used == Offer::no ? " (not offered)"
                                                      : "";
        because(verdict, "mechanism " + facts.mechanism + offer);
    }
    if (facts.speaker != Speaker::nobody && facts.channel == ChannelState::plain) {
        because(verdict,
                evidence.loopback ? "over this machine's loopback" : "over a connection without encryption");
    }
    tell_connection(!failed_before);
}

bool looks_at_the_offer(const When& when) noexcept {
    return when.offers_sign_in || when.offers_password || when.offers_token || when.login_disabled ||
           when.starttls || !when.offered.empty() || !when.not_offered.empty();
}

const char* method_words(const std::string& configured_auth) noexcept {
    if (configured_auth == "password") return "a normal password";
    if (configured_auth == "password_encrypted") return "an encrypted password";
    return configured_auth == "oauth2" ? "OAuth2" : "";
}

/// What the server offers and what the account is set to, where that is the reason.
void tell_offer(Verdict& verdict, const Facts& facts) {
    constexpr std::size_t most_named = 10;
    const auto& have = facts.capabilities;
    std::string names = have.user_pass ? "USER" : "";
    for (std::size_t i = 0; i < std::min(have.mechanisms.size(), most_named); ++i)
        names += (names.empty() ? "" : ", ") + have.mechanisms[i];
    if (!names.empty()) because(verdict, "ways to sign in that the server lists: " + names);
    if (names.empty() && facts.sign_in == Offer::no) because(verdict, "the server lists no way to sign in");
    if (have.login_disabled && facts.channel != ChannelState::tls)
        because(verdict, have.starttls ? "it takes no sign-in before STARTTLS"
                                       : "it takes no sign-in on this connection");
    const char* const method = method_words(facts.evidence->configured_auth);
    if (*method != '\0') because(verdict, std::string("the account is set to ") + method);
}

const std::vector<std::string>& lines_of(const Facts& facts, const Heard* heard) {
    static const std::vector<std::string> none;
    const auto& evidence = *facts.evidence;
    switch (facts.speaker) {
        case Speaker::reply:
            return heard != nullptr ? heard->lines : evidence.attempt ? evidence.attempt->response : none;
        case Speaker::greeting:
            return evidence.greeting;
        case Speaker::unsolicited:
            return evidence.unsolicited;
        case Speaker::nobody:
            return none;
    }
    return none;
}

std::string whose(RuleOrigin origin) {
    switch (origin) {
        case RuleOrigin::built_in:
            return "rule ";
        case RuleOrigin::organisation:
        case RuleOrigin::policy:
            return "your organisation's rule ";
        case RuleOrigin::user:
            return "your own rule ";
    }
    return "rule ";
}

bool names_a_time(VerdictCode code) noexcept {
    return code == VerdictCode::rate_limited || code == VerdictCode::temporary_failure ||
           code == VerdictCode::account_locked;
}

// The first rule that holds, limited; inconclusive with rule "none" if there is none.
Verdict judge_as(const Facts& facts, const RuleBook::Content& rules, const Heard* heard) {
    Verdict verdict;
    verdict.stage = facts.evidence->stage;
    verdict.rule = "none";
    verdict.server_words = lines_of(facts, heard);
    const Rule* decided = nullptr;
    if (facts.accepted) {
        // An account set to no encryption is only ever tried over TLS: the login works, its setting does not.
        const bool set_to_clear = facts.evidence->tls_mode_known &&
                                  facts.evidence->tls_mode == TlsMode::none &&
                                  facts.evidence->tls.established;
        verdict.code = set_to_clear ? VerdictCode::tls_required : VerdictCode::password_accepted;
        verdict.confidence = Confidence::certain;
        verdict.rule = set_to_clear ? "accepted-over-tls" : "accepted";
        because(verdict, "the server accepted the credential");
        if (set_to_clear) because(verdict, "over TLS, while the account is set to no encryption");
    } else {
        const auto it = std::find_if(rules.rules.begin(), rules.rules.end(), [&](const Rule& rule) {
            return holds(rule.when, facts) && !overruled(rule, facts, rules);
        });
        if (it != rules.rules.end()) {
            decided = &*it;
            verdict.code = decided->verdict;
            verdict.confidence = decided->confidence;
            verdict.rule = decided->id;
            verdict.rule_origin = decided->origin;
        }
    }
    tell_facts(verdict, facts);
    if (decided != nullptr) {
        if (looks_at_the_offer(decided->when)) tell_offer(verdict, facts);
        limit(verdict, facts);
        because(verdict,
                whose(decided->origin) + decided->id + " (" + decided->source + ", " + decided->date + ")");
    }
    if (names_a_time(verdict.code) && trusted(facts)) verdict.retry_after_s = retry_after(facts.reply.words);
    verdict.retry_is_safe = retry_is_safe(verdict, facts);
    const bool same = decided != nullptr && decided->verdict == verdict.code;
    advise(verdict, facts.evidence->protocol, same ? decided : nullptr, facts.provider);
    return verdict;
}

// As judge_as; where no rule names the host, what else tells the provider sharpens the verdict.
Verdict judge(const Facts& facts, const RuleBook::Content& rules, const Heard* heard = nullptr) {
    auto verdict = judge_as(facts, rules, heard);
    if (facts.provider != nullptr || facts.accepted) return verdict;
    const auto found = recognise(*facts.evidence, rules);
    if (found.provider == nullptr) return verdict;
    Facts there = facts;
    there.provider = found.provider;
    there.provider_why = found.why;
    auto sharper = judge_as(there, rules, heard);
    if (may_sharpen(verdict, sharper, found)) {
        if (!found.by_server) weaken(sharper, "nobody signs what the DNS says");
        return sharper;
    }
    because(verdict, found.why);
    advise(verdict, facts.evidence->protocol, nullptr, found.provider);
    return verdict;
}

// Heard words judged one by one and put together: what agrees stays, what contradicts decides nothing.
std::optional<Verdict> judge_heard(const Evidence& evidence, const RuleBook::Content& rules) {
    std::optional<Verdict> best;
    bool contradiction = false;
    for (const auto& heard : evidence.heard) {
        if (heard.protocol != evidence.protocol || heard.lines.empty()) continue;
        auto verdict = judge(facts_of_heard(evidence, heard, rules), rules, &heard);
        if (verdict.code == VerdictCode::inconclusive) {
            if (!best) best = std::move(verdict);
        } else if (!best || best->code == VerdictCode::inconclusive) {
            best = std::move(verdict);
        } else if (best->code != verdict.code) {
            contradiction = true;
        } else if (verdict.confidence > best->confidence) {
            best = std::move(verdict);
        }
    }
    if (best && contradiction) {
        become_inconclusive(*best, "the server gave different reasons at different times");
        best->advice.clear();
    }
    return best;
}

Verdict before_attempt(const Evidence& evidence, const RuleBook::Content& rules) {
    auto verdict = judge(facts_before_attempt(evidence, rules), rules);
    if (verdict.code != VerdictCode::inconclusive && verdict.confidence != Confidence::guess) return verdict;
    auto heard = judge_heard(evidence, rules);
    if (heard && heard->code != VerdictCode::inconclusive) return *std::move(heard);
    if (verdict.rule == "none" && heard) return *std::move(heard);
    if (verdict.rule == "none") {
        verdict.rule = "no-credential";
        because(verdict, "no credential was sent and nothing else is wrong");
    }
    return verdict;
}

Verdict with_attempt(const Evidence& evidence, const RuleBook::Content& rules) {
    auto verdict = judge(facts_of_attempt(evidence, rules), rules);
    if (verdict.code != VerdictCode::inconclusive && verdict.code != VerdictCode::stale_password)
        return verdict;
    auto heard = judge_heard(evidence, rules);
    if (!heard || heard->code == VerdictCode::inconclusive || heard->code == verdict.code) return verdict;
    if (verdict.code == VerdictCode::inconclusive) {
        // What was heard cannot be surer about this refusal than the refusal itself was clear.
        heard->confidence = std::min(heard->confidence, Confidence::likely);
        if (heard->code == VerdictCode::stale_password)
            lower(*heard, "the answer to our own attempt does not say so");
        return *std::move(heard);
    }
    lower(verdict, std::string("Thunderbird heard another reason: ") + name_of(heard->code));
    return verdict;
}

/// Why no more is known: without this the user would read that nothing is wrong.
void tell_attempts_used_up(Verdict& verdict) {
    if (verdict.code != VerdictCode::inconclusive) return;  // heard words decided
    verdict.rule = "attempts-used-up";
    verdict.advice = {"wait"};
    verdict.retry_is_safe = false;
    because(verdict, attempts_used_up_words);
}

Verdict failed() noexcept {
    Verdict verdict;
    verdict.rule = "none";  // short enough to need no memory
    return verdict;
}

}  // namespace

Verdict diagnose(const Evidence& evidence, const RuleBook& rules) noexcept {
    try {
        auto verdict = evidence.attempt ? with_attempt(evidence, rules.content())
                                        : before_attempt(evidence, rules.content());
        if (evidence.attempts_used_up) tell_attempts_used_up(verdict);
        return verdict;
    } catch (...) {
        return failed();
    }
}

Verdict diagnose_without_attempt(const Evidence& evidence, const RuleBook& rules) noexcept {
    try {
        auto verdict = before_attempt(evidence, rules.content());
        if (verdict.confidence == Confidence::guess && verdict.code != VerdictCode::inconclusive) {
            become_inconclusive(verdict, "not sure enough without an attempt");
            verdict.advice.clear();
        }
        return verdict;
    } catch (...) {
        return failed();
    }
}

}  // namespace reprompt
