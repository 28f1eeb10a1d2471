// SPDX-License-Identifier: MPL-2.0
// Digest: random octets, HMAC-SHA-256 over separated fields, and hex. Belongs here: thin, typed access to
// OpenSSL for the ledger and the vault. Does not belong here: what is hashed and why (fingerprint.hpp),
// encryption (seal.hpp).
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "base/secret.hpp"

namespace reprompt::ledger {

/// `count` octets from the system's generator. Throws std::runtime_error if it has none to give: nothing here
/// may go on without.
std::string random_octets(std::size_t count);
/// The same, straight into guarded memory.
Secret random_secret(std::size_t count);

/// Lower-case hex.
std::string hex(std::string_view octets);
/// True if `text` is `digits` lower-case hex digits.
bool is_hex(std::string_view text, std::size_t digits) noexcept;

/// The first 8 hex digits of SHA-256 (FIPS 180-4) of `text`: finds damage, keeps nobody out.
std::string checksum(std::string_view text);

/// HMAC-SHA-256 (RFC 2104, FIPS 198-1) over the fields, each preceded by its length in four octets, so that
/// no two lists of fields give the same input. 64 hex digits.
std::string hmac_hex(std::string_view key, std::initializer_list<std::string_view> fields);

/// The first 64 bits of the same, for tables.
std::uint64_t hmac_number(std::string_view key, std::initializer_list<std::string_view> fields);

/// Four octets, most significant first, then the field.
std::string length_prefixed(std::initializer_list<std::string_view> fields);

/// Comparison whose time does not tell where two strings differ.
bool same_octets(std::string_view left, std::string_view right) noexcept;

}  // namespace reprompt::ledger
