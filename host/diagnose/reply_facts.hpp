// SPDX-License-Identifier: MPL-2.0
// ReplyFacts: what a server's answer says, taken apart: status, codes, and the human text in one form.
// Lenient, because it also reads lines copied from logs, forums and dialogs (no tag, no code). Does not
// belong here: what it means (rules).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "evidence/evidence.hpp"

namespace reprompt {

/// The condition of the last line that has one. `none` = words only.
enum class ReplyStatus : std::uint8_t {
    none,
    ok,         ///< IMAP OK/PREAUTH, +OK, 2xx
    no,         ///< IMAP NO
    bad,        ///< IMAP BAD
    bye,        ///< IMAP BYE and nothing else
    more,       ///< "+ …", 3xx
    err,        ///< -ERR
    transient,  ///< 4xx
    permanent,  ///< 5xx
};

struct ReplyFacts {
    ReplyStatus status = ReplyStatus::none;
    std::vector<std::string>
        codes;          ///< IMAP and POP3 response codes (RFC 3501 section 7.1, RFC 2449 section 8), capitals
    int smtp_code = 0;  ///< RFC 5321 section 4.2; 0 = none
    std::vector<std::string> enhanced;  ///< RFC 3463, "5.7.8"
    std::string oauth_status;  ///< "status" of an RFC 7628 section 3.2.2 answer, lower case; empty = none
    std::vector<std::string> capability_lines;  ///< untagged CAPABILITY lines among the answer
    std::string words;  ///< folded text of all lines without tags and codes, see words.hpp;
                        ///< behind it, after a backslash, once more with status tokens spelled out
};

/// `lines` as in the Evidence (Attempt::response, Heard::lines, greeting).
ReplyFacts read_reply(Protocol protocol, const std::vector<std::string>& lines);

/// The "status" of an RFC 7628 error, given as JSON or as base64 of it; empty if `text` is neither.
std::string oauth_status_of(std::string_view text);

}  // namespace reprompt
