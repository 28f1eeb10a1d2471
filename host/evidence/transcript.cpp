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
    Kind kind = Kind::bare;
    std::string_view tag;     ///< IMAP; empty if there is none
    std::string_view status;  ///< "NO", "BAD", "535", …; empty if there is none
};

bool says_any(std::string_view text, std::initializer_list<std::string_view> words) {
    const std::string lower = to_lower(text);
    return std::any_of(words.begin(), words.end(),
                       [&](std::string_view word) { return lower.find(word) != std::string::npos; });
}

bool begins_with_any(std::string_view text, std::initializer_list<std::string_view> words) {
    return std::any_of(words.begin(), words.end(),
                       [&](std::string_view word) { return istarts_with(text, word); });
}

// What `line` says behind its tag, its status and its response code.
std::string_view said(const Line& line) {
    auto rest = line.text;
    if (!line.status.empty())
        rest.remove_prefix(static_cast<std::size_t>(line.status.data() - rest.data()) + line.status.size());
    rest = trim(rest);
    if (rest.starts_with("[")) rest = trim(rest.substr(std::min(rest.find(']'), rest.size() - 1) + 1));
    return rest;
}

// Whether a line that accepts speaks of a sign-in at all.
bool speaks_of_sign_in(const Line& line) {
    return line.status == "235" ||
           says_any(said(line), {"logged in", "signed in", "login ok", "login complet", "login succe",
                                 "authenticated", "authentication succe", "authentication complet",
                                 "authenticate complet", "authenticate succe", "maildrop", "mailbox locked"});
}

// Where the answer to a sign-in and that to another command have one form.
Kind positive(const Line& line) {
    if (speaks_of_sign_in(line)) return Kind::accepted;
    const auto words = said(line);
    if (says_any(words, {"begin tls", "start tls", "starttls", "stls"})) return Kind::tls;
    const bool other =
        begins_with_any(words, {"logout", "capability", "noop", "id ", "bye", "enable", "dovecot ready"}) ||
        says_any(words, {"server ready", "service ready", "pop3 ready", "send pass", "password required",
                         "need password", "enter password", "please login", "please log in", "signing off",
                         "logging out", "capability list", "capabilities listed", "capability completed",
                         "thats all she wrote", "closing connection"});
    return other ? Kind::other : Kind::accepted;
}

Line smtp_line(std::string_view text) {
    Line line{text, Kind::bare, {}, smtp_code(text)};
    if (line.status.empty()) return line;
    if (line.status == "235") {
        line.kind = Kind::accepted;
    } else if (text[0] == '2') {
        line.kind = line.status == "220" && positive(line) == Kind::tls ? Kind::tls : Kind::other;
    } else {
        line.kind = text[0] == '3' ? Kind::continuation : Kind::refused;
    }
    return line;
}

Line pop3_line(std::string_view text) {
    Line line{text, Kind::bare, {}, {}};
    if (istarts_with(text, "+OK") || istarts_with(text, "-ERR")) {
        auto rest = text;
        line.status = take_word(rest);
        line.kind = text[0] == '+' ? positive(line) : Kind::refused;
    } else if (text == "+" || text.starts_with("+ ")) {
        line.kind = Kind::continuation;
    }
    return line;
}

// "a1", "A", "tag", not "Connection", which is prose. (RFC 3501 section 9 allows any word.)
bool is_tag(std::string_view word) noexcept {
    return word.size() <= 2 || iequals(word, "tag") || std::any_of(word.begin(), word.end(), is_digit);
}

Line imap_line(std::string_view text) {
    Line line{text, Kind::bare, {}, {}};
    if (text.starts_with("*")) {
        line.kind = Kind::untagged;
    } else if (text.starts_with("+")) {
        line.kind = Kind::continuation;
    } else {
        auto rest = text;
        const auto first = take_word(rest);
        const auto second = take_word(rest);
        for (const auto word : {first, second}) {
            if (word != "OK" && word != "NO" && word != "BAD") continue;
            if (word == "OK" && word.data() == second.data() && !is_tag(first)) continue;
            if (word.data() == second.data()) line.tag = first;
            line.status = word;
            line.kind = word == "OK" ? positive(line) : Kind::refused;
            break;
        }
    }
    return line;
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
    if (at > farthest) return std::nullopt;  // npos is, too
    return text.substr(at + mark.size());
}

// Whether a mark at `at` can be a log's: not the end of "ERRS:", not within prose with an address.
bool can_be_mark(std::string_view text, std::size_t at, std::string_view mark) {
    if (at == 0) return true;
    if (mark.ends_with(':')) return text[at - 1] == ' ';
    return text.substr(0, at).find_first_of("@<>") == std::string_view::npos;
}

// A line without what a log puts before it: "08:11:02 S: ", "mailnews.smtp: ", "<- ", "=> '". Which arrow is
// the server's differs from log to log, so the rest of the line decides: nothing if that is no reply.
std::optional<Line> unmarked(Protocol protocol, std::string_view text) {
    static constexpr std::array<std::string_view, 21> marks = {"SERVER -> CLIENT:",
                                                               "CLIENT -> SERVER:",
                                                               "S:",
                                                               "C:",
                                                               "<<< ",
                                                               ">>> ",
                                                               "<-- ",
                                                               "--> ",
                                                               "<** ",
                                                               "**> ",
                                                               "<~* ",
                                                               "<~ ",
                                                               "~> ",
                                                               "<- ",
                                                               "-> ",
                                                               "<= ",
                                                               "=> ",
                                                               "<< ",
                                                               ">> ",
                                                               "< ",
                                                               "> "};
    for (const auto mark : marks) {
        const auto rest = behind(text, mark);
        if (rest && can_be_mark(text, text.size() - rest->size() - mark.size(), mark))
            return read_line(protocol, unquoted(*rest));
    }
    for (auto rest = behind(text, ": "); rest; rest = behind(text, ": ", text.size() - rest->size())) {
        const Line line = read_line(protocol, unquoted(*rest));
        if (line.kind == Kind::refused || line.kind == Kind::untagged || !line.tag.empty()) return line;
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
    if (out.empty()) {
        for (const auto& each : lines)
            out.push_back({trim(each), Kind::bare, {}, {}});
    }
    return out;
}

// Whether `later` answers a command that nobody should have sent after `refusal`, and says nothing about it.
bool is_aside(const Line& later, const Line& refusal) {
    if (refusal.status == "NO") return later.status == "BAD";
    return refusal.status.starts_with("53") && later.status.starts_with("5") &&
           !later.status.starts_with("53");
}

// Let in, and thrown out again.
bool throws_out(const Line& line) {
    return istarts_with(line.text, "* BYE") &&
           says_any(line.text,
                    {"disabled", "suspend", "denied", "blocked", "locked", "not allowed", "not permitted"});
}

/// Reads line by line; what belongs to the last outcome is in `kept`.
struct Reader {
    explicit Reader(Protocol of) : protocol(of) {}

    Protocol protocol;
    SignInAnswer out;
    std::vector<Line> kept;
    std::vector<Line> since;  ///< continuations behind the refusal: another try's, if an outcome follows
    std::optional<Line> refusal;
    bool tried_again = false;  ///< there was something between the refusal and now
    bool surely = false;       ///< accepted in words: what is refused then is something else

    void start_again() {
        kept = std::move(since);
        since.clear();
        refusal.reset();
        tried_again = surely = out.complete = out.accepted = false;
    }

    void refuse(const Line& line) {
        if (surely) return;
        if (refusal &&
            (tried_again || (!line.tag.empty() && !refusal->tag.empty() && line.tag != refusal->tag))) {
            if (is_aside(line, *refusal)) return;
            start_again();
        }
        if (!refusal) {  // what stood before was no answer
            kept.erase(std::remove_if(kept.begin(), kept.end(),
                                      [](const Line& each) {
                                          return each.kind == Kind::bare || each.kind == Kind::accepted;
                                      }),
                       kept.end());
        }
        refusal = line;
        out.complete = true;
        out.accepted = false;
        kept.push_back(line);
    }

    void accept(const Line& line) {
        const bool in_words = speaks_of_sign_in(line);
        if (refusal && !in_words) {  // of LOGOUT, mostly
            tried_again = true;
            return;
        }
        out.complete = out.accepted = true;
        // POP3's -ERR behind it is of the same sign-in: the mailbox does not open.
        surely = in_words && protocol != Protocol::pop3;
        kept.push_back(line);
    }

    void read(const Line& line) {
        switch (line.kind) {
            case Kind::accepted:
                return accept(line);
            case Kind::refused:
                return refuse(line);
            case Kind::continuation:
                if (refusal && !out.accepted) {
                    tried_again = true;
                    since.push_back(line);
                } else {
                    kept.push_back(line);
                }
                return;
            case Kind::untagged:
                if (out.accepted && throws_out(line)) out.accepted = false;
                if (istarts_with(line.text, "* BYE")) surely = false;  // another connection may follow
                kept.push_back(line);
                return;
            case Kind::bare:
                kept.push_back(line);
                return;
            case Kind::tls:
                since.clear();
                return start_again();
            case Kind::other:
                tried_again = tried_again || refusal;
                if (line.status == "220" || line.status == "221") surely = false;
                return;
        }
    }
};

}  // namespace

std::string_view smtp_code(std::string_view line) noexcept {
    const bool coded = line.size() >= 3 && std::all_of(line.begin(), line.begin() + 3, is_digit) &&
                       line[0] >= '2' && line[0] <= '5' &&
                       (line.size() == 3 || line[3] == ' ' || line[3] == '-' || line[3] == '\t');
    return line.substr(0, coded ? 3 : 0);
}

SignInAnswer answer_in(Protocol protocol, const std::vector<std::string>& lines) {
    Reader reader(protocol);
    for (const Line& line : lines_of(protocol, lines))
        reader.read(line);
    SignInAnswer& out = reader.out;
    for (const Line& line : reader.kept) {
        out.lines.emplace_back(line.text);
        // Words alone are a refusal, as a mail program shows it.
        out.complete = out.complete || line.kind == Kind::bare;
    }
    if (out.lines.empty()) out.lines = lines;
    return std::move(out);
}

}  // namespace reprompt
