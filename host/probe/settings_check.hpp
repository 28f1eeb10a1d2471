// SPDX-License-Identifier: MPL-2.0
// SettingsCheck: refuses settings that could not be sent safely (invariant 4), before anything happens.
// Belongs here: checks of one Request. Does not belong here: arguments of the command line (app/), syntax of
// commands (protocol/).
#pragma once

#include <string>

#include "probe/probe.hpp"

namespace reprompt::probe {

/// Error: one English line, fit for the user; never contains the credential or the user name.
Expected<void, std::string> check_settings(const Request& request);

}  // namespace reprompt::probe
