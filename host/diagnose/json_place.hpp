// SPDX-License-Identifier: MPL-2.0
// JsonPlace: where something stands in the text of a JSON file, for complaints that a person can follow.
// Belongs here: lines, columns and JSON pointers. Does not belong here: what the file may hold (rules_load).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace reprompt {

struct JsonPlace {
    std::size_t line = 1, column = 1;  ///< from 1; columns count characters, not octets
};
JsonPlace json_place_at(std::string_view text, std::size_t offset);

/// What the parser lets pass and we do not: a name that an object has twice, or nesting deeper than 32.
struct JsonFault {
    std::size_t offset;
    std::string what;
};
/// `text` is well-formed JSON.
std::optional<JsonFault> json_fault(std::string_view text);

/// The offset of the value that `pointer` (RFC 6901) names; of the innermost value on the way to it that
/// exists if it does not. `text` is well-formed JSON without faults.
std::size_t json_offset_of(std::string_view text, std::string_view pointer);

/// One token of a JSON pointer, escaped (RFC 6901 section 3).
std::string json_pointer_token(std::string_view name);

}  // namespace reprompt
