// SPDX-License-Identifier: MPL-2.0
// Two passes. The first finds string values of the secret members with a tokenizer that knows only strings
// and the characters between them, decodes each value in place, copies it into a Secret and blanks it. The
// second is nlohmann's SAX parser over the blanked text; it sees the same strings in the same order, so the
// n-th secret member it meets owns the n-th secret that was lifted.
#include "app/strict_json.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/text.hpp"

namespace reprompt::app {

namespace {

using nlohmann::json;

bool names_secret(SecretMembers names, std::string_view name) noexcept {
    return std::find(names.begin(), names.end(), name) != names.end();
}

bool is_blank(char c) noexcept {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/// Four hex digits at `at`, or nullopt.
std::optional<std::uint32_t> hex4(std::span<const char> text, std::size_t at) noexcept {
    if (at + 4 > text.size()) return std::nullopt;
    std::uint32_t value = 0;
    for (std::size_t i = at; i < at + 4; ++i) {
        const char c = text[i];
        const int digit = c >= '0' && c <= '9'   ? c - '0'
                          : c >= 'a' && c <= 'f' ? c - 'a' + 10
                          : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                                 : -1;
        if (digit < 0) return std::nullopt;
        value = value * 16 + static_cast<std::uint32_t>(digit);
    }
    return value;
}

/// Writes `point` as UTF-8 at `to`; the number of octets. An escape (6 or 12 characters) is never shorter
/// than its UTF-8.
std::size_t put_utf8(std::uint32_t point, char* to) noexcept {
    const auto octet = [](std::uint32_t value) {
        return static_cast<char>(static_cast<unsigned char>(value));
    };
    if (point < 0x80) {
        to[0] = octet(point);
        return 1;
    }
    if (point < 0x800) {
        to[0] = octet(0xC0 | (point >> 6));
        to[1] = octet(0x80 | (point & 0x3F));
        return 2;
    }
    if (point < 0x10000) {
        to[0] = octet(0xE0 | (point >> 12));
        to[1] = octet(0x80 | ((point >> 6) & 0x3F));
        to[2] = octet(0x80 | (point & 0x3F));
        return 3;
    }
    to[0] = octet(0xF0 | (point >> 18));
    to[1] = octet(0x80 | ((point >> 12) & 0x3F));
    to[2] = octet(0x80 | ((point >> 6) & 0x3F));
    to[3] = octet(0x80 | (point & 0x3F));
    return 4;
}

/// Decodes the contents of a JSON string (without its quotes) in place (RFC 8259 section 7). The decoded
/// size, or nullopt if an escape is wrong or the result is not UTF-8.
std::optional<std::size_t> decode_in_place(std::span<char> text) noexcept {
    std::size_t out = 0;
    for (std::size_t in = 0; in < text.size();) {
        const char c = text[in];
        if (static_cast<unsigned char>(c) < 0x20) return std::nullopt;
        if (c != '\\') {
            text[out++] = c;
            ++in;
            continue;
        }
        if (in + 1 >= text.size()) return std::nullopt;
        const char kind = text[in + 1];
        in += 2;
        constexpr std::string_view from = "\"\\/bfnrt", to = "\"\\/\b\f\n\r\t";
        if (const auto simple = from.find(kind); simple != std::string_view::npos) {
            text[out++] = to[simple];
            continue;
        }
        if (kind != 'u') return std::nullopt;
        auto point = hex4(text, in);
        if (!point) return std::nullopt;
        in += 4;
        if (*point >= 0xDC00 && *point <= 0xDFFF) return std::nullopt;
        if (*point >= 0xD800 && *point <= 0xDBFF) {
            if (in + 6 > text.size() || text[in] != '\\' || text[in + 1] != 'u') return std::nullopt;
            const auto low = hex4(text, in + 2);
            if (!low || *low < 0xDC00 || *low > 0xDFFF) return std::nullopt;
            in += 6;
            point = 0x10000 + ((*point - 0xD800) << 10) + (*low - 0xDC00);
        }
        out += put_utf8(*point, text.data() + out);
    }
    if (!is_utf8(std::string_view(text.data(), out))) return std::nullopt;
    return out;
}

/// The index of the closing quote of the string that opens at `open`, or npos.
std::size_t closing_quote(std::span<const char> text, std::size_t open) noexcept {
    for (std::size_t i = open + 1; i < text.size(); ++i) {
        if (text[i] == '\\') {
            ++i;
        } else if (text[i] == '"') {
            return i;
        }
    }
    return std::string_view::npos;
}

std::size_t skip_blanks(std::span<const char> text, std::size_t at) noexcept {
    while (at < text.size() && is_blank(text[at]))
        ++at;
    return at;
}

struct Lifted {
    std::vector<Secret> secrets;
    bool well_formed = true;
};

/// First pass. On a malformed secret the value is blanked as well.
Lifted lift(std::span<char> text, SecretMembers names) {
    Lifted lifted;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '"') continue;
        const std::size_t close = closing_quote(text, i);
        if (close == std::string_view::npos) {  // an unfinished string may be a secret: leave nothing of it
                                                // for the parser's buffers
            wipe(text.data() + i, text.size() - i);
            lifted.well_formed = false;
            return lifted;
        }
        const std::size_t colon = skip_blanks(text, close + 1);
        if (colon >= text.size() || text[colon] != ':') {
            i = close;
            continue;
        }
        std::string name(text.data() + i + 1, close - i - 1);  // a member name may hide behind escapes
        if (const auto size = decode_in_place(std::span(name.data(), name.size()))) name.resize(*size);
        const std::size_t open = skip_blanks(text, colon + 1);
        i = colon;
        if (!names_secret(names, name) || open >= text.size() || text[open] != '"') continue;
        const std::size_t end = closing_quote(text, open);
        const std::size_t stop = end == std::string_view::npos ? text.size() : end;
        const auto value = text.subspan(open + 1, stop - open - 1);
        const auto size = end == std::string_view::npos ? std::nullopt : decode_in_place(value);
        if (size) {
            lifted.secrets.emplace_back(std::string_view(value.data(), *size));
        } else {
            lifted.well_formed = false;
        }
        wipe(value.data(), value.size());
        if (end == std::string_view::npos) return lifted;
        text[end] = ' ';
        std::fill(value.begin(), value.end(), ' ');
        if (!value.empty()) {
            text[open + 1] = '"';
        } else {
            text[end] = '"';
        }
        i = stop;
    }
    return lifted;
}

/// Second pass: nlohmann's SAX events -> DOM.
class Builder final : public nlohmann::json_sax<json> {
  public:
    Builder(json& root, std::vector<Secret> secrets, SecretMembers names)
        : root_(root), secrets_(std::move(secrets)), names_(names) {}

    std::vector<LiftedSecret> placed;
    std::string error;

    bool null() override { return put(nullptr); }
    bool boolean(bool value) override { return put(value); }
    bool number_integer(number_integer_t value) override { return put(value); }
    bool number_unsigned(number_unsigned_t value) override { return put(value); }
    bool number_float(number_float_t value, const string_t&) override { return put(value); }
    bool binary(binary_t&) override { return fail("binary values are not JSON"); }
    bool string(string_t& value) override {
        if (!levels_.empty() && levels_.back().node->is_object() &&
            names_secret(names_, levels_.back().key)) {
            if (next_ >= secrets_.size()) return fail("a secret member could not be read");
            placed.push_back({path(), std::move(secrets_[next_++])});
        }
        return put(std::move(value));
    }
    bool start_object(std::size_t) override { return open(json::object()); }
    bool start_array(std::size_t) override { return open(json::array()); }
    bool end_object() override { return close(); }
    bool end_array() override { return close(); }
    bool key(string_t& name) override {
        Level& level = levels_.back();
        if (level.node->contains(name)) return fail("member " + quoted(name) + " appears twice");
        level.key = std::move(name);
        return true;
    }
    bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override {
        return fail("not JSON at octet " +
                    std::to_string(position));  // nlohmann's text would quote the input
    }

  private:
    struct Level {
        json* node;
        std::string key;
    };
    static std::string quoted(std::string_view name) { return "\"" + escape_server_words(name, 64) + "\""; }
    bool fail(std::string text) {
        if (error.empty()) error = std::move(text);
        return false;
    }
    std::string path() const {
        std::string text;
        for (const auto& level : levels_)
            text += "/" + (level.node->is_array() ? std::to_string(level.node->size()) : level.key);
        return text;
    }
    json* insert(json value) {
        if (levels_.empty()) {
            root_ = std::move(value);
            return &root_;
        }
        Level& level = levels_.back();
        if (level.node->is_array()) {
            level.node->push_back(std::move(value));
            return &level.node->back();
        }
        return &((*level.node)[level.key] = std::move(value));
    }
    bool put(json value) {
        insert(std::move(value));
        return true;
    }
    bool open(json container) {
        if (levels_.size() >= static_cast<std::size_t>(max_json_depth))
            return fail("nested deeper than " + std::to_string(max_json_depth) + " levels");
        json* node = insert(std::move(container));
        levels_.push_back({node, {}});
        return true;
    }
    bool close() {
        levels_.pop_back();
        return true;
    }

    json& root_;
    std::vector<Secret> secrets_;
    SecretMembers names_;
    std::size_t next_ = 0;
    std::vector<Level> levels_;
};

}  // namespace

Expected<std::vector<LiftedSecret>, std::string> parse_strict(std::span<char> text, json& root,
                                                              SecretMembers names) {
    Lifted lifted = lift(text, names);
    if (!lifted.well_formed)
        return Unexpected<std::string>("not JSON: a string is not finished, or a secret is no JSON string");
    Builder builder(root, std::move(lifted.secrets), names);
    // Pointers, as everywhere: nlohmann makes a parser of its own (11 KB) for each kind of iterator.
    const char* const begin = text.data();
    if (!json::sax_parse(begin, begin + text.size(), &builder)) {
        return Unexpected<std::string>(builder.error.empty() ? "not JSON" : builder.error);
    }
    return std::move(builder.placed);
}

}  // namespace reprompt::app
