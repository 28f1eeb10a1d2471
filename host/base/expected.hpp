// SPDX-License-Identifier: MPL-2.0
// Expected<T, E>: the result of what may fail. Belongs here: the alias only. Error types live beside the
// functions that return them.
#pragma once

#include <tl/expected.hpp>

namespace reprompt {

template <class T, class E>
using Expected = tl::expected<T, E>;
template <class E>
using Unexpected = tl::unexpected<E>;

}  // namespace reprompt
