// SPDX-License-Identifier: MPL-2.0
// VaultMark: a file in the state folder that says "something was put into the vault", so that a start of
// Thunderbird needs no keyring to find out that nothing has expired. Only who deleted the vault's last entry
// takes the mark away, never one who merely saw nothing: another keyring may have answered. Belongs here: the
// mark. Does not belong here: the vault (vault.hpp).
#pragma once

#include <filesystem>
#include <functional>
#include <optional>

#include "base/expected.hpp"
#include "ledger/file_lock.hpp"
#include "ledger/keyring.hpp"
#include "ledger/vault.hpp"

namespace reprompt::ledger {

class VaultMark {
  public:
    /// `folder`: absolute, that of the ledger; empty = nothing is known, ever.
    explicit VaultMark(std::filesystem::path folder) : folder_(std::move(folder)) {}

    /// False if the folder is there, the user's own, and has no mark. True whenever in doubt.
    [[nodiscard]] bool may_hold() const;
    /// Before something is put into the vault. The lock, to be held until that is done, keeps the mark in its
    /// place; it is waited for two seconds at most, and not having it is no reason to stop.
    [[nodiscard]] std::optional<FileLock> set() const;
    /// Sweeps, in any case and once. Afterwards there is a folder if the keyring answered, and no mark if
    /// that deleted the last entry and nobody puts something in.
    void sweep(const std::function<Expected<Vault::Swept, KeyringError>()>& sweep_vault) const;

  private:
    [[nodiscard]] std::filesystem::path mark() const { return folder_ / "vault-used"; }
    /// Somebody else's folder is not touched.
    [[nodiscard]] bool has_folder() const;
    [[nodiscard]] std::filesystem::path lock() const { return folder_ / "vault.lock"; }
    std::filesystem::path folder_;
};

}  // namespace reprompt::ledger
