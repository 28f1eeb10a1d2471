// SPDX-License-Identifier: MPL-2.0
// See ledger_line.hpp.
#include "ledger/ledger_line.hpp"

#include <algorithm>
#include <charconv>

#include "base/text.hpp"
#include "ledger/digest.hpp"
#include "ledger/fingerprint.hpp"

namespace reprompt::ledger {

namespace {

constexpr std::size_t words_cap = 200;
constexpr std::size_t name_cap = 200;

const char* name_of(EventKind kind) noexcept {
    switch (kind) {
        case EventKind::begin:
            return "begin";
        case EventKind::rejected:
            return "rejected";
        case EventKind::accepted:
            return "accepted";
        case EventKind::unjudged:
            return "unjudged";
        case EventKind::refused:
            return "refused";
        case EventKind::forget:
            return "forget";
    }
    return "refused";
}

std::optional<EventKind> event_kind_from(std::string_view name) noexcept {
    for (const EventKind kind : {EventKind::begin, EventKind::rejected, EventKind::accepted,
                                 EventKind::unjudged, EventKind::refused, EventKind::forget}) {
        if (name == name_of(kind)) return kind;
    }
    return std::nullopt;
}

std::string or_dash(const std::string& text) {
    return text.empty() ? "-" : text;
}

/// At most `cap` octets, never the half of a UTF-8 character.
std::string_view cut(std::string_view text, std::size_t cap) {
    if (text.size() <= cap) return text;
    while (cap > 0 && (static_cast<unsigned char>(text[cap]) & 0xc0U) == 0x80U)
        --cap;
    return text.substr(0, cap);
}

std::string encoded(std::string_view text, std::size_t cap) {
    if (!is_utf8(text)) return encoded(escape_server_words(text, cap), cap);
    return or_dash(base64_encode(cut(text, cap)));
}

std::optional<std::string> decoded(std::string_view field) {
    if (field == "-") return std::string();
    auto text = base64_decode(field);
    if (!text || text->empty() || !is_utf8(*text)) return std::nullopt;
    return text;
}

std::string joined(const std::vector<std::string>& parts, char separator) {
    std::string text;
    for (const std::string& part : parts) {
        if (!text.empty()) text += separator;
        text += part;
    }
    return text;
}

std::vector<std::string> split(std::string_view text, char separator) {
    std::vector<std::string> parts;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(separator), text.size());
        parts.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return parts;
}

std::string sealed_line(const std::string& content) {
    return checksum(content) + ' ' + content + '\n';
}

/// The content of a line whose checksum fits.
std::optional<std::string_view> content_of(std::string_view line) {
    if (line.size() < 10 || line.size() > longest_line || line[8] != ' ') return std::nullopt;
    const std::string_view content = line.substr(9);
    if (checksum(content) != line.substr(0, 8)) return std::nullopt;
    return content;
}

std::optional<std::chrono::system_clock::time_point> time_from(std::string_view field) {
    std::int64_t count = 0;
    const auto [end, problem] = std::from_chars(field.data(), field.data() + field.size(), count);
    // Up to the year 2255, so that sums of times stay inside the clock's range.
    if (problem != std::errc() || end != field.data() + field.size() || count < 0 ||
        count > 9'000'000'000'000) {
        return std::nullopt;
    }
    return std::chrono::system_clock::time_point(std::chrono::milliseconds(count));
}

bool read_verdict(const std::vector<std::string_view>& fields, Verdict& verdict) {
    const auto code = verdict_code_from(fields[5]);
    const auto confidence = confidence_from(fields[6]);
    const auto stage = stage_from(fields[7]);
    const auto rule = decoded(fields[8]);
    const auto provider = decoded(fields[9]);
    const auto advice = decoded(fields[10]);
    const auto words = decoded(fields[11]);
    if (!code || !confidence || !stage || !rule || !provider || !advice || !words) return false;
    verdict.code = *code;
    verdict.confidence = *confidence;
    verdict.stage = *stage;
    verdict.rule = *rule;
    verdict.provider = *provider;
    verdict.advice = split(*advice, ',');
    // Escaped again: the file is not more trusted than a server.
    for (const std::string& line : split(*words, '\n')) {
        verdict.server_words.push_back(escape_server_words(line, words_cap));
    }
    return true;
}

std::optional<Event> event_from(std::string_view line) {
    const auto content = content_of(line);
    if (!content) return std::nullopt;
    const std::vector<std::string_view> fields = split_words(*content);
    if (fields.size() < 4) return std::nullopt;
    const auto kind = event_kind_from(fields[0]);
    const auto at = time_from(fields[1]);
    if (!kind || !at || !is_hex(fields[3], account_key_digits)) return std::nullopt;
    Event event{*kind, *at, {}, std::string(fields[3]), {}, {}};
    if (*kind == EventKind::forget) {
        if (fields.size() != 4 || fields[2] != "-") return std::nullopt;
        return event;
    }
    const bool heard = *kind == EventKind::rejected && fields[2] == "-";
    if (!heard) {
        if (!is_hex(fields[2], attempt_digits)) return std::nullopt;
        event.attempt = std::string(fields[2]);
    }
    const bool has_fingerprint = *kind == EventKind::begin || *kind == EventKind::rejected;
    const std::size_t expected = *kind == EventKind::rejected ? 12 : has_fingerprint ? 5 : 4;
    if (fields.size() != expected) return std::nullopt;
    if (has_fingerprint && fields[4] != "-") {
        if (!is_hex(fields[4], fingerprint_digits)) return std::nullopt;
        event.fingerprint = std::string(fields[4]);
    }
    if (*kind == EventKind::rejected && !read_verdict(fields, event.verdict)) return std::nullopt;
    return event;
}

std::string salt_from(std::string_view line) {
    const auto content = content_of(line);
    if (!content) return {};
    const std::vector<std::string_view> fields = split_words(*content);
    if (fields.size() != 3 || fields[0] != "reprompt-ledger" || fields[1] != "1" ||
        !is_hex(fields[2], salt_digits)) {
        return {};
    }
    return std::string(fields[2]);
}

}  // namespace

std::string header_line(std::string_view salt) {
    return sealed_line("reprompt-ledger 1 " + std::string(salt));
}

std::string event_line(const Event& event) {
    const auto at = std::chrono::duration_cast<std::chrono::milliseconds>(event.at.time_since_epoch());
    std::string content = std::string(name_of(event.kind)) + ' ' + std::to_string(at.count()) + ' ' +
                          or_dash(event.attempt) + ' ' + event.account_key;
    if (event.kind == EventKind::begin || event.kind == EventKind::rejected) {
        content += ' ' + or_dash(event.fingerprint);
    }
    if (event.kind == EventKind::rejected) {
        const Verdict& verdict = event.verdict;
        content += std::string(" ") + reprompt::name_of(verdict.code) + ' ' +
                   reprompt::name_of(verdict.confidence) + ' ' + reprompt::name_of(verdict.stage) + ' ' +
                   encoded(verdict.rule, name_cap) + ' ' + encoded(verdict.provider, name_cap) + ' ' +
                   encoded(joined(verdict.advice, ','), name_cap) + ' ' +
                   encoded(joined(verdict.server_words, '\n'), words_cap);
    }
    return sealed_line(content);
}

LedgerText parse_ledger(std::string_view octets, bool with_header) {
    LedgerText text;
    bool first = with_header;
    while (text.complete < octets.size()) {
        const std::size_t end = octets.find('\n', text.complete);
        if (end == std::string_view::npos) break;
        const std::string_view line = octets.substr(text.complete, end - text.complete);
        text.complete = end + 1;
        if (first) {
            text.salt = salt_from(line);
            if (text.salt.empty()) ++text.damaged;
            first = false;
            continue;
        }
        if (auto event = event_from(line)) {
            text.events.push_back(std::move(*event));
        } else {
            ++text.damaged;
        }
    }
    return text;
}

}  // namespace reprompt::ledger
