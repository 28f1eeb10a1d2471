// SPDX-License-Identifier: MPL-2.0
#include "app/prefs_file.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "base/text.hpp"

namespace reprompt::app {

namespace {

constexpr std::array<std::string_view, 4> wanted_branches = {"mail.account.", "mail.identity.",
                                                             "mail.server.", "mail.smtpserver."};
constexpr std::array<std::string_view, 4> wanted_names = {"mail.accountmanager.accounts", "mail.smtpservers",
                                                          "mail.smtp.defaultserver", "network.proxy.type"};

bool take(std::string_view& rest, std::string_view expected) noexcept {
    if (!rest.starts_with(expected)) return false;
    rest.remove_prefix(expected.size());
    return true;
}

void skip_blanks(std::string_view& rest) noexcept {
    rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
}

/// `digits` hexadecimal digits from the front.
std::optional<std::uint32_t> take_hex(std::string_view& rest, std::size_t digits) noexcept {
    std::uint32_t value = 0;
    if (rest.size() < digits) return std::nullopt;
    const char* const end = rest.data() + digits;
    const auto [stop, error] = std::from_chars(rest.data(), end, value, 16);
    if (error != std::errc() || stop != end) return std::nullopt;
    rest.remove_prefix(digits);
    return value;
}

void append_utf8(std::string& out, std::uint32_t point) {
    const auto tail = [&](unsigned shift) {
        out.push_back(static_cast<char>(0x80 | ((point >> shift) & 0x3F)));
    };
    if (point < 0x80) {
        out.push_back(static_cast<char>(point));
    } else if (point < 0x800) {
        out.push_back(static_cast<char>(0xC0 | (point >> 6)));
        tail(0);
    } else if (point < 0x10000) {
        out.push_back(static_cast<char>(0xE0 | (point >> 12)));
        tail(6);
        tail(0);
    } else {
        out.push_back(static_cast<char>(0xF0 | (point >> 18)));
        tail(12);
        tail(6);
        tail(0);
    }
}

/// What stands behind "\u": a character, or two that are the halves of one (UTF-16).
bool take_unicode(std::string_view& rest, std::string& out) {
    const auto first = take_hex(rest, 4);
    if (!first || (*first >= 0xDC00 && *first <= 0xDFFF)) return false;
    if (*first < 0xD800 || *first > 0xDBFF) {
        append_utf8(out, *first);
        return true;
    }
    if (!take(rest, "\\u")) return false;
    const auto second = take_hex(rest, 4);
    if (!second || *second < 0xDC00 || *second > 0xDFFF) return false;
    append_utf8(out, 0x10000 + ((*first - 0xD800) << 10) + (*second - 0xDC00));
    return true;
}

bool take_escape(std::string_view& rest, std::string& out) {
    if (rest.empty()) return false;
    const char kind = rest.front();
    rest.remove_prefix(1);
    switch (kind) {
        case '"':
        case '\'':
        case '\\':
            out.push_back(kind);
            return true;
        case 'n':
            out.push_back('\n');
            return true;
        case 'r':
            out.push_back('\r');
            return true;
        case 'x': {
            const auto point = take_hex(rest, 2);
            if (point) append_utf8(out, *point);
            return point.has_value();
        }
        case 'u':
            return take_unicode(rest, out);
        default:
            return false;
    }
}

std::optional<std::string> take_string(std::string_view& rest) {
    if (!take(rest, "\"")) return std::nullopt;
    std::string out;
    while (!rest.empty() && rest.front() != '"') {
        const char c = rest.front();
        rest.remove_prefix(1);
        if (c != '\\') {
            out.push_back(c);
        } else if (!take_escape(rest, out)) {
            return std::nullopt;
        }
    }
    if (!take(rest, "\"")) return std::nullopt;
    if (!is_utf8(out) || out.find('\0') != std::string::npos) return std::nullopt;
    return out;
}

std::optional<PrefValue> take_value(std::string_view& rest) {
    if (take(rest, "true")) return PrefValue(true);
    if (take(rest, "false")) return PrefValue(false);
    if (rest.starts_with('"')) {
        auto text = take_string(rest);
        if (!text) return std::nullopt;
        return PrefValue(std::move(*text));
    }
    std::int32_t number = 0;
    const auto [stop, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
    if (error != std::errc()) return std::nullopt;
    rest.remove_prefix(static_cast<std::size_t>(stop - rest.data()));
    return PrefValue(std::int64_t{number});
}

void read_line(std::string_view line, Prefs& prefs) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.size() > longest_pref || !take(line, "user_pref(")) return;
    auto name = take_string(line);
    if (!name || !is_wanted_pref(*name) || !take(line, ",")) return;
    skip_blanks(line);
    auto value = take_value(line);
    if (!value || !take(line, ");")) return;
    skip_blanks(line);
    if (line.empty()) prefs.insert_or_assign(std::move(*name), std::move(*value));
}

}  // namespace

bool is_wanted_pref(std::string_view name) noexcept {
    return std::any_of(wanted_branches.begin(), wanted_branches.end(),
                       [&](std::string_view branch) { return name.starts_with(branch); }) ||
           std::find(wanted_names.begin(), wanted_names.end(), name) != wanted_names.end();
}

Prefs read_prefs(std::string_view text) {
    Prefs prefs;
    while (!text.empty() && prefs.size() < most_prefs) {
        const auto end = std::min(text.find('\n'), text.size());
        read_line(text.substr(0, end), prefs);
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return prefs;
}

}  // namespace reprompt::app
