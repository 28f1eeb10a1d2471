// SPDX-License-Identifier: MPL-2.0
// IMAP response lines and capabilities, parsed.
#include "protocol/imap_reply.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace reprompt::protocol {
namespace {

constexpr std::string_view capability_word = "CAPABILITY";

ImapStatus status_of(std::string_view word) noexcept {
    if (iequals(word, "OK")) return ImapStatus::ok;
    if (iequals(word, "NO")) return ImapStatus::no;
    if (iequals(word, "BAD")) return ImapStatus::bad;
    if (iequals(word, "BYE")) return ImapStatus::bye;
    if (iequals(word, "PREAUTH")) return ImapStatus::preauth;
    return ImapStatus::other;
}

std::string_view first_word(std::string_view text) noexcept {
    return text.substr(0, text.find(' '));
}

/// RFC 3501 section 9, tag: any ASTRING-CHAR but "+". Only letters and digits are ours, the rest need not be
/// told apart.
bool is_tag(std::string_view word) noexcept {
    return !word.empty() && std::all_of(word.begin(), word.end(), [](char c) {
        return c > 0x20 && c < 0x7F && std::string_view("(){%*\"\\+").find(c) == std::string_view::npos;
    });
}

std::vector<std::string> words_of(std::string_view text) {
    std::vector<std::string> words;
    for (const auto word : split_words(text))
        words.emplace_back(word);
    return words;
}

}  // namespace

ImapLine parse_imap_line(std::string_view line) noexcept {
    if (line == "+" || line.starts_with("+ ")) {
        return {ImapKind::continuation, {}, ImapStatus::other, trim(line.substr(1)), 1};
    }
    const auto tag = first_word(line);
    if (tag.size() == line.size()) return {};
    const auto rest = line.substr(tag.size() + 1);
    const auto word = first_word(rest);
    const auto status = status_of(word);
    const bool untagged = tag == "*";
    // A tagged line is always a status (RFC 3501 section 2.2.2).
    if (!untagged && (!is_tag(tag) || status == ImapStatus::other)) return {};
    ImapLine parsed;
    parsed.kind = untagged ? ImapKind::untagged : ImapKind::tagged;
    if (!untagged) parsed.tag = tag;
    parsed.status = status;
    parsed.frame = tag.size() + 1 + (status == ImapStatus::other ? 0 : word.size());
    parsed.text = trim(line.substr(parsed.frame));
    return parsed;
}

std::optional<std::vector<std::string>> imap_capabilities(std::string_view line) {
    const auto parsed = parse_imap_line(line);
    if (parsed.kind == ImapKind::untagged && parsed.status == ImapStatus::other &&
        iequals(first_word(parsed.text), capability_word)) {
        return words_of(parsed.text.substr(capability_word.size()));
    }
    if (parsed.status != ImapStatus::ok && parsed.status != ImapStatus::preauth) return std::nullopt;
    if (!istarts_with(parsed.text, "[CAPABILITY ")) return std::nullopt;
    const auto end = parsed.text.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    return words_of(parsed.text.substr(0, end).substr(capability_word.size() + 2));
}

bool has_capability(const std::vector<std::string>& capabilities, std::string_view name) noexcept {
    return std::any_of(capabilities.begin(), capabilities.end(),
                       [name](const auto& one) { return iequals(one, name); });
}

bool is_imap_quotable(std::string_view text) noexcept {
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7F; });
}

std::string imap_quoted(std::string_view text) {
    std::string quoted = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') quoted += '\\';
        quoted += c;
    }
    quoted += '"';
    return quoted;
}

}  // namespace reprompt::protocol
