// SPDX-License-Identifier: MPL-2.0
// Responses: the answers of manifests/protocol/v1 as payloads (UTF-8 JSON without the frame's length).
// Belongs here: their shape and size. Does not belong here: when they are sent (native_host.hpp).
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/account_search.hpp"
#include "app/messages.hpp"
#include "ledger/vault.hpp"
#include "net/channel.hpp"
#include "probe/probe.hpp"

namespace reprompt::app {

/// `rule_complaints`: about rule files that are not used, a line each.
std::string hello_response(const std::string& id, const std::vector<std::string>& rule_complaints);
std::string progress_response(const std::string& id, Stage stage, Milliseconds elapsed);
/// Certificates beyond 512 KiB of base64 are left out, the leaf never.
std::string chain_response(const std::string& id, const net::Chain& chain);
/// Long lists of server lines are cut so that the payload stays below max_frame_out.
std::string verdict_response(const std::string& id, const probe::Result& result);
/// The verdict on recorded evidence: the same fields without `attempts`, `timings_ms` and `notes` to speak
/// of.
std::string explained_response(const std::string& id, const Verdict& verdict, const Evidence& evidence);
std::string vault_response(const std::string& id, const std::vector<ledger::VaultEntry>& entries);
/// Holds the password in clear: the caller hands it to a FrameWriter, which overwrites it. nullopt if the
/// password is not UTF-8.
std::optional<std::string> restored_response(const std::string& id, const ledger::VaultEntry& entry,
                                             const Secret& secret);
/// The servers' names, ports and users, in Thunderbird's words. Profiles that would make the payload longer
/// than max_frame_out are left out from the end, and then nothing is certain.
std::string accounts_response(const std::string& id, const AccountSearch& search);
std::string forgotten_response(const std::string& id);
std::string cancelled_response(const std::string& id);
std::string error_response(const std::optional<std::string>& id, ErrorCode code, std::string_view message);

/// "at_once", "on_click" or "never" (invariant 7).
const char* may_clear_word(const Verdict& verdict) noexcept;
/// One vault entry as in `vault` answers and `undo list --json`.
nlohmann::json vault_entry_to_json(const ledger::VaultEntry& entry);

}  // namespace reprompt::app
