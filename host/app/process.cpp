// SPDX-License-Identifier: MPL-2.0
#include "app/process.hpp"

#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <string_view>

#include "base/sanitized.hpp"

namespace reprompt::app {

namespace {

constexpr std::array<std::string_view, 5> kept_variables = {"HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME",
                                                            "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS"};

/// Lowers a limit, never raises it.
template <class Resource>
void limit(Resource resource, rlim_t most) noexcept {
    rlimit now{};
    if (::getrlimit(resource, &now) != 0) return;
    const rlimit lower{std::min(now.rlim_cur, most), std::min(now.rlim_max, most)};
    ::setrlimit(resource, &lower);
}

#ifndef REPROMPT_SANITIZED
/// RLIMIT_DATA counts whole stacks, however little of them is used, and "ulimit -s" may make each of them
/// larger than that limit.
void limit_thread_stacks(std::size_t most) noexcept {
    pthread_attr_t attributes;
    if (::pthread_getattr_default_np(&attributes) != 0) return;
    std::size_t size = 0;
    if (::pthread_attr_getstacksize(&attributes, &size) == 0 && size > most &&
        ::pthread_attr_setstacksize(&attributes, most) == 0) {
        ::pthread_setattr_default_np(&attributes);
    }
    ::pthread_attr_destroy(&attributes);
}
#endif

volatile std::sig_atomic_t status_at_last = 0;

}  // namespace

void harden_process() noexcept {
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
        if (::fcntl(fd, F_GETFD) >= 0) continue;
        const int opened =
            ::open("/dev/null", fd == STDIN_FILENO ? O_RDONLY : O_WRONLY);  // the lowest free number: `fd`
        if (opened >= 0 && opened != fd) {
            ::dup2(opened, fd);
            ::close(opened);
        }
    }
    constexpr rlimit no_core{0, 0};
    ::setrlimit(RLIMIT_CORE, &no_core);
#ifndef REPROMPT_SANITIZED
    ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
    ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    ::signal(SIGPIPE, SIG_IGN);
    ::signal(SIGXFSZ, SIG_IGN);  // a write beyond the limit fails like one on a full disk
}

void confine_native_host() noexcept {
    char** kept = environ;
    for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
        const std::string_view variable(*entry);
        const auto name = variable.substr(0, variable.find('='));
        if (std::find(kept_variables.begin(), kept_variables.end(), name) != kept_variables.end())
            *kept++ = *entry;
    }
    if (kept != nullptr) *kept = nullptr;

    constexpr rlim_t mebibyte = 1024 * 1024;
    limit(RLIMIT_NOFILE, 1024);
    limit(RLIMIT_FSIZE, 2048 * mebibyte);  // the ledger of a help desk's batches may have 1 GiB
#ifndef REPROMPT_SANITIZED
    limit(RLIMIT_DATA, 2048 * mebibyte);
    limit_thread_stacks(2 * mebibyte);  // as glibc makes them where "ulimit -s" says unlimited
#endif
}

UniqueFd ending_signals() noexcept {
    sigset_t asking;
    sigemptyset(&asking);
    for (const int each : {SIGTERM, SIGINT, SIGHUP}) {
        struct sigaction now {};
        if (::sigaction(each, nullptr, &now) == 0 && now.sa_handler == SIG_IGN) continue;
        sigaddset(&asking, each);
    }
    UniqueFd told(::signalfd(-1, &asking, SFD_CLOEXEC | SFD_NONBLOCK));
    if (told) ::pthread_sigmask(SIG_BLOCK, &asking, nullptr);
    return told;
}

void prepare_for_many_threads() noexcept {
#ifndef REPROMPT_SANITIZED
    limit_thread_stacks(512 * 1024);
    ::mallopt(M_ARENA_MAX, 4);
#endif
    rlimit descriptors{};
    if (::getrlimit(RLIMIT_NOFILE, &descriptors) != 0) return;
    constexpr rlim_t enough = 8192;
    descriptors.rlim_cur = std::max(descriptors.rlim_cur, std::min(descriptors.rlim_max, enough));
    ::setrlimit(RLIMIT_NOFILE, &descriptors);
}

void end_in_a_second(int status) noexcept {
    status_at_last = status;
    ::signal(SIGALRM, [](int) { ::_exit(status_at_last); });
    sigset_t alarm;
    sigemptyset(&alarm);
    sigaddset(&alarm, SIGALRM);
    ::pthread_sigmask(SIG_UNBLOCK, &alarm, nullptr);
    constexpr itimerval once{{0, 0}, {1, 0}};
    ::setitimer(ITIMER_REAL, &once, nullptr);
}

UniqueFd take_stdout() noexcept {
    UniqueFd mine(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3));
    ::dup2(STDERR_FILENO, STDOUT_FILENO);
    return mine;
}

}  // namespace reprompt::app
