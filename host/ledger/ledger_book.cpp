// SPDX-License-Identifier: MPL-2.0
// See ledger_book.hpp.
#include "ledger/ledger_book.hpp"

#include <algorithm>

namespace reprompt::ledger {

namespace {

constexpr std::chrono::hours day{24};

/// Younger than `lifetime`. A time ahead of `now` (the clock was set back) is young too; pull_back() sees to
/// it that it cannot be far ahead.
bool lives(LedgerBook::Time at, std::chrono::seconds lifetime, LedgerBook::Time now) {
    return at > now - lifetime;
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

void LedgerBook::apply(const Event& event) {
    const auto of_account = [&event](const auto& entry) {
        return entry.second.account_key == event.account_key;
    };
    // The attempt counts from its beginning on; only what became of it is new.
    const auto end_attempt = [this, &event] {
        attempts_.try_emplace(event.attempt, event).first->second.kind = EventKind::refused;
    };
    switch (event.kind) {
        case EventKind::begin:
            attempts_.try_emplace(event.attempt, event);
            break;
        case EventKind::refused:
            end_attempt();
            break;
        case EventKind::rejected:
            if (!event.attempt.empty()) end_attempt();
            if (!event.fingerprint.empty()) rejections_.insert_or_assign(event.fingerprint, event);
            break;
        case EventKind::unjudged:
            attempts_.erase(event.attempt);
            break;
        case EventKind::accepted:
            std::erase_if(attempts_, of_account);
            std::erase_if(rejections_, of_account);
            break;
        case EventKind::forget:
            std::erase_if(rejections_, of_account);
            break;
    }
}

bool LedgerBook::pull_back(Time now) {
    bool any = false;
    for (auto* const entries : {&attempts_, &rejections_}) {
        for (auto& [key, event] : *entries) {
            if (event.at <= now + day) continue;
            event.at = now;
            any = true;
        }
    }
    return any;
}

std::optional<Event> LedgerBook::rejection(const std::string& fingerprint, Time now) const {
    const auto found = rejections_.find(fingerprint);
    if (found == rejections_.end()) return std::nullopt;
    const Event& event = found->second;
    if (!lives(event.at, lifetime_of(event.verdict.code), now)) return std::nullopt;
    return event;
}

bool LedgerBook::has_rejection(const std::string& account_key, Time now) const {
    return std::any_of(rejections_.begin(), rejections_.end(), [&](const auto& entry) {
        const Event& event = entry.second;
        return event.account_key == account_key && lives(event.at, lifetime_of(event.verdict.code), now);
    });
}

bool LedgerBook::under_way(const std::string& fingerprint, Time now) const {
    return !fingerprint.empty() && std::any_of(attempts_.begin(), attempts_.end(), [&](const auto& entry) {
        const Event& event = entry.second;
        return event.kind == EventKind::begin && event.fingerprint == fingerprint &&
               lives(event.at, attempt_lasts, now) && event.at < now + attempt_lasts;
    });
}

int LedgerBook::spent(const std::string& account_key, Time now) const {
    return static_cast<int>(std::count_if(attempts_.begin(), attempts_.end(), [&](const auto& entry) {
        return entry.second.account_key == account_key && lives(entry.second.at, day, now);
    }));
}

std::vector<Event> LedgerBook::live_events(Time now) const {
    std::vector<Event> events;
    for (const auto& [attempt, event] : attempts_) {
        if (lives(event.at, day + day, now)) events.push_back(event);
    }
    for (const auto& [fingerprint, event] : rejections_) {
        if (lives(event.at, lifetime_of(event.verdict.code) + day, now)) events.push_back(event);
    }
    // In the order of time, as they were first written.
    std::stable_sort(events.begin(), events.end(),
                     [](const Event& left, const Event& right) { return left.at < right.at; });
    return events;
}

}  // namespace reprompt::ledger
