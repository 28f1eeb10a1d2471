// SPDX-License-Identifier: MPL-2.0
// Process: what the program does to itself before it reads anything. Belongs here: limits, descriptors,
// signals, the environment.
#pragma once

#include "base/unique_fd.hpp"

namespace reprompt::app {

/// Descriptors 0, 1 and 2 exist afterwards (on /dev/null if they were closed); no core dumps, not readable by
/// other processes of the user (not under sanitizers, which need that), no new privileges, SIGPIPE ignored.
/// To be called first in main.
void harden_process() noexcept;

/// For a host that Thunderbird started. Its environment is the desktop session's, in which any program may
/// have set variables: only those stay by which folders and the keyring are found, so that none of OpenSSL,
/// the C library, GLib or libsecret is told by another one whom to trust, what to load or whom to ask. (What
/// the dynamic loader reads, LD_PRELOAD and the like, has had its effect before.) No process of ours can
/// then take more than its share: 1024 descriptors, 64 MiB a file, and, not under sanitizers, 2 GiB of
/// memory with 2 MiB of it for a thread's stack.
/// To be called before the first thread.
void confine_native_host() noexcept;

/// Readable when SIGTERM, SIGINT or SIGHUP asked this process to end; they do nothing else from now on. -1
/// if the system had no descriptor left (they then end the process as usual). To be called before the first
/// thread.
UniqueFd ending_signals() noexcept;

/// Ends the process with `status` in a second, whatever still hangs by then: a keyring, the lock of a file.
/// All that is kept on disk survives that at any moment (tests/servers/kill.test.mjs).
void end_in_a_second(int status) noexcept;

/// Moves the real standard output to a descriptor of its own that no child inherits; 1 points at stderr
/// afterwards, so that a stray print never lands among frames.
UniqueFd take_stdout() noexcept;

}  // namespace reprompt::app
