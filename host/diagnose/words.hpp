// SPDX-License-Identifier: MPL-2.0
// Words: human text of a server brought into one form, so that rules can compare it. Belongs here: folding
// and splitting. Does not belong here: protocol syntax (reply_facts), meaning (rules).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace reprompt {

/// Lower case (ASCII, Latin-1 letters, Cyrillic), runs of blanks (no-break and ideographic ones too) as one
/// blank, typographic apostrophes as "'", CJK punctuation as its ASCII sister, no blank at either end. Other
/// UTF-8 stays.
std::string fold_words(std::string_view text);

/// Whether `text` is its own folded form.
bool is_folded(std::string_view text);

/// Appends the folded form of `text` to `out`, with one blank between what was there and what comes.
void append_folded(std::string& out, std::string_view text);

/// The words of a folded text that carry meaning: split at blanks, punctuation and the joints of status
/// tokens
/// ("e_server_busy", "pop3/disabled"). What is clearly a number, a host name, an address, a URL or an id is
/// left out; a status ("4.7.0", "421") and whatever is not clearly one of those is a word. Views into
/// `folded`.
template <class Visit>
void for_each_plain_word(std::string_view folded, Visit&& visit);

/// `folded` with the "_" and "/" of status tokens as blanks, for phrases ("too_many_logins"); empty if it has
/// no status token joined by "_". URLs and addresses stay as they are.
std::string spell_out_tokens(std::string_view folded);

/// The end of `folded` behind the last mark that closes a clause (full stop, colon, comma, dash, bracket),
/// with the blanks before it; all of it if there is none. A closed bracket at the end is a clause of its own.
std::string_view last_clause(std::string_view folded);

/// True if a phrase of a rule may begin at `at`: not in the middle of an ASCII word ("locked" is not in
/// "blocked").
inline bool begins_word(std::string_view text, std::size_t at) noexcept {
    const auto alnum = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
    if (at == 0 || !alnum(text[at])) return true;
    const auto before = static_cast<unsigned char>(text[at - 1]);
    if (before < 0x80) return !alnum(text[at - 1]);
    // A letter of an alphabet joins; CJK text (three octets, lead E3..EF) has no blanks before a Latin word.
    return at >= 3 && static_cast<unsigned char>(text[at - 3]) >= 0xE3;
}

/// True if an octet behind a phrase goes on with its last word: letters and digits of alphabets with blanks.
inline bool joins_word(unsigned char next) noexcept {
    return (next >= 'a' && next <= 'z') || (next >= '0' && next <= '9') || (next >= 0xC2 && next <= 0xDF);
}

namespace words_detail {
/// True if `token` holds a digit, a joint or an inner dot: not just words.
inline bool is_mixed(std::string_view token) noexcept {
    if (token.find('\\') != std::string_view::npos) return false;  // escaped octets: text we cannot read
    return token.find_first_of("0123456789@/_#&?%$~*+|") != std::string_view::npos ||
           (token.find('.') != std::string_view::npos && token.find('.') + 1 < token.size());
}
/// The words hidden in a mixed token, in order, appended to `out`; none if all of it is noise.
void words_of_mixed(std::string_view token, std::vector<std::string_view>& out);
constexpr std::string_view punctuation = "()[]{}<>.,;:!?\"'`";
constexpr std::string_view inner = "-=:,;\"<>()[]{}!?";

inline std::string_view strip_punctuation(std::string_view token) noexcept {
    while (!token.empty() && punctuation.find(token.front()) != std::string_view::npos)
        token.remove_prefix(1);
    while (!token.empty() && punctuation.find(token.back()) != std::string_view::npos)
        token.remove_suffix(1);
    return token;
}
}  // namespace words_detail

template <class Visit>
void for_each_plain_word(std::string_view folded, Visit&& visit) {
    using namespace words_detail;
    std::size_t at = 0;
    while (at < folded.size()) {
        auto end = folded.find(' ', at);
        if (end == std::string_view::npos) end = folded.size();
        auto token = strip_punctuation(folded.substr(at, end - at));
        at = end + 1;
        if (is_mixed(token)) {
            std::vector<std::string_view> hidden;
            words_of_mixed(token, hidden);
            for (const auto word : hidden)
                visit(word);
            continue;
        }
        while (!token.empty()) {
            const auto cut = token.find_first_of(inner);
            const auto word = token.substr(0, cut);
            if (!word.empty()) visit(word);
            token.remove_prefix(cut == std::string_view::npos ? token.size() : cut + 1);
        }
    }
}

}  // namespace reprompt
