// SPDX-License-Identifier: MPL-2.0
// The only place where Evidence becomes JSON and comes back.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "base/expected.hpp"
#include "evidence/evidence.hpp"

namespace reprompt {

/// As `probe --json` prints under "evidence". All strings valid UTF-8. Round-trips through
/// evidence_from_json.
nlohmann::json evidence_to_json(const Evidence& evidence);

/// Error: one English line naming the JSON path and what was expected there. Unknown keys are ignored. All
/// texts are escaped again.
Expected<Evidence, std::string> evidence_from_json(const nlohmann::json& json);

/// The flat `explain` form (`protocol, host, offered, mechanism, response`, optional `tls, port, stage,
/// heard`; DESIGN section 5).
Expected<Evidence, std::string> evidence_from_explain_line(const nlohmann::json& json);

}  // namespace reprompt
