// SPDX-License-Identifier: MPL-2.0
// Log: one escaped line at a time on stderr. A Secret, or anything else that is not plainly text or a number,
// is refused by the compiler. Belongs here: writing the line. Does not belong here: levels to configure,
// files, formats.
#pragma once

#include <concepts>
#include <string>
#include <string_view>

#include "base/secret.hpp"

namespace reprompt::log {

/// What may stand in a log line: text and whole numbers, never a Secret.
template <class T>
concept Loggable = (std::convertible_to<const T&, std::string_view> ||
                    std::integral<T>)&&!std::same_as<T, Secret>;

namespace detail {

/// Writes "reprompt: <kind><line>\n" in one write(2); the line is escaped and capped at 2048 bytes. Failures
/// are ignored.
void write_line(std::string_view kind, std::string_view line) noexcept;

template <class T>
std::string to_text(const T& part) {
    if constexpr (std::same_as<T, bool>) {
        return part ? "true" : "false";
    } else if constexpr (std::integral<T>) {
        return std::to_string(part);
    } else {
        return std::string(std::string_view(part));
    }
}

}  // namespace detail

/// Something went as it should and a reader of the log wants to know.
template <Loggable... Parts>
void note(const Parts&... parts) {
    detail::write_line("", (std::string() + ... + detail::to_text(parts)));
}

/// Something failed and the program goes on.
template <Loggable... Parts>
void warning(const Parts&... parts) {
    detail::write_line("warning: ", (std::string() + ... + detail::to_text(parts)));
}

/// Something failed and what was asked for is not done.
template <Loggable... Parts>
void error(const Parts&... parts) {
    detail::write_line("error: ", (std::string() + ... + detail::to_text(parts)));
}

}  // namespace reprompt::log
