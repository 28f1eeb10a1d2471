// SPDX-License-Identifier: MPL-2.0
#include "diagnose/reply_facts.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "diagnose/words.hpp"
#include "evidence/transcript.hpp"

namespace reprompt {
namespace {

bool is_alpha(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

ReplyStatus imap_status(std::string_view word) {
    if (iequals(word, "NO")) return ReplyStatus::no;
    if (iequals(word, "OK") || iequals(word, "PREAUTH")) return ReplyStatus::ok;
    if (iequals(word, "BAD")) return ReplyStatus::bad;
    if (iequals(word, "BYE")) return ReplyStatus::bye;
    return ReplyStatus::none;
}

// "No such user", lower-cased or not, is a sentence; "NO such" and "no [CODE]" are statuses.
bool looks_like_status(std::string_view word, std::string_view rest) {
    return rest.starts_with("[") ||
           std::none_of(word.begin(), word.end(), [](char c) { return c >= 'a' && c <= 'z'; });
}

bool looks_like_tag(std::string_view word) {
    if (word == "*" || word == "+" || word.size() == 1) return true;
    return word.size() <= 32 && std::any_of(word.begin(), word.end(), is_digit) &&
           std::all_of(word.begin(), word.end(),
                       [](char c) { return is_digit(c) || is_alpha(c) || c == '.'; });
}

// "[CODE …] [OTHER]" at the start of `text`: codes in capitals. A group that does not begin with a code stays
// in the text.
void take_codes(std::string_view& text, ReplyFacts& facts) {
    while (text.starts_with("[")) {
        const auto end = text.find(']');
        if (end == std::string_view::npos) {  // cut off inside the code
            facts.codes.push_back(to_upper(
                text.substr(1, text.find(' ') == std::string_view::npos ? text.npos : text.find(' ') - 1)));
            text = {};
            return;
        }
        auto group = text.substr(1, end - 1);
        const auto code = take_word(group);
        if (code.empty() || !std::all_of(code.begin(), code.end(), [](char c) {
                return is_alpha(c) || is_digit(c) || c == '-' || c == '/' || c == '_';
            })) {
            return;
        }
        facts.codes.push_back(to_upper(code));
        text = trim(text.substr(end + 1));
    }
}

// "5.7.8": one digit, then one to three digits twice (RFC 3463 section 2).
bool is_enhanced(std::string_view word) {
    if (word.size() < 5 || !(word[0] == '2' || word[0] == '4' || word[0] == '5') || word[1] != '.')
        return false;
    const auto dot = word.find('.', 2);
    if (dot == std::string_view::npos || dot == 2 || dot > 5 || dot + 1 >= word.size() ||
        word.size() - dot > 4)
        return false;
    return std::all_of(word.begin() + 2, word.end(), [](char c) { return is_digit(c) || c == '.'; }) &&
           word.find('.', dot + 1) == std::string_view::npos;
}

void take_enhanced(std::string_view& text, ReplyFacts& facts) {
    while (true) {
        auto rest = text;
        const auto word = take_word(rest);
        if (!is_enhanced(word)) return;
        if (std::find(facts.enhanced.begin(), facts.enhanced.end(), word) == facts.enhanced.end())
            facts.enhanced.emplace_back(word);
        text = rest;
    }
}

void read_continuation(std::string_view text, ReplyFacts& facts) {
    if (auto status = oauth_status_of(text); !status.empty()) {
        facts.oauth_status = std::move(status);
    } else if (text.find(' ') != std::string_view::npos) {
        append_folded(facts.words, text);  // not base64: somebody's words
    }
}

bool is_refusal(ReplyStatus status) noexcept {
    return status == ReplyStatus::no || status == ReplyStatus::bad || status == ReplyStatus::err ||
           status == ReplyStatus::transient || status == ReplyStatus::permanent;
}

// "Connection is closed. 14", "mail.example.org closing transmission channel": a way to say goodbye, without
// host names and numbers.
bool is_goodbye(std::string_view folded) {
    static constexpr std::array<std::string_view, 16> goodbyes = {"bye",
                                                                  "goodbye",
                                                                  "logging out",
                                                                  "signing off",
                                                                  "server signing off",
                                                                  "server logging out",
                                                                  "server shutting down",
                                                                  "imap server shutting down",
                                                                  "courier imap server shutting down",
                                                                  "closing connection",
                                                                  "connection closed",
                                                                  "connection is closed",
                                                                  "connection closed by foreign host",
                                                                  "session terminated",
                                                                  "service closing transmission channel",
                                                                  "server closing connection"};
    std::string words;
    for_each_plain_word(folded, [&](std::string_view word) {
        if (!words.empty()) words += ' ';
        words += word;
    });
    return std::find(goodbyes.begin(), goodbyes.end(), words) != goodbyes.end();
}

// The text of a line. What a server says while it hangs up on a refused user is no reason.
void add_words(ReplyFacts& facts, bool after_refusal, std::string_view text) {
    if (after_refusal && is_goodbye(fold_words(text))) return;
    append_folded(facts.words, text);
}

void read_imap_line(std::string_view line, ReplyFacts& facts) {
    auto rest = line;
    const auto first = take_word(rest);
    if (first == "+") {
        if (facts.status == ReplyStatus::none) facts.status = ReplyStatus::more;
        return read_continuation(rest, facts);
    }
    auto after = rest;
    const auto second = take_word(after);
    auto status = imap_status(first);
    if (status != ReplyStatus::none && looks_like_status(first, rest)) {
        // "NO text" without a tag
    } else if (status = imap_status(second);
               status != ReplyStatus::none && looks_like_tag(first) &&
               (first == "*" || looks_like_status(second, after) || first.size() <= 16)) {
        rest = after;
    } else {
        if (first == "*" && iequals(second, "CAPABILITY")) {
            facts.capability_lines.emplace_back(line);
            return;
        }
        return append_folded(facts.words, first == "*" ? rest : line);
    }
    // A later BYE or OK (of LOGOUT, mostly) does not undo a refusal.
    const bool refused = is_refusal(facts.status);
    const bool weak = status == ReplyStatus::bye ||
                      (first == "*" && status != ReplyStatus::no && status != ReplyStatus::bad) ||
                      (status == ReplyStatus::ok && refused);
    if (!weak || facts.status == ReplyStatus::none || facts.status == ReplyStatus::more)
        facts.status = status;
    take_codes(rest, facts);
    add_words(facts, refused, rest);
}

void read_pop3_line(std::string_view line, ReplyFacts& facts) {
    const bool refused = is_refusal(facts.status);
    auto rest = line;
    const auto first = take_word(rest);
    if (iequals(first, "-ERR")) {
        facts.status = ReplyStatus::err;
    } else if (iequals(first, "+OK")) {
        if (!refused) facts.status = ReplyStatus::ok;  // else QUIT's
    } else if (first == "+") {
        if (facts.status == ReplyStatus::none) facts.status = ReplyStatus::more;
        return read_continuation(rest, facts);
    } else {
        rest = line;
    }
    take_codes(rest, facts);
    add_words(facts, refused, rest);
}

void read_smtp_line(std::string_view line, ReplyFacts& facts) {
    const bool refused = is_refusal(facts.status);
    auto rest = line;
    if (!smtp_code(line).empty()) {
        const int code = (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
        rest = line.size() > 4 ? trim(line.substr(4)) : std::string_view{};
        if (code / 100 == 3 && facts.smtp_code != 0) return read_continuation(rest, facts);
        if (refused && (code / 100 == 2 || code == 421)) {  // of QUIT or RSET, or the server hangs up
            take_enhanced(rest, facts);
            return add_words(facts, refused, rest);
        }
        facts.smtp_code = code;
        switch (code / 100) {
            case 2:
                facts.status = ReplyStatus::ok;
                break;
            case 3:
                facts.status = ReplyStatus::more;
                break;
            case 4:
                facts.status = ReplyStatus::transient;
                break;
            default:
                facts.status = ReplyStatus::permanent;
                break;
        }
        if (code == 334) {
            take_enhanced(rest, facts);
            return read_continuation(rest, facts);
        }
    }
    take_enhanced(rest, facts);
    add_words(facts, refused, rest);
}

// What the lines say beside plain words, so that no rule takes them for a plain refusal: a passing fault
// among the codes of a lasting refusal, and status tokens as the words they are made of. The lone backslash
// is a word that no vocabulary has; it keeps phrases from reaching across.
void add_hidden_words(ReplyFacts& facts) {
    if (facts.status == ReplyStatus::permanent) {
        for (const auto& code : facts.enhanced) {
            if (code.starts_with('4')) facts.words.insert(0, code + (facts.words.empty() ? "" : " "));
        }
    }
    const auto spelled = spell_out_tokens(facts.words);
    if (!spelled.empty()) facts.words += " \\ " + spelled;
}

}  // namespace

std::string oauth_status_of(std::string_view text) {
    text = trim(text);
    std::string json(text);
    if (!text.starts_with("{")) {
        const auto decoded = base64_decode(text);
        if (!decoded || !trim(*decoded).starts_with("{")) return {};
        json = *decoded;
    }
    json = to_lower(json);
    const auto key = json.find("\"status\"");
    if (key == std::string::npos) return {};
    auto at = json.find_first_not_of(" \t:", key + 8);
    if (at == std::string::npos) return {};
    if (json[at] == '"') ++at;
    const auto end = json.find_first_of("\",} ", at);
    if (end == std::string::npos || end - at > 40) return {};
    return json.substr(at, end - at);
}

ReplyFacts read_reply(Protocol protocol, const std::vector<std::string>& lines) {
    ReplyFacts facts;
    for (const auto& each : lines) {
        const auto line = trim(each);
        if (line.empty()) continue;
        switch (protocol) {
            case Protocol::imap:
                read_imap_line(line, facts);
                break;
            case Protocol::pop3:
                read_pop3_line(line, facts);
                break;
            case Protocol::smtp:
                read_smtp_line(line, facts);
                break;
        }
    }
    add_hidden_words(facts);
    return facts;
}

}  // namespace reprompt
