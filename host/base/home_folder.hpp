// SPDX-License-Identifier: MPL-2.0
// HomeFolder: where the user's files lie. Belongs here: finding it. Does not belong here: what lies there.
#pragma once

#include <filesystem>

namespace reprompt {

/// $HOME, or that of the user database (POSIX getpwuid_r) if the variable is not set or not absolute. Empty
/// if there is none. From any thread.
std::filesystem::path home_folder();

}  // namespace reprompt
