// SPDX-License-Identifier: MPL-2.0
// Any text as a rule file: a book or an error, never a crash.
#include <cstdint>
#include <string_view>

#include "diagnose/rules.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    (void)reprompt::RuleBook::parse(std::string_view(reinterpret_cast<const char*>(bytes), size),
                                    "fuzz.json");
    return 0;
}
