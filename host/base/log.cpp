// SPDX-License-Identifier: MPL-2.0
// Log: the one place that writes to stderr on its own behalf.
#include "base/log.hpp"

#include <unistd.h>

#include <exception>

#include "base/text.hpp"

namespace reprompt::log::detail {

void write_line(std::string_view kind, std::string_view line) noexcept {
    try {
        constexpr std::size_t longest = 2048;
        const std::string text = "reprompt: " + std::string(kind) + escape_server_words(line, longest) + "\n";
        [[maybe_unused]] const auto written = ::write(STDERR_FILENO, text.data(), text.size());
    } catch (const std::exception&) {
        // Out of memory: a lost log line is the smallest of the troubles.
    }
}

}  // namespace reprompt::log::detail
