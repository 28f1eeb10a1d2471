// SPDX-License-Identifier: MPL-2.0
// Strict JSON: text -> DOM with the checks a message needs (no duplicate keys, bounded depth, valid UTF-8),
// and with secrets taken out before the JSON parser sees them. Belongs here: syntax. Does not belong here:
// which members a message has (messages.hpp).
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/expected.hpp"
#include "base/secret.hpp"

namespace reprompt::app {

inline constexpr int max_json_depth = 32;

/// A string that stood at `path` (RFC 6901 JSON pointer, e.g. "/credential/secret"); in the DOM an empty
/// string stands there.
struct LiftedSecret {
    std::string path;
    Secret value;
};

/// The names of members whose values are secret; what they name lives for ever.
using SecretMembers = std::span<const std::string_view>;
inline constexpr std::string_view message_secrets[] = {"secret", "seal_key"};

/// Parses `text` into `root`. Every string value of a member that has one of these names is moved into a
/// Secret and blanked in `text` first, so that neither the parser's buffers nor the DOM nor an error text can
/// hold it. `text` is changed by this. Error: one English line without any of the input's contents.
Expected<std::vector<LiftedSecret>, std::string> parse_strict(std::span<char> text, nlohmann::json& root,
                                                              SecretMembers names = message_secrets);

}  // namespace reprompt::app
