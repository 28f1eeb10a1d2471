// SPDX-License-Identifier: MPL-2.0
// Cli: the command line (DESIGN section 5). Belongs here: syntax, and which command is meant. Does not belong
// here: what the commands do.
#pragma once

#include <iosfwd>
#include <span>

namespace reprompt::app {

/// Runs one command line (arguments[0] is the program's name); the exit status. Every complaint is one line
/// on `err`.
int run_cli(std::span<const char* const> arguments, std::istream& in, std::ostream& out, std::ostream& err);

}  // namespace reprompt::app
