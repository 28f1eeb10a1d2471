// SPDX-License-Identifier: MPL-2.0
// See fingerprint.hpp.
#include "ledger/fingerprint.hpp"

#include <utility>

#include "ledger/digest.hpp"
#include "ledger/file_lock.hpp"
#include "ledger/ledger.hpp"

namespace reprompt::ledger {

namespace {

constexpr std::size_t key_octets = 32;

Attributes key_attributes() {
    return {{"version", "1"}};
}

}  // namespace

std::string account_key(std::string_view salt, const Account& account) {
    return hmac_hex(salt, {"reprompt account v1", account.realm, account.user}).substr(0, account_key_digits);
}

std::string fingerprint(const Secret& key, const Account& account, const Secret& credential) {
    return hmac_hex(key.reveal(),
                    {"reprompt credential v1", account.realm, account.user, credential.reveal()});
}

Expected<std::optional<Secret>, KeyringError> present_fingerprint_key(Keyring& keyring, Deadline deadline) {
    auto items = keyring.find_until(deadline, ledger_key_schema, key_attributes(), true);
    if (!items) return Unexpected<KeyringError>(std::move(items.error()));
    if (items->empty()) return std::optional<Secret>();
    if (items->front().secret.size() != key_octets) {
        return Unexpected<KeyringError>(
            {KeyringProblem::refused,
             "The ledger's key in the keyring is damaged; `reprompt uninstall --forget` "
             "removes it."});
    }
    return std::optional<Secret>(std::move(items->front().secret));
}

Expected<Secret, KeyringError> fingerprint_key(Keyring& keyring, const std::filesystem::path& folder,
                                               Deadline deadline) {
    auto present = present_fingerprint_key(keyring, deadline);
    if (!present) return Unexpected<KeyringError>(std::move(present.error()));
    if (*present) return std::move(**present);

    // The other program may be storing right now.
    const auto lock = FileLock::take(folder / "key.lock", deadline);
    if (!lock) return Unexpected<KeyringError>({KeyringProblem::refused, lock.error()});
    present = present_fingerprint_key(keyring, deadline);
    if (!present) return Unexpected<KeyringError>(std::move(present.error()));
    if (*present) return std::move(**present);
    Secret key = random_secret(key_octets);
    const auto stored =
        keyring.store_until(deadline, ledger_key_schema, key_attributes(), "Reprompt ledger key", key);
    if (!stored) return Unexpected<KeyringError>(stored.error());
    return key;
}

}  // namespace reprompt::ledger
