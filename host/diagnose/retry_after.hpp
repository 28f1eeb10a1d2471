// SPDX-License-Identifier: MPL-2.0
// The time a server asks for in words ("try again in 15 minutes"), nothing else.
#pragma once

#include <optional>
#include <string_view>

namespace reprompt {

/// `words` folded. Seconds, at most six hours (the longest pause, DESIGN section 4); nullopt if no time is
/// named.
std::optional<int> retry_after(std::string_view words);

}  // namespace reprompt
