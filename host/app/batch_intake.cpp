// SPDX-License-Identifier: MPL-2.0
#include "app/batch_intake.hpp"

#include <algorithm>
#include <utility>

#include "ledger/ledger.hpp"

namespace reprompt::app {

namespace {

/// Hosts that may be parked at once; beyond that, reading waits.
constexpr std::size_t most_parked = 4096;

}  // namespace

BatchIntake::BatchIntake(int fd, const BatchTerms& terms, const RuleBook& rules, const AnsweredIds& answered,
                         BatchQueue& queue, Hearer hearer)
    : fd_(fd),
      terms_(terms),
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

Refusal BatchIntake::pull() {
    Refusal refusal = read_on();
    if (refusal.why != Guessing::none || parked_.empty() || queue_.can_begin() || !queue_.has_place())
        return refusal;
    return read_again();
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
    while (!ended_ && !queue_.full() && parked_.size() < most_parked) {
        BatchInput::Line line;
        const Got got = input_.next(line);
        waits_ = got == Got::nothing_yet;
        if (waits_) break;
        broken_ = got == Got::broken;
        ended_ = broken_ || got == Got::end;
        if (ended_) break;
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
        if (answered_.has(account->id)) {
            hearer_.answered_before();
            const Refusal refusal{screen(*account), account->number};  // sent by the run before
            if (refusal.why != Guessing::none) return refusal;
            continue;
        }
        const auto& host = account->request.endpoint.host;
        if (input_.is_file() && (parked_.contains(host) || !queue_.has_share(host))) {
            parked_.try_emplace(host, Parked{line.at, line.at}).first->second.last = line.at;
            continue;
        }
        if (const auto refusal = take(std::move(*account)); refusal.why != Guessing::none) return refusal;
    }
    return {};
}

/// One pass from the first line of a parked host that has nothing to do, up to where reading stopped at
/// first. On the way other parked hosts get what fits into their shares, if their place is not before the
/// beginning of this pass: the lines of a host are taken in their order, without a gap.
Refusal BatchIntake::read_again() {
    const Place* start = nullptr;
    std::set<std::string> wanting;
    for (const auto& [host, parked] : parked_) {
        if (!queue_.hungry(host)) continue;
        wanting.insert(host);
        if (start == nullptr || parked.next.offset < start->offset) start = &parked.next;
    }
    if (start == nullptr) return {};
    const Place from = *start;
    std::set<std::string> filled;
    again_.go_to(from);
    BatchInput::Line line;
    Got got = Got::line;
    while (!wanting.empty() && !queue_.full() && again_.place().offset < input_.place().offset &&
           (got = again_.next(line)) == Got::line && line.at.offset < input_.place().offset) {
        if (line.too_long) continue;
        auto account = read_batch_line(line.text, terms_);
        if (!account || answered_.has(account->id)) continue;
        const std::string host = account->request.endpoint.host;
        const auto parked = parked_.find(host);
        if (parked == parked_.end() || line.at.offset < parked->second.next.offset ||
            parked->second.next.offset < from.offset || filled.contains(host))
            continue;
        if (!queue_.has_share(host)) {
            parked->second.next = line.at;
            filled.insert(host);
            wanting.erase(host);
            continue;
        }
        parked->second.next = again_.place();
        if (line.at.offset >= parked->second.last.offset) {
            parked_.erase(parked);
            wanting.erase(host);
        }
        account->number = line.at.number;
        if (const auto refusal = take(std::move(*account)); refusal.why != Guessing::none) return refusal;
    }
    if (again_.place().offset < input_.place().offset) {
        if (got == Got::line) return {};
        broken_ = ended_ = true;  // what was there is there no more: somebody cut the file off
        parked_.clear();
        return {};
    }
    // Everything that reading has passed was seen: who was not filled has no line behind, whatever it had
    // before somebody changed the file.
    std::erase_if(parked_, [&](const auto& entry) {
        return entry.second.next.offset >= from.offset && !filled.contains(entry.first);
    });
    return {};
}

}  // namespace reprompt::app
