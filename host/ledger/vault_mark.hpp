// SPDX-License-Identifier: MPL-2.0
// VaultMark: a file in the state folder that says "the vault was empty", so that a start of Thunderbird needs
// no keyring to find out that nothing has expired. Whenever in doubt it is not there, and the vault is looked
// into. Belongs here: the mark. Does not belong here: the vault (vault.hpp).
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>

#include "ledger/file_lock.hpp"

namespace reprompt::ledger {

class VaultMark {
  public:
    /// `folder`: absolute, that of the ledger; empty = nothing is ever marked.
    explicit VaultMark(std::filesystem::path folder) : folder_(std::move(folder)) {}

    /// True if the vault was seen empty in the 30 days before `now` and nothing was put into it since.
    [[nodiscard]] bool says_empty(std::chrono::system_clock::time_point now) const;
    /// To be held while something is put into the vault: takes the mark away and keeps others from setting
    /// it. Never in the way: if the lock is not to be had in two seconds, whoever held it has finished.
    [[nodiscard]] std::optional<FileLock> take_away() const;
    /// Asks `is_empty()`, once and in any case, and sets the mark if so and if nobody puts something in.
    void look(const std::function<bool()>& is_empty) const;

  private:
    std::filesystem::path folder_;
};

}  // namespace reprompt::ledger
