// SPDX-License-Identifier: MPL-2.0
#include "diagnose/words.hpp"

#include <algorithm>
#include <array>
#include <iterator>

namespace reprompt {
namespace {

unsigned char octet(std::string_view text, std::size_t at) noexcept {
    return at < text.size() ? static_cast<unsigned char>(text[at]) : 0;
}

// Lower-cases one two-octet letter in place: Latin-1 (U+00C0..U+00DE) and Cyrillic (U+0400..U+042F).
void lower_pair(unsigned char& lead, unsigned char& tail) noexcept {
    if (lead == 0xC3 && tail >= 0x80 && tail <= 0x9E && tail != 0x97) {
        tail = static_cast<unsigned char>(tail + 0x20);
    } else if (lead == 0xD0 && tail >= 0x90 && tail <= 0x9F) {
        tail = static_cast<unsigned char>(tail + 0x20);
    } else if (lead == 0xD0 && tail >= 0xA0 && tail <= 0xAF) {
        lead = 0xD1;
        tail = static_cast<unsigned char>(tail - 0x20);
    } else if (lead == 0xD0 && tail >= 0x80 && tail <= 0x8F) {
        lead = 0xD1;
        tail = static_cast<unsigned char>(tail + 0x10);
    }
}

// Ideographic and full-width punctuation as its ASCII sister; empty = none.
std::string_view cjk_mark(std::string_view text) noexcept {
    if (text == "。" || text == "．") return ".";
    if (text == "、" || text == "，") return ",";
    if (text == "！") return "!";
    if (text == "：") return ":";
    if (text == "；") return ";";
    return {};
}

}  // namespace

void append_folded(std::string& out, std::string_view text) {
    bool blank = !out.empty();
    const auto put = [&](std::string_view bytes) {
        if (blank && !out.empty()) out += ' ';
        blank = false;
        out += bytes;
    };
    std::size_t at = 0;
    while (at < text.size()) {
        const auto c = octet(text, at);
        if (c == ' ' || c == '\t') {
            blank = true;
            ++at;
        } else if (text.substr(at, 4) == "\\x09") {  // a tab as the Evidence escapes it
            blank = true;
            at += 4;
        } else if (c < 0x80) {
            const char lower = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 0x20 : c);
            put({&lower, 1});
            ++at;
        } else if (c == 0xC2 && octet(text, at + 1) == 0xA0) {  // no-break space
            blank = true;
            at += 2;
        } else if (c == 0xE3 && octet(text, at + 1) == 0x80 &&
                   octet(text, at + 2) == 0x80) {  // ideographic space
            blank = true;
            at += 3;
        } else if (c == 0xE2 && octet(text, at + 1) == 0x80 &&
                   (octet(text, at + 2) == 0x98 || octet(text, at + 2) == 0x99)) {  // quotation marks
            put("'");
            at += 3;
        } else if (const auto mark = cjk_mark(text.substr(at, 3)); !mark.empty()) {
            put(mark);
            at += 3;
        } else if (c >= 0xC2 && c <= 0xDF && at + 1 < text.size()) {
            auto lead = c;
            auto tail = octet(text, at + 1);
            lower_pair(lead, tail);
            const char pair[] = {static_cast<char>(lead), static_cast<char>(tail)};
            put({pair, 2});
            at += 2;
        } else {
            put(text.substr(at, 1));
            ++at;
        }
    }
}

std::string fold_words(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    append_folded(out, text);
    return out;
}

bool is_folded(std::string_view text) {
    // Small letters, digits and signs of ASCII with single blanks between them: most phrases of the rules.
    bool blank = true;
    bool simple = !text.empty() && text.back() != ' ';
    for (std::size_t at = 0; simple && at < text.size(); ++at) {
        const auto c = octet(text, at);
        simple = c == ' ' ? !blank : c > ' ' && c < 0x7F && c != '\\' && (c < 'A' || c > 'Z');
        blank = c == ' ';
    }
    return simple || fold_words(text) == text;
}

std::string_view last_clause(std::string_view folded) {
    auto end = folded.size();
    while (end > 0 && (folded[end - 1] == ' ' || folded[end - 1] == '.' || folded[end - 1] == '!'))
        --end;
    if (end == 0) return folded;
    // "… (reason unavailable)", "… [mx1:2026-11-22]"
    if (const auto last = folded[end - 1]; last == ')' || last == ']' || last == '}') {
        const auto open = folded.rfind(last == ')' ? '(' : last == ']' ? '[' : '{', end);
        if (open != std::string_view::npos) return folded.substr(open);
    }
    for (auto at = end; at-- > 0;) {
        const auto c = folded[at];
        if (c == '(' || c == '[' || c == '{') return folded.substr(at + 1);
        const bool foreign = at + 1 < end && static_cast<unsigned char>(folded[at + 1]) >= 0x80;
        const bool blank = at + 1 < end && folded[at + 1] == ' ';
        const bool mark = c == '.' || c == ':' || c == ';' || c == ',' || c == '!' || c == '?';
        const bool dash = (c == '-' || c == '|') && blank && at > 0 && folded[at - 1] == ' ';
        if ((mark && (blank || foreign)) || dash) return folded.substr(at + 1);
    }
    return folded;
}

std::string spell_out_tokens(std::string_view folded) {
    if (folded.find('_') == std::string_view::npos) return {};
    std::string out(folded);
    bool changed = false;
    std::vector<std::string_view> hidden;
    for (std::size_t at = 0; at < folded.size();) {
        const auto end = std::min(folded.find(' ', at), folded.size());
        const auto token = folded.substr(at, end - at);
        hidden.clear();
        if (token.find('_') != std::string_view::npos && words_detail::is_mixed(token))
            words_detail::words_of_mixed(token, hidden);
        if (!hidden.empty() && token.find("://") == std::string_view::npos) {
            changed = true;
            for (auto i = at; i < end; ++i) {
                if (out[i] == '_' || out[i] == '/') out[i] = ' ';
            }
        }
        at = end + 1;
    }
    return changed ? fold_words(out) : std::string{};
}

namespace words_detail {
namespace {

bool digit(char c) noexcept {
    return c >= '0' && c <= '9';
}
bool letter(char c) noexcept {  // an octet of another alphabet is one as well
    return (c >= 'a' && c <= 'z') || static_cast<unsigned char>(c) >= 0x80;
}
std::size_t count_digits(std::string_view text) noexcept {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), digit));
}
std::size_t count_letters(std::string_view text) noexcept {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), letter));
}

// The end of a name that can be on the network and is no word one meets after a full stop ("failed.it").
bool top_domain(std::string_view label, bool alone) noexcept {
    static constexpr std::array known = {
        std::string_view("com"),      std::string_view("net"),   std::string_view("org"),
        std::string_view("edu"),      std::string_view("gov"),   std::string_view("mil"),
        std::string_view("info"),     std::string_view("biz"),   std::string_view("arpa"),
        std::string_view("services"), std::string_view("local"), std::string_view("lan"),
        std::string_view("internal"), std::string_view("cloud"), std::string_view("localdomain"),
        std::string_view("example"),  std::string_view("test"),  std::string_view("invalid"),
    };
    static constexpr std::string_view words =
        " am as at be by do go in is it me my no of on or so to tv us we ";
    if (std::find(known.begin(), known.end(), label) != known.end()) return true;
    if (label.size() != 2 || !(label[0] >= 'a' && label[0] <= 'z') || !(label[1] >= 'a' && label[1] <= 'z'))
        return false;
    const char padded[] = {' ', label[0], label[1], ' '};
    return !alone || words.find(std::string_view(padded, 4)) == std::string_view::npos;
}

bool in_name(char c) noexcept {
    return (c >= 'a' && c <= 'z') || digit(c) || c == '-' || c == '.';
}

// A dotted name: labels that are not empty, the last one of letters.
bool dotted_name(std::string_view text) noexcept {
    const auto dot = text.rfind('.');
    return dot != std::string_view::npos && dot > 0 && text.size() - dot > 2 &&
           std::all_of(text.begin(), text.end(), in_name) && count_letters(text.substr(dot + 1)) >= 2 &&
           count_digits(text.substr(dot + 1)) == 0 && text.front() != '.' &&
           text.find("..") == std::string_view::npos;
}

bool host_name(std::string_view text) noexcept {
    if (!dotted_name(text)) return false;
    const auto last = text.substr(text.rfind('.') + 1);
    const bool alone = std::count(text.begin(), text.end(), '.') == 1 && count_digits(text) == 0;
    return top_domain(last, alone);
}

// "bob@example.org", not "backend@down".
bool address(std::string_view text) noexcept {
    const auto at = text.find('@');
    return at != std::string_view::npos && at > 0 && text.find('@', at + 1) == std::string_view::npos &&
           dotted_name(text.substr(at + 1));
}

// IPv6, or a time of day: digits and colons with at most hexadecimal letters between.
bool colon_number(std::string_view text) noexcept {
    return count_digits(text) > 0 && std::count(text.begin(), text.end(), ':') >= 2 &&
           std::all_of(text.begin(), text.end(),
                       [](char c) { return digit(c) || c == ':' || c == '.' || (c >= 'a' && c <= 'f'); });
}

// A status of its own: an enhanced code (RFC 3463 section 2) or a reply code of three digits that is not one
// of those a refused password has. It may be the cause.
bool other_status(std::string_view text) noexcept {
    if (text.empty() || (text[0] != '4' && text[0] != '5')) return false;
    if (text.size() == 3 && count_digits(text) == 3) return text != "535";
    const auto dot = text.find('.', 2);
    if (text.size() < 5 || text[1] != '.' || dot == std::string_view::npos || dot == 2 || dot > 5 ||
        dot + 1 >= text.size() || text.size() - dot > 4 || count_digits(text) + 2 != text.size() ||
        text.find('.', dot + 1) != std::string_view::npos)
        return false;
    return text != "5.7.8" && text != "5.7.0" && text != "5.7.1" && text != "5.7.3";
}

// A part without joints. `keyed`: behind "id=", where a short id may have few digits.
void take_part(std::string_view part, bool keyed, std::vector<std::string_view>& out) {
    const auto letters = count_letters(part);
    const auto digits = count_digits(part);
    const bool foreign =
        std::any_of(part.begin(), part.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
    if (other_status(part)) {
        out.push_back(part);
    } else if (digits == 0) {
        if (foreign || letters >= 3) out.push_back(part);
    } else if (foreign) {
        out.push_back(part);
    } else if (digits < 3) {
        if (letters >= 2 && !keyed) out.push_back(part);  // "2fa", "oauth2", "pop3"
    } else {
        // An id, unless it is a word or two with a number: "busy503", "err503busy".
        std::vector<std::string_view> runs;
        for (std::size_t at = 0; at < part.size();) {
            std::size_t end = at;
            while (end < part.size() && letter(part[end]))
                ++end;
            if (end > at) runs.push_back(part.substr(at, end - at));
            at = std::max(end, at + 1);
        }
        if (keyed || runs.size() > 2) return;
        std::copy_if(runs.begin(), runs.end(), std::back_inserter(out),
                     [](std::string_view run) { return run.size() >= 4; });
    }
}

template <class Take>
void split(std::string_view text, std::string_view joints, Take&& take) {
    while (!text.empty()) {
        const auto cut = std::min(text.find_first_of(joints), text.size());
        if (cut > 0) take(text.substr(0, cut));
        text.remove_prefix(std::min(cut + 1, text.size()));
    }
}

bool id_key(std::string_view text) noexcept {
    return text == "sc" || text == "id" || text == "sid" || text == "qid";
}

void take_piece(std::string_view piece, bool keyed, std::vector<std::string_view>& out) {
    piece = strip_punctuation(piece);
    if (address(piece) || host_name(piece)) return;
    split(piece, "-_/@#&?%$~*+|", [&](std::string_view part) {
        part = strip_punctuation(part);
        if (other_status(part)) {
            out.push_back(part);
        } else if (!host_name(part)) {
            split(part, ".", [&](std::string_view atom) {
                // The groups of an IPv4 address are no statuses.
                if (atom.size() == part.size() || count_letters(atom) > 0) take_part(atom, keyed, out);
            });
        }
    });
}

// What is no URL: an IPv6 address or a time alone, or pieces with marks between.
void take_pieces(std::string_view text, std::vector<std::string_view>& out) {
    text = strip_punctuation(text);
    if (colon_number(text)) return;
    bool keyed = false;
    while (!text.empty()) {
        const auto cut = std::min(text.find_first_of("=:,;\"<>()[]{}!"), text.size());
        const auto piece = text.substr(0, cut);
        if (piece == "set_id") return;  // Exim's echo of the user name
        if (!piece.empty()) take_piece(piece, keyed, out);
        keyed = cut < text.size() && text[cut] == '=' && id_key(piece);
        text.remove_prefix(std::min(cut + 1, text.size()));
    }
}

}  // namespace

void words_of_mixed(std::string_view token, std::vector<std::string_view>& out) {
    std::size_t done = 0;
    for (auto at = token.find("://"); at != std::string_view::npos; at = token.find("://", at + 3)) {
        const auto before = token.substr(done, at - done);
        const std::size_t scheme = before.ends_with("https") ? 5 : before.ends_with("http") ? 4 : 0;
        const auto end = std::min(token.find_first_of("<>\"[]{}()|", at), token.size());
        // "http://busy" names no host.
        if (scheme == 0 || !begins_word(token, at - scheme) ||
            token.substr(at, end - at).find('.') == std::string_view::npos)
            continue;
        take_pieces(before.substr(0, before.size() - scheme), out);
        done = end;
        at = std::max(at, end - 3);
    }
    take_pieces(token.substr(done), out);
}

}  // namespace words_detail

}  // namespace reprompt
