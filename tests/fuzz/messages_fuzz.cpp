// SPDX-License-Identifier: MPL-2.0
// Fuzzes the reader of requests: no input does harm, an error text is clean and an answer to it is JSON.
// Covers: host/app/messages.cpp host/app/strict_json.cpp host/evidence/heard_json.cpp
// Dictionary: json.dict
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>

#include "app/messages.hpp"
#include "app/responses.hpp"
#include "base/text.hpp"

using namespace reprompt;
using namespace reprompt::app;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    std::string frame(reinterpret_cast<const char*>(bytes), size);
    const auto heard = parse_heard(frame, Protocol::imap);
    const auto message = parse_message(frame);
    if (message) {
        if (message->id.empty()) std::abort();
        return 0;
    }
    const auto& error = message.error();
    if (error.message.empty() || has_control(error.message) || !is_utf8(error.message)) std::abort();
    if (!nlohmann::json::accept(error_response(error.id, error.code, error.message))) std::abort();
    return 0;
}
