// SPDX-License-Identifier: MPL-2.0
// AuthChoice: the words for ways to sign in that people write (`--auth M`, "auth" of a batch line).
#pragma once

#include <string>
#include <string_view>

#include "base/expected.hpp"
#include "probe/probe.hpp"

namespace reprompt::app {

inline constexpr const char* auth_words = "PLAIN, LOGIN, CRAM-MD5, XOAUTH2, OAUTHBEARER or USER";

/// Makes `word` (in any case) the only way to sign in of `request`, whose protocol is known. Error: what is
/// wrong with it, as the rest of a sentence that begins with the option's or member's name.
Expected<void, std::string> choose_auth(std::string_view word, probe::Request& request);

}  // namespace reprompt::app
