// SPDX-License-Identifier: MPL-2.0
// Spelling: finds a word in a text however it is spelled there: in any case, escaped (percent,
// quoted-printable, xtext, HTML, backslash), in UTF-16, as base64 or in hexadecimal, and one of these inside
// another. Belongs here: undoing encodings to look, and where a find stood. Does not belong here: what is
// looked for and what is put in its place (mask.cpp).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace reprompt {

/// Octets `begin` to `end` of a text.
struct Span {
    std::size_t begin = 0, end = 0;
};

/// Whether letters and digits (ASCII) may stand beside what was found.
enum class Edges {
    whole_word,  ///< no: "alice" is not found in "malice"
    any,
};

/// Where `text` (UTF-8 or any octets) spells `word`, in order and without overlaps; a find inside base64 or
/// hexadecimal is the whole run. Letters of ASCII count in either case, full-width ones (U+FF01 to U+FF5E) as
/// ASCII. Words shorter than 4 octets, and all words behind the first 16 KiB of `text`, are only looked for
/// as they are. If `text` ends with "…" because it was cut, its end counts when it is a beginning of `word`
/// of at least 4 octets.
std::vector<Span> spellings_of(std::string_view word, std::string_view text, Edges edges);

/// Where `text` holds what is shaped like a mail address with an at sign that is escaped beyond doubt (%40,
/// &#64;, \x40, …) and a domain of at least two labels.
std::vector<Span> escaped_addresses(std::string_view text);

/// `text` with `by` in the place of each of `spans` (in order, without overlaps).
std::string replaced(std::string_view text, const std::vector<Span>& spans, std::string_view by);

}  // namespace reprompt
