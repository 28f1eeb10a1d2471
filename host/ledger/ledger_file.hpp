// SPDX-License-Identifier: MPL-2.0
// LedgerFile: the ledger on disk. Belongs here: the folder, opening, reading what is new, appending durably,
// replacing, moving a damaged file aside. Does not belong here: the format (ledger_line.hpp), the meaning
// (ledger_book.hpp).
//
// Several hosts may use one folder. Everything but open() happens under lock(); a reader that finds another
// file under the name (a compaction, a removal) starts again from its beginning.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "base/expected.hpp"
#include "base/unique_fd.hpp"
#include "ledger/file_lock.hpp"
#include "ledger/ledger_line.hpp"

namespace reprompt::ledger {

/// Like `mkdir -p`, each new folder 0700 (XDG base directory specification). Who needs it finds out whether
/// it is there.
void make_private_folders(const std::filesystem::path& folder);

class LedgerFile {
  public:
    /// Makes the folder (0700, its missing parents too) or checks it: a symbolic link and another user's
    /// folder are refused, wider permissions are taken away.
    static Expected<LedgerFile, std::string> open(const std::filesystem::path& folder);

    /// Waits at most `most`.
    [[nodiscard]] Expected<FileLock, std::string> lock(Milliseconds most) const;

    /// Who is told what was written since the last call, by whomever, in the order of the file.
    struct Listener {
        std::function<void()> start_again;  ///< another file than before: forget everything heard earlier
        std::function<void(const Event&)> take;
    };
    /// Makes the file with a new salt if it is missing. Reads block by block, however long the file is. A
    /// note (English) if a damaged file was moved aside, else empty. Error: one English line; what was heard
    /// of a file that cannot be opened any more still holds. If the listener throws, lose_place() is due.
    Expected<std::string, std::string> refresh(const Listener& listener);
    /// The next refresh() starts again, though the file is the same.
    void lose_place() noexcept { lost_ = true; }
    [[nodiscard]] bool lost_place() const noexcept { return lost_; }
    /// In the file when it returns, and on disk when for_sync() is synced after that; on an error nothing of
    /// it is left. An event that is to have a result is only written where the result will fit behind it.
    /// Only after refresh() under the same lock.
    Expected<void, std::string> append(const Event& event);
    /// Another descriptor of the file that append() writes to, for fdatasync(2) outside of all locks.
    [[nodiscard]] UniqueFd for_sync() const;
    /// Calls what it is given with one event after the other.
    using Events = std::function<void(const std::function<void(const Event&)>&)>;
    /// The same salt with these events, in a new file that takes the old one's place when it is on disk.
    Expected<void, std::string> replace(const Events& events);

    /// Salt of the account keys; known after refresh().
    [[nodiscard]] const std::string& salt() const noexcept { return salt_; }
    [[nodiscard]] std::size_t size() const noexcept { return offset_; }
    [[nodiscard]] const std::filesystem::path& folder() const noexcept { return folder_; }

  private:
    LedgerFile(std::filesystem::path folder, UniqueFd directory)
        : folder_(std::move(folder)), directory_(std::move(directory)) {}
    Expected<void, std::string> reopen(const Listener& listener);
    /// Moves aside what stands in the ledger's place and cannot be one, and makes a new ledger.
    Expected<std::string, std::string> begin_anew(const std::string& why, const Listener& listener);
    /// The same for one with unreadable lines; the others are kept.
    Expected<std::string, std::string> mend(std::size_t damaged, const Listener& listener);
    /// Reads from `offset_` to the end and moves `offset_` behind the last line end; the number of unreadable
    /// lines. Where the file begins, `salt_` comes from its first line.
    Expected<std::size_t, std::string> read_on(const std::function<void(const Event&)>& take);
    /// Finds a free name ledger.corrupt-N by trying `take(name)`, which gives 0, or -1 and errno.
    template <class Take>
    Expected<std::string, std::string> put_aside(Take&& take) const;

    std::filesystem::path folder_;
    UniqueFd directory_;
    UniqueFd file_;
    std::size_t offset_ = 0;  ///< read up to here; always after a line end
    bool lost_ = false;       ///< what the listener knows is not what stands before `offset_`
    std::string salt_;
};

}  // namespace reprompt::ledger
