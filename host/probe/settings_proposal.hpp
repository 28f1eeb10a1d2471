// SPDX-License-Identifier: MPL-2.0
// SettingsProposal: connection settings that were found working, and what differs from the configured ones.
// Belongs here: data and its JSON. Does not belong here: finding them (settings_search.hpp).
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "evidence/evidence.hpp"

namespace reprompt::probe {

/// Who knew of them.
enum class SettingsSource : std::uint8_t {
    port,        ///< nobody but the protocol's RFCs: the configured host itself
    rule,        ///< the built-in rules, of a recognised provider
    srv,         ///< the DNS of the domain (RFC 6186, RFC 8314)
    autoconfig,  ///< the domain's own page for mail programs, over https
};
const char* name_of(SettingsSource) noexcept;

struct SettingsProposal {
    Endpoint endpoint;                ///< never without encryption
    std::optional<std::string> auth;  ///< as Evidence::configured_auth; only if it must change
    std::optional<std::string> user;  ///< only if it must change
    SettingsSource source = SettingsSource::port;
    /// The host is outside the account's registrable domain and unknown to the built-in rules: the user sees
    /// both names and confirms once more (invariant 11).
    bool confirm_host = false;
    std::vector<std::string> changes{};  ///< of "host", "port", "tls", "auth", "user", in this order
    Endpoint configured{};               ///< what they are changes of
};

/// Fills `configured`, and `changes` by comparison with it.
void note_changes(SettingsProposal& proposal, const Endpoint& configured);

/// `host, port, tls[, auth][, user], source, changes, confirm_host`
nlohmann::json settings_to_json(const SettingsProposal& proposal);

}  // namespace reprompt::probe
