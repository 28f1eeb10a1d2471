// SPDX-License-Identifier: MPL-2.0
#include "app/batch_command.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <ostream>
#include <set>

#include "app/batch_intake.hpp"
#include "app/batch_plan.hpp"
#include "app/batch_progress.hpp"
#include "app/exit_status.hpp"
#include "app/ledger_shelf.hpp"
#include "app/process.hpp"
#include "app/work_pool.hpp"
#include "base/text.hpp"
#include "net/dns_memory.hpp"

namespace reprompt::app {

namespace {

using Clock = Deadline::Clock;

constexpr std::size_t most_unread_told = 20;
constexpr Milliseconds line_every{5000}, bar_every{200};
/// How long a full pipe of standard error is waited for, for what is more than progress.
constexpr Milliseconds say_limit{500};
/// Lines with errors that nobody has taken yet; at more, reading waits.
constexpr std::size_t most_untold = 1024;

class BatchRun {
  public:
    BatchRun(const BatchArguments& arguments, const Workplace& workplace, const BatchPlace& place,
             int signals, const BatchPlan& plan, std::ostream& out, std::ostream& err)
        : workplace_(workplace),
          place_(place),
          signals_(signals),
          plan_(plan),
          err_(err),
          answers_(out, place.columns > 0 && ::isatty(place.out) == 1),
          shelf_(workplace.ledger_folder, workplace.keyring),
          rules_(workplace.rules()),
          queue_({static_cast<std::size_t>(arguments.jobs)}),
          intake_(place.in, plan.terms, rules_.book, plan.answered, queue_,
                  {[this](const LineError& error, std::uint64_t line) { tell(error, line, false); },
                   [this] { ++before_; },
                   [this](const std::vector<std::string>& names, std::uint64_t line) {
                       say_unread(names, line);
                   }}),
          ended_event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
          // A thread that has told of its end still counts as running for a moment.
          pool_(static_cast<std::size_t>(arguments.jobs), 2 * static_cast<std::size_t>(arguments.jobs)) {
        ended_hosts_.reserve(2 * static_cast<std::size_t>(arguments.jobs));
    }

    int go() {
        for (const auto& complaint : rules_.complaints)
            say(complaint);
        const auto found = intake_.survey([this] {
            hear_signals();
            return !stopping_;
        });
        if (plan_.terms.no_auth && found.why != Guessing::none)
            say("line " + std::to_string(found.line) + ": " + words_for(found.why) +
                ", as in guessing; without --no-auth the list is refused");
        else
            refuse_if(found);
        while (!over()) {
            if (may_read()) refuse_if(intake_.pull());
            if (!stopping_) hand_out();
            if (over()) break;
            wait();
            hear_signals();
            collect();
            if (answers_.broken() && !stopping_) stop(true);
            show_progress(false);
        }
        show_progress(true);
        return finish();
    }

  private:
    [[nodiscard]] bool over() const {
        if (queue_.under_way() > 0 || untold_ > 0) return false;
        return stopping_ || (intake_.ended() && queue_.waiting() == 0);
    }

    [[nodiscard]] bool may_read() const { return !stopping_ && untold_ <= most_untold; }

    /// Whether a line to `err_` would be taken: who reads it may have stopped, and must not make us deaf.
    [[nodiscard]] bool is_heard(Milliseconds limit) const {
        pollfd asked{place_.err, POLLOUT, 0};
        return place_.err < 0 || ::poll(&asked, 1, static_cast<int>(limit.count())) != 0;
    }

    void say(const std::string& text) {
        if (!is_heard(say_limit)) return;
        clear_bar();
        err_ << "reprompt: " + text + "\n" << std::flush;
    }

    /// Each name once: a help desk's list has columns of its own, and a mistyped one must not pass unseen.
    void say_unread(const std::vector<std::string>& names, std::uint64_t line) {
        for (const auto& name : names) {
            if (told_unread_.size() >= most_unread_told || !told_unread_.insert(name).second) continue;
            const auto meant = meant_member(name);
            say("line " + std::to_string(line) + ": the member \"" + name +
                "\" is not known and does nothing" +
                (meant.empty() ? "" : "; did you mean \"" + std::string(meant) + "\"?"));
        }
    }

    void refuse_if(const Refusal& refusal) {
        if (refusal.why == Guessing::none) return;
        refused_ = true;
        say("line " + std::to_string(refusal.line) + ": " + words_for(refusal.why) +
            ", as in guessing; the list is refused" +
            (queue_.under_way() > 0 || answers_.tally().answered > 0
                 ? " from here on, what is under way is finished"
                 : ", nothing was sent"));
        stop(false);
    }

    /// No account begins any more; with `at_once` those under way end too.
    void stop(bool at_once) {
        stopping_ = true;
        queue_.drop_waiting();
        if (at_once) cancel_.cancel();
    }

    void hand_out() {
        while (auto account = queue_.begin()) {
            const LineError lost{account->id, "no thread could be started for the check"};
            const auto number = account->number;
            const auto host = account->request.endpoint.host;
            const bool taken = pool_.submit(
                WorkPool::Job([this, mine = std::move(*account)]() mutable { check(std::move(mine)); }));
            if (taken) continue;
            tell(lost, number, true);
            queue_.ended(host);
        }
    }

    /// Prints an error on another thread than the caller's.
    void tell(const LineError& error, std::uint64_t number, bool internal) {
        const auto print = [this, error, number, internal] {
            if (internal)
                answers_.internal_error(error, number);
            else
                answers_.error(error, number);
        };
        ++untold_;
        const bool taken = teller_.submit(WorkPool::Job([this, print] {
            try {
                print();
            } catch (...) {  // no memory for a line: --resume takes it up again
            }
            --untold_;
            wake();
        }));
        if (taken) return;
        --untold_;
        print();
    }

    void wake() noexcept {
        const std::uint64_t one = 1;
        [[maybe_unused]] const auto written = ::write(ended_event_.get(), &one, sizeof one);
    }

    /// On a thread of the pool.
    void check(BatchAccount account) {
        const std::string host = account.request.endpoint.host;
        try {
            judge(account);
        } catch (...) {  // the one place where an account's exceptions end
            fail(account);
        }
        {
            const std::lock_guard lock(ended_mutex_);
            ended_hosts_.push_back(host);  // has room for all
        }
        wake();
    }

    void fail(const BatchAccount& account) noexcept {
        try {
            answers_.internal_error({account.id, "the check ended by an internal error"}, account.number);
        } catch (...) {  // no memory for a line: the end is told all the same, and --resume takes it up again
        }
    }

    void judge(BatchAccount& account) {
        ledger::Ledger* book = nullptr;
        if (account.request.kind != probe::CredentialKind::none) {
            if (const auto opened = shelf_.get()) {
                book = *opened;
            } else {
                // No verdict, so that --resume takes it up again.
                answers_.internal_error(
                    {account.id,
                     "The record of earlier attempts cannot be used, so nothing was sent: " + opened.error()},
                    account.number);
                return;
            }
        }
        const probe::Context context{rules_.book, book, plan_.trust, nullptr, {}, dns_};
        auto result = workplace_.probe(std::move(account.request), context, cancel_);
        if (!result) {
            answers_.error({account.id, result.error()}, account.number);
            return;
        }
        // Nothing was sent, or nobody knows what became of it: no answer, so that --resume takes it up again.
        if (cancel_.cancelled() &&
            (result->attempts == 0 || result->evidence.failure == Failure::cancelled)) {
            ++unanswered_;
        } else if (const auto ours = fault_of_ours(*result); !ours.empty()) {
            answers_.internal_error({account.id, ours}, account.number);
        } else {
            answers_.verdict(account.id, *result);
        }
    }

    /// Why the account could not be judged although the server might have; else empty.
    static std::string fault_of_ours(const probe::Result& result) {
        if (!result.denied) return {};
        switch (result.denied->reason) {
            case ledger::DenialReason::ledger_unusable:
                return "The record of earlier attempts cannot be used, so nothing was sent: " +
                       result.denied->detail;
            case ledger::DenialReason::in_progress:
                return "Another run is trying this login, or was killed while it did, so nothing was sent.";
            case ledger::DenialReason::rejected_before:
            case ledger::DenialReason::budget_spent:
            case ledger::DenialReason::no_proof:
                break;
        }
        return {};
    }

    void wait() {
        const bool reads = may_read() && intake_.waits_for_input() && !queue_.full();
        pollfd waits[] = {
            {reads ? place_.in : -1, POLLIN, 0}, {ended_event_.get(), POLLIN, 0}, {signals_, POLLIN, 0}};
        const bool reads_on = may_read() && intake_.has_more() && queue_.has_place();
        const auto until =
            reads_on ? Milliseconds(0) : std::chrono::ceil<Milliseconds>(shown_ + interval() - Clock::now());
        ::poll(waits, std::size(waits), static_cast<int>(std::max(until, Milliseconds(0)).count()));
    }

    void collect() {
        std::uint64_t count = 0;
        [[maybe_unused]] const auto got = ::read(ended_event_.get(), &count, sizeof count);
        const std::lock_guard lock(ended_mutex_);
        for (const auto& host : ended_hosts_)
            queue_.ended(host);
        ended_hosts_.clear();
    }

    void hear_signals() {
        signalfd_siginfo told{};
        while (signals_ >= 0 && ::read(signals_, &told, sizeof told) == sizeof told) {
            const bool again = signal_ != 0;
            if (again && !ending_) {
                ending_ = true;
                end_in_a_second(128 + static_cast<int>(told.ssi_signo));
            }
            signal_ = static_cast<int>(told.ssi_signo);
            if (!stopping_ && (!intake_.ended() || queue_.waiting() > 0)) cut_short_ = true;
            stop(again);
            if (queue_.under_way() == 0) continue;
            say(again ? "stopping at once"
                      : "finishing " + std::to_string(queue_.under_way()) +
                            " that are under way; once more stops at once");
        }
    }

    [[nodiscard]] Milliseconds interval() const { return place_.columns > 0 ? bar_every : line_every; }

    [[nodiscard]] BatchProgress progress() const {
        const auto tally = answers_.tally();
        return {tally.answered + tally.errors + tally.internal, before_, intake_.lines(), queue_.under_way(),
                std::chrono::duration_cast<Milliseconds>(Clock::now() - start_)};
    }

    void show_progress(bool last) {
        const auto now = Clock::now();
        if (last ? place_.columns == 0 : now - shown_ < interval()) return;
        shown_ = now;
        if (!is_heard(Milliseconds(0))) return;
        if (place_.columns > 0) {
            err_ << erase_line + progress_bar(progress(), place_.columns - 1) << std::flush;
            bar_shown_ = true;
            if (last) clear_bar();
        } else {
            say(progress_line(progress()));
        }
    }

    void clear_bar() {
        if (bar_shown_) err_ << "\n";
        bar_shown_ = false;
    }

    int finish() {
        const auto tally = answers_.tally();
        say(summary_line(tally, std::chrono::duration_cast<Milliseconds>(Clock::now() - start_)));
        if (answers_.broken()) say("the answers can no longer be written");
        if (intake_.broken()) say("the list can no longer be read");
        const bool ended_early = signal_ != 0 && (cut_short_ || unanswered_ > 0);
        if (ended_early || answers_.broken() || intake_.broken())
            say("stopped before the end; to go on, with the answers in ANSWERS and the list in LIST: "
                "reprompt batch --resume ANSWERS <LIST >>ANSWERS");
        if (ended_early) return 128 + signal_;
        if (answers_.broken() || intake_.broken() || tally.internal > 0) return exit_internal;
        return refused_ || tally.errors > 0 ? exit_bad_input : exit_ok;
    }

    const Workplace& workplace_;
    const BatchPlace place_;
    const int signals_;  ///< a signalfd or -1
    const BatchPlan& plan_;
    std::ostream& err_;
    BatchAnswers answers_;
    LedgerShelf shelf_;
    const RulesInUse& rules_;
    const net::DnsQuery dns_ = net::remembered(net::ask_system_dns);  ///< most accounts are of a few domains
    std::uint64_t before_ = 0;
    BatchQueue queue_;
    BatchIntake intake_;
    std::set<std::string> told_unread_;
    const Clock::time_point start_ = Clock::now();
    Clock::time_point shown_ = start_;
    bool bar_shown_ = false, stopping_ = false, refused_ = false, ending_ = false;
    bool cut_short_ = false;  ///< by a signal, when there were accounts that had not begun
    int signal_ = 0;
    std::atomic<std::uint64_t> unanswered_{0};  ///< accounts that a cancel left without an answer
    std::atomic<std::size_t> untold_{0};        ///< errors that `teller_` has not printed yet
    Cancel cancel_;
    UniqueFd ended_event_;
    std::mutex ended_mutex_;
    std::vector<std::string> ended_hosts_;
    WorkPool teller_{1, 8 * most_untold};
    WorkPool pool_;  ///< these two last: joined before the rest goes
};

}  // namespace

BatchPlace real_place() {
    BatchPlace place{STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO, 0, ending_signals};
    winsize size{};
    if (::isatty(STDERR_FILENO) == 1)
        place.columns = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
    return place;
}

int batch_command(const BatchArguments& arguments, const Workplace& workplace, const BatchPlace& place,
                  std::ostream& out, std::ostream& err) {
    BatchPlan plan;
    if (const auto made = make_plan(arguments, place, plan); !made) {
        err << "reprompt: " << escape_server_words(made.error()) << "\n";
        return exit_usage;
    }
    // Not before: reading the password or the earlier answers may hang.
    const UniqueFd signals = place.signals ? place.signals() : UniqueFd();
    return BatchRun(arguments, workplace, place, signals.get(), plan, out, err).go();
}

}  // namespace reprompt::app
