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
/// then take more than its share: 1024 descriptors, 2 GiB a file, and, not under sanitizers, 2 GiB of
/// memory with 2 MiB of it for a thread's stack.
/// To be called before the first thread.
void confine_native_host() noexcept;

/// Readable when SIGTERM, SIGINT or SIGHUP asked this process to end; they do nothing else from now on. One
/// that was ignored when the process began (nohup(1)) stays ignored. -1 if the system had no descriptor left
/// (they then end the process as usual). To be called before the first thread.
UniqueFd ending_signals() noexcept;

/// For many threads at once: 512 KiB of stack for each new thread (their pages count when they are touched,
/// but 8 MiB, the usual size, invite the kernel to use huge ones), four heaps for all of them together (the C
/// library would make up to eight per processor), and as many descriptors as the system allows, up to 8192.
/// To be called before the first thread.
void prepare_for_many_threads() noexcept;

/// Ends the process with `status` in a second, whatever still hangs by then: a keyring, the lock of a file.
/// All that is kept on disk survives that at any moment (tests/servers/kill.test.mjs).
void end_in_a_second(int status) noexcept;

/// Moves the real standard output to a descriptor of its own that no child inherits; 1 points at stderr
/// afterwards, so that a stray print never lands among frames.
UniqueFd take_stdout() noexcept;

}  // namespace reprompt::app
