// SPDX-License-Identifier: MPL-2.0
// Greetings: the first octets of the protocols that meet on mail ports.
#include "protocol/greeting.hpp"

#include "base/text.hpp"
#include "protocol/smtp_reply.hpp"

namespace reprompt::protocol {

Speaker speaker_of(std::string_view greeting) noexcept {
    if (greeting.starts_with("* ")) return Speaker::imap;
    if (istarts_with(greeting, "+OK") || istarts_with(greeting, "-ERR")) return Speaker::pop3;
    if (istarts_with(greeting, "HTTP/") || istarts_with(greeting, "<!DOCTYPE") ||
        istarts_with(greeting, "<html")) {
        return Speaker::web;
    }
    if (greeting.starts_with("SSH-")) return Speaker::ssh;
    if (parse_smtp_line(greeting)) return Speaker::smtp;
    return Speaker::unknown;
}

const char* name_of(Speaker speaker) noexcept {
    switch (speaker) {
        case Speaker::imap:
            return "an IMAP server";
        case Speaker::pop3:
            return "a POP3 server";
        case Speaker::smtp:
            return "an SMTP or FTP server";
        case Speaker::web:
            return "a web server";
        case Speaker::ssh:
            return "an SSH server";
        case Speaker::unknown:
            return "something else";
    }
    return "";
}

Speaker speaker_for(Protocol protocol) noexcept {
    switch (protocol) {
        case Protocol::imap:
            return Speaker::imap;
        case Protocol::pop3:
            return Speaker::pop3;
        case Protocol::smtp:
            return Speaker::smtp;
    }
    return Speaker::unknown;
}

}  // namespace reprompt::protocol
