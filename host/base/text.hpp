// SPDX-License-Identifier: MPL-2.0
// Text: pure functions on strings that more than one folder needs. Belongs here: encodings, escaping,
// masking. Does not belong here: protocol syntax (protocol/), secrets (base/secret).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret.hpp"

namespace reprompt {

/// RFC 4648 section 4, with padding.
std::string base64_encode(std::string_view bytes);
/// The same for a secret: no copy outside locked memory.
Secret base64_encode(const Secret& bytes);
/// Strict RFC 4648 section 4 (padding required, no blanks); nullopt on anything else.
std::optional<std::string> base64_decode(std::string_view text);

/// ASCII only, locale-free.
std::string to_lower(std::string_view text);
std::string to_upper(std::string_view text);
bool iequals(std::string_view left, std::string_view right) noexcept;
bool istarts_with(std::string_view text, std::string_view prefix) noexcept;
std::string_view trim(std::string_view text) noexcept;
std::vector<std::string_view> split_words(std::string_view text);
/// The first word, without the blanks around it; `text` becomes the rest, trimmed.
std::string_view take_word(std::string_view& text) noexcept;
constexpr bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

/// True if `text` is well-formed UTF-8 (RFC 3629; no surrogates, nothing above U+10FFFF).
bool is_utf8(std::string_view text) noexcept;

/// Server speech made safe to keep, print and put in JSON: valid UTF-8 stays, every other byte and every
/// control character (C0, DEL, C1, bidirectional and zero-width controls) becomes \xNN or \u{N}; at most
/// `cap` bytes, cut at a character boundary and marked by "…". The result is always valid UTF-8 without
/// control characters.
std::string escape_server_words(std::string_view bytes, std::size_t cap = 512);

/// Masks what identifies a person or opens an account: `user`, its local part (if at least 3 characters),
/// anything shaped like an e-mail address, and runs of 24 or more base64 characters; names and addresses
/// however they are spelled (spelling.hpp). Applied to server words wherever they are kept.
std::string mask_identity(std::string_view words, std::string_view user);

/// Masks the secret, should a server repeat what it was sent: as it is, as the inside of an IMAP quoted
/// string (RFC 3501 section 4.3), as escape_server_words leaves either, and however else it is spelled
/// (spelling.hpp). Where words end with "…" because they were cut, so is a beginning of the secret of at
/// least 4 octets right before it. Secrets shorter than 4 octets are left alone: masking them would only show
/// where they occur.
std::string mask_secret(std::string_view words, const Secret& secret);

/// True if `text` has CR, LF, NUL or another control character (invariant 4).
bool has_control(std::string_view text) noexcept;

}  // namespace reprompt
