// SPDX-License-Identifier: MPL-2.0
// The `heard` list, which the evidence, the explain form and the native `probe` message share.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "evidence/evidence.hpp"

namespace reprompt {

nlohmann::json heard_to_json(const std::vector<Heard>& heard);

/// `protocol` stands in where an entry names none. On trouble `error` (if still empty) gets one line with the
/// path.
std::vector<Heard> heard_from_json(const nlohmann::json& list, Protocol protocol, std::string& error);

}  // namespace reprompt
