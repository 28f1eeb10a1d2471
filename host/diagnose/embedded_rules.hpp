// SPDX-License-Identifier: MPL-2.0
// The rules compiled into the program (a source that host/rules/compile generates).
#pragma once

#include <string_view>

namespace reprompt {

/// What compile_rules (compiled_rules.hpp) made of host/rules/*.json.
std::string_view embedded_rules();

}  // namespace reprompt
