// SPDX-License-Identifier: MPL-2.0
// LedgerFile: the ledger on disk. Belongs here: the folder, opening, reading what is new, appending durably,
// replacing, moving a damaged file aside. Does not belong here: the format (ledger_line.hpp), the meaning
// (ledger_book.hpp).
//
// Several hosts may use one folder. Everything but open() happens under lock(); a reader that finds another
// file under the name (a compaction, a removal) starts again from its beginning.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/expected.hpp"
#include "base/unique_fd.hpp"
#include "ledger/file_lock.hpp"
#include "ledger/ledger_line.hpp"

namespace reprompt::ledger {

class LedgerFile {
  public:
    /// Makes the folder (0700, its missing parents too) or checks it: a symbolic link and another user's
    /// folder are refused, wider permissions are taken away.
    static Expected<LedgerFile, std::string> open(const std::filesystem::path& folder);

    /// Waits at most 5 s.
    [[nodiscard]] Expected<FileLock, std::string> lock() const;

    /// What was written since the last call, by whomever.
    struct News {
        bool from_start = false;  ///< another file than before: forget everything that was read earlier
        std::vector<Event> events;
        std::string note;  ///< English, if a damaged file was moved aside
    };
    /// Makes the file with a new salt if it is missing. Error: one English line.
    Expected<News, std::string> refresh();
    /// On disk (fdatasync) when it returns; on an error nothing of it is left. Only after refresh() under the
    /// same lock.
    Expected<void, std::string> append(const Event& event);
    /// The same salt with these events, in a new file that takes the old one's place when it is on disk.
    Expected<void, std::string> replace(const std::vector<Event>& events);

    /// Salt of the account keys; known after refresh().
    [[nodiscard]] const std::string& salt() const noexcept { return salt_; }
    [[nodiscard]] std::size_t size() const noexcept { return offset_; }
    [[nodiscard]] const std::filesystem::path& folder() const noexcept { return folder_; }

  private:
    LedgerFile(std::filesystem::path folder, UniqueFd directory)
        : folder_(std::move(folder)), directory_(std::move(directory)) {}
    Expected<void, std::string> reopen();
    /// Moves aside what stands in the ledger's place and cannot be one, and makes a new ledger.
    Expected<News, std::string> begin_anew(const std::string& why);
    Expected<std::string, std::string> read_on() const;
    /// Finds a free name ledger.corrupt-N by trying `take(name)`, which gives 0, or -1 and errno.
    template <class Take>
    Expected<std::string, std::string> put_aside(Take&& take) const;

    std::filesystem::path folder_;
    UniqueFd directory_;
    UniqueFd file_;
    std::size_t offset_ = 0;  ///< read up to here; always after a line end
    std::string salt_;
};

}  // namespace reprompt::ledger
