// SPDX-License-Identifier: MPL-2.0
// Process: what the program does to itself before it reads anything. Belongs here: limits, descriptors,
// signals.
#pragma once

#include "base/unique_fd.hpp"

namespace reprompt::app {

/// Descriptors 0, 1 and 2 exist afterwards (on /dev/null if they were closed); no core dumps, not readable by
/// other processes of the user (not under sanitizers, which need that), no new privileges, SIGPIPE ignored.
/// To be called first in main.
void harden_process() noexcept;

/// Moves the real standard output to a descriptor of its own that no child inherits; 1 points at stderr
/// afterwards, so that a stray print never lands among frames.
UniqueFd take_stdout() noexcept;

}  // namespace reprompt::app
