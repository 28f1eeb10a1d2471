// SPDX-License-Identifier: MPL-2.0
#include "app/batch_intake.hpp"

#include <algorithm>
#include <utility>

#include "ledger/ledger.hpp"

namespace reprompt::app {

namespace {

/// Hosts that may be parked at once; beyond that, reading waits.
constexpr std::size_t most_parked = 4096;

/// Of the line at `offset`, spread over all 64 bits and another one for each offset (the end of SplitMix64,
/// doi:10.1145/2714064.2660195).
std::uint64_t step_key(std::uint64_t offset) noexcept {
    offset = (offset ^ (offset >> 30U)) * 0xbf58476d1ce4e5b9U;
    offset = (offset ^ (offset >> 27U)) * 0x94d049bb133111ebU;
    return offset ^ (offset >> 31U);
}

}  // namespace

BatchIntake::BatchIntake(int fd, const BatchTerms& terms, const RuleBook& rules, const AnsweredIds& answered,
                         BatchQueue& queue, Hearer hearer)
    : terms_(terms),
      rules_(rules),
      answered_(answered),
      queue_(queue),
      hearer_(std::move(hearer)),
      input_(fd, longest_batch_line),
      again_(fd, longest_batch_line) {}

Guessing BatchIntake::screen(const BatchAccount& account) {
    const auto& request = account.request;
    if (request.kind != probe::CredentialKind::password) return Guessing::none;
    return screen_.see(ledger::realm_of(request.endpoint.host, rules_), request.user, request.credential);
}

Refusal BatchIntake::survey(const std::function<bool()>& go_on) {
    if (!again_.is_file()) return {};
    const Place start = again_.place();
    Refusal refusal;
    BatchInput::Line line;
    constexpr std::uint64_t at_a_time = 256;
    BatchTerms terms = terms_;
    terms.no_auth =
        false;  // nothing is sent here, and with --no-auth a list is looked at that will be cut up
    for (;;) {
        const Got got = again_.next(line);
        broken_ = ended_ = got == Got::broken;
        if (got != Got::line) break;
        ++lines_;
        if (lines_ % at_a_time == 0 && !go_on()) break;
        if (line.too_long || refusal.why != Guessing::none) continue;
        const auto account = read_batch_line(line.text, terms);
        if (!account) continue;
        refusal = {screen(*account), line.at.number};
        if (refusal.why != Guessing::none && !terms_.no_auth) break;
    }
    again_.go_to(start);
    return refusal;
}

/// Hosts whose lines were passed over come first: they were first in the list, too.
Refusal BatchIntake::pull() {
    more_ = false;
    for (auto& host : queue_.take_emptied()) {
        if (parked_.contains(host)) hungry_.push_back(std::move(host));
    }
    const Refusal refusal = read_again();
    return refusal.why == Guessing::none ? read_on() : refusal;
}

Refusal BatchIntake::take(BatchAccount account) {
    if (!taken_.add(account.id)) {
        hearer_.error({account.id, "/id: another line of this list has the same"}, account.number);
        return {};
    }
    const Refusal refusal{screen(account), account.number};
    if (refusal.why == Guessing::none) queue_.add(std::move(account));
    return refusal;
}

Refusal BatchIntake::read_on() {
    waits_ = false;
    BatchInput::Line line;
    for (std::size_t left = lines_at_a_time; !ended_ && !queue_.full() && parked_.size() < most_parked;
         --left) {
        more_ = more_ || left == 0;
        if (left == 0) break;
        const Got got = input_.next(line);
        waits_ = got == Got::nothing_yet;
        if (waits_) break;
        broken_ = got == Got::broken;
        ended_ = broken_ || got == Got::end;
        if (ended_) break;
        ++lines_read_;
        if (line.too_long) {
            hearer_.error({"null", "line over 64 KiB"}, line.at.number);
            continue;
        }
        auto account = read_batch_line(line.text, terms_);
        if (!account) {
            hearer_.error(account.error(), line.at.number);
            continue;
        }
        account->number = line.at.number;
        if (!account->unread.empty()) hearer_.unread(account->unread, account->number);
        if (answered_.has(account->id)) {
            hearer_.answered_before();
            const Refusal refusal{screen(*account), account->number};  // sent by the run before
            if (refusal.why != Guessing::none) return refusal;
            continue;
        }
        const auto& host = account->request.endpoint.host;
        if (input_.is_file() && (parked_.contains(host) || !queue_.has_share(host))) {
            park(host, line.at);
            continue;
        }
        if (const auto refusal = take(std::move(*account)); refusal.why != Guessing::none) return refusal;
    }
    return {};
}

/// The lines of a host are taken in their order, up to its share, one host after the other.
Refusal BatchIntake::read_again() {
    std::size_t left = lines_at_a_time;
    BatchInput::Line line;
    while (!hungry_.empty() && !queue_.full()) {
        const auto parked = parked_.find(hungry_.front());
        if (parked == parked_.end() || !queue_.has_share(hungry_.front())) {
            hungry_.pop_front();
            continue;
        }
        more_ = left == 0;
        if (more_) break;
        --left;
        const Place at = parked->second.next;
        again_.go_to(at);
        ++lines_read_;
        const bool there = again_.next(line) == Got::line && line.at == at && !line.too_long;
        auto account = there ? read_batch_line(line.text, terms_)
                             : Expected<BatchAccount, LineError>(tl::unexpect, LineError{});
        if (!account || account->request.endpoint.host != parked->first) {
            list_changed();
            break;
        }
        account->number = at.number;
        if (at == parked->second.last)
            parked_.erase(parked);
        else
            parked->second.next = take_step(at);
        if (const auto refusal = take(std::move(*account)); refusal.why != Guessing::none) return refusal;
    }
    return {};
}

void BatchIntake::park(const std::string& host, Place at) {
    const auto [entry, fresh] = parked_.try_emplace(host, Parked{at, at});
    if (fresh) return;
    after_.insert({step_key(entry->second.last.offset), at.offset, at.number});
    entry->second.last = at;
}

BatchIntake::Place BatchIntake::take_step(Place at) {
    Place next;
    after_.visit(step_key(at.offset), [&](const Step& step) {
        next = {step.offset, step.number};
        return SpillTable<Step>::Next::erase;
    });
    return next;
}

/// A line is no longer what it was: somebody cut the file off or wrote into it.
void BatchIntake::list_changed() {
    broken_ = ended_ = true;
    parked_.clear();
    hungry_.clear();
    after_.clear();
}

}  // namespace reprompt::app
