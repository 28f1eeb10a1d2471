// SPDX-License-Identifier: MPL-2.0
// Any server against the IMAP session.
// Covers: host/protocol/imap_session.cpp host/protocol/imap_reply.cpp host/protocol/conversation.cpp
// Covers: host/protocol/sasl_exchange.cpp
// Dictionary: answers.dict
#include "session_fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    return reprompt::fuzz::run_session(reprompt::Protocol::imap, data, size);
}
