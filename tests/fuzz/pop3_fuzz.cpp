// SPDX-License-Identifier: MPL-2.0
// Any server against the POP3 session.
// Covers: host/protocol/pop3_session.cpp host/protocol/pop3_reply.cpp host/protocol/conversation.cpp
// Covers: host/protocol/sasl_exchange.cpp
// Dictionary: answers.dict
#include "session_fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    return reprompt::fuzz::run_session(reprompt::Protocol::pop3, data, size);
}
