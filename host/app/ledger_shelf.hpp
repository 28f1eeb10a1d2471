// SPDX-License-Identifier: MPL-2.0
// LedgerShelf: the one Ledger of a process, opened when somebody first needs it. (The Ledger itself is safe
// to share between threads.)
#pragma once

#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "ledger/ledger.hpp"

namespace reprompt::app {

class LedgerShelf {
  public:
    LedgerShelf(std::function<std::filesystem::path()> folder, std::function<ledger::Keyring&()> keyring)
        : folder_(std::move(folder)), keyring_(std::move(keyring)) {}

    /// The same ledger each time; lives as long as the shelf. Error: one English line; the next call tries
    /// again.
    Expected<ledger::Ledger*, std::string> get() {
        const std::lock_guard lock(mutex_);
        if (!ledger_) {
            auto opened = ledger::Ledger::open(folder_(), keyring_());
            if (!opened) return Unexpected<std::string>(std::move(opened.error()));
            ledger_.emplace(std::move(*opened));
        }
        return &*ledger_;
    }

  private:
    std::function<std::filesystem::path()> folder_;
    std::function<ledger::Keyring&()> keyring_;
    std::mutex mutex_;
    std::optional<ledger::Ledger> ledger_;
};

}  // namespace reprompt::app
