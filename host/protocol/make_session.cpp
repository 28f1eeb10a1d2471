// SPDX-License-Identifier: MPL-2.0
// Which session speaks which protocol.
#include "protocol/imap_session.hpp"
#include "protocol/pop3_session.hpp"
#include "protocol/session.hpp"
#include "protocol/smtp_session.hpp"

namespace reprompt::protocol {

std::unique_ptr<Session> make_session(const SessionSettings& settings, Evidence& evidence) {
    switch (evidence.protocol) {
        case Protocol::imap:
            return std::make_unique<ImapSession>(settings, evidence);
        case Protocol::pop3:
            return std::make_unique<Pop3Session>(settings, evidence);
        case Protocol::smtp:
            return std::make_unique<SmtpSession>(settings, evidence);
    }
    return nullptr;
}

}  // namespace reprompt::protocol
