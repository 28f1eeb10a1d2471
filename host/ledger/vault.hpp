// SPDX-License-Identifier: MPL-2.0
// Vault: passwords that Thunderbird is about to forget, kept 30 days in the Secret Service, sealed
// (AES-256-GCM) with a key that the add-on keeps in Thunderbird's login store.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/expected.hpp"
#include "base/secret.hpp"
#include "evidence/evidence.hpp"
#include "ledger/keyring.hpp"

namespace reprompt::ledger {

struct VaultAccount {
    Protocol protocol = Protocol::imap;
    std::string host;
    std::uint16_t port = 0;
    std::string user;
};
struct VaultEntry {
    std::string id;  ///< 128 random bits, hex
    VaultAccount account;
    std::chrono::system_clock::time_point stored_at, expires_at;
};

class Vault {
  public:
    explicit Vault(Keyring& keyring) : keyring_(keyring) {}
    /// `seal_key` is 32 octets. The entry is in the keyring, read back and opened again, when this returns.
    Expected<VaultEntry, KeyringError> store(const VaultAccount&, const Secret& password,
                                             const Secret& seal_key,
                                             std::chrono::system_clock::time_point now);
    /// What has not expired at `now`, newest first.
    Expected<std::vector<VaultEntry>, KeyringError> list(std::chrono::system_clock::time_point now);
    /// The password of an entry. Wrong key, tampered or expired item: refused.
    Expected<Secret, KeyringError> open(const std::string& id, const Secret& seal_key,
                                        std::chrono::system_clock::time_point now);
    Expected<void, KeyringError> erase(const std::string& id);
    /// Deletes everything that ever was put into the vault, items that cannot be read as entries too; their
    /// number.
    Expected<std::size_t, KeyringError> erase_all();
    struct Swept {
        std::size_t deleted = 0;
        std::size_t left = 0;  ///< items that cannot be read as entries too
    };
    /// Deletes what has expired. Looking for it ends by `deadline`.
    Expected<Swept, KeyringError> sweep(std::chrono::system_clock::time_point now, Deadline deadline);

  private:
    Keyring& keyring_;
};

}  // namespace reprompt::ledger
