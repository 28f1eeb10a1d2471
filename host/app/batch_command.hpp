// SPDX-License-Identifier: MPL-2.0
// BatchCommand: `reprompt batch`, many accounts in one run. Belongs here: the run from the first line to the
// last answer, its signals and its end. Does not belong here: reading (batch_intake), turns (batch_queue),
// the check itself (probe/).
//
// One thread, the caller's, reads lines and hands accounts out; the threads of a pool check them. Nobody
// waits but in poll(2) on four things: more input, an account that ended, a signal, the next time to say how
// far it is.
#pragma once

#include <functional>
#include <iosfwd>
#include <optional>
#include <string>

#include "app/probe_desk.hpp"

namespace reprompt::app {

inline constexpr int most_jobs = 256;

/// As given on the command line.
struct BatchArguments {
    int jobs = 64;
    std::optional<std::string> resume_file, ca_file, proxy;
    std::optional<int> password_fd;
    bool no_auth = false;
    int timeout_s = 60;  ///< for each account
};

/// Where a run takes place.
struct BatchPlace {
    int in = 0;               ///< the list
    int out = 1;              ///< where `out` writes, to be compared with the file of --resume
    std::size_t columns = 0;  ///< of the terminal that `err` writes to; 0 if it is none
    int signals = -1;         ///< a signalfd (process.hpp) or -1
};
/// The real one: standard input, output and error. Blocks SIGINT, SIGTERM and SIGHUP; to be called before the
/// first thread. `signals` owns the descriptor.
BatchPlace real_place(UniqueFd& signals);

/// Answers on `out`, everything else on `err`. The exit status: 0 all lines were answered, 64 wrong usage, 65
/// some line could not be used or the list is refused, 70 an internal error, 130 or 143 ended by a signal.
int batch_command(const BatchArguments& arguments, const Workplace& workplace, const BatchPlace& place,
                  std::ostream& out, std::ostream& err);

}  // namespace reprompt::app
