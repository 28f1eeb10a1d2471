// SPDX-License-Identifier: MPL-2.0
// Drive: joins a Session to a Channel. Does what each action asks, with a deadline for each wait; the only
// place where a credential meets a socket.
#pragma once

#include <variant>

#include "net/dial.hpp"
#include "protocol/session.hpp"

namespace reprompt::net {

/// Decides whether a credential may leave, and hands out its pieces. Implemented by probe/ on top of the
/// ledger's Permit.
class CredentialDoor {
  public:
    virtual ~CredentialDoor() = default;
    /// Called at WantCredential, before anything secret is made. Grant only if a Permit was written for this
    /// channel.
    virtual std::variant<protocol::Grant, protocol::Deny> decide(const std::vector<Mechanism>& offered,
                                                                 const Channel& channel) = 0;
    /// The octets for a slot. Error = one English line: the exchange is given up. Called only after a Grant.
    virtual Expected<Secret, std::string> fill(const protocol::Slot& slot) = 0;
};

struct Limits {
    Milliseconds tls{10'000};
    Milliseconds greeting{10'000};
    Milliseconds reply{10'000};  ///< any other reply
    Milliseconds auth{45'000};   ///< the reply to a credential
};

/// Runs `session` to its end. Opens TLS first for TlsMode::implicit. `door` may be null (then every
/// WantCredential is denied). On return the Evidence is complete and the channel closed.
void drive(protocol::Session& session, Channel channel, const Endpoint& endpoint, const TrustPolicy& policy,
           TrustOracle* oracle, CredentialDoor* door, const Limits& limits, Evidence& evidence,
           Deadline whole, const Cancel& cancel, const StageReport& report);

}  // namespace reprompt::net
