// SPDX-License-Identifier: MPL-2.0
// What the three session fuzzers share: the first octets choose the settings, the rest is what the server
// says, in pieces whose sizes come from the input too. Checked: the session ends, never writes a control
// character, never goes to TLS with bytes waiting, everything it records is printable UTF-8 within its
// bounds.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/text.hpp"
#include "protocol/session.hpp"

namespace reprompt::fuzz {

inline void require(bool holds) {
    if (!holds) std::abort();
}

inline void check_words(const std::vector<std::string>& lines, std::size_t most) {
    require(lines.size() <= most);
    for (const auto& line : lines)
        require(line.size() <= 512 && is_utf8(line) && !has_control(line));
}

inline int run_session(Protocol protocol, const std::uint8_t* data, std::size_t size) {
    using namespace protocol;
    if (size < 3) return 0;
    SessionSettings settings;
    settings.tls = static_cast<TlsMode>(data[0] % 3);
    settings.authenticate = (data[0] & 0x10) == 0;
    settings.user = (data[0] & 0x20) != 0 ? "\xC3\xA5lice" : "alice@example.org";
    const bool quotable = (data[0] & 0x40) == 0;
    const std::size_t choice = data[1];
    const std::size_t piece = data[2] == 0 ? size : data[2];
    std::string_view speech(reinterpret_cast<const char*>(data) + 3, size - 3);

    Evidence evidence;
    evidence.protocol = protocol;
    const auto session = make_session(settings, evidence);
    Action action = session->resume(Start{});
    for (std::size_t steps = 0; !std::holds_alternative<Done>(action); ++steps) {
        require(steps < 4 * size + 100);
        if (std::holds_alternative<NeedBytes>(action)) {
            if (speech.empty()) {
                action = session->resume(IoFailure{Failure::connection_closed, "closed"});
                require(std::holds_alternative<Done>(action));
                break;
            }
            const auto bytes = speech.substr(0, piece);
            speech.remove_prefix(bytes.size());
            action = session->resume(Bytes{bytes});
        } else if (const auto* write = std::get_if<Write>(&action)) {
            require(!has_control(write->before) && write->after == "\r\n");
            if (write->slot.kind != SlotKind::none) require(evidence.attempt.has_value());
            action = session->resume(Written{});
        } else if (std::holds_alternative<UpgradeTls>(action)) {
            require(settings.tls == TlsMode::starttls && evidence.offered.empty());
            action = session->resume(TlsReady{});
        } else if (const auto* wanted = std::get_if<WantCredential>(&action)) {
            require(!wanted->offered.empty() && settings.authenticate);
            const auto mechanism = wanted->offered[choice % wanted->offered.size()];
            action = session->resume(Grant{mechanism, quotable});
        }
    }
    check_words(evidence.greeting, 50);
    check_words(evidence.unsolicited, 50);
    check_words(evidence.offered, 256);
    check_words(evidence.offered_before_tls, 256);
    if (evidence.attempt) {
        check_words(evidence.attempt->response, 50);
        require(!evidence.attempt->accepted || evidence.attempt->complete);
    }
    return 0;
}

}  // namespace reprompt::fuzz
