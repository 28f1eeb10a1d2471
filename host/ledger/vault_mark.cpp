// SPDX-License-Identifier: MPL-2.0
#include "ledger/vault_mark.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/unique_fd.hpp"
#include "ledger/ledger_file.hpp"

namespace reprompt::ledger {

bool VaultMark::has_folder() const {
    struct stat facts {};
    return !folder_.empty() && ::lstat(folder_.c_str(), &facts) == 0 && S_ISDIR(facts.st_mode) &&
           facts.st_uid == ::geteuid();
}

bool VaultMark::may_hold() const {
    struct stat facts {};
    if (!has_folder()) return true;
    return ::lstat(mark().c_str(), &facts) == 0 || errno != ENOENT;
}

std::optional<FileLock> VaultMark::set() const {
    make_private_folders(folder_);
    if (!has_folder()) return std::nullopt;
    auto held = FileLock::take(lock(), Deadline::after(Milliseconds(2000)));
    const UniqueFd file(::open(mark().c_str(), O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
    return held ? std::optional(std::move(*held)) : std::nullopt;
}

void VaultMark::sweep(const std::function<Expected<Vault::Swept, KeyringError>()>& sweep_vault) const {
    std::optional<FileLock> held;
    if (has_folder()) {
        if (auto taken = FileLock::take(lock(), Deadline::after(Milliseconds(0)))) held = std::move(*taken);
    }
    const auto swept = sweep_vault();
    if (!swept) return;
    make_private_folders(folder_);
    if (held && swept->deleted > 0 && swept->left == 0) ::unlink(mark().c_str());
}

}  // namespace reprompt::ledger
