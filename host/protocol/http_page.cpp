// SPDX-License-Identifier: MPL-2.0
#include "protocol/http_page.hpp"

#include <algorithm>
#include <charconv>

#include "base/text.hpp"
#include "protocol/http_answer.hpp"

namespace reprompt::protocol {
namespace {

using State = HttpPage::State;
constexpr std::size_t longest_url = 2048;

/// Whole and nothing but a number, at most 9 digits of `base`.
std::optional<std::size_t> number_from(std::string_view text, int base) {
    constexpr std::size_t most_digits = 9;
    std::size_t value = 0;
    if (text.empty() || text.size() > most_digits) return std::nullopt;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

/// How the body is sent (RFC 9112 section 6.3).
struct Framing {
    bool chunked = false, known = true;
    std::optional<std::size_t> length;
};

Framing framing_of(std::string_view head) {
    Framing framing;
    while (!head.empty()) {
        const auto end = head.find('\n');
        const auto line = trim(head.substr(0, end));
        head = end == std::string_view::npos ? std::string_view() : head.substr(end + 1);
        const auto colon = line.find(':');
        if (colon == std::string_view::npos) continue;
        const auto name = line.substr(0, colon);
        const auto value = trim(line.substr(colon + 1));
        if (iequals(name, "transfer-encoding")) {
            framing.known = framing.known && !framing.chunked && iequals(value, "chunked");
            framing.chunked = true;
        } else if (iequals(name, "content-length")) {
            const auto length = number_from(value, 10);
            framing.known = framing.known && length && (!framing.length || framing.length == length);
            framing.length = length;
        } else if (iequals(name, "content-encoding")) {
            framing.known = framing.known && iequals(value, "identity");
        }
    }
    // Both at once is how answers are smuggled (RFC 9112 section 6.1).
    if (framing.chunked && framing.length) framing.known = false;
    return framing;
}

/// RFC 9112 section 7.1; what follows the last chunk is left alone.
State unchunk(std::string_view rest, std::size_t longest, std::string& body) {
    for (;;) {
        const auto end = rest.find('\n');
        if (end == std::string_view::npos) return rest.size() > 256 ? State::broken : State::incomplete;
        auto line = trim(rest.substr(0, end));
        line = trim(line.substr(0, line.find(';')));
        const auto size = number_from(line, 16);
        if (!size) return State::broken;
        if (*size == 0) return State::whole;
        if (*size > longest - body.size()) return State::too_long;
        rest.remove_prefix(end + 1);
        if (rest.size() < *size) return State::incomplete;
        body += rest.substr(0, *size);
        rest.remove_prefix(*size);
        if (rest.starts_with("\r")) rest.remove_prefix(1);
        if (rest.empty()) return State::incomplete;
        if (!rest.starts_with("\n")) return State::broken;
        rest.remove_prefix(1);
    }
}

State read_body(const Framing& framing, std::string_view rest, bool ended, std::size_t longest,
                std::string& body) {
    if (framing.chunked) return unchunk(rest, longest, body);
    if (framing.length.value_or(rest.size()) > longest) return State::too_long;
    const bool whole = framing.length ? rest.size() >= *framing.length : ended;
    if (!whole) return State::incomplete;
    body = rest.substr(0, framing.length.value_or(rest.size()));
    return State::whole;
}

}  // namespace

std::string page_question(const HttpsPlace& place) {
    std::string host = place.host;
    if (place.port != 443) host += ":" + std::to_string(place.port);
    return "GET " + place.path + " HTTP/1.1\r\nHost: " + host +
           "\r\nUser-Agent: Reprompt\r\nAccept: */*\r\nAccept-Encoding: identity\r\nConnection: "
           "close\r\n\r\n";
}

HttpPage read_http_page(std::string_view bytes, bool ended, std::size_t longest_body) {
    HttpPage page;
    auto end = bytes.find("\r\n\r\n");
    std::size_t blank_line = 4;
    if (const auto bare = bytes.find("\n\n"); bare < end) {
        end = bare;
        blank_line = 2;
    }
    if (std::min(end, bytes.size()) > max_page_head) {
        page.state = State::too_long;
        return page;
    }
    if (end == std::string_view::npos) {
        if (ended) page.state = State::broken;
        return page;
    }
    const auto head = bytes.substr(0, end);
    const auto answer = read_http_answer(head);
    const auto framing = framing_of(head);
    page.status = answer.status;
    page.location = answer.location;
    // RFC 9110 section 5.5: a NUL among the fields is dangerous.
    if (answer.status < 200 || !framing.known || head.find('\0') != std::string_view::npos) {
        page.state = State::broken;
    } else if (answer.status != 200) {
        page.state = State::whole;  // nobody reads what an error or a redirect shows people
    } else {
        page.state = read_body(framing, bytes.substr(end + blank_line), ended, longest_body, page.body);
        if (page.state != State::whole) page.body.clear();
        if (page.state == State::incomplete && ended) page.state = State::broken;
    }
    return page;
}

std::optional<HttpsPlace> redirected(std::string_view location, const HttpsPlace& from) {
    const bool printable = std::all_of(location.begin(), location.end(),
                                       [](char octet) { return octet > 0x20 && octet < 0x7f; });
    if (!printable || location.size() > longest_url) return std::nullopt;
    location = location.substr(0, location.find('#'));
    HttpsPlace place = from;
    if (istarts_with(location, "https://")) {
        location.remove_prefix(8);
        const auto slash = location.find_first_of("/?");
        auto host = location.substr(0, slash);
        location = slash == std::string_view::npos ? std::string_view() : location.substr(slash);
        place.port = 443;
        if (const auto colon = host.find(':'); colon != std::string_view::npos) {
            const auto port = number_from(host.substr(colon + 1), 10);
            if (!port || *port == 0 || *port > 65535) return std::nullopt;
            place.port = static_cast<std::uint16_t>(*port);
            host = host.substr(0, colon);
        }
        place.host = to_lower(host);
        const bool name =
            !place.host.empty() && std::all_of(place.host.begin(), place.host.end(), [](char c) {
                return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
            });
        if (!name) return std::nullopt;
    } else if (!location.starts_with('/') || location.starts_with("//")) {
        return std::nullopt;
    }
    place.path = location.starts_with('/') ? std::string(location) : "/" + std::string(location);
    return place;
}

}  // namespace reprompt::protocol
