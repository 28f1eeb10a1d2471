// SPDX-License-Identifier: MPL-2.0
// SmtpSession: finds out what a submission server offers and what it says to one login (RFC 5321, 3207, 4954,
// 6409). Made by make_session.
//
//   greeting --220--> ehlo --STARTTLS wanted--> starttls --220--> upgrading --> ehlo (again, RFC 3207
//   section 4.2)
//      |                |
//      |                +--> decision --Grant--> exchange --334--> exchange …
//      |                          +--Deny--> end
//      +--421, 554, another protocol--> end
//
// Nothing is sent before the greeting is complete (servers that make spammers wait drop those who talk
// first). A reply is collected until its last line, then judged by its code. EHLO unknown (500, 502): nothing
// is offered, and HELO would not change that. A reply whose lines disagree about the code breaks the
// protocol: who knows which command it answers. There is no QUIT; the driver closes.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "protocol/conversation.hpp"
#include "protocol/sasl_exchange.hpp"

namespace reprompt::protocol {

class SmtpSession final : public Conversation {
  public:
    SmtpSession(const SessionSettings& settings, Evidence& evidence) : Conversation(settings, evidence) {}

  private:
    enum class State : std::uint8_t { greeting, ehlo, starttls, upgrading, decision, exchange };

    /// A whole reply: its code and its lines as received.
    struct Reply {
        int code = 0;
        std::vector<std::string> lines;
    };

    void on_start() override { enter(State::greeting); }
    std::optional<Action> on_line(std::string_view line) override;
    Action on_tls_ready() override { return say_ehlo(); }
    Action on_grant(const Grant& grant) override;
    void record_unfinished() override { record_reply(std::exchange(reply_, {})); }

    Action on_reply(const Reply& reply);
    Action on_greeting(const Reply& reply);
    Action on_ehlo(const Reply& reply);
    Action on_starttls(const Reply& reply);
    Action on_exchange(const Reply& reply);

    /// The only way to another state; sets the stage.
    void enter(State next);
    Action say_ehlo();
    Action use_capabilities();
    void record_reply(const Reply& reply);
    [[nodiscard]] std::vector<Mechanism> mechanisms() const;

    State state_ = State::greeting;
    Reply reply_;  // the one that is arriving
    std::vector<std::string> capabilities_;
    Mechanism mechanism_ = Mechanism::plain;
    std::optional<SaslExchange> exchange_;
};

}  // namespace reprompt::protocol
