// SPDX-License-Identifier: MPL-2.0
// Whatever a web server answers: a status of three digits or none, and a Location without line ends.
// Covers: host/protocol/http_answer.cpp
// Dictionary: http.dict
#include <cstdint>
#include <cstdlib>

#include "protocol/http_answer.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const auto answer = reprompt::protocol::read_http_answer(bytes);
    if (answer.status < 0 || answer.status > 999) std::abort();
    if (answer.location.find('\n') != std::string::npos) std::abort();
    if (answer.status == 0 && !answer.location.empty()) std::abort();
    (void)reprompt::protocol::is_whole_head(bytes);
    return 0;
}
