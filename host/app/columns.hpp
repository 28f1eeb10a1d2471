// SPDX-License-Identifier: MPL-2.0
// Columns: text on a terminal, where an East Asian character takes two columns. Belongs here: measuring,
// padding and breaking valid UTF-8 without control characters. Does not belong here: what is said
// (report_words).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace reprompt::app {

/// Columns that `text` takes: two for wide and fullwidth characters (UAX #11), none for combining marks.
std::size_t columns_of(std::string_view text) noexcept;

/// `text` with blanks behind it until it takes `columns`; as it is if it takes more.
std::string padded(std::string_view text, std::size_t columns);

/// `text` in lines of at most `columns` (at least 4). Broken at blanks and between wide characters, but no
/// line begins with a closing mark (JIS X 4051); a longer word is broken anywhere, unless it is a URL. Never
/// empty.
std::vector<std::string> wrapped(std::string_view text, std::size_t columns);

}  // namespace reprompt::app
