// SPDX-License-Identifier: MPL-2.0
// SaslExchange: which line answers which challenge, the same for all three protocols. Belongs here: the order
// of messages. The messages themselves are made by sasl/, behind the door; this side only names the slot.
#pragma once

#include <string>
#include <string_view>

#include "base/expected.hpp"
#include "protocol/session.hpp"

namespace reprompt::protocol {

/// True if the client speaks first in this mechanism (RFC 4422 section 3.3).
bool has_initial_response(Mechanism) noexcept;
/// True for the mechanisms that carry an access token; their refusal comes as a challenge with JSON.
bool carries_token(Mechanism) noexcept;

class SaslExchange {
  public:
    /// `initial_sent`: the initial response went with the command.
    SaslExchange(Mechanism mechanism, bool initial_sent)
        : mechanism_(mechanism), initial_sent_(initial_sent) {}

    /// One line without its end: either `text` or the slot.
    struct Answer {
        std::string text;
        Slot slot;
    };
    /// The answer to the server's base64 `challenge`. Error: one English line; the server asks more often
    /// than the mechanism has messages.
    Expected<Answer, std::string> answer(std::string_view challenge);

  private:
    Mechanism mechanism_;
    bool initial_sent_;
    int challenges_ = 0;
};

/// How a challenge is recorded: for a token mechanism the decoded JSON if it is one (it says status and
/// scope, nothing secret), else as received.
std::string readable_challenge(Mechanism mechanism, std::string_view challenge);

}  // namespace reprompt::protocol
