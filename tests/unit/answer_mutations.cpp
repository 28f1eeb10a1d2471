// SPDX-License-Identifier: MPL-2.0
#include "unit/answer_mutations.hpp"

#include <algorithm>
#include <cctype>

namespace reprompt {

using nlohmann::json;

namespace {

using Lines = std::vector<std::string>;

bool is_status(const std::string& word) {
    static const std::vector<std::string> known{"NO", "BAD", "BYE", "OK", "-ERR"};
    return std::find(known.begin(), known.end(), word) != known.end();
}

// The blanks at `at` and what follows up to the next blank; npos if the line ends.
std::size_t behind_word(const std::string& line, std::size_t at) {
    at = line.find(' ', at);
    return at == std::string::npos ? line.size() : std::min(line.find_first_not_of(' ', at), line.size());
}

bool all_digits(const std::string& text) {
    return !text.empty() &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool enhanced(const std::string& word) {
    return word.size() >= 5 && std::count(word.begin(), word.end(), '.') == 2 &&
           std::all_of(word.begin(), word.end(), [](char c) { return (c >= '0' && c <= '9') || c == '.'; });
}

// A challenge in base64, or a capability list: no words that could be said otherwise.
bool wordless(const std::string& protocol, const std::string& line) {
    return line.starts_with("+ ") || line.starts_with("* CAPABILITY") ||
           (protocol == "smtp" && line.starts_with("334 ") && line.find(' ', 4) == std::string::npos);
}

// ASCII only: other letters stay.
std::string in_case(std::string text, bool upper) {
    for (auto& c : text)
        c = static_cast<char>(upper ? std::toupper(static_cast<unsigned char>(c))
                                    : std::tolower(static_cast<unsigned char>(c)));
    return text;
}

Lines clauses_of(const std::string& text) {
    Lines out;
    std::size_t begin = 0;
    for (std::size_t at = 0; at + 1 < text.size(); ++at) {
        const bool joint =
            (text[at] == '.' || text[at] == ';' || text[at] == ',' || text[at] == ':') && text[at + 1] == ' ';
        if (!joint) continue;
        out.push_back(text.substr(begin, at - begin));
        begin = at + 2;
    }
    out.push_back(text.substr(begin));
    return out;
}

class Mutator {
  public:
    explicit Mutator(const json& line)
        : line_(line),
          protocol_(line.at("protocol").get<std::string>()),
          lines_(line.at("response").get<Lines>()) {}

    std::vector<Mutation> out;

    void with(const std::string& kind, Lines lines) {
        auto changed = line_;
        changed["response"] = std::move(lines);
        out.push_back({kind, std::move(changed)});
    }
    /// `change` for every line with words, on its head and text.
    template <class Change>
    void each_line(const std::string& kind, Change&& change) {
        Lines lines;
        for (const auto& line : lines_) {
            auto part = parted(protocol_, line);
            if (!wordless(protocol_, line)) change(part);
            lines.push_back(part.head + part.text);
        }
        if (lines != lines_) with(kind, std::move(lines));
    }
    /// `change` for the text of the last line with words.
    template <class Change>
    void last_line(const std::string& kind, Change&& change) {
        auto lines = lines_;
        for (auto it = lines.rbegin(); it != lines.rend(); ++it) {
            if (wordless(protocol_, *it)) continue;
            auto part = parted(protocol_, *it);
            change(part);
            *it = part.head + part.text;
            break;
        }
        if (lines != lines_) with(kind, std::move(lines));
    }

    void case_and_blanks() {
        each_line("case", [](Parted& part) { part.text = in_case(part.text, true); });
        each_line("case", [](Parted& part) { part.text = in_case(part.text, false); });
        each_line("case", [](Parted& part) {
            for (std::size_t at = 0; at < part.text.size(); ++at) {
                if (at == 0 || part.text[at - 1] == ' ')
                    part.text[at] =
                        static_cast<char>(std::toupper(static_cast<unsigned char>(part.text[at])));
            }
        });
        each_line("spaces", [](Parted& part) {
            std::string wide;
            for (const char c : part.text)
                wide += c == ' ' ? std::string("  ") : std::string(1, c);
            part.text = wide;
        });
        each_line("spaces",
                  [](Parted& part) { std::replace(part.text.begin(), part.text.end(), ' ', '\t'); });
        each_line("spaces", [](Parted& part) { part.text = " " + part.text + "  "; });
    }

    void tags() {
        if (protocol_ != "imap") return;
        for (const auto* tag : {"A00000042", "tag.7", "x", "22"}) {
            each_line("tag", [&](Parted& part) {
                if (part.head.empty() || part.head.starts_with("*") || part.head.starts_with("+")) return;
                const auto first = part.head.substr(0, part.head.find(' '));
                part.head = std::string(tag) + " " +
                            (is_status(first) ? part.head : part.head.substr(behind_word(part.head, 0)));
            });
        }
    }

    void unknown_codes() {
        const std::string code = protocol_ == "smtp" ? "5.9.99 " : "[XNEW-7] ";
        each_line("unknown code", [&](Parted& part) {
            if (!part.head.empty()) part.text = code + part.text;
        });
        each_line("unknown code", [&](Parted& part) {
            if (part.head.empty()) return;
            std::size_t at = 0;
            while (at < part.head.size() &&
                   (protocol_ == "smtp" ? !enhanced(part.head.substr(at, part.head.find(' ', at) - at))
                                        : part.head[at] != '[')) {
                at = behind_word(part.head, at);
            }
            part.head.insert(at, code);
        });
    }

    void order() {
        last_line("order", [](Parted& part) {
            auto clauses = clauses_of(part.text);
            std::reverse(clauses.begin(), clauses.end());
            join(part.text, clauses);
        });
        last_line("order", [](Parted& part) {
            auto clauses = clauses_of(part.text);
            std::rotate(clauses.begin(), clauses.begin() + 1, clauses.end());
            join(part.text, clauses);
        });
        if (lines_.size() > 1 && protocol_ == "smtp") {
            Lines turned;
            for (const auto& line : lines_)
                turned.insert(turned.begin(), line);
            for (auto& line : turned)
                if (line.size() > 3 && all_digits(line.substr(0, 3)))
                    line[3] = &line == &turned.back() ? ' ' : '-';
            if (std::none_of(lines_.begin(), lines_.end(),
                             [&](const auto& line) { return wordless(protocol_, line); }))
                with("order", std::move(turned));
        }
    }

    void cuts() {
        const auto words = parted(protocol_, last()).text;
        for (std::size_t at = words.find(' '); at != std::string::npos; at = words.find(' ', at + 1))
            last_line("truncated", [&](Parted& part) { part.text = words.substr(0, at); });
        for (const std::size_t share : {3U, 5U, 7U, 9U}) {
            last_line("truncated", [&](Parted& part) {
                auto at = part.text.size() * share / 10;
                while (at > 0 && (static_cast<unsigned char>(part.text[at]) & 0xC0U) == 0x80)
                    --at;  // whole characters
                part.text.resize(at);
            });
        }
        if (lines_.size() > 1) with("truncated", Lines(lines_.begin(), lines_.end() - 1));
    }

    void around() {
        for (const auto* before : {"Sorry, ", "Oops! ", "Error: "})
            last_line("prefix", [&](Parted& part) { part.text = before + part.text; });
        for (const auto* behind :
             {" [8f3a2c91-77d0]", " (2026-11-22T10:20:30.123Z)", " https://support.example.com/kb/12345",
              " See https://support.example.com/kb/12345 for details.", " sc=Zx81kQ_1234",
              " q12sm345.67 - gsmtp", " [mx7.example.org:2026-11-22 10:20:30]"})
            last_line("suffix", [&](Parted& part) {
                const bool sentence = std::string(behind).starts_with(" See") && !part.text.empty() &&
                                      std::string(".!?").find(part.text.back()) == std::string::npos;
                part.text += (sentence ? "." : "") + std::string(behind);
            });
    }

    void several_lines() {
        if (protocol_ != "smtp" || lines_.size() != 1 || wordless(protocol_, last())) return;
        const auto part = parted(protocol_, last());
        if (part.head.size() < 4 || part.text.find(' ') == std::string::npos) return;
        for (const std::size_t count : {2U, 3U}) {
            Lines lines;
            std::size_t begin = 0, seen = 0;
            for (std::size_t at = 0; at <= part.text.size(); ++at) {
                const bool end = at == part.text.size();
                if (!end && (part.text[at] != ' ' || ++seen % count != 0)) continue;
                auto head = part.head;
                head[3] = end ? ' ' : '-';
                lines.push_back(head + part.text.substr(begin, at - begin));
                begin = at + 1;
            }
            with("several lines", std::move(lines));
        }
    }

  private:
    json line_;
    std::string protocol_;
    Lines lines_;

    static void join(std::string& text, const Lines& clauses) {
        if (clauses.size() < 2) return;
        text.clear();
        for (const auto& clause : clauses)
            text += (text.empty() ? "" : ". ") + clause;
    }
    [[nodiscard]] const std::string& last() const {
        static const std::string none;
        for (auto it = lines_.rbegin(); it != lines_.rend(); ++it)
            if (!wordless(protocol_, *it)) return *it;
        return none;
    }
};

}  // namespace

Parted parted(const std::string& protocol, const std::string& line) {
    std::size_t at = 0;
    const auto word = [&](std::size_t from) { return line.substr(from, line.find(' ', from) - from); };
    if (protocol == "smtp") {
        if (line.size() > 3 && all_digits(line.substr(0, 3)))
            at = std::min(line.find_first_not_of(" -", 3), line.size());
        while (enhanced(word(at)))
            at = behind_word(line, at);
    } else {
        const auto first = word(0);
        const auto second = word(behind_word(line, 0));
        if (is_status(first)) {
            at = behind_word(line, 0);
        } else if (protocol == "imap" && is_status(second)) {
            at = behind_word(line, behind_word(line, 0));
        }
        while (at > 0 && at < line.size() && line[at] == '[' && line.find(']', at) != std::string::npos)
            at = std::min(line.find_first_not_of(' ', line.find(']', at) + 1), line.size());
    }
    return {line.substr(0, at), line.substr(at)};
}

std::vector<Mutation> mutations_of_text(const json& line) {
    Mutator mutator(line);
    mutator.case_and_blanks();
    mutator.tags();
    mutator.unknown_codes();
    mutator.order();
    mutator.cuts();
    mutator.around();
    mutator.several_lines();
    return std::move(mutator.out);
}

std::vector<Mutation> mutations_of_surroundings(const json& line) {
    std::vector<Mutation> out;
    const auto with = [&](const char* kind, const char* key, const json& value) {
        if (line.value(key, json()) == value) return;
        auto changed = line;
        changed[key] = value;
        out.push_back({kind, std::move(changed)});
    };
    with("host", "host", nullptr);
    with("host", "host", "mail.example.org");
    const bool pop3 = line.at("protocol") == "pop3";
    for (const auto* mechanism : {pop3 ? "USER/PASS" : "LOGIN", "PLAIN"})
        with("mechanism", "mechanism", mechanism);
    with("mechanism", "mechanism", nullptr);
    with("tls", "tls", "implicit");
    with("tls", "tls", "starttls");
    return out;
}

}  // namespace reprompt
