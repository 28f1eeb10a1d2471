// SPDX-License-Identifier: MPL-2.0
// BatchCommand: `reprompt batch`, many accounts in one run. Belongs here: the run from the first line to the
// last answer, its signals and its end. Does not belong here: reading (batch_intake), turns (batch_queue),
// the check itself (probe/).
//
// One thread, the caller's, reads lines and hands accounts out; the threads of a pool check them. Nobody
// waits but in poll(2) on four things: more input, an account that ended, a signal, the next time to say how
// far it is. Nor does that thread print answers, for whose reader it would wait.
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
    int err = -1;             ///< where `err` writes, if what reads it may stop doing so, or -1
    std::size_t columns = 0;  ///< of the terminal that `err` writes to; 0 if it is none
    std::function<UniqueFd()> signals = {};  ///< as ending_signals() in process.hpp, or empty
};
/// The real one: standard input, output and error, SIGINT, SIGTERM and SIGHUP.
BatchPlace real_place();

/// Answers on `out`, everything else on `err`. The exit status: 0 all lines were answered, 64 wrong usage, 65
/// some line could not be used or the list is refused, 70 an account could not be judged for a reason of
/// ours, or the list not be read or the answers not be written to the end. Before all these: 128 and the
/// number of the signal that ended it before the end. To be called before the first thread. The second signal
/// ends the process in a second, whatever hangs.
int batch_command(const BatchArguments& arguments, const Workplace& workplace, const BatchPlace& place,
                  std::ostream& out, std::ostream& err);

}  // namespace reprompt::app
