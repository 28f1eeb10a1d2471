// SPDX-License-Identifier: MPL-2.0
// See ledger_book.hpp.
#include "ledger/ledger_book.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "ledger/digest.hpp"

namespace reprompt::ledger {

namespace {

constexpr std::chrono::hours day{24};

/// Younger than `lifetime`. A time ahead of `now` (the clock was set back) is young too; pull_back() sees to
/// it that it cannot be far ahead.
bool lives(LedgerBook::Time at, std::chrono::seconds lifetime, LedgerBook::Time now) {
    return at > now - lifetime;
}

/// Kinds of verdict texts, and different words of servers, that are kept.
constexpr std::size_t most_texts = 2000;

/// The octets that lower-case hex digits mean; zeros for what is missing.
template <std::size_t size>
std::array<unsigned char, size> octets_of(std::string_view digits) noexcept {
    std::array<unsigned char, size> octets{};
    const auto value = [](char digit) { return digit <= '9' ? digit - '0' : digit - 'a' + 10; };
    for (std::size_t i = 0; i < size && 2 * i + 1 < digits.size(); ++i)
        octets.at(i) = static_cast<unsigned char>(value(digits[2 * i]) * 16 + value(digits[2 * i + 1]));
    return octets;
}

template <class Octets>
std::uint64_t number_of(const Octets& octets) noexcept {
    std::uint64_t number = 0;
    std::memcpy(&number, octets.data(), sizeof number);
    return number;
}

template <class Octets>
std::string digits_of(const Octets& octets) {
    return hex({reinterpret_cast<const char*>(octets.data()), octets.size()});
}

std::string joined(const std::vector<std::string>& parts) {
    std::string text;
    for (const std::string& part : parts)
        text += (text.empty() ? "" : "\n") + part;
    return text;
}

/// The number of `text` in the list that `numbers` is the index of; nothing if it is new and the list is
/// full.
template <class Make>
std::uint32_t keep(std::map<std::string, std::uint32_t>& numbers, const std::string& text, Make&& make) {
    const auto found = numbers.find(text);
    if (found != numbers.end()) return found->second;
    if (numbers.size() >= most_texts) return 0;
    const auto number = static_cast<std::uint32_t>(numbers.size() + 1);  // 0 stands for nothing
    make();
    return numbers.emplace(text, number).first->second;
}

}  // namespace

std::chrono::hours lifetime_of(VerdictCode code) noexcept {
    switch (code) {
        case VerdictCode::stale_password:
        case VerdictCode::password_expired:
        case VerdictCode::app_password_required:
        case VerdictCode::oauth2_required:
        case VerdictCode::username_format:
            return day;
        case VerdictCode::oauth2_token_expired:
            return std::chrono::hours(1);
        case VerdictCode::web_login_required:
        case VerdictCode::account_locked:
        case VerdictCode::rate_limited:
        case VerdictCode::protocol_disabled:
        case VerdictCode::mechanism_unsupported:
        case VerdictCode::tls_required:
        case VerdictCode::tls_obsolete:
        case VerdictCode::certificate_untrusted:
        case VerdictCode::server_unreachable:
        case VerdictCode::offline:
        case VerdictCode::temporary_failure:
        case VerdictCode::not_auth:
        case VerdictCode::password_accepted:
        case VerdictCode::inconclusive:
            return std::chrono::hours(0);
    }
    return std::chrono::hours(0);
}

LedgerBook::Record LedgerBook::record_of(const Event& event, Kind kind) {
    Record record{};
    record.account = octets_of<16>(event.account_key);
    record.key = number_of(record.account);
    record.fingerprint = octets_of<32>(event.fingerprint);
    record.attempt = number_of(octets_of<8>(event.attempt));
    record.of_attempt = !event.attempt.empty();
    record.at = event.at.time_since_epoch().count();
    record.kind = kind;
    return record;
}

Event LedgerBook::event_of(const Record& record) const {
    Event event;
    event.kind = record.kind == Kind::rejection   ? EventKind::rejected
                 : record.kind == Kind::under_way ? EventKind::begin
                                                  : EventKind::refused;
    event.at = Time(Time::duration(record.at));
    event.account_key = digits_of(record.account);
    if (record.of_attempt) {
        std::array<unsigned char, 8> attempt{};
        std::memcpy(attempt.data(), &record.attempt, attempt.size());
        event.attempt = digits_of(attempt);
    }
    if (record.fingerprint != decltype(record.fingerprint){})
        event.fingerprint = digits_of(record.fingerprint);
    if (record.kind != Kind::rejection) return event;
    Verdict& verdict = event.verdict;
    verdict.code = record.code;
    verdict.confidence = record.confidence;
    verdict.stage = record.stage;
    if (record.texts > 0) {
        const Texts& texts = texts_[record.texts - 1];
        verdict.rule = texts.rule;
        verdict.provider = texts.provider;
        verdict.advice = texts.advice;
    }
    if (record.words > 0) {
        std::string_view words = words_[record.words - 1];
        while (!words.empty()) {
            const auto end = std::min(words.find('\n'), words.size());
            verdict.server_words.emplace_back(words.substr(0, end));
            words.remove_prefix(std::min(end + 1, words.size()));
        }
    }
    return event;
}

std::uint32_t LedgerBook::keep_texts(const Verdict& verdict) {
    const std::string text = length_prefixed({verdict.rule, verdict.provider, joined(verdict.advice)});
    return keep(text_numbers_, text, [&] {
        texts_.push_back({verdict.rule, verdict.provider, verdict.advice});
    });
}

std::uint32_t LedgerBook::keep_words(const Verdict& verdict) {
    if (verdict.server_words.empty()) return 0;
    const std::string words = joined(verdict.server_words);
    return keep(word_numbers_, words, [&] { words_.push_back(words); });
}

/// So that the account is found by the fingerprint of `record`.
void LedgerBook::lead_to(const Record& record) {
    if (record.fingerprint == decltype(record.fingerprint){}) return;
    Record leads = record;
    leads.kind = Kind::fingerprint;
    leads.key = number_of(record.fingerprint);
    bool there = false;
    records_.visit(leads.key, [&](const Record& other) {
        there = there || (other.kind == Kind::fingerprint && other.fingerprint == leads.fingerprint &&
                          other.account == leads.account);
        return Next::keep;
    });
    if (!there) records_.insert(leads);
}

/// All records of the account that this fingerprint leads to and that have it themselves.
template <class Look>
void LedgerBook::each_of_fingerprint(const std::string& fingerprint, Look&& look) const {
    if (fingerprint.empty()) return;
    const auto wanted = octets_of<32>(fingerprint);
    std::vector<std::uint64_t> accounts;
    records_.visit(number_of(wanted), [&](const Record& record) {
        if (record.kind == Kind::fingerprint && record.fingerprint == wanted)
            accounts.push_back(number_of(record.account));
        return Next::keep;
    });
    for (const auto account : accounts) {
        records_.visit(account, [&](const Record& record) {
            if (record.kind != Kind::fingerprint && record.fingerprint == wanted) look(record);
            return Next::keep;
        });
    }
}

/// The attempt counts from its beginning on; only what became of it is new.
void LedgerBook::end_attempt(const Event& event) {
    Record ended = record_of(event, Kind::ended);
    bool known = false;
    records_.visit(ended.key, [&](Record& record) {
        if (record.kind != Kind::under_way && record.kind != Kind::ended) return Next::keep;
        if (record.attempt != ended.attempt) return Next::keep;
        known = true;
        record.kind = Kind::ended;
        return Next::change;
    });
    if (!known) records_.insert(ended);
}

void LedgerBook::erase_account(const Event& event, bool attempts) {
    const Record like = record_of(event, Kind::ended);
    std::vector<std::array<unsigned char, 32>> fingerprints;
    records_.visit(like.key, [&](const Record& record) {
        const bool meant = record.kind == Kind::rejection ||
                           (attempts && (record.kind == Kind::under_way || record.kind == Kind::ended));
        if (!meant || record.account != like.account) return Next::keep;
        if (record.fingerprint != decltype(record.fingerprint){}) fingerprints.push_back(record.fingerprint);
        return Next::erase;
    });
    if (!attempts) return;  // one that is under way has to be found
    for (const auto& fingerprint : fingerprints) {
        records_.visit(number_of(fingerprint), [&](const Record& record) {
            const bool leads = record.kind == Kind::fingerprint && record.fingerprint == fingerprint &&
                               record.account == like.account;
            return leads ? Next::erase : Next::keep;
        });
    }
}

void LedgerBook::apply(const Event& event) {
    ++applied_;
    latest_ = std::max(latest_, event.at);
    switch (event.kind) {
        case EventKind::begin: {
            const Record begun = record_of(event, Kind::under_way);
            bool known = false;
            records_.visit(begun.key, [&](const Record& record) {
                known = known || ((record.kind == Kind::under_way || record.kind == Kind::ended) &&
                                  record.attempt == begun.attempt);
                return Next::keep;
            });
            if (known) break;
            records_.insert(begun);
            lead_to(begun);
            break;
        }
        case EventKind::refused:
            end_attempt(event);
            break;
        case EventKind::rejected: {
            if (!event.attempt.empty()) end_attempt(event);
            if (event.fingerprint.empty()) break;
            Record rejected = record_of(event, Kind::rejection);
            rejected.code = event.verdict.code;
            rejected.confidence = event.verdict.confidence;
            rejected.stage = event.verdict.stage;
            rejected.texts = keep_texts(event.verdict);
            rejected.words = keep_words(event.verdict);
            bool known = false;
            records_.visit(rejected.key, [&](Record& record) {
                if (record.kind != Kind::rejection || record.fingerprint != rejected.fingerprint)
                    return Next::keep;
                known = true;
                record = rejected;
                return Next::change;
            });
            if (!known) records_.insert(rejected);
            lead_to(rejected);
            break;
        }
        case EventKind::unjudged: {
            const Record unjudged = record_of(event, Kind::ended);
            records_.visit(unjudged.key, [&](const Record& record) {
                const bool meant = (record.kind == Kind::under_way || record.kind == Kind::ended) &&
                                   record.attempt == unjudged.attempt;
                return meant ? Next::erase : Next::keep;
            });
            break;
        }
        case EventKind::accepted:
            erase_account(event, true);
            break;
        case EventKind::forget:
            erase_account(event, false);
            break;
    }
}

bool LedgerBook::pull_back(Time now) {
    if (latest_ <= now + day) return false;
    bool any = false;
    records_.visit_all([&](Record& record) {
        if (Time(Time::duration(record.at)) <= now + day) return Next::keep;
        record.at = now.time_since_epoch().count();
        any = any || record.kind != Kind::fingerprint;
        return Next::change;
    });
    latest_ = now;
    return any;
}

std::optional<Event> LedgerBook::rejection(const std::string& fingerprint, Time now) const {
    std::optional<Event> found;
    each_of_fingerprint(fingerprint, [&](const Record& record) {
        if (record.kind != Kind::rejection) return;
        if (lives(Time(Time::duration(record.at)), lifetime_of(record.code), now)) found = event_of(record);
    });
    return found;
}

bool LedgerBook::has_rejection(const std::string& account_key, Time now) const {
    const auto account = octets_of<16>(account_key);
    bool found = false;
    records_.visit(number_of(account), [&](const Record& record) {
        found = found || (record.kind == Kind::rejection && record.account == account &&
                          lives(Time(Time::duration(record.at)), lifetime_of(record.code), now));
        return Next::keep;
    });
    return found;
}

bool LedgerBook::under_way(const std::string& fingerprint, Time now) const {
    bool found = false;
    each_of_fingerprint(fingerprint, [&](const Record& record) {
        const Time at{Time::duration(record.at)};
        found = found ||
                (record.kind == Kind::under_way && lives(at, attempt_lasts, now) && at < now + attempt_lasts);
    });
    return found;
}

int LedgerBook::spent(const std::string& account_key, Time now) const {
    const auto account = octets_of<16>(account_key);
    int count = 0;
    records_.visit(number_of(account), [&](const Record& record) {
        const bool attempt = record.kind == Kind::under_way || record.kind == Kind::ended;
        if (attempt && record.account == account && lives(Time(Time::duration(record.at)), day, now)) ++count;
        return Next::keep;
    });
    return count;
}

template <class Look>
void LedgerBook::each_live_record(Time now, Look&& look) const {
    records_.visit_all([&](const Record& record) {
        const Time at{Time::duration(record.at)};
        const bool attempt = record.kind == Kind::under_way || record.kind == Kind::ended;
        const bool lasts =
            attempt ? lives(at, day + day, now)
                    : record.kind == Kind::rejection && lives(at, lifetime_of(record.code) + day, now);
        if (lasts) look(record, attempt);
        return Next::keep;
    });
}

void LedgerBook::each_live_event(Time now, const std::function<void(const Event&)>& take) const {
    for (const bool attempts : {true, false}) {
        each_live_record(now, [&](const Record& record, bool attempt) {
            if (attempt == attempts) take(event_of(record));
        });
    }
}

bool LedgerBook::mostly_dead(Time now) const {
    std::size_t live = 0;
    each_live_record(now, [&](const Record&, bool) { ++live; });
    return live * 2 < applied_;
}

}  // namespace reprompt::ledger
