// SPDX-License-Identifier: MPL-2.0
#include "app/columns.hpp"

#include <algorithm>
#include <cstdint>
#include <iterator>

namespace reprompt::app {

namespace {

struct Range {
    char32_t first, last;
};

// UAX #11, East_Asian_Width W and F, in the blocks that mail and its errors use.
constexpr Range wide[] = {{0x1100, 0x115F},   {0x2E80, 0x303E},   {0x3041, 0x33FF},   {0x3400, 0x4DBF},
                          {0x4E00, 0x9FFF},   {0xA000, 0xA4CF},   {0xA960, 0xA97C},   {0xAC00, 0xD7A3},
                          {0xF900, 0xFAFF},   {0xFE30, 0xFE6F},   {0xFF00, 0xFF60},   {0xFFE0, 0xFFE6},
                          {0x1F300, 0x1F64F}, {0x1F680, 0x1F6FF}, {0x1F900, 0x1F9FF}, {0x20000, 0x3FFFD}};
// Combining diacritical marks, variation selectors.
constexpr Range none[] = {{0x0300, 0x036F}, {0x3099, 0x309A}, {0xFE00, 0xFE0F}};

template <std::size_t Size>
bool within(const Range (&ranges)[Size], char32_t c) noexcept {
    return std::any_of(std::begin(ranges), std::end(ranges),
                       [c](const Range& range) { return c >= range.first && c <= range.last; });
}

/// One character of valid UTF-8.
struct Character {
    std::string_view octets;
    char32_t code = 0;
    std::size_t columns = 1;
};

Character character_at(std::string_view text, std::size_t at) noexcept {
    const auto lead = static_cast<unsigned char>(text[at]);
    const std::size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    Character out{text.substr(at, length), 0, 1};
    out.code = length == 1 ? lead : lead & (0x7FU >> length);
    for (std::size_t i = 1; i < out.octets.size(); ++i)
        out.code = (out.code << 6) | (static_cast<unsigned char>(out.octets[i]) & 0x3FU);
    out.columns = within(none, out.code) ? 0 : within(wide, out.code) ? 2 : 1;
    return out;
}

/// No line begins with these: 、。」』）】：；！？ーぁぃぅぇぉっゃゅょ and their katakana.
bool closes(char32_t c) noexcept {
    constexpr char32_t marks[] = {0x3001, 0x3002, 0x300D, 0x300F, 0x3011, 0xFF09, 0xFF1A, 0xFF1B,
                                  0xFF01, 0xFF1F, 0x30FC, 0x3041, 0x3043, 0x3045, 0x3047, 0x3049,
                                  0x3063, 0x3083, 0x3085, 0x3087, 0x30A1, 0x30A3, 0x30A5, 0x30A7,
                                  0x30A9, 0x30C3, 0x30E3, 0x30E5, 0x30E7};
    return std::find(std::begin(marks), std::end(marks), c) != std::end(marks);
}

/// No line ends with these: 「『（【
bool opens(char32_t c) noexcept {
    return c == 0x300C || c == 0x300E || c == 0xFF08 || c == 0x3010;
}

/// What must stay together: a word, or one wide character with the marks around it. `blank` before it?
struct Piece {
    std::string text;
    bool blank = false;
};

std::vector<Piece> pieces_of(std::string_view text) {
    std::vector<Piece> out;
    bool blank = false, join = false, last_wide = false;
    for (std::size_t at = 0; at < text.size();) {
        const auto c = character_at(text, at);
        at += c.octets.size();
        if (c.code == ' ') {
            blank = true;
            continue;
        }
        const bool is_wide = c.columns == 2;
        const bool together =
            !blank && !out.empty() && (join || closes(c.code) || c.columns == 0 || (!is_wide && !last_wide));
        if (together) {
            out.back().text += c.octets;
        } else {
            out.push_back({std::string(c.octets), blank});
        }
        blank = false;
        join = opens(c.code);
        last_wide = is_wide;
    }
    return out;
}

}  // namespace

std::size_t columns_of(std::string_view text) noexcept {
    std::size_t columns = 0;
    for (std::size_t at = 0; at < text.size();) {
        const auto c = character_at(text, at);
        columns += c.columns;
        at += c.octets.size();
    }
    return columns;
}

std::string padded(std::string_view text, std::size_t columns) {
    const auto taken = columns_of(text);
    return std::string(text) + std::string(taken < columns ? columns - taken : 0, ' ');
}

std::vector<std::string> wrapped(std::string_view text, std::size_t columns) {
    std::vector<std::string> lines(1);
    std::size_t taken = 0;
    for (const auto& piece : pieces_of(text)) {
        const auto needs = columns_of(piece.text);
        const std::size_t gap = piece.blank && taken > 0 ? 1 : 0;
        if (taken > 0 && taken + gap + needs > columns) {
            lines.emplace_back();
            taken = 0;
        } else if (gap == 1) {
            lines.back() += ' ';
            ++taken;
        }
        if (needs <= columns || piece.text.find("https://") != std::string::npos) {
            lines.back() += piece.text;
            taken += needs;
            continue;
        }
        for (std::size_t at = 0; at < piece.text.size();) {
            const auto c = character_at(piece.text, at);
            if (taken + c.columns > columns) {
                lines.emplace_back();
                taken = 0;
            }
            lines.back() += c.octets;
            taken += c.columns;
            at += c.octets.size();
        }
    }
    return lines;
}

}  // namespace reprompt::app
