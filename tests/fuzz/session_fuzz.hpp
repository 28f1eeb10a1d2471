// SPDX-License-Identifier: MPL-2.0
// What the three session fuzzers share: the first three octets choose settings, decisions and the sizes of
// the pieces, the rest is what the server says from its greeting to its last word, through STARTTLS and every
// mechanism, whose messages are made as the program makes them. Checked: the session ends, never writes a
// control character, never goes to TLS with bytes waiting, everything it records is printable UTF-8 within
// its bounds, and a password that the server repeats is not in it.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>

#include "base/text.hpp"
#include "protocol/session.hpp"
#include "sasl/mechanism.hpp"

namespace reprompt::fuzz {

constexpr std::string_view password = "correct horse 7";

inline void require(bool holds) {
    if (!holds) std::abort();
}

inline void check_words(const std::vector<std::string>& lines, std::size_t most, bool hides) {
    require(lines.size() <= most);
    for (const auto& line : lines) {
        require(line.size() <= 512 && is_utf8(line) && !has_control(line));
        require(!hides || line.find(password) == std::string::npos);
    }
}

/// The client's side of a SASL exchange; false if it gives up.
class Exchange {
  public:
    Exchange(Mechanism mechanism, const std::string& user)
        : secret_(password), client_(sasl::make_client(mechanism, user, secret_, "mail.example.org", 993)) {}
    void fill(const protocol::Slot& slot) {
        const bool initial = slot.kind == protocol::SlotKind::sasl_initial;
        if (!initial && slot.kind != protocol::SlotKind::sasl_response) return;
        require(client_ != nullptr);
        if (initial) {
            require(client_->initial_response().has_value());
        } else if (const auto challenge = base64_decode(slot.challenge)) {
            static_cast<void>(client_->respond(*challenge));
        }
    }

  private:
    Secret secret_;
    std::unique_ptr<sasl::Client> client_;
};

/// How the server's speech is cut: 0 = whole, below 128 = that many octets, else a different number each
/// time.
class Pieces {
  public:
    explicit Pieces(unsigned choice) : choice_(choice) {}
    std::size_t next() {
        if (choice_ == 0) return std::string::npos;
        if (choice_ < 128) return choice_;
        state_ = state_ * 75 + choice_;
        return 1 + (state_ >> 5U) % 90;
    }

  private:
    unsigned choice_;
    unsigned state_ = 1;
};

inline int run_session(Protocol protocol, const std::uint8_t* data, std::size_t size) {
    using namespace protocol;
    if (size < 3) return 0;
    const Secret secret(password);
    SessionSettings settings;
    settings.tls = static_cast<TlsMode>(data[0] % 3);
    settings.authenticate = (data[0] & 0x10) == 0;
    // Looking for a name however it is spelled takes most of the time, so that most inputs have one too short
    // to be looked for (the text target is about that).
    settings.user = (data[0] & 0x20) != 0 ? "\xC3\xA5l" : (data[0] & 0x80) != 0 ? "alice@example.org" : "al";
    const bool quotable = (data[0] & 0x40) == 0;
    const bool deny = (data[1] & 0x80) != 0, handshake_fails = (data[1] & 0x40) != 0,
               repeats = (data[1] & 0x20) != 0;
    const std::size_t choice = data[1] & 0x1Fu;
    Pieces pieces(data[2]);
    std::string said(reinterpret_cast<const char*>(data) + 3, size - 3);
    if (repeats) {
        settings.hide_secret = [&secret](std::string_view words) { return mask_secret(words, secret); };
        for (std::size_t at = 0; (at = said.find("$p", at)) != std::string::npos; at += password.size())
            said.replace(at, 2, password);
    }
    std::string_view speech(said);

    Evidence evidence;
    evidence.protocol = protocol;
    std::unique_ptr<Exchange> exchange;
    const auto session = make_session(settings, evidence);
    Action action = session->resume(Start{});
    for (std::size_t steps = 0; !std::holds_alternative<Done>(action); ++steps) {
        require(steps < 4 * said.size() + 100);
        if (std::holds_alternative<NeedBytes>(action)) {
            if (speech.empty()) {
                const bool silent = choice % 2 != 0;
                action = session->resume(IoFailure{silent ? Failure::timeout : Failure::connection_closed,
                                                   silent ? "no answer" : "closed"});
                require(std::holds_alternative<Done>(action));
                break;
            }
            const auto bytes = speech.substr(0, pieces.next());
            speech.remove_prefix(bytes.size());
            action = session->resume(Bytes{bytes});
        } else if (const auto* write = std::get_if<Write>(&action)) {
            require(!has_control(write->before) && write->after == "\r\n");
            if (write->slot.kind != SlotKind::none) {
                require(evidence.attempt.has_value() && exchange != nullptr);
                exchange->fill(write->slot);
            }
            action = session->resume(Written{});
        } else if (std::holds_alternative<UpgradeTls>(action)) {
            require(settings.tls == TlsMode::starttls && evidence.offered.empty());
            if (handshake_fails) {
                action = session->resume(IoFailure{Failure::tls_handshake, "wrong version number"});
                require(std::holds_alternative<Done>(action));
            } else {
                action = session->resume(TlsReady{});
            }
        } else if (const auto* wanted = std::get_if<WantCredential>(&action)) {
            require(!wanted->offered.empty() && settings.authenticate && exchange == nullptr);
            const auto mechanism = wanted->offered[choice % wanted->offered.size()];
            exchange = std::make_unique<Exchange>(mechanism, settings.user);
            action = deny ? session->resume(Deny{"no credential on this channel"})
                          : session->resume(Grant{mechanism, quotable});
            if (deny) require(!evidence.attempt.has_value());
        }
    }
    require(std::holds_alternative<Done>(session->resume(Start{})));
    check_words(evidence.greeting, 50, repeats);
    check_words(evidence.unsolicited, 50, repeats);
    check_words(evidence.offered, 256, repeats);
    check_words(evidence.offered_before_tls, 256, repeats);
    if (evidence.attempt) {
        check_words(evidence.attempt->response, 50, repeats);
        require(!evidence.attempt->accepted || evidence.attempt->complete);
    }
    return 0;
}

}  // namespace reprompt::fuzz
