// SPDX-License-Identifier: MPL-2.0
#include "protocol/http_answer.hpp"

#include "base/text.hpp"

namespace reprompt::protocol {
namespace {

/// "HTTP/1.1 302 Found" -> 302
int status_of(std::string_view line) noexcept {
    if (!line.starts_with("HTTP/")) return 0;
    const auto blank = line.find(' ');
    if (blank == std::string_view::npos) return 0;
    const auto code = line.substr(blank + 1, 3);
    if (code.size() != 3 || !is_digit(code[0]) || !is_digit(code[1]) || !is_digit(code[2])) return 0;
    return (code[0] - '0') * 100 + (code[1] - '0') * 10 + (code[2] - '0');
}

}  // namespace

std::string http_question(std::string_view host) {
    const bool six = host.find(':') != std::string_view::npos;
    const std::string name = six ? "[" + std::string(host) + "]" : std::string(host);
    return "GET / HTTP/1.1\r\nHost: " + name + "\r\nConnection: close\r\n\r\n";
}

bool is_whole_head(std::string_view bytes) noexcept {
    return bytes.find("\r\n\r\n") != std::string_view::npos || bytes.find("\n\n") != std::string_view::npos;
}

HttpAnswer read_http_answer(std::string_view bytes) {
    HttpAnswer answer;
    for (bool first = true; !bytes.empty(); first = false) {
        const auto end = bytes.find('\n');
        const auto line = trim(bytes.substr(0, end));
        bytes = end == std::string_view::npos ? std::string_view() : bytes.substr(end + 1);
        if (first) {
            answer.status = status_of(line);
            if (answer.status == 0) return answer;
        } else if (line.empty()) {
            break;
        } else if (answer.location.empty() && istarts_with(line, "location:")) {
            answer.location = trim(line.substr(9));
        }
    }
    return answer;
}

}  // namespace reprompt::protocol
