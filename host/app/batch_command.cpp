// SPDX-License-Identifier: MPL-2.0
#include "app/batch_command.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <exception>
#include <ostream>

#include "app/batch_intake.hpp"
#include "app/batch_progress.hpp"
#include "app/endpoint_url.hpp"
#include "app/exit_status.hpp"
#include "app/ledger_shelf.hpp"
#include "app/password_source.hpp"
#include "app/process.hpp"
#include "app/work_pool.hpp"
#include "base/text.hpp"
#include "net/dns_memory.hpp"

namespace reprompt::app {

namespace {

using Clock = Deadline::Clock;

constexpr Milliseconds line_every{5000}, bar_every{200};

/// Everything that is known before the first line is read.
struct Plan {
    BatchTerms terms;
    Secret password;  ///< `terms` points at it
    net::TrustPolicy trust;
    AnsweredIds answered;
};

class BatchRun {
  public:
    BatchRun(const BatchArguments& arguments, const Workplace& workplace, const BatchPlace& place,
             const Plan& plan, std::ostream& out, std::ostream& err)
        : workplace_(workplace),
          place_(place),
          plan_(plan),
          err_(err),
          answers_(out),
          shelf_(workplace.ledger_folder, workplace.keyring),
          rules_(workplace.rules()),
          queue_({static_cast<std::size_t>(arguments.jobs)}),
          intake_(place.in, plan.terms, rules_.book, plan.answered, queue_,
                  {[this](const LineError& error, std::uint64_t line) { answers_.error(error, line); },
                   [this] { ++before_; }}),
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
            if (!stopping_) refuse_if(intake_.pull());
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
        if (queue_.under_way() > 0) return false;
        return stopping_ || (intake_.ended() && queue_.waiting() == 0);
    }

    void say(const std::string& text) {
        clear_bar();
        err_ << "reprompt: " << text << "\n" << std::flush;
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
            answers_.internal_error(lost, number);
            queue_.ended(host);
        }
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
        const std::uint64_t one = 1;
        [[maybe_unused]] const auto written = ::write(ended_event_.get(), &one, sizeof one);
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
        if (cancel_.cancelled() && result->evidence.failure == Failure::cancelled) return;
        answers_.verdict(account.id, *result);
    }

    void wait() {
        const bool reads = !stopping_ && intake_.waits_for_input() && !queue_.full();
        pollfd waits[] = {{reads ? place_.in : -1, POLLIN, 0},
                          {ended_event_.get(), POLLIN, 0},
                          {place_.signals, POLLIN, 0}};
        const bool reads_on = !stopping_ && intake_.has_more() && queue_.has_place();
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
        while (place_.signals >= 0 && ::read(place_.signals, &told, sizeof told) == sizeof told) {
            const bool again = signal_ != 0;
            signal_ = static_cast<int>(told.ssi_signo);
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
        if (place_.columns > 0) {
            err_ << "\r\x1b[K" << progress_bar(progress(), place_.columns - 1) << std::flush;
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
        if (signal_ != 0 || answers_.broken() || intake_.broken())
            say("stopped before the end; to go on, with the answers in ANSWERS and the list in LIST: "
                "reprompt batch --resume ANSWERS <LIST >>ANSWERS");
        if (answers_.broken() || intake_.broken() || tally.internal > 0) return exit_internal;
        if (signal_ != 0) return 128 + signal_;
        return refused_ || tally.errors > 0 ? exit_bad_input : exit_ok;
    }

    const Workplace& workplace_;
    const BatchPlace place_;
    const Plan& plan_;
    std::ostream& err_;
    BatchAnswers answers_;
    LedgerShelf shelf_;
    const RulesInUse& rules_;
    const net::DnsQuery dns_ = net::remembered(net::ask_system_dns);  ///< most accounts are of a few domains
    std::uint64_t before_ = 0;
    BatchQueue queue_;
    BatchIntake intake_;
    const Clock::time_point start_ = Clock::now();
    Clock::time_point shown_ = start_;
    bool bar_shown_ = false, stopping_ = false, refused_ = false;
    int signal_ = 0;
    Cancel cancel_;
    UniqueFd ended_event_;
    std::mutex ended_mutex_;
    std::vector<std::string> ended_hosts_;
    WorkPool pool_;  ///< last: joined before the rest goes
};

bool same_file(const struct stat& left, const struct stat& right) {
    return left.st_dev == right.st_dev && left.st_ino == right.st_ino;
}

/// Answers that go to the end of the file that names those that are there already. Error: one English line.
Expected<void, std::string> meet_resume_file(const std::string& path, int out) {
    struct stat named {};
    struct stat written {};
    if (::stat(path.c_str(), &named) != 0) return {};  // said by who reads it
    if (::fstat(out, &written) != 0 || !same_file(named, written)) return {};
    const int flags = ::fcntl(out, F_GETFL);
    if ((flags & O_APPEND) == 0)
        return Unexpected<std::string>(
            "the answers go to the file of --resume itself and would overwrite it; write >>FILE");
    const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    char end = '\n';
    if (file && named.st_size > 0 && ::pread(file.get(), &end, 1, named.st_size - 1) == 1 && end != '\n') {
        // The last line was cut off by the end of an earlier run; it must not swallow the next one.
        [[maybe_unused]] const auto done = ::write(out, "\n", 1);
    }
    return {};
}

Expected<void, std::string> make_plan(const BatchArguments& arguments, const BatchPlace& place, Plan& plan) {
    if (arguments.jobs < 1 || arguments.jobs > most_jobs)
        return Unexpected<std::string>("--jobs takes 1 to 256");
    if (::isatty(place.in) == 1)
        return Unexpected<std::string>(
            "the list is read from standard input, which is a terminal; write <FILE, or pipe it");
    if (::fcntl(place.in, F_GETFL) < 0) return Unexpected<std::string>("standard input is closed");
    if (arguments.ca_file) {
        if (::access(arguments.ca_file->c_str(), R_OK) != 0)
            return Unexpected<std::string>("the file given with --ca-file cannot be read");
        plan.trust.ca_file = *arguments.ca_file;
    }
    if (arguments.proxy) {
        auto proxy = parse_proxy_url(*arguments.proxy);
        if (!proxy) return Unexpected<std::string>("--proxy: " + proxy.error());
        plan.terms.proxy = std::move(*proxy);
    }
    plan.terms.limit = Milliseconds(1000) * arguments.timeout_s;
    plan.terms.no_auth = arguments.no_auth;
    if (arguments.password_fd && !arguments.no_auth) {
        if (*arguments.password_fd == place.in)
            return Unexpected<std::string>("--password-fd names the descriptor of the list");
        auto password = read_password(*arguments.password_fd);
        if (!password) return Unexpected<std::string>(password.error());
        plan.password = std::move(*password);
        plan.terms.password = &plan.password;
    }
    if (!arguments.resume_file) return {};
    if (auto met = meet_resume_file(*arguments.resume_file, place.out); !met) return met;
    auto answered = AnsweredIds::read(*arguments.resume_file);
    if (!answered) return Unexpected<std::string>("the file given with --resume " + answered.error());
    plan.answered = std::move(*answered);
    return {};
}

}  // namespace

BatchPlace real_place(UniqueFd& signals) {
    signals = ending_signals();
    BatchPlace place{STDIN_FILENO, STDOUT_FILENO, 0, signals.get()};
    winsize size{};
    if (::isatty(STDERR_FILENO) == 1)
        place.columns = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
    return place;
}

int batch_command(const BatchArguments& arguments, const Workplace& workplace, const BatchPlace& place,
                  std::ostream& out, std::ostream& err) {
    Plan plan;
    if (const auto made = make_plan(arguments, place, plan); !made) {
        err << "reprompt: " << escape_server_words(made.error()) << "\n";
        return exit_usage;
    }
    return BatchRun(arguments, workplace, place, plan, out, err).go();
}

}  // namespace reprompt::app
