// SPDX-License-Identifier: MPL-2.0
// ProbeCommand: `reprompt probe`. Belongs here: turning checked arguments into a probe, and its result into
// output and exit status. Does not belong here: the syntax of the command line (cli.cpp).
#pragma once

#include <iosfwd>
#include <optional>
#include <string>

#include "base/expected.hpp"
#include "probe/probe.hpp"

namespace reprompt::app {

/// As given on the command line.
struct ProbeArguments {
    std::string url;
    std::optional<std::string> user;
    std::optional<int> password_fd;
    bool password_stdin = false;
    bool no_auth = false;
    std::optional<std::string> auth, tls, ca_file, accept_cert, heard_file, proxy;
    bool again = false;
    bool no_repair = false;
    int timeout_s = 60;
    bool json = false;
};

struct CommandError {
    int exit_status;
    std::string message;  ///< one English line
};

/// Everything but the password, checked.
struct PlannedProbe {
    probe::Request request;
    net::TrustPolicy trust;
};
Expected<PlannedProbe, CommandError> plan_probe(const ProbeArguments& arguments);

/// The exit status. Results go to `out`, trouble as one line to `err`.
int probe_command(const ProbeArguments& arguments, std::ostream& out, std::ostream& err);

}  // namespace reprompt::app
