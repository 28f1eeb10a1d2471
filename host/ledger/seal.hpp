// SPDX-License-Identifier: MPL-2.0
// Seal: AES-256-GCM (NIST SP 800-38D) over one secret. Belongs here: the cipher and the form of the sealed
// octets. Does not belong here: where they are kept (vault.hpp).
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "base/secret.hpp"

namespace reprompt::ledger {

inline constexpr std::size_t seal_key_octets = 32;

/// "RPV1", a random nonce of 12 octets, the ciphertext, the tag of 16. `bound_to` is authenticated, not
/// contained. nullopt if the key is not 32 octets or the cipher fails.
std::optional<Secret> seal(const Secret& key, const Secret& plain, std::string_view bound_to);
/// nullopt for another key, another `bound_to`, or changed octets; nothing of the plain text comes out then.
std::optional<Secret> unseal(const Secret& key, const Secret& sealed, std::string_view bound_to);

}  // namespace reprompt::ledger
