// SPDX-License-Identifier: MPL-2.0
// Evidence: what was seen at one server, stage by stage, as plain facts. Filled by protocol/ and net/, read
// by diagnose/. Belongs here: data. Does not belong here: opinions (diagnose/verdict.hpp), I/O. Every text in
// here went through escape_server_words and mask_identity first.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace reprompt {

enum class Protocol : std::uint8_t { imap, pop3, smtp };
enum class TlsMode : std::uint8_t { none, starttls, implicit };
/// How far a run came. `done`: it came to its end, the credential was accepted or (`--no-auth`) everything
/// was read. Any other value is the stage that failed or was refused, and `failure` may be `none`, because a
/// server's NO is no failure of network or protocol:
///   greeting      the server greeted with a refusal (BYE, -ERR, 421, 554, …): its words are in `greeting`
///   capabilities  CAPABILITY or EHLO was refused: the words are in `unsolicited`
///   starttls      failure starttls_*; the words of a refusal are in `unsolicited`
///   tls           the handshake, also the one after STARTTLS
///   auth          with a complete attempt: the credential was refused. Without an attempt: nothing was sent,
///   because the door said no or nothing
///                 we know is offered (`failure_detail` says which). With an incomplete one: `failure` says
///                 what cut it off.
enum class Stage : std::uint8_t { resolve, connect, tls, greeting, capabilities, starttls, auth, done };

/// One listener of one server, as configured. `host` is an A-label host name or an address without brackets.
struct Endpoint {
    Protocol protocol = Protocol::imap;
    std::string host;
    std::uint16_t port = 0;
    TlsMode tls = TlsMode::implicit;
};

/// A failure of the network or of TLS, or a server that breaks its protocol. `none` = no such failure.
enum class Failure : std::uint8_t {
    none,
    dns_not_found,   ///< the name does not exist (EAI_NONAME)
    dns_no_address,  ///< the name exists without an address (EAI_NODATA)
    dns_temporary,   ///< the resolver could not tell (EAI_AGAIN, EAI_FAIL)
    connection_refused,
    host_unreachable,   ///< no route to this host, others work
    network_down,       ///< this machine has no route at all
    timeout,            ///< the stage's deadline passed
    connection_closed,  ///< the server closed or reset
    tls_not_spoken,     ///< the answer to ClientHello was no TLS (plain text on an implicit TLS port, a web
                        ///< server, …)
    tls_version,        ///< no common protocol version
    tls_cipher,         ///< no common cipher
    tls_handshake,      ///< any other handshake failure
    certificate_name,
    certificate_issuer,  ///< unknown CA, self-signed, incomplete chain
    certificate_expired,
    certificate_not_yet_valid,
    certificate_other,  ///< revoked, weak key, wrong purpose, …
    starttls_not_offered,
    starttls_refused,
    starttls_injection,   ///< bytes arrived together with the STARTTLS answer (invariant 3)
    wrong_protocol,       ///< the greeting belongs to another protocol
    protocol_error,       ///< over-long line or reply, untagged garbage, …
    plaintext_forbidden,  ///< no encryption and not loopback: we send nothing (invariant 1)
    proxy_failed,   ///< the proxy was not reached, closed, stayed silent, or does not speak its protocol
    proxy_refused,  ///< the proxy does not connect to the server; the detail holds its words
    proxy_login_required,  ///< the proxy wants a login of its own
    cancelled,
};

struct TlsFacts {
    bool established = false;
    bool verified = false;   ///< valid for the host, by `trusted_by`
    std::string trusted_by;  ///< "system", "ca-file", "accepted", "thunderbird" or empty
    std::string version;     ///< "TLSv1.3"
    std::string cipher;
    std::string subject, issuer;        ///< one line each, RFC 2253, escaped
    std::string not_before, not_after;  ///< RFC 3339 UTC
    std::string sha256;                 ///< lower-case hex of the leaf certificate
    std::string top_issuer;             ///< issuer of the last certificate that the server sent
    std::vector<std::string> names{};   ///< DNS names and addresses of subjectAltName, at most 20
    std::string plain_words{};          ///< tls_not_spoken: the first line that came instead of TLS
};

/// One address of the server and how the connection to it went.
struct AddressTried {
    std::string address;  ///< "192.0.2.1", "2001:db8::1"
    /// none = this one is used; network_down = this machine has no network of this family; timeout = no
    /// answer yet when another address answered or the time was over
    Failure failure = Failure::none;
    std::string detail;  ///< errno text
};

/// What this machine knows about the time; empty texts are unknown. All RFC 3339 UTC.
struct ClockFacts {
    std::string now;         ///< what the clock says
    std::string known_past;  ///< the latest moment that is surely over
    std::string known_by;  ///< whence: "build" (this program was built then) or "system" (the system had set
                           ///< its clock by the network then)
};

/// What a second connection to the same port found out about the failure of the first one. No credential is
/// ever sent on it, whatever the certificate.
struct SecondLook {
    bool tls = false;                     ///< the port speaks TLS from the first octet
    std::string tls_version, tls_cipher;  ///< agreed when this program also offered what it normally refuses
    std::vector<std::string> words;       ///< the first line of what answered
    int http_status = 0;                  ///< of a web server's answer (RFC 9110 section 15); 0 = none
    std::string http_location;            ///< where it sends browsers (RFC 9110 section 10.2.2)
};

/// Words Thunderbird already received from the server about this failure.
struct Heard {
    Protocol protocol = Protocol::imap;
    std::string mechanism;  ///< as in Attempt, or empty if not known
    std::vector<std::string> lines;
    bool tls = false;  ///< received over TLS; words from before TLS decide little (DESIGN section 3)
};

/// One authentication exchange, ours (probe) or recorded (explain).
struct Attempt {
    std::string mechanism;  ///< IANA name in capitals, or "USER/PASS"; IMAP's LOGIN command is "LOGIN"; empty
                            ///< = unknown
    std::vector<std::string> response;  ///< the server's lines, continuation lines included, in order
    bool accepted = false;              ///< the server's reply said OK
    bool complete = true;               ///< false: closed or timed out before the final reply
    std::int64_t elapsed_ms = -1;       ///< from the last byte sent to the final reply; -1 unknown
};

/// One SRV record of the account's mail domain.
struct ServiceRecord {
    std::string service;  ///< "imaps", "imap", "pop3s", "pop3", "submissions", "submission"
    std::string host;     ///< lower-case A-label name
    std::uint16_t port = 0;
};

/// What the DNS says about the mail domain of the account. Hints: nobody signs them, so they name a provider
/// and its better ways, and never more (DESIGN section 4).
struct DomainRecords {
    std::string name;             ///< lower-case A-label name; empty = not known or not of interest
    std::vector<std::string> mx;  ///< lower-case names, most preferred first
    std::vector<ServiceRecord> srv;
    std::string note;  ///< English: why the MX is not known; empty if it is or if nobody asked
};

struct Evidence {
    Protocol protocol = Protocol::imap;
    std::optional<std::string> host;
    std::uint16_t port = 0;  ///< 0 = not known
    TlsMode tls_mode = TlsMode::implicit;
    bool tls_mode_known = false;  ///< false for an explain line without `tls`
    bool loopback = false;        ///< the peer is 127.0.0.0/8 or ::1; never true through a proxy
    std::string proxy{};          ///< "socks5://host:port", what the connection went through; empty = direct
    std::string
        configured_auth;  ///< what the account is set to: "password", "password_encrypted", "oauth2" or empty
    Stage stage = Stage::resolve;
    Failure failure = Failure::none;
    std::string
        failure_detail;  ///< our words about the failure, English, for "Details" (errno text, OpenSSL reason)
    TlsFacts tls;
    std::vector<AddressTried> addresses;  ///< in the order of the attempts
    ClockFacts clock;
    std::optional<SecondLook> second_look;
    std::vector<std::string> greeting;            ///< on the last channel (before STARTTLS: plain)
    std::vector<std::string> offered_before_tls;  ///< capabilities seen in clear; decide only tls_*,
                                                  ///< server_unreachable, inconclusive
    std::vector<std::string>
        offered;  ///< capability lines or tokens on the channel that would carry the credential
    std::vector<std::string> unsolicited;  ///< lines nobody asked for (BYE, alerts), recorded, never paired
    std::optional<Attempt> attempt;
    bool attempts_used_up = false;  ///< a credential was kept back: too many of this account were refused
    std::vector<Heard> heard;
    DomainRecords domain;
    std::map<std::string, std::int64_t> timings_ms;  ///< stage name -> duration
};

/// Names as they appear in JSON and on the command line; the reverse gives nullopt for an unknown name.
const char* name_of(Protocol) noexcept;
const char* name_of(TlsMode) noexcept;
const char* name_of(Stage) noexcept;
const char* name_of(Failure) noexcept;
std::optional<Protocol> protocol_from(std::string_view) noexcept;
std::optional<TlsMode> tls_mode_from(std::string_view) noexcept;
std::optional<Stage> stage_from(std::string_view) noexcept;
std::optional<Failure> failure_from(std::string_view) noexcept;

}  // namespace reprompt
