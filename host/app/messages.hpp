// SPDX-License-Identifier: MPL-2.0
// Messages: the requests of manifests/protocol/v1 as types. Belongs here: reading a frame into a Request, and
// the error codes. Does not belong here: frames (framing.hpp), answers (responses.hpp), what a request does
// (native_host.hpp).
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "app/mail_settings.hpp"
#include "base/expected.hpp"
#include "base/secret.hpp"
#include "diagnose/redact.hpp"
#include "ledger/vault.hpp"
#include "probe/probe.hpp"

namespace reprompt::app {

/// The two builds of the add-on: `full`, and `basic` without an Experiment, which needs less.
enum class AddOn : std::uint8_t { full, basic };

/// Add-on ids that may talk to us, in the order of AddOn, and the name under which Thunderbird finds us.
inline constexpr const char* addon_ids[] = {"reprompt@reprompt.example", "reprompt-basic@reprompt.example"};
inline constexpr const char* native_name = "reprompt";
inline constexpr int protocol_version = 1;

enum class ErrorCode : std::uint8_t {
    bad_json,
    bad_message,
    unsupported_version,
    unsupported_type,
    bad_settings,
    no_keyring,
    keyring_locked,
    not_found,
    busy,
    cancelled,
    internal,
};
const char* name_of(ErrorCode) noexcept;

struct HelloRequest {
    std::string version;
    std::string organisation_rules;  ///< a rule file (JSON text) from the mail program's policy, or empty
};
struct ProbeRequest {
    probe::Request request;
};
struct TrustRequest {
    std::string probe;
    bool trusted = false;
};
struct CancelRequest {
    std::string probe;
};
struct ExplainRequest {
    std::string line;                    ///< the JSON object, as text
    std::optional<Redaction> redaction;  ///< what is masked before it is explained
    Secret secret;  ///< the same of a password that the server may have repeated; or empty
};
struct AccountsRequest {
    std::vector<KnownAccount> known;
};
struct VaultStoreRequest {
    ledger::VaultAccount account;
    Secret secret;
    Secret seal_key;  ///< 32 octets
};
struct VaultListRequest {};
struct VaultRestoreRequest {
    std::string entry;
    Secret seal_key;
};
struct LedgerForgetRequest {
    std::string host;
    std::string user;
};

struct Message {
    std::string id;
    std::variant<HelloRequest, ProbeRequest, TrustRequest, CancelRequest, ExplainRequest, VaultStoreRequest,
                 VaultListRequest, VaultRestoreRequest, LedgerForgetRequest, AccountsRequest>
        request;
};

struct MessageError {
    std::optional<std::string> id;  ///< of the request, if it could be read
    ErrorCode code = ErrorCode::bad_message;
    std::string message;  ///< English, one line: the JSON path and what was expected there; never the input's
                          ///< contents
};

/// Reads one frame. Secrets go straight into Secret (strict_json.hpp); `frame` is changed by that and must be
/// overwritten by its owner afterwards.
Expected<Message, MessageError> parse_message(std::span<char> frame);

/// A JSON array of heard entries (`[{protocol, mechanism?, lines, tls}]`), or JSON Lines of such entries: the
/// form of the `probe` message and of `--heard FILE`. `protocol` stands in where an entry names none. Lines
/// come back escaped but not masked: probe does that, because only there name and credential are known.
/// Error: one English line.
Expected<std::vector<Heard>, std::string> parse_heard(std::string_view text, Protocol protocol);

}  // namespace reprompt::app
