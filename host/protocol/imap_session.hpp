// SPDX-License-Identifier: MPL-2.0
// ImapSession: finds out what an IMAP server offers and what it says to one login (RFC 3501, 9051, 4959).
// Made by make_session.
//
//   greeting --OK--> capability --STARTTLS--> starttls --> upgrading --> capability (again, RFC 3501
//   section 6.2.1)
//      |                |
//      | capabilities   +--> decision --Grant--> exchange                 AUTHENTICATE, one line for each
//      challenge | came with it --^            |           login_name, login_secret  LOGIN, when a literal
//      must be waited for |                             +--Deny---> end
//      +--BYE, PREAUTH, another protocol---> end
//
// One reply is awaited at a time, under the tags a1, a2, …. Untagged status lines during a login are part of
// the answer (servers put the reason there), all others are unsolicited; a reply under a foreign tag is
// unsolicited too. There is no LOGOUT: the driver closes the channel, which every server takes for one (RFC
// 3501 section 3), and a round trip is saved.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "protocol/conversation.hpp"
#include "protocol/imap_reply.hpp"
#include "protocol/sasl_exchange.hpp"

namespace reprompt::protocol {

class ImapSession final : public Conversation {
  public:
    ImapSession(const SessionSettings& settings, Evidence& evidence) : Conversation(settings, evidence) {}

  private:
    enum class State : std::uint8_t {
        greeting,
        capability,
        starttls,
        upgrading,
        decision,
        exchange,
        login_name,
        login_secret
    };

    void on_start() override { enter(State::greeting); }
    std::optional<Action> on_line(std::string_view line) override;
    Action on_tls_ready() override { return ask_capability(); }
    Action on_grant(const Grant& grant) override;

    std::optional<Action> on_greeting(std::string_view line);
    std::optional<Action> on_capability(std::string_view line);
    std::optional<Action> on_starttls(std::string_view line);
    std::optional<Action> on_exchange(std::string_view line);
    std::optional<Action> on_login_name(std::string_view line);
    std::optional<Action> on_login_secret(std::string_view line);

    /// The only way to another state; sets the stage.
    void enter(State next);
    Action command(const std::string& words, Slot slot = {});
    Action ask_capability();
    Action use_capabilities(std::vector<std::string> capabilities);
    Action start_login(bool password_quotable);
    Action send_password(std::string before);
    /// What every state of a login does with a line that is no continuation.
    std::optional<Action> on_login_reply(std::string_view line, const ImapLine& parsed);
    [[nodiscard]] std::vector<Mechanism> mechanisms() const;
    [[nodiscard]] bool is_ours(const ImapLine& parsed) const {
        return parsed.kind == ImapKind::tagged && parsed.tag == tag_;
    }

    State state_ = State::greeting;
    int commands_ = 0;
    std::string tag_;
    std::vector<std::string> capabilities_;
    Mechanism mechanism_ = Mechanism::plain;
    std::optional<SaslExchange> exchange_;
    bool password_quotable_ = true;
};

}  // namespace reprompt::protocol
