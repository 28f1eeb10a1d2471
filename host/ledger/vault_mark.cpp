// SPDX-License-Identifier: MPL-2.0
#include "ledger/vault_mark.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/unique_fd.hpp"
#include "ledger/ledger_file.hpp"

namespace reprompt::ledger {
namespace {

/// What a mark says no longer counts then: an entry's time, so that one which came in unseen (a home folder
/// from a backup) is deleted all the same.
constexpr std::chrono::hours counts_for{24 * 30};
constexpr Milliseconds most_waiting{2000};

std::filesystem::path mark_in(const std::filesystem::path& folder) {
    return folder / "vault-empty";
}

std::filesystem::path lock_in(const std::filesystem::path& folder) {
    return folder / "vault.lock";
}

}  // namespace

bool VaultMark::says_empty(std::chrono::system_clock::time_point now) const {
    struct stat facts {};
    if (folder_.empty() || ::lstat(mark_in(folder_).c_str(), &facts) != 0) return false;
    const auto set = std::chrono::system_clock::from_time_t(facts.st_mtim.tv_sec);
    return set <= now && now - set < counts_for;
}

std::optional<FileLock> VaultMark::take_away() const {
    if (folder_.empty()) return std::nullopt;
    auto lock = FileLock::take(lock_in(folder_), Deadline::after(most_waiting));
    ::unlink(mark_in(folder_).c_str());
    return lock ? std::optional(std::move(*lock)) : std::nullopt;
}

void VaultMark::look(const std::function<bool()>& is_empty) const {
    std::optional<FileLock> lock;
    if (!folder_.empty()) {
        make_private_folders(folder_);
        if (auto taken = FileLock::take(lock_in(folder_), Deadline::after(Milliseconds(0))))
            lock = std::move(*taken);
    }
    if (!is_empty() || !lock) return;
    const auto mark = mark_in(folder_);
    const UniqueFd file(::open(mark.c_str(), O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (file) ::futimens(file.get(), nullptr);
}

}  // namespace reprompt::ledger
