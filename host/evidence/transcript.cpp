// SPDX-License-Identifier: MPL-2.0
// See transcript.hpp.
#include "evidence/transcript.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <optional>
#include <string_view>

#include "base/text.hpp"

namespace reprompt {
namespace {

enum class Kind : std::uint8_t {
    bare,          ///< no reply's form: a mail program's words, or the client's line
    untagged,      ///< IMAP "*"
    continuation,  ///< "+", 334
    refused,
    accepted,
    other,  ///< a positive answer to another command
    tls,    ///< one to STARTTLS: what came before is over
};

struct Line {
    std::string_view text;
    Kind kind;
    std::string_view tag;  ///< IMAP; empty if there is none
};

bool says_any(std::string_view text, std::initializer_list<std::string_view> words) {
    const std::string lower = to_lower(text);
    return std::any_of(words.begin(), words.end(),
                       [&](std::string_view word) { return lower.find(word) != std::string::npos; });
}

// Where the answer to a sign-in and that to another command have one form.
Kind positive(std::string_view line) {
    if (says_any(line, {"begin tls", "start tls", "starttls", "stls"})) return Kind::tls;
    return says_any(line, {"ok logout", "ok capability", "ok noop", "ok id ", "ok bye", "server ready",
                           "service ready", "pop3 ready", "dovecot ready", "send pass", "password required",
                           "need password", "enter password", "signing off", "logging out", "capability list",
                           "capabilities listed", "thats all she wrote", "closing connection"})
               ? Kind::other
               : Kind::accepted;
}

// Whether a line that accepts speaks of a sign-in at all.
bool speaks_of_sign_in(std::string_view line) {
    return line.starts_with("235") ||
           says_any(line, {"logged in", "login", "authenticat", "maildrop", "mailbox locked"});
}

bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

Line smtp_line(std::string_view text) {
    const bool coded = text.size() >= 3 && std::all_of(text.begin(), text.begin() + 3, is_digit) &&
                       text[0] >= '2' && text[0] <= '5' &&
                       (text.size() == 3 || text[3] == ' ' || text[3] == '-' || text[3] == '\t');
    if (!coded) return {text, Kind::bare, {}};
    if (text.starts_with("235")) return {text, Kind::accepted, {}};
    if (text[0] == '3') return {text, Kind::continuation, {}};
    if (text[0] != '2') return {text, Kind::refused, {}};
    return {text, text.starts_with("220") && positive(text) == Kind::tls ? Kind::tls : Kind::other, {}};
}

Line pop3_line(std::string_view text) {
    if (istarts_with(text, "+OK")) return {text, positive(text), {}};
    if (istarts_with(text, "-ERR")) return {text, Kind::refused, {}};
    return {text, text == "+" || text.starts_with("+ ") ? Kind::continuation : Kind::bare, {}};
}

Line imap_line(std::string_view text) {
    if (text.starts_with("*")) return {text, Kind::untagged, {}};
    if (text.starts_with("+")) return {text, Kind::continuation, {}};
    const auto words = split_words(text);
    for (std::size_t at = 0; at < std::min<std::size_t>(words.size(), 2); ++at) {
        const auto tag = at == 0 ? std::string_view() : words[0];
        if (words[at] == "OK") return {text, positive(text), tag};
        if (words[at] == "NO" || words[at] == "BAD") return {text, Kind::refused, tag};
    }
    return {text, Kind::bare, {}};
}

Line read_line(Protocol protocol, std::string_view text) {
    switch (protocol) {
        case Protocol::imap:
            return imap_line(text);
        case Protocol::pop3:
            return pop3_line(text);
        case Protocol::smtp:
            break;
    }
    return smtp_line(text);
}

// Without the quotation marks and line ends that some logs show.
std::string_view unquoted(std::string_view text) {
    text = trim(text);
    if (text.empty() || (text.front() != '"' && text.front() != '\'')) return text;
    const char quote = text.front();
    text.remove_prefix(1);
    if (text.ends_with(quote)) text.remove_suffix(1);
    for (const std::string_view end : {"\\n", "\\r"}) {
        if (text.ends_with(end)) text.remove_suffix(end.size());
    }
    return text;
}

// What stands behind `mark`, if that is not too far into the line to be a log's.
std::optional<std::string_view> behind(std::string_view text, std::string_view mark, std::size_t from = 0) {
    constexpr std::size_t farthest = 160;
    const auto at = text.find(mark, from);
    if (at == std::string_view::npos || at > farthest) return std::nullopt;
    return text.substr(at + mark.size());
}

// A line without what a log puts before it: "08:11:02 S: ", "mailnews.smtp: ", "<- ", "=> '". Which arrow is
// the server's differs from log to log, so the rest of the line decides: nothing if that is no reply.
std::optional<Line> unmarked(Protocol protocol, std::string_view text) {
    static constexpr std::array<std::string_view, 14> arrows = {"SERVER -> CLIENT:",
                                                                "CLIENT -> SERVER:",
                                                                "S:",
                                                                "C:",
                                                                "<<< ",
                                                                ">>> ",
                                                                "<- ",
                                                                "-> ",
                                                                "<= ",
                                                                "=> ",
                                                                "<< ",
                                                                ">> ",
                                                                "< ",
                                                                "> "};
    for (const auto mark : arrows) {
        const auto rest = behind(text, mark);
        if (!rest) continue;
        if (mark.ends_with(':') && rest->data() - mark.size() > text.data() &&
            *(rest->data() - mark.size() - 1) != ' ')
            continue;  // "https:", "ERRS:"
        return read_line(protocol, unquoted(*rest));
    }
    for (auto rest = behind(text, ": "); rest;
         rest = behind(text, ": ", static_cast<std::size_t>(rest->data() - text.data()))) {
        const Line line = read_line(protocol, unquoted(*rest));
        if (line.kind != Kind::bare) return line;
    }
    return std::nullopt;
}

// With marks taken off, and the client's marked lines left out.
std::vector<Line> lines_of(Protocol protocol, const std::vector<std::string>& lines) {
    std::vector<Line> out;
    for (const auto& each : lines) {
        const Line line = read_line(protocol, trim(each));
        const auto reply = line.kind == Kind::bare ? unmarked(protocol, line.text) : line;
        if (!reply) {
            out.push_back(line);
        } else if (reply->kind != Kind::bare) {
            out.push_back(*reply);
        }
    }
    return out;
}

// Another try begins: an answer to it follows.
bool begins_anew(const Line& line, const Line& refusal) {
    if (line.kind == Kind::tls) return true;
    if (refusal.text.empty()) return false;
    if (line.kind == Kind::continuation) return true;
    return line.kind == Kind::refused && !line.tag.empty() && !refusal.tag.empty() && line.tag != refusal.tag;
}

}  // namespace

SignInAnswer answer_in(Protocol protocol, const std::vector<std::string>& lines) {
    SignInAnswer out;
    const auto all = lines_of(protocol, lines);
    std::vector<Line> kept;
    Line refusal{{}, Kind::bare, {}};
    bool positive_since = false;  // behind the refusal
    bool surely = false;          // accepted in words
    for (const Line& line : all) {
        if (!surely && (begins_anew(line, refusal) || (line.kind == Kind::refused && positive_since))) {
            kept.clear();
            refusal = {{}, Kind::bare, {}};
            positive_since = out.complete = out.accepted = false;
            if (line.kind == Kind::tls) continue;
        }
        switch (line.kind) {
            case Kind::accepted:
                if (!refusal.text.empty() && !speaks_of_sign_in(line.text)) {
                    positive_since = true;
                    continue;
                }
                out.complete = out.accepted = true;
                // POP3's -ERR behind it is of the same sign-in: the mailbox does not open.
                surely = protocol != Protocol::pop3 && speaks_of_sign_in(line.text);
                kept.push_back(line);
                break;
            case Kind::refused:
                if (surely) break;  // of a later command
                if (refusal.text.empty())
                    kept.erase(std::remove_if(kept.begin(), kept.end(),
                                              [](const Line& each) {
                                                  return each.kind == Kind::bare ||
                                                         each.kind == Kind::accepted;
                                              }),
                               kept.end());
                refusal = line;
                out.complete = true;
                out.accepted = false;
                kept.push_back(line);
                break;
            case Kind::untagged:
                // Let in, and thrown out again.
                if (out.accepted && istarts_with(line.text, "* BYE") &&
                    !says_any(line.text, {"logout", "logging out", "closing", "signing off"}) &&
                    split_words(line.text).size() > 3)
                    out.accepted = surely = false;
                kept.push_back(line);
                break;
            case Kind::bare:
            case Kind::continuation:
                kept.push_back(line);
                break;
            case Kind::other:
            case Kind::tls:
                positive_since = positive_since || !refusal.text.empty();
                break;
        }
    }
    if (!out.complete) {  // words alone are a refusal, as a mail program shows it
        out.complete =
            std::any_of(kept.begin(), kept.end(), [](const Line& line) { return line.kind == Kind::bare; });
    }
    for (const Line& line : kept)
        out.lines.emplace_back(line.text);
    if (out.lines.empty()) out.lines = lines;
    return out;
}

}  // namespace reprompt
