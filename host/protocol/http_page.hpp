// SPDX-License-Identifier: MPL-2.0
// HttpPage: one small page of a web server, read whole (RFC 9112). Belongs here: the question for a page, its
// answer with the body, and where an answer sends on to. Does not belong here: connections and who may send
// where (net/https_get.hpp), heads alone (http_answer.hpp).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace reprompt::protocol {

/// "https://host:port/path"
struct HttpsPlace {
    std::string host;  ///< lower-case name
    std::uint16_t port = 443;
    std::string path = "/";  ///< with the query, printable ASCII without blanks

    bool operator==(const HttpsPlace&) const = default;
};

struct HttpPage {
    enum class State : std::uint8_t {
        incomplete,
        whole,
        too_long,
        broken,  ///< no HTTP, or in a form that was not asked for (compressed, cut off)
    };
    State state = State::incomplete;
    int status = 0;        ///< RFC 9110 section 15
    std::string location;  ///< as sent; empty = none
    std::string body;      ///< only when whole
};

/// Longest head of an answer, octets.
inline constexpr std::size_t max_page_head = 16 * 1024;

/// GET without cookies and without anything about the account; the connection ends with the answer.
std::string page_question(const HttpsPlace& place);

/// What `bytes`, all that came so far, amount to. `ended`: the server closed. A body has at most
/// `longest_body` octets.
HttpPage read_http_page(std::string_view bytes, bool ended, std::size_t longest_body);

/// Where "Location: `location`" in the answer from `from` leads (RFC 9110 section 10.2.2): an https URL or an
/// absolute path. nullopt: anything else (http, a user name in it, relative paths, control characters).
std::optional<HttpsPlace> redirected(std::string_view location, const HttpsPlace& from);

}  // namespace reprompt::protocol
