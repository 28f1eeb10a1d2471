// SPDX-License-Identifier: MPL-2.0
// Pop3Session: finds out what a POP3 server offers and what it says to one login (RFC 1939, 2449, 2595,
// 5034). Made by make_session.
//
//   greeting --STLS wanted--> stls --+OK--> upgrading --> capa --> decision --Grant--> exchange      AUTH
//      |                        |                          ^           |               user --> pass  USER,
//      PASS |                        +-- -ERR --> capa, only to record what is offered      |
//      +--------------------------------------------------+            +--Deny--> end
//
// STLS goes out without a CAPA before it: the answer to STLS says the same and a round trip is saved. A
// server that does not know CAPA (RFC 1939 alone) is asked by USER and PASS, the only login that standard
// leaves; no capability is written down for it. The password is sent only after +OK to USER. There is no
// QUIT: nothing was done that it would have to commit.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "protocol/conversation.hpp"
#include "protocol/sasl_exchange.hpp"

namespace reprompt::protocol {

class Pop3Session final : public Conversation {
  public:
    Pop3Session(const SessionSettings& settings, Evidence& evidence) : Conversation(settings, evidence) {}

  private:
    enum class State : std::uint8_t {
        greeting,
        stls,
        upgrading,
        capa,
        capa_lines,
        decision,
        exchange,
        user,
        pass
    };

    void on_start() override { enter(State::greeting); }
    std::optional<Action> on_line(std::string_view line) override;
    Action on_tls_ready() override { return ask_capa(); }
    Action on_grant(const Grant& grant) override;
    void record_unfinished() override;

    std::optional<Action> on_greeting(std::string_view line);
    std::optional<Action> on_stls(std::string_view line);
    std::optional<Action> on_capa(std::string_view line);
    std::optional<Action> on_capa_lines(std::string_view line);
    std::optional<Action> on_exchange(std::string_view line);
    std::optional<Action> on_user(std::string_view line);
    std::optional<Action> on_pass(std::string_view line);

    /// The only way to another state; sets the stage.
    void enter(State next);
    Action ask_capa();
    /// `capabilities_` is complete, or the server knows no CAPA (`known` false).
    Action use_capabilities(bool known);
    [[nodiscard]] std::vector<Mechanism> mechanisms(bool known) const;

    State state_ = State::greeting;
    std::vector<std::string> capabilities_;
    std::string capa_refusal_;  // "unknown command" says nothing about a login; kept for the case that the
                                // server says no more
    bool stls_refused_ = false;
    Mechanism mechanism_ = Mechanism::plain;
    std::optional<SaslExchange> exchange_;
};

}  // namespace reprompt::protocol
