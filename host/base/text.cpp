// SPDX-License-Identifier: MPL-2.0
// Text: encodings and ASCII comparisons. Escaping is in escape.cpp, masking in mask.cpp.
#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace reprompt {
namespace {

constexpr std::string_view base64_alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::array<std::int8_t, 256> make_base64_values() {
    std::array<std::int8_t, 256> values{};
    for (auto& value : values)
        value = -1;
    for (std::size_t i = 0; i < base64_alphabet.size(); ++i) {
        values[static_cast<unsigned char>(base64_alphabet[i])] = static_cast<std::int8_t>(i);
    }
    return values;
}

constexpr std::size_t base64_size(std::size_t octets) noexcept {
    return (octets + 2) / 3 * 4;
}

void base64_encode_to(std::string_view bytes, char* to) {
    const auto octet = [&](std::size_t at) -> std::uint32_t {
        return at < bytes.size() ? static_cast<unsigned char>(bytes[at]) : 0;
    };
    for (std::size_t at = 0; at < bytes.size(); at += 3) {
        const std::uint32_t group = octet(at) << 16 | octet(at + 1) << 8 | octet(at + 2);
        *to++ = base64_alphabet[group >> 18 & 63];
        *to++ = base64_alphabet[group >> 12 & 63];
        *to++ = at + 1 < bytes.size() ? base64_alphabet[group >> 6 & 63] : '=';
        *to++ = at + 2 < bytes.size() ? base64_alphabet[group & 63] : '=';
    }
}

constexpr char lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
constexpr char upper(char c) noexcept {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}
constexpr bool is_blank(char c) noexcept {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

}  // namespace

std::string base64_encode(std::string_view bytes) {
    std::string text(base64_size(bytes.size()), '\0');
    base64_encode_to(bytes, text.data());
    return text;
}

Secret base64_encode(const Secret& bytes) {
    return Secret::of_size(base64_size(bytes.size()),
                           [&](char* to) { base64_encode_to(bytes.reveal(), to); });
}

std::optional<std::string> base64_decode(std::string_view text) {
    static constexpr auto values = make_base64_values();
    if (text.size() % 4 != 0) return std::nullopt;
    const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
    std::string bytes;
    bytes.reserve(text.size() / 4 * 3);
    for (std::size_t at = 0; at < text.size(); at += 4) {
        const std::size_t pads = at + 4 == text.size() ? padding : 0;
        std::uint32_t group = 0;
        for (std::size_t i = 0; i < 4; ++i) {
            const auto value = values[static_cast<unsigned char>(text[at + i])];
            if (i < 4 - pads && value < 0) return std::nullopt;
            group = group << 6 | static_cast<std::uint32_t>(i < 4 - pads ? value : 0);
        }
        // RFC 4648 section 3.5: the bits that padding leaves over must be zero.
        const std::uint32_t left_over = pads == 2 ? 0xFFFF : pads == 1 ? 0xFF : 0;
        if ((group & left_over) != 0) return std::nullopt;
        for (std::size_t i = 0; i < 3 - pads; ++i)
            bytes.push_back(static_cast<char>(group >> (16 - 8 * i) & 0xFF));
    }
    return bytes;
}

std::string to_lower(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(), lower);
    return out;
}

std::string to_upper(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(), upper);
    return out;
}

bool iequals(std::string_view left, std::string_view right) noexcept {
    return left.size() == right.size() && std::equal(left.begin(), left.end(), right.begin(),
                                                     [](char a, char b) { return lower(a) == lower(b); });
}

bool istarts_with(std::string_view text, std::string_view prefix) noexcept {
    return text.size() >= prefix.size() && iequals(text.substr(0, prefix.size()), prefix);
}

std::string_view trim(std::string_view text) noexcept {
    while (!text.empty() && is_blank(text.front()))
        text.remove_prefix(1);
    while (!text.empty() && is_blank(text.back()))
        text.remove_suffix(1);
    return text;
}

std::string_view take_word(std::string_view& text) noexcept {
    text = trim(text);
    const auto word = text.substr(0, text.find_first_of(" \t"));
    text = trim(text.substr(word.size()));
    return word;
}

std::vector<std::string_view> split_words(std::string_view text) {
    std::vector<std::string_view> words;
    for (std::size_t at = 0; at < text.size();) {
        if (is_blank(text[at])) {
            ++at;
            continue;
        }
        std::size_t end = at;
        while (end < text.size() && !is_blank(text[end]))
            ++end;
        words.push_back(text.substr(at, end - at));
        at = end;
    }
    return words;
}

bool has_control(std::string_view text) noexcept {
    for (std::size_t at = 0; at < text.size(); ++at) {
        const auto octet = static_cast<unsigned char>(text[at]);
        if (octet < 0x20 || octet == 0x7F) return true;
        // C1 in UTF-8: C2 80 to C2 9F.
        if (octet == 0xC2 && at + 1 < text.size() &&
            (static_cast<unsigned char>(text[at + 1]) & 0xE0) == 0x80)
            return true;
    }
    return false;
}

}  // namespace reprompt
