// SPDX-License-Identifier: MPL-2.0
// The sans-I/O contract of a mail session. A session asks, a driver (net/drive) does: resume(input) ->
// action. A session never does I/O, never sees a clock and never holds a password: where one belongs it
// leaves a Slot that the driver has filled by a CredentialDoor. What the server says goes into the Evidence
// given at construction, escaped and masked. IMAP, POP3 and SMTP are one file each; this file holds only what
// they share.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "evidence/evidence.hpp"
#include "sasl/mechanism.hpp"

namespace reprompt::protocol {

// ---- inputs: what happened ----
struct Start {};  ///< connected (and, for TlsMode::implicit, TLS is up)
struct Bytes {
    std::string_view bytes;
};                   ///< octets from the server, any chunking
struct Written {};   ///< the last Write left completely
struct TlsReady {};  ///< the last UpgradeTls ended with a verified channel
struct Grant {
    Mechanism mechanism{};
    bool password_quotable = true;
};  ///< the door is open for this mechanism; password_quotable: printable
    ///< 7-bit, fits an IMAP quoted string, else a literal is needed
struct Deny {
    std::string why;
};  ///< no credential on this channel; the session says good-bye
struct IoFailure {
    Failure failure;
    std::string detail;
};  ///< read, write, TLS or deadline failed; the channel is gone
using Input = std::variant<Start, Bytes, Written, TlsReady, Grant, Deny, IoFailure>;

/// What the driver puts in the hole of a Write.
enum class SlotKind : std::uint8_t {
    none,
    sasl_initial,   ///< base64 of sasl::Client::initial_response(); "=" if empty
    sasl_response,  ///< base64 of sasl::Client::respond(base64-decoded challenge); "*" if the client gives up
    password_quoted,        ///< IMAP quoted string (RFC 3501 section 4.3), with the quotes
    password_literal_size,  ///< IMAP "{n}" of the password
    password_raw,           ///< the octets themselves (POP3 PASS; IMAP literal body)
};
struct Slot {
    SlotKind kind = SlotKind::none;
    std::string challenge;  ///< base64 as the server sent it, for sasl_response
};

// ---- actions: what the session wants ----
struct NeedBytes {};
struct Write {
    std::string before;
    Slot slot;
    std::string after;
};                     ///< before + slot + after, in one piece; no CR or LF but the final CRLF
struct UpgradeTls {};  ///< the STARTTLS/STLS answer was good and nothing came with it
struct WantCredential {
    std::vector<Mechanism> offered;
};               ///< in the order this session would try them; capabilities are in the Evidence
struct Done {};  ///< close the channel; the Evidence is complete
using Action = std::variant<NeedBytes, Write, UpgradeTls, WantCredential, Done>;

struct SessionSettings {
    TlsMode tls = TlsMode::implicit;
    std::string user;  ///< no control characters (checked by the caller; the session refuses them again)
    std::string ehlo_name =
        "[127.0.0.1]";         ///< RFC 5321 section 4.1.3 address literal; never a local host name
    bool authenticate = true;  ///< false: stop after capabilities (`--no-auth`)
    /// Takes the credential out of words that the server repeats; applied before anything else is masked, so
    /// that a password with the user's name or an address in it goes as a whole. Empty: nothing to take out.
    std::function<std::string(std::string_view)> hide_secret = {};
};

/// One conversation. `resume` is called with Start first, then with the answer to each action, until Done.
/// After Done or IoFailure every call gives Done. Writes the reached stage, failure, greeting, capabilities
/// and the attempt into `evidence`, which must outlive it.
class Session {
  public:
    virtual ~Session() = default;
    virtual Action resume(const Input& input) = 0;
};

/// A session for `evidence.protocol`.
std::unique_ptr<Session> make_session(const SessionSettings& settings, Evidence& evidence);

/// Limits of invariant 5.
inline constexpr std::size_t max_line = 64 * 1024;
inline constexpr std::size_t max_reply = 1024 * 1024;

}  // namespace reprompt::protocol
