// SPDX-License-Identifier: MPL-2.0
// SMTP replies and EHLO keywords, parsed. Pure functions; the conversation is smtp_session.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace reprompt::protocol {

/// One line of a reply (RFC 5321 section 4.2): "250-text" or "250 text"; a bare "250" is accepted as the
/// standard asks.
struct SmtpLine {
    int code = 0;           ///< 200 to 599
    bool last = true;       ///< no "-" after the code
    std::string_view text;  ///< after the separator
};

/// Octets of the code and its separator: kept as received when a line is recorded.
inline constexpr std::size_t smtp_frame = 4;

/// nullopt if the line is no reply line. The views point into `line`.
std::optional<SmtpLine> parse_smtp_line(std::string_view line) noexcept;

/// Parameters of the EHLO keyword `name` (RFC 5321 section 4.1.1.1), in capitals; nullopt if no line has it.
/// `lines` are the lines after the first of the 250 reply. Quirk `auth_equals`: "AUTH=LOGIN PLAIN" of old
/// Exchange is read as "AUTH LOGIN PLAIN"; all lines of one keyword count together.
std::optional<std::vector<std::string>> ehlo_parameters(const std::vector<std::string>& lines,
                                                        std::string_view name);

}  // namespace reprompt::protocol
