// SPDX-License-Identifier: MPL-2.0
// FileLock: a lock file held by flock(2), so that two hosts never write at once. Belongs here: taking and
// leaving the lock. Does not belong here: what it protects.
#pragma once

#include <filesystem>
#include <string>

#include "base/deadline.hpp"
#include "base/expected.hpp"
#include "base/unique_fd.hpp"

namespace reprompt::ledger {

/// Held until destroyed; the system lets go when the program dies. Excludes other holders in this program
/// too.
class FileLock {
  public:
    /// Makes the file (0600) if needed; never follows a symbolic link. Error: one English line.
    static Expected<FileLock, std::string> take(const std::filesystem::path& path, Deadline deadline);

  private:
    explicit FileLock(UniqueFd file) : file_(std::move(file)) {}
    UniqueFd file_;
};

}  // namespace reprompt::ledger
