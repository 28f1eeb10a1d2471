// SPDX-License-Identifier: MPL-2.0
// Fingerprint: what the ledger keeps instead of a name or a password. Belongs here: the two keys and what
// they are applied to. Does not belong here: where the results are written (ledger_file.hpp).
//
// * account_key: HMAC-SHA-256 of realm and user under the random salt in the first line of the ledger file,
// 32 hex digits. The salt is not secret: the key keeps names from being read
//   on disk, and lets attempts be counted when there is no keyring.
// * fingerprint: HMAC-SHA-256 of realm, user and credential under 32 random octets, 64 hex digits. The key
// never touches the disk outside the keyring; without it a file tells nothing
//   about a password.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "ledger/keyring.hpp"

namespace reprompt::ledger {

struct Account;

inline constexpr std::size_t account_key_digits = 32;
inline constexpr std::size_t fingerprint_digits = 64;
inline constexpr const char* ledger_key_schema = "org.reprompt.LedgerKey";

std::string account_key(std::string_view salt, const Account& account);
std::string fingerprint(const Secret& key, const Account& account, const Secret& credential);

/// The key in the keyring, made if there is none. Two programs that make one at once get the same: creation
/// holds a lock file in `folder` (which exists). All of it ends by `deadline`. Error: the keyring's, or
/// `refused` if the lock cannot be had or the stored key has a wrong length.
Expected<Secret, KeyringError> fingerprint_key(Keyring& keyring, const std::filesystem::path& folder,
                                               Deadline deadline);

/// The key in the keyring, or nothing if there is none yet. Error: as above.
Expected<std::optional<Secret>, KeyringError> present_fingerprint_key(Keyring& keyring, Deadline deadline);

}  // namespace reprompt::ledger
