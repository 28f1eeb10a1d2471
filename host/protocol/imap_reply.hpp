// SPDX-License-Identifier: MPL-2.0
// IMAP response lines and capabilities, parsed as far as a login needs them (RFC 3501 sections 7 and 9, RFC
// 9051). Pure functions; the conversation is imap_session. Literals of the server are not followed: before a
// login no server has reason to send one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace reprompt::protocol {

enum class ImapKind : std::uint8_t { tagged, untagged, continuation, other };
enum class ImapStatus : std::uint8_t { ok, no, bad, bye, preauth, other };

struct ImapLine {
    ImapKind kind = ImapKind::other;
    std::string_view tag;  ///< of a tagged line
    ImapStatus status = ImapStatus::other;
    std::string_view text;  ///< after the status; for a continuation what follows "+"
    std::size_t frame = 0;  ///< octets of tag and status: kept as received when the line is recorded
};

/// Never fails: what is no response line is `other`. The views point into `line`.
ImapLine parse_imap_line(std::string_view line) noexcept;

/// The capabilities of "* CAPABILITY a b" or of a "[CAPABILITY a b]" response code, as received; nullopt if
/// the line has none.
std::optional<std::vector<std::string>> imap_capabilities(std::string_view line);

/// Whether `name` is among them, in any case (RFC 3501 section 7.2.1: "AUTH=PLAIN", "LOGINDISABLED").
bool has_capability(const std::vector<std::string>& capabilities, std::string_view name) noexcept;

/// True if `text` can be an IMAP quoted string: printable 7-bit (RFC 3501 section 4.3).
bool is_imap_quotable(std::string_view text) noexcept;
/// `text` between quotes, with `\` before `\` and `"`.
std::string imap_quoted(std::string_view text);

}  // namespace reprompt::protocol
