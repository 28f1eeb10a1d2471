// SPDX-License-Identifier: MPL-2.0
// The SASL contract: two functions make a mechanism. Belongs here: names and the interface. The mechanisms
// are one file each. No I/O, no base64 (the session's syntax says how bytes travel).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/expected.hpp"
#include "base/secret.hpp"

namespace reprompt {

/// How a credential can be presented. The last two are commands, not SASL mechanisms.
enum class Mechanism : std::uint8_t { plain, login, cram_md5, xoauth2, oauthbearer, imap_login, user_pass };

/// "PLAIN", "LOGIN", "CRAM-MD5", "XOAUTH2", "OAUTHBEARER", "LOGIN" (imap_login), "USER/PASS".
const char* name_of(Mechanism) noexcept;

namespace sasl {

/// The client side of one exchange. Responses are raw octets, before base64.
class Client {
  public:
    virtual ~Client() = default;
    /// The initial response, or nullopt if the mechanism starts with a server challenge. Empty is not absent.
    virtual std::optional<Secret> initial_response() = 0;
    /// The answer to a decoded challenge. Error: one English line; the exchange must then be cancelled.
    virtual Expected<Secret, std::string> respond(std::string_view challenge) = 0;
};

/// Makes a client for a SASL mechanism (not for the two commands: nullptr). `host` and `port` are for
/// OAUTHBEARER (RFC 7628 section 3.1). The client keeps a reference to `password`, which must outlive it.
std::unique_ptr<Client> make_client(Mechanism mechanism, std::string_view user, const Secret& password,
                                    std::string_view host, std::uint16_t port);

}  // namespace sasl
}  // namespace reprompt
