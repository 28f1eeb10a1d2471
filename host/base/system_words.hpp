// SPDX-License-Identifier: MPL-2.0
// What the system says to an errno; English, as the program sets no locale.
#pragma once

#include <string>
#include <system_error>

namespace reprompt {

inline std::string system_words(int error) {
    return std::generic_category().message(error);
}

}  // namespace reprompt
