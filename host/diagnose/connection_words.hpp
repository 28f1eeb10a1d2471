// SPDX-License-Identifier: MPL-2.0
// ConnectionWords: failures of network and TLS in sentences that a person without the field's terms
// understands, each with its evidence. Belongs here: English text only. Does not belong here: conclusions
// (connection.cpp).
#pragma once

#include "diagnose/connection.hpp"

namespace reprompt {

/// Why the connection failed; empty if the failure says nothing more than its name.
std::string words_about_failure(const Evidence& evidence);
std::string words_about_portal(const Evidence& evidence);
std::string words_about_interceptor(const Evidence& evidence, const Interceptor& interceptor);
std::string words_about_clock(const ClockFacts& clock);

}  // namespace reprompt
