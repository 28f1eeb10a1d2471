// SPDX-License-Identifier: MPL-2.0
// Transcript: from what people paste (a log, a telnet window, a forum post) to the lines that answer a
// sign-in, and whether they accept it. Belongs here: what is no answer. Does not belong here: what an answer
// says (diagnose/reply_facts), and our own conversations, which know what they asked.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "evidence/evidence.hpp"

namespace reprompt {

struct SignInAnswer {
    std::vector<std::string> lines;  ///< without what log files put before them
    bool complete = false;           ///< there is a line that ends the sign-in
    bool accepted = false;           ///< it was let in
};

/// The last outcome in `lines`: an answer before STARTTLS took effect, or to an earlier try, does not count,
/// nor do the client's lines and the answers to other commands. A line without tag or code ("NO x", bare
/// words as a mail program shows them) counts as a refusal where nothing else does. Lines in which no answer
/// can be found are given back as they are.
SignInAnswer answer_in(Protocol protocol, const std::vector<std::string>& lines);

/// The three digits that begin a reply of SMTP (RFC 5321 section 4.2, 2yz to 5yz); empty if `line` is none.
std::string_view smtp_code(std::string_view line) noexcept;

}  // namespace reprompt
