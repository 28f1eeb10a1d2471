// SPDX-License-Identifier: MPL-2.0
// PasswordSource: a password from a descriptor, straight into a Secret.
#pragma once

#include <string>

#include "base/expected.hpp"
#include "base/secret.hpp"

namespace reprompt::app {

/// Reads descriptor `fd` to its end (at most 64 KiB). One trailing newline (LF, or CR LF) is dropped, nothing
/// else. Error: one English line, for a descriptor that is closed, is a terminal (the program never asks),
/// cannot be read, or gives nothing.
Expected<Secret, std::string> read_password(int fd);

}  // namespace reprompt::app
