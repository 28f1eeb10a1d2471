// SPDX-License-Identifier: MPL-2.0
//
// A text is read as units: octets of what it means, each with the place of the text that spells it. One layer
// of escapes undone gives other units of the same text; a word is looked for in each layer.
#include "base/spelling.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>

namespace reprompt {
namespace {

constexpr int deepest = 3;               ///< layers of escapes: "%2540" needs two
constexpr int deepest_run = 2;           ///< base64 inside base64
constexpr std::size_t shortest = 4;      ///< octets of a word that is looked for in encodings
constexpr std::size_t shortest_run = 6;  ///< letters of base64 or hexadecimal that can hold such a word
constexpr std::size_t longest_decoded = 16 * 1024;  ///< of a text; what is kept of it is far shorter
constexpr std::string_view cut_mark = "\u2026";

struct Unit {
    char octet;
    std::size_t begin, end;  ///< of the text
    bool after_gap = false;  ///< something that is not seen (NUL, a control) stood before it
};
using Units = std::vector<Unit>;

bool is_alnum(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}
char lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
int digit_value(char c, int base) noexcept {
    const int value = c >= '0' && c <= '9'                 ? c - '0'
                      : lower(c) >= 'a' && lower(c) <= 'f' ? lower(c) - 'a' + 10
                                                           : 99;
    return value < base ? value : -1;
}

Units units_of(std::string_view text) {
    Units out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i)
        out.push_back({text[i], i, i + 1});
    return out;
}

/// How surely an escape means what it spells.
enum class Escape : std::uint8_t {
    sure,
    quote,  ///< a backslash before punctuation: in "\\x00" the first one may stand for itself
    loose,  ///< "=40" and "+40" also stand for themselves ("SIZE=40960000")
};
/// Which of them are undone.
enum class Undo : std::uint8_t { all, without_quotes, only_sure };

/// What an escape at some place means.
struct Meaning {
    std::string octets;
    std::size_t units = 0;  ///< how many it takes
    Escape escape = Escape::sure;
};

bool is_undone(Escape escape, Undo undo) noexcept {
    switch (undo) {
        case Undo::all:
            return true;
        case Undo::without_quotes:
            return escape != Escape::quote;
        case Undo::only_sure:
            return escape == Escape::sure;
    }
    return false;
}

std::string utf8(std::uint32_t point) {
    const auto tail = [](std::uint32_t bits) { return static_cast<char>(0x80 | (bits & 0x3F)); };
    if (point < 0x80) return {static_cast<char>(point)};
    if (point < 0x800) return {static_cast<char>(0xC0 | point >> 6), tail(point)};
    if (point < 0x10000) return {static_cast<char>(0xE0 | point >> 12), tail(point >> 6), tail(point)};
    if (point < 0x110000)
        return {static_cast<char>(0xF0 | point >> 18), tail(point >> 12), tail(point >> 6), tail(point)};
    return {};
}

class Reader {
  public:
    Reader(const Units& units, std::size_t at) noexcept : units_(units), at_(at) {}

    std::optional<Meaning> escape() const {
        switch (octet(0)) {
            case '%':
                return hex_octet(1, Escape::sure);
            case '=':  // RFC 2045 section 6.7
            case '+':  // RFC 3461 section 4
                return hex_octet(1, Escape::loose);
            case '&':
                return html();
            case '\\':
                return backslash();
            case '\xEF':
                return full_width();
            default:
                return std::nullopt;
        }
    }

  private:
    [[nodiscard]] char octet(std::size_t ahead) const noexcept {
        return at_ + ahead < units_.size() ? units_[at_ + ahead].octet : '\0';
    }
    [[nodiscard]] bool says(std::size_t ahead, std::string_view word) const noexcept {
        for (std::size_t i = 0; i < word.size(); ++i)
            if (octet(ahead + i) != word[i]) return false;
        return true;
    }
    /// A number of `least` to `most` digits from `ahead` on, and how many digits it has.
    [[nodiscard]] std::optional<std::pair<std::uint32_t, std::size_t>> number(
        std::size_t ahead, int base, std::size_t least, std::size_t most) const noexcept {
        std::uint32_t value = 0;
        std::size_t digits = 0;
        for (; digits < most; ++digits) {
            const int digit = digit_value(octet(ahead + digits), base);
            if (digit < 0) break;
            value = value * static_cast<std::uint32_t>(base) + static_cast<std::uint32_t>(digit);
        }
        if (digits < least) return std::nullopt;
        return std::pair(value, digits);
    }
    [[nodiscard]] std::optional<Meaning> hex_octet(std::size_t ahead, Escape escape) const {
        const auto value = number(ahead, 16, 2, 2);
        if (!value) return std::nullopt;
        return Meaning{{static_cast<char>(value->first)}, ahead + 2, escape};
    }
    [[nodiscard]] std::optional<Meaning> html() const {
        if (octet(1) == '#') {
            const bool hex = lower(octet(2)) == 'x';
            const std::size_t ahead = hex ? 3 : 2;
            const auto value = number(ahead, hex ? 16 : 10, 1, 7);
            if (!value) return std::nullopt;
            const std::size_t end = ahead + value->second;
            return Meaning{utf8(value->first), end + (octet(end) == ';' ? 1 : 0)};
        }
        constexpr std::array<std::pair<std::string_view, std::string_view>, 13> named{{{"amp;", "&"},
                                                                                       {"lt;", "<"},
                                                                                       {"gt;", ">"},
                                                                                       {"quot;", "\""},
                                                                                       {"apos;", "'"},
                                                                                       {"commat;", "@"},
                                                                                       {"period;", "."},
                                                                                       {"lowbar;", "_"},
                                                                                       {"hyphen;", "-"},
                                                                                       {"plus;", "+"},
                                                                                       {"num;", "#"},
                                                                                       {"excl;", "!"},
                                                                                       {"dollar;", "$"}}};
        for (const auto& [name, meaning] : named)
            if (says(1, name)) return Meaning{std::string(meaning), 1 + name.size()};
        return std::nullopt;
    }
    [[nodiscard]] std::optional<Meaning> backslash() const {
        const char next = octet(1);
        if (next == 'x') return hex_octet(2, Escape::sure);
        if (next == 'u') {
            const bool braced = octet(2) == '{';
            const auto value = braced ? number(3, 16, 1, 6) : number(2, 16, 4, 4);
            if (!value || (braced && octet(3 + value->second) != '}')) return std::nullopt;
            return Meaning{utf8(value->first), braced ? 4 + value->second : 6};
        }
        if (const auto value = number(1, 8, 3, 3); value && value->first < 256)
            return Meaning{{static_cast<char>(value->first)}, 4};
        if (next > ' ' && !is_alnum(next)) return Meaning{{next}, 2, Escape::quote};
        return std::nullopt;
    }
    /// U+FF01 to U+FF5E are the printable characters of ASCII.
    [[nodiscard]] std::optional<Meaning> full_width() const {
        const auto second = static_cast<unsigned char>(octet(1)),
                   third = static_cast<unsigned char>(octet(2));
        if ((second != 0xBC && second != 0xBD) || third < 0x80 || third > 0xBF) return std::nullopt;
        const std::uint32_t point = 0xF000U | (second & 0x3FU) << 6 | (third & 0x3FU);
        if (point < 0xFF01 || point > 0xFF5E) return std::nullopt;
        return Meaning{{static_cast<char>(point - 0xFF00 + 0x20)}, 3};
    }

    const Units& units_;
    const std::size_t at_;
};

/// NUL (UTF-16), controls, zero-width characters: not seen by who reads the text.
std::size_t unseen(const Units& units, std::size_t at) noexcept {
    const auto octet = [&](std::size_t ahead) {
        return at + ahead < units.size() ? static_cast<unsigned char>(units[at + ahead].octet) : 0U;
    };
    if (octet(0) < 0x20 || octet(0) == 0x7F) return 1;
    if (octet(0) == 0xC2 && octet(1) == 0xAD) return 2;  // soft hyphen
    if (octet(0) == 0xCD && octet(1) == 0x8F) return 2;  // combining grapheme joiner
    if (octet(0) == 0xE2 && octet(1) == 0x80 && octet(2) >= 0x8B && octet(2) <= 0x8F) return 3;  // zero width
    if (octet(0) == 0xE2 && octet(1) == 0x80 && octet(2) >= 0xAA && octet(2) <= 0xAE) return 3;  // overrides
    if (octet(0) == 0xE2 && octet(1) == 0x81 && octet(2) >= 0xA0 && octet(2) <= 0xAF) return 3;  // isolates
    if (octet(0) == 0xEF && octet(1) == 0xBB && octet(2) == 0xBF) return 3;                      // BOM
    return 0;
}

/// One layer of escapes undone.
Units undone(const Units& units, Undo undo) {
    Units out;
    out.reserve(units.size());
    for (std::size_t at = 0; at < units.size();) {
        const auto meaning = Reader(units, at).escape();
        const bool counts = meaning && !meaning->octets.empty() && is_undone(meaning->escape, undo);
        const std::size_t taken = counts ? meaning->units : 1;
        const std::size_t begin = units[at].begin, end = units[at + taken - 1].end;
        const bool gap = units[at].after_gap;
        for (const char octet : counts ? meaning->octets : std::string(1, units[at].octet))
            out.push_back({octet, begin, end, gap});
        at += taken;
    }
    Units seen;
    seen.reserve(out.size());
    bool gap = false;
    for (std::size_t at = 0; at < out.size();) {
        if (const std::size_t skipped = unseen(out, at); skipped > 0) {
            gap = true;
            at += skipped;
            continue;
        }
        seen.push_back(out[at++]);
        seen.back().after_gap = seen.back().after_gap || gap;
        gap = false;
    }
    return seen;
}

bool same(const Units& left, const Units& right) noexcept {
    return left.size() == right.size();  // undoing an escape makes a text shorter
}

/// The text as it is, and its layers below.
std::vector<Units> layers_of(std::string_view text, Undo undo) {
    std::vector<Units> layers{units_of(text)};
    for (int depth = 0; depth < deepest; ++depth) {
        auto next = undone(layers.back(), undo);
        if (same(next, layers.back())) break;
        layers.push_back(std::move(next));
    }
    return layers;
}

/// How many octets of `word` stand at `at`.
std::size_t common(const Units& units, std::size_t at, std::string_view word) noexcept {
    std::size_t count = 0;
    while (count < word.size() && at + count < units.size() &&
           lower(units[at + count].octet) == lower(word[count]))
        ++count;
    return count;
}

bool has_edges(const Units& units, std::size_t at, std::string_view word) noexcept {
    const std::size_t end = at + word.size();
    const bool begins =
        at == 0 || units[at].after_gap || !is_alnum(units[at - 1].octet) || !is_alnum(word.front());
    const bool ends =
        end >= units.size() || units[end].after_gap || !is_alnum(units[end].octet) || !is_alnum(word.back());
    return begins && ends;
}

void find_in(const Units& units, std::string_view word, Edges edges, bool cut, std::vector<Span>& found) {
    for (std::size_t at = 0; at < units.size(); ++at) {
        const std::size_t count = common(units, at, word);
        const bool whole = count == word.size();
        if (whole && (edges == Edges::any || has_edges(units, at, word))) {
            found.push_back({units[at].begin, units[at + count - 1].end});
            at += count - 1;
        } else if (cut && !whole && count >= shortest && at + count == units.size()) {
            found.push_back({units[at].begin, units.back().end});
            return;
        }
    }
}

int base64_value(char c) noexcept {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    if (c == '+' || c == '-') return 62;                // RFC 4648 section 5
    return c == '/' || c == '_' || c == ',' ? 63 : -1;  // RFC 3501 section 5.1.3
}
int hex_value(char c) noexcept {
    return digit_value(c, 16);
}

/// What digits of `bits` bits say, the first `skip` left out: they may belong to what stands before.
template <class Value>
std::string read_digits(const Units& units, std::size_t begin, std::size_t end, unsigned bits, Value value) {
    std::string out;
    std::uint32_t kept = 0;
    unsigned count = 0;
    for (std::size_t at = begin; at < end; ++at) {
        kept = kept << bits | static_cast<std::uint32_t>(value(units[at].octet));
        count += bits;
        if (count < 8) continue;
        count -= 8;
        out.push_back(static_cast<char>(kept >> count & 0xFF));
    }
    return out;
}

bool spells(std::string_view word, std::string_view text, int depth);

/// Runs of digits that, read from one of their first digits on, spell `word`.
template <class Value>
void find_in_runs(const Units& units, std::string_view word, int depth, unsigned bits, Value value,
                  std::vector<Span>& found) {
    const std::size_t group = bits == 6 ? 4 : 2;  // digits that make whole octets
    for (std::size_t begin = 0; begin < units.size();) {
        std::size_t end = begin;
        while (end < units.size() && value(units[end].octet) >= 0)
            ++end;
        if (end - begin >= shortest_run) {
            bool holds = false;
            for (std::size_t skip = 0; skip < group && !holds; ++skip)
                holds = spells(word, read_digits(units, begin + skip, end, bits, value), depth + 1);
            if (holds) {
                std::size_t after = end;
                while (bits == 6 && after < units.size() && units[after].octet == '=' && after - end < 2)
                    ++after;
                found.push_back({units[begin].begin, units[after - 1].end});
            }
        }
        begin = end + 1;
    }
}

/// Inside an encoding nothing is a word of a sentence: no edges are asked for.
bool spells(std::string_view word, std::string_view text, int depth) {
    for (const auto& units : layers_of(text, Undo::all)) {
        std::vector<Span> found;
        find_in(units, word, Edges::any, false, found);
        if (found.empty() && depth < deepest_run) {
            find_in_runs(units, word, depth, 6, base64_value, found);
            find_in_runs(units, word, depth, 4, hex_value, found);
        }
        if (!found.empty()) return true;
    }
    return false;
}

std::vector<Span> merged(std::vector<Span> spans) {
    std::sort(spans.begin(), spans.end(), [](const Span& left, const Span& right) {
        return left.begin != right.begin ? left.begin < right.begin : left.end < right.end;
    });
    std::vector<Span> out;
    for (const auto& span : spans) {
        if (!out.empty() && span.begin < out.back().end) {
            out.back().end = std::max(out.back().end, span.end);
        } else {
            out.push_back(span);
        }
    }
    return out;
}

bool is_local_part(char c) noexcept {
    return is_alnum(c) || static_cast<unsigned char>(c) >= 0x80 ||
           std::string_view(".!#$*+-/?^_`{|}~").find(c) != std::string_view::npos;
}
bool is_domain(char c) noexcept {
    return is_alnum(c) || c == '.' || c == '-';
}

}  // namespace

std::vector<Span> spellings_of(std::string_view word, std::string_view text, Edges edges) {
    std::vector<Span> found;
    if (word.empty()) return found;
    const bool cut = text.ends_with(cut_mark);
    if (cut) text.remove_suffix(cut_mark.size());
    if (word.size() < shortest) {
        find_in(units_of(text), word, edges, false, found);
        return found;
    }
    find_in(units_of(text), word, edges, cut, found);
    for (const auto undo : {Undo::all, Undo::without_quotes}) {
        for (const auto& units : layers_of(text.substr(0, longest_decoded), undo)) {
            find_in(units, word, edges, cut, found);
            find_in_runs(units, word, 0, 6, base64_value, found);
            find_in_runs(units, word, 0, 4, hex_value, found);
        }
    }
    return merged(std::move(found));
}

std::string replaced(std::string_view text, const std::vector<Span>& spans, std::string_view by) {
    std::string out;
    std::size_t at = 0;
    for (const auto& span : spans) {
        out.append(text.substr(at, span.begin - at)).append(by);
        at = span.end;
    }
    return out.append(text.substr(at));
}

std::vector<Span> escaped_addresses(std::string_view text) {
    std::vector<Span> found;
    const auto layers = layers_of(text.substr(0, longest_decoded), Undo::only_sure);
    for (std::size_t layer = 1; layer < layers.size(); ++layer) {
        const auto& units = layers[layer];
        for (std::size_t at = 1; at < units.size(); ++at) {
            if (units[at].octet != '@' || units[at].end - units[at].begin == 1) continue;
            std::size_t begin = at, end = at + 1;
            while (begin > 0 && is_local_part(units[begin - 1].octet))
                --begin;
            while (end < units.size() && is_domain(units[end].octet))
                ++end;
            const auto dots = std::count_if(units.begin() + static_cast<std::ptrdiff_t>(at),
                                            units.begin() + static_cast<std::ptrdiff_t>(end),
                                            [](const Unit& unit) { return unit.octet == '.'; });
            if (begin < at && dots > 0) found.push_back({units[begin].begin, units[end - 1].end});
        }
    }
    return merged(std::move(found));
}

}  // namespace reprompt
