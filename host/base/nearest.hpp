// SPDX-License-Identifier: MPL-2.0
// Nearest: what somebody may have meant who mistyped a name. Belongs here: comparing names of closed sets.
// Does not belong here: words of servers (diagnose/words).
#pragma once

#include <span>
#include <string_view>

namespace reprompt {

/// How many octets must be put in, taken out, replaced or swapped with their neighbour to make `left` into
/// `right` (optimal string alignment distance). Both should be short: the time is their sizes' product.
std::size_t edit_distance(std::string_view left, std::string_view right);

/// The one of `known` that `given` was probably meant to be; empty if none is near (at most a third of its
/// octets differ). Of equally near ones the first.
std::string_view nearest(std::string_view given, std::span<const std::string_view> known);

}  // namespace reprompt
