// SPDX-License-Identifier: MPL-2.0
// HttpAnswer: the head of a web server's answer, read from a port where mail was expected. Belongs here: the
// question asked, and status and Location of the answer. Does not belong here: bodies, anything else of HTTP.
#pragma once

#include <string>
#include <string_view>

namespace reprompt::protocol {

struct HttpAnswer {
    int status = 0;        ///< RFC 9110 section 15; 0 = this is no HTTP answer
    std::string location;  ///< RFC 9110 section 10.2.2, as sent; empty = none
};

/// The question a browser asks first (RFC 9112 section 3). `host` is a host name or an address; nothing of
/// the account is in it.
std::string http_question(std::string_view host);

/// True as soon as `bytes` holds the whole head of an answer (RFC 9112 section 2.1).
bool is_whole_head(std::string_view bytes) noexcept;

/// Reads what is there of the head; lines may end with CRLF or LF.
HttpAnswer read_http_answer(std::string_view bytes);

}  // namespace reprompt::protocol
