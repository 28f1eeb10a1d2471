// SPDX-License-Identifier: MPL-2.0
// Unencrypted: an account that Thunderbird uses without encryption, on a server that is not this machine. Its
// password goes only to the same host over verified TLS, if there is such a way (DESIGN section 3); otherwise
// nothing is sent.
#pragma once

#include <string>
#include <vector>

#include "probe/visit.hpp"

namespace reprompt::probe {

/// The port where `protocol` speaks TLS from the first octet (RFC 8314 section 7).
std::uint16_t implicit_tls_port(Protocol protocol) noexcept;

/// `channel` is connected in clear to the configured endpoint: STARTTLS is tried there, then implicit TLS on
/// its standard port. `evidence` ends with the way that was verified (`port` is that of the visit, tls_mode
/// stays "none" as configured, tls.verified is true), or with Failure::plaintext_forbidden. `notes` gets what
/// was done.
void visit_unencrypted(const Visitor& visitor, net::Channel channel, net::CredentialDoor* door,
                       Evidence& evidence, std::vector<std::string>& notes);

}  // namespace reprompt::probe
