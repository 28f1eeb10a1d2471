// SPDX-License-Identifier: MPL-2.0
#include "probe/settings_proposal.hpp"

#include <nlohmann/json.hpp>

#include "base/text.hpp"

namespace reprompt::probe {

const char* name_of(SettingsSource source) noexcept {
    switch (source) {
        case SettingsSource::port:
            return "port";
        case SettingsSource::rule:
            return "rule";
        case SettingsSource::srv:
            return "srv";
        case SettingsSource::autoconfig:
            return "autoconfig";
    }
    return "port";
}

void note_changes(SettingsProposal& proposal, const Endpoint& configured) {
    const auto& found = proposal.endpoint;
    proposal.configured = configured;
    proposal.changes.clear();
    if (!iequals(found.host, configured.host)) proposal.changes.emplace_back("host");
    if (found.port != configured.port) proposal.changes.emplace_back("port");
    if (found.tls != configured.tls) proposal.changes.emplace_back("tls");
    if (proposal.auth) proposal.changes.emplace_back("auth");
    if (proposal.user) proposal.changes.emplace_back("user");
}

nlohmann::json settings_to_json(const SettingsProposal& proposal) {
    const auto& found = proposal.endpoint;
    nlohmann::json json = {{"host", found.host},
                           {"port", found.port},
                           {"tls", reprompt::name_of(found.tls)},
                           {"source", name_of(proposal.source)},
                           {"changes", proposal.changes},
                           {"confirm_host", proposal.confirm_host}};
    if (proposal.auth) json["auth"] = *proposal.auth;
    if (proposal.user) json["user"] = *proposal.user;
    return json;
}

}  // namespace reprompt::probe
