// SPDX-License-Identifier: MPL-2.0
// A session bus of a test's own, and programs started beside it. Belongs here: starting, reading what they
// print, ending. Does not belong here: what answers on the bus (stranger_keyring_test.cpp, with_keyring.sh).
#pragma once

#include <sys/types.h>
#include <filesystem>
#include <string>
#include <vector>

#include "base/unique_fd.hpp"

namespace reprompt::test {

/// A program started for a test; killed at the end if it still runs.
struct Child {
    pid_t pid = -1;
    UniqueFd output;
    Child() = default;
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;
    ~Child();
};

void start(Child& child, std::vector<std::string> arguments, std::vector<std::string> environment);

/// Until the end of the output, or of a line.
std::string read_from(const Child& child, bool one_line);

/// This program's environment without the ways to a bus, and with `more`.
std::vector<std::string> environment_with(const std::vector<std::string>& more);

/// A bus that knows no services; `rules` may allow its answers to be received. Its address.
std::string start_bus(Child& bus, const std::filesystem::path& folder, const std::string& rules);

}  // namespace reprompt::test
