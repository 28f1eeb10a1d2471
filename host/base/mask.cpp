// SPDX-License-Identifier: MPL-2.0
// Masking: what identifies a person or opens an account leaves the server's words (declared in
// base/text.hpp). A mask is a fixed word in angle brackets, so that masking twice changes nothing.
#include <algorithm>
#include <array>
#include <iterator>

#include "base/spelling.hpp"
#include "base/text.hpp"

namespace reprompt {
namespace {

constexpr std::string_view user_mask = "<user>";
constexpr std::string_view address_mask = "<address>";
constexpr std::string_view base64_mask = "<base64>";
constexpr std::string_view secret_mask = "<secret>";
constexpr std::size_t shortest_name = 3;
constexpr std::size_t shortest_base64 = 24;
constexpr std::size_t shortest_secret = 4;
constexpr std::string_view cut_mark = "\u2026";  ///< what escape_server_words puts at a cut

/// Mailbox names that identify nobody and are (the masks' own words among them) ordinary words of mail
/// servers' answers: masking them would only destroy the answer.
constexpr std::array<std::string_view, 40> common_words = {
    "account",    "address", "admin", "app",    "auth",   "authentication", "base64",   "basic",
    "capability", "err",     "error", "failed", "imap",   "invalid",        "login",    "logon",
    "mail",       "mailbox", "name",  "oauth2", "office", "pass",           "password", "plain",
    "pop",        "pop3",    "sasl",  "secret", "server", "service",        "smtp",     "starttls",
    "stls",       "support", "test",  "tls",    "user",   "username",       "web",      "xoauth2"};

bool is_alnum(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}
bool is_upper(char c) noexcept {
    return c >= 'A' && c <= 'Z';
}
/// What continues a name. ASCII only: in Chinese or Japanese answers the name stands between characters
/// without blanks.
bool is_word(char c) noexcept {
    return is_alnum(c);
}
bool is_base64(char c) noexcept {
    return is_alnum(c) || c == '+' || c == '/' || c == '-' || c == '_';
}
/// RFC 5322 atext and the dot, as far as real addresses use them.
bool is_local_part(char c) noexcept {
    return is_word(c) || std::string_view(".!#$%&'*+-/=?^_`{|}~").find(c) != std::string_view::npos;
}
bool is_domain(char c) noexcept {
    return is_word(c) || c == '.' || c == '-';
}

/// Every occurrence of `name` that is not part of a longer word, in any case of ASCII letters.
std::string mask_word(std::string_view words, std::string_view name, std::string_view mask) {
    std::string out;
    std::size_t at = 0;
    while (at < words.size()) {
        const bool begins = at == 0 || !is_word(words[at - 1]) || !is_word(name.front());
        const std::size_t end = at + name.size();
        const bool ends = end >= words.size() || !is_word(words[end]) || !is_word(name.back());
        if (begins && ends && istarts_with(words.substr(at), name)) {
            out += mask;
            at = end;
        } else {
            out += words[at++];
        }
    }
    return out;
}

/// local@domain with at least one octet on either side.
std::string mask_addresses(std::string_view words) {
    std::string out;
    for (std::size_t at = 0; at < words.size(); ++at) {
        if (words[at] != '@') {
            out += words[at];
            continue;
        }
        std::size_t end = at + 1;
        while (end < words.size() && is_domain(words[end]))
            ++end;
        while (end > at + 1 && !is_word(words[end - 1]))
            --end;
        std::size_t local = 0;
        while (local < out.size() && is_local_part(out[out.size() - 1 - local]))
            ++local;
        if (end == at + 1 || local == 0) {
            out += '@';
            continue;
        }
        out.resize(out.size() - local);
        out += address_mask;
        at = end - 1;
    }
    return out;
}

/// A word a person would write: digits only, or letters without a capital after a small letter of a lone
/// pair.
bool is_plain_word(std::string_view segment) noexcept {
    constexpr std::size_t longest_word = 22, longest_name = 32;  // "SmtpClientAuthentication"
    const bool several = std::any_of(segment.begin() + (segment.empty() ? 0 : 1), segment.end(), is_upper);
    if (segment.size() > (several ? longest_name : longest_word)) return false;
    if (std::all_of(segment.begin(), segment.end(), is_digit)) return segment.size() <= 12;
    if (std::any_of(segment.begin(), segment.end(), is_digit))
        return segment.size() <= 4;  // "mp3", "a2", "o365"
    for (std::size_t i = 1; i < segment.size(); ++i) {
        // A capital in the middle starts a new word of at least three letters ("InvalidSecondFactor").
        if (!is_upper(segment[i]) || is_upper(segment[i - 1])) continue;
        const auto rest = segment.substr(i + 1, 2);
        if (rest.size() < 2 || is_upper(rest[0]) || is_upper(rest[1])) return false;
    }
    return true;
}

/// A path such as "com/mail/accounts/answer/185833": long, in the alphabet, and yet plain words.
bool is_made_of_words(std::string_view run) noexcept {
    while (!run.empty()) {
        const auto end = std::min(run.find_first_of("/-_+"), run.size());
        if (!is_plain_word(run.substr(0, end))) return false;
        run.remove_prefix(std::min(end + 1, run.size()));
    }
    return true;
}

/// A PLAIN message (RFC 4616) repeated by the server: base64 of something with NUL in it.
bool is_plain_message(std::string_view run) {
    if (run.size() < 8) return false;
    const auto bytes = base64_decode(run);
    return bytes && bytes->find('\0') != std::string::npos;
}

std::string mask_base64(std::string_view words) {
    std::string out;
    std::size_t at = 0;
    while (at < words.size()) {
        std::size_t end = at;
        while (end < words.size() && is_base64(words[end]))
            ++end;
        if (end == at) {
            out += words[at++];
            continue;
        }
        const std::size_t letters = end - at;
        while (end < words.size() && words[end] == '=' && end - at < letters + 2)
            ++end;
        const auto run = words.substr(at, letters);
        const auto padded = words.substr(at, end - at);
        const bool secret =
            (letters >= shortest_base64 && !is_made_of_words(run)) || is_plain_message(padded);
        out += secret ? base64_mask : padded;
        at = end;
    }
    return out;
}

bool is_telling(std::string_view name) {
    return name.size() >= shortest_name &&
           std::find(common_words.begin(), common_words.end(), to_lower(name)) == common_words.end();
}

std::string mask_name(std::string_view words, std::string_view name) {
    return is_telling(name) ? mask_word(words, name, user_mask) : std::string(words);
}

/// A character of a secret that is not printable ASCII; 1 octet if it is no UTF-8.
std::string_view first_character(std::string_view text) noexcept {
    for (const std::size_t size : {1u, 2u, 3u, 4u})
        if (size <= text.size() && is_utf8(text.substr(0, size))) return text.substr(0, size);
    return text.substr(0, 1);
}

bool is_printable_ascii(char c) noexcept {
    return c >= ' ' && c <= '~';
}

/// How a server, or our own escaping, may have written an echo.
enum class Spelling {
    plain,
    quoted,  ///< a backslash before quotation marks and backslashes (RFC 3501 section 4.3, "quoted")
};

/// How much of a secret stands at the start of a text.
struct Match {
    std::size_t secret = 0;  ///< octets of the secret that were found
    std::size_t text = 0;    ///< octets of the text that they take
};

/// Walks a text and a secret side by side, so that no respelled copy of the secret is made.
class Walk {
  public:
    Walk(std::string_view text, std::string_view secret, Spelling spelling) noexcept
        : text_(text), secret_(secret), spelling_(spelling) {}

    Match match() {
        while (found_.secret < secret_.size() && found_.text < text_.size() && step())
            continue;
        return found_;
    }

  private:
    bool step() {
        const char next = secret_[found_.secret];
        if (is_printable_ascii(next)) {
            const bool marked = spelling_ == Spelling::quoted && (next == '"' || next == '\\');
            const char spelled[] = {'\\', next};
            return take(marked ? std::string_view(spelled, 2) : std::string_view(spelled + 1, 1), 1);
        }
        const auto character = first_character(secret_.substr(found_.secret));
        return take(character, character.size()) || take(escape_server_words(character), character.size()) ||
               take(hexadecimal(next, "0123456789ABCDEF"), 1) ||
               take(hexadecimal(next, "0123456789abcdef"), 1);
    }
    /// One octet as \xNN: what escaping makes of an octet that is no character, or a server of any octet.
    static std::string hexadecimal(char octet, std::string_view digits) {
        const auto value = static_cast<unsigned char>(octet);
        return {'\\', 'x', digits[value >> 4], digits[value & 0x0Fu]};
    }
    /// A spelling that the end of the text cuts counts: the text may have been cut there.
    bool take(std::string_view spelled, std::size_t octets) noexcept {
        const auto rest = text_.substr(found_.text);
        if (rest.empty()) return false;
        if (!rest.starts_with(spelled) && !spelled.starts_with(rest)) return false;
        // A cut spelling takes the rest of the text, but its octets were not all seen.
        if (rest.size() >= spelled.size()) found_.secret += octets;
        found_.text += std::min(rest.size(), spelled.size());
        return true;
    }

    const std::string_view text_, secret_;
    const Spelling spelling_;
    Match found_;
};

/// The octets at the start of `text` that repeat `secret`, or 0. If the text was cut, its whole rest counts
/// when it is the beginning of the secret.
std::size_t echo_length(std::string_view text, std::string_view secret, bool cut) {
    std::size_t longest = 0;
    for (const auto spelling : {Spelling::plain, Spelling::quoted}) {
        const Match match = Walk(text, secret, spelling).match();
        const bool whole = match.secret == secret.size();
        const bool begun = cut && match.text == text.size() && match.secret >= shortest_secret;
        if (whole || begun) longest = std::max(longest, match.text);
    }
    return longest;
}

/// The mask at the start of `text`, or nothing. Masks are our own words: nothing in them is an echo.
std::string_view mask_at(std::string_view text) noexcept {
    for (const auto mask : {user_mask, address_mask, base64_mask, secret_mask})
        if (text.starts_with(mask)) return mask;
    return {};
}

/// `mask` in the place of `spans` that are not inside of a mask.
std::string masked(std::string_view words, std::vector<Span> spans, std::string_view mask) {
    if (spans.empty()) return std::string(words);
    std::vector<Span> masks;
    for (std::size_t at = 0; at < words.size();) {
        const std::size_t size = mask_at(words.substr(at)).size();
        if (size > 0) masks.push_back({at, at + size});
        at += std::max(size, std::size_t{1});
    }
    std::erase_if(spans, [&](const Span& span) {
        const auto after = std::upper_bound(masks.begin(), masks.end(), span.begin,
                                            [](std::size_t at, const Span& each) { return at < each.begin; });
        return after != masks.begin() && span.end <= std::prev(after)->end;
    });
    return replaced(words, spans, mask);
}

/// However else it is spelled (spelling.hpp).
std::string mask_spellings(const std::string& words, std::string_view name) {
    return is_telling(name) ? masked(words, spellings_of(name, words, Edges::whole_word), user_mask) : words;
}

}  // namespace

std::string mask_identity(std::string_view words, std::string_view user) {
    const auto at_sign = user.rfind('@');
    const bool is_address = at_sign != std::string_view::npos && at_sign > 0;
    std::string out = is_address ? mask_word(words, user, user_mask) : mask_name(words, user);
    out = mask_addresses(out);
    if (is_address) out = mask_name(out, user.substr(0, at_sign));
    out = mask_spellings(mask_base64(out), user);
    if (is_address) out = mask_spellings(out, user.substr(0, at_sign));
    return masked(out, escaped_addresses(out), address_mask);
}

std::string mask_secret(std::string_view words, const Secret& secret) {
    if (secret.size() < shortest_secret) return std::string(words);
    const Secret encoded = base64_encode(secret);
    const bool cut = words.ends_with(cut_mark);
    std::string_view rest = words.substr(0, words.size() - (cut ? cut_mark.size() : 0));
    std::string out;
    while (!rest.empty()) {
        const std::size_t mask = mask_at(rest).size();
        const std::size_t echo =
            std::max(echo_length(rest, secret.reveal(), cut), echo_length(rest, encoded.reveal(), cut));
        const std::size_t taken = std::max({mask, echo, std::size_t{1}});
        out += echo > mask ? secret_mask : rest.substr(0, taken);
        rest.remove_prefix(taken);
    }
    if (cut) out += cut_mark;
    return masked(out, spellings_of(secret.reveal(), out, Edges::any), secret_mask);
}

}  // namespace reprompt
