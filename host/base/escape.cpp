// SPDX-License-Identifier: MPL-2.0
// Escaping: octets from anywhere become printable UTF-8 (declared in base/text.hpp).
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <iterator>

#include "base/text.hpp"

namespace reprompt {
namespace {

struct Character {
    std::uint32_t code = 0;
    std::size_t size = 0;  ///< 0: the octets at this place are no UTF-8 character
};

/// One character of RFC 3629 at the start of `text` (not empty).
Character decode_one(std::string_view text) noexcept {
    const auto octet = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
    const unsigned char lead = octet(0);
    if (lead < 0x80) return {lead, 1};
    std::size_t size = 0;
    std::uint32_t code = 0;
    std::uint32_t least = 0;
    if ((lead & 0xE0) == 0xC0) {
        size = 2, code = lead & 0x1Fu, least = 0x80;
    } else if ((lead & 0xF0) == 0xE0) {
        size = 3, code = lead & 0x0Fu, least = 0x800;
    } else if ((lead & 0xF8) == 0xF0) {
        size = 4, code = lead & 0x07u, least = 0x10000;
    } else {
        return {};
    }
    if (text.size() < size) return {};
    for (std::size_t i = 1; i < size; ++i) {
        if ((octet(i) & 0xC0) != 0x80) return {};
        code = code << 6 | (octet(i) & 0x3Fu);
    }
    const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
    if (code < least || surrogate || code > 0x10FFFF) return {};
    return {code, size};
}

/// Characters that change how a reader sees the rest, or that nobody sees: C0, DEL, C1, bidirectional,
/// zero-width, separators, fillers, tags (of Unicode's Default_Ignorable_Code_Point all but the variation
/// selectors, which Japanese names and emoji use).
bool is_deceiving(std::uint32_t code) noexcept {
    struct Range {
        std::uint32_t first, last;
    };
    constexpr Range ranges[] = {
        {0x00, 0x1F},     {0x7F, 0x9F},       {0xAD, 0xAD},       {0x034F, 0x034F},   {0x061C, 0x061C},
        {0x115F, 0x1160}, {0x17B4, 0x17B5},   {0x180B, 0x180F},   {0x200B, 0x200F},   {0x2028, 0x202E},
        {0x2060, 0x206F}, {0x2800, 0x2800},   {0x3164, 0x3164},   {0xFEFF, 0xFEFF},   {0xFFA0, 0xFFA0},
        {0xFFF0, 0xFFFB}, {0x1BCA0, 0x1BCA3}, {0x1D173, 0x1D17A}, {0xE0000, 0xE00FF}, {0xE01F0, 0xE0FFF}};
    return std::any_of(std::begin(ranges), std::end(ranges),
                       [code](const Range& range) { return range.first <= code && code <= range.last; });
}

std::string escape_octet(char octet) {
    std::array<char, 8> text{};
    const int size = std::snprintf(text.data(), text.size(), "\\x%02X",
                                   static_cast<unsigned>(static_cast<unsigned char>(octet)));
    return std::string(text.data(), static_cast<std::size_t>(size));
}

std::string escape_character(std::uint32_t code) {
    if (code < 0x80) return escape_octet(static_cast<char>(code));
    std::array<char, 16> text{};
    const int size = std::snprintf(text.data(), text.size(), "\\u{%X}", static_cast<unsigned>(code));
    return std::string(text.data(), static_cast<std::size_t>(size));
}

}  // namespace

bool is_utf8(std::string_view text) noexcept {
    while (!text.empty()) {
        const Character character = decode_one(text);
        if (character.size == 0) return false;
        text.remove_prefix(character.size);
    }
    return true;
}

std::string escape_server_words(std::string_view bytes, std::size_t cap) {
    constexpr std::string_view mark = "\u2026";
    std::string out;
    std::size_t fits_with_mark = 0;  // where to cut if it turns out too long
    while (!bytes.empty()) {
        const Character character = decode_one(bytes);
        const std::size_t taken = character.size == 0 ? 1 : character.size;
        if (character.size == 0) {
            out += escape_octet(bytes.front());
        } else if (is_deceiving(character.code)) {
            out += escape_character(character.code);
        } else {
            out.append(bytes.substr(0, taken));
        }
        bytes.remove_prefix(taken);
        if (out.size() + mark.size() <= cap) fits_with_mark = out.size();
        if (out.size() > cap) {
            out.resize(fits_with_mark);
            if (cap >= mark.size()) out += mark;
            return out;
        }
    }
    return out;
}

}  // namespace reprompt
