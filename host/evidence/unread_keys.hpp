// SPDX-License-Identifier: MPL-2.0
// UnreadKeys: keys of a line of `explain` that nobody reads, because they are mistyped or stand in the wrong
// place. Unknown keys are allowed; that they do nothing must not be a surprise. Belongs here: which keys
// there are. Does not belong here: reading them (evidence_json, explain_form), printing (app/explain).
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace reprompt {

/// One key without effect.
struct UnreadKey {
    std::string path;          ///< JSON pointer, "/evidence/atempt", escaped; at most 200 octets
    std::string meant;         ///< the key that it is probably meant to be, or empty
    bool of_evidence = false;  ///< it is a key of the form {"id":…,"evidence":{…}} beside the id
};

/// Of `line`, an object in one of the two forms, or an answer of ours (evidence and verdict), in which only
/// the evidence is looked at; at most 20.
std::vector<UnreadKey> unread_keys(const nlohmann::json& line);

}  // namespace reprompt
