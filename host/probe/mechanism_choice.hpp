// SPDX-License-Identifier: MPL-2.0
// MechanismChoice: which of the offered ways presents the credential. Pure.
#pragma once

#include <optional>
#include <vector>

#include "probe/probe.hpp"

namespace reprompt::probe {

/// The one mechanism to try, or nullopt if none of `offered` fits the request: `request.only` if it is
/// offered; for a token XOAUTH2 alone, as in Thunderbird; for an account set to "password_encrypted" CRAM-MD5
/// alone; else the first offered one that takes the password as it is. Never a second one: one attempt per
/// run.
std::optional<Mechanism> choose_mechanism(const Request& request, const std::vector<Mechanism>& offered);

}  // namespace reprompt::probe
