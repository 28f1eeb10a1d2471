// SPDX-License-Identifier: MPL-2.0
#include "app/probe_desk.hpp"

#include <algorithm>
#include <exception>

#include "app/responses.hpp"
#include "app/trust_exchange.hpp"

namespace reprompt::app {

namespace {

constexpr std::size_t max_at_once = 8;
constexpr std::size_t max_outstanding = 64;

std::string ended_response(const std::string& id) {
    return error_response(id, ErrorCode::cancelled, "the check was cancelled");
}

}  // namespace

struct ProbeDesk::Running {
    Running(std::string name, probe::Request wanted, const RulesInUse& in_use, FrameWriter& writer)
        : id(std::move(name)),
          request(std::move(wanted)),
          rules(in_use),
          whole(Deadline::after(request.limit)),
          trust([this, &writer](const net::Chain& chain) { writer.send(chain_response(id, chain)); }) {}
    std::string id;
    probe::Request request;
    const RulesInUse& rules;
    Deadline::Clock::time_point received = Deadline::Clock::now();
    Deadline whole;  ///< counts from the request, so that waiting in the queue counts too
    Cancel cancel;
    TrustExchange trust;
};

Workplace real_workplace() {
    return {rules_in_use,
            []() -> ledger::Keyring& { return ledger::secret_service(); },
            [] { return ledger::Ledger::default_folder(); },
            probe::run,
            [](std::string_view policy) { return load_rules_in_use(rule_folders(), policy); },
            rule_complaints};
}

ProbeDesk::ProbeDesk(const Workplace& workplace, LedgerShelf& shelf, FrameWriter& writer)
    : workplace_(workplace), shelf_(shelf), writer_(writer), pool_(max_at_once, max_outstanding) {}

ProbeDesk::~ProbeDesk() {
    cancel_all();
}

void ProbeDesk::start(const std::string& id, probe::Request request, const RulesInUse& rules) {
    const std::lock_guard lock(mutex_);
    auto [place, fresh] = running_.try_emplace(id);
    if (!fresh) {
        writer_.send(
            error_response(id, ErrorCode::bad_message, "id: expected one that no running probe has"));
        return;
    }
    place->second = std::make_unique<Running>(id, std::move(request), rules, writer_);
    waiting_.push_back(id);
    if (spare_turns_ > 0) {
        --spare_turns_;
    } else if (!pool_.submit(WorkPool::Job([this] { take_turn(); }))) {
        waiting_.pop_back();
        running_.erase(place);
        writer_.send(error_response(id, ErrorCode::busy, "too many checks are under way"));
    }
}

bool ProbeDesk::cancel(const std::string& id) {
    const std::lock_guard lock(mutex_);
    const auto found = running_.find(id);
    if (found == running_.end()) return false;
    const auto place = std::find(waiting_.begin(), waiting_.end(), id);
    if (place == waiting_.end()) {  // its turn has come: it ends and answers by itself
        found->second->cancel.cancel();
        return true;
    }
    waiting_.erase(place);
    ++spare_turns_;
    running_.erase(found);
    writer_.send(ended_response(id));
    return true;
}

bool ProbeDesk::trust(const std::string& id, bool trusted) {
    const std::lock_guard lock(mutex_);
    const auto found = running_.find(id);
    return found != running_.end() && found->second->trust.answer(trusted);
}

void ProbeDesk::cancel_all() {
    const std::lock_guard lock(mutex_);
    for (auto& [id, running] : running_)
        running->cancel.cancel();
}

void ProbeDesk::take_turn() {
    Running* next = nullptr;
    {
        const std::lock_guard lock(mutex_);
        if (waiting_.empty()) {  // those who waited were cancelled
            --spare_turns_;
            return;
        }
        next = running_.at(waiting_.front()).get();
        waiting_.pop_front();
    }
    run(*next);  // from here on nobody but run() removes it
}

void ProbeDesk::run(Running& running) {
    std::string answer;
    try {
        answer = outcome(running);
    } catch (const std::exception&) {  // a bug or no memory: the one place where a probe's exceptions end
        answer = error_response(running.id, ErrorCode::internal, "the check ended by an internal error");
    }
    const std::lock_guard lock(mutex_);
    const std::string id = running.id;
    running_.erase(id);  // before the answer leaves, so that its id is free again when it arrives
    writer_.send(std::move(answer));
}

std::string ProbeDesk::outcome(Running& running) {
    if (running.cancel.cancelled()) return ended_response(running.id);
    probe::Request request = std::move(running.request);
    request.limit = running.whole.left();
    if (request.limit.count() == 0)
        return error_response(running.id, ErrorCode::busy, "other checks took all the time this one had");

    ledger::Ledger* book = nullptr;
    std::string note;
    if (request.kind != probe::CredentialKind::none) {
        if (const auto opened = shelf_.get()) {
            book = *opened;
        } else {
            note = "The record of earlier attempts cannot be used, so the password was not sent: " +
                   opened.error();
        }
    }
    probe::Context context{running.rules.book, book, {}, &running.trust, {}};
    context.trust.honour_environment = false;
    context.report = [&](Stage stage) {
        const auto elapsed =
            std::chrono::duration_cast<Milliseconds>(Deadline::Clock::now() - running.received);
        writer_.send(progress_response(running.id, stage, elapsed));
    };
    auto result = workplace_.probe(std::move(request), context, running.cancel);
    if (!result) return error_response(running.id, ErrorCode::bad_settings, result.error());
    if (running.cancel.cancelled() && result->evidence.failure == Failure::cancelled)
        return ended_response(running.id);
    if (!note.empty()) result->notes.push_back(note);
    const auto& complaints = running.rules.complaints;
    result->notes.insert(result->notes.end(), complaints.begin(), complaints.end());
    return verdict_response(running.id, *result);
}

}  // namespace reprompt::app
