// SPDX-License-Identifier: MPL-2.0
// POP3 replies and CAPA lines, parsed. Pure functions; the conversation is pop3_session.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace reprompt::protocol {

enum class Pop3Status : std::uint8_t { ok, err, challenge, other };

struct Pop3Line {
    Pop3Status status = Pop3Status::other;
    std::string_view text;  ///< after the status and one blank; for a challenge the base64
    std::size_t frame = 0;  ///< octets of the status: kept as received when the line is recorded
};

/// "+OK", "-ERR" (RFC 1939 section 3, any case) or "+ challenge" (RFC 5034 section 4; "+" alone is an empty
/// challenge).
Pop3Line parse_pop3_line(std::string_view line) noexcept;

/// Takes off the dot that a multi-line reply puts before a dot (RFC 1939 section 3); nullopt for the closing
/// ".".
std::optional<std::string_view> unstuff_dot(std::string_view line) noexcept;

/// Parameters of the CAPA tag `name` (RFC 2449 section 5), in capitals; nullopt if no line has it. All lines
/// of one tag count together.
std::optional<std::vector<std::string>> capa_parameters(const std::vector<std::string>& lines,
                                                        std::string_view name);

}  // namespace reprompt::protocol
