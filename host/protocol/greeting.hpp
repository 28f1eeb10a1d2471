// SPDX-License-Identifier: MPL-2.0
// What kind of server greets with a line. Belongs here: telling the protocols apart by their first octets,
// nothing more.
#pragma once

#include <cstdint>
#include <string_view>

#include "evidence/evidence.hpp"

namespace reprompt::protocol {

enum class Speaker : std::uint8_t { imap, pop3, smtp, web, ssh, unknown };

/// IMAP "* " (RFC 3501 section 7.1), POP3 "+OK"/"-ERR" (RFC 1939 section 3), SMTP three digits (RFC 5321
/// section 4.2), "HTTP/" or HTML, "SSH-" (RFC 4253 section 4.2).
Speaker speaker_of(std::string_view greeting) noexcept;

/// "an IMAP server", …; "something else" for unknown.
const char* name_of(Speaker) noexcept;

Speaker speaker_for(Protocol) noexcept;

}  // namespace reprompt::protocol
