// SPDX-License-Identifier: MPL-2.0
// The Result as `probe --json` and the verdict message show it.
#include <nlohmann/json.hpp>

#include "evidence/evidence_json.hpp"
#include "probe/probe.hpp"

namespace reprompt::probe {

nlohmann::json result_to_json(const Result& result) {
    nlohmann::json json = verdict_to_json(result.verdict);
    json["attempts"] = result.attempts;
    json["evidence"] = evidence_to_json(result.evidence);
    json["timings_ms"] = result.evidence.timings_ms;
    if (result.settings_time) json["timings_ms"]["settings"] = result.settings_time->count();
    json["notes"] = result.notes;
    if (result.settings) json["settings"] = settings_to_json(*result.settings);
    return json;
}

}  // namespace reprompt::probe
