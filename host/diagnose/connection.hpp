// SPDX-License-Identifier: MPL-2.0
// Connection: what the facts of network and TLS mean, in plain words: a certificate of a virus scanner, a
// clock that is wrong, a captive portal, the wrong port. Belongs here: conclusions from Evidence before any
// sign-in. Does not belong here: verdicts (rules name findings), anything about passwords.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "evidence/evidence.hpp"

namespace reprompt {

/// What a rule may ask about a connection ("finding").
enum class Finding : std::uint8_t {
    clock_behind,    ///< the clock shows a time that is surely over
    intercepted,     ///< the issuer of the certificate is known to open other people's encryption
    captive_portal,  ///< a web server answers in the server's place and sends browsers elsewhere
};

/// A program or device that opens encrypted connections and shows certificates of its own.
struct Interceptor {
    std::string name;                  ///< as people know it: "Avast"
    std::string kind;                  ///< "antivirus", "proxy" or "debugger"
    std::vector<std::string> issuers;  ///< folded phrases; one of them is in the issuer's name
    std::string source, date;
};

struct Connection {
    std::vector<Finding> findings;
    std::vector<std::string>
        words;  ///< English sentences, the cause first; host and server words as in the Evidence
};

Connection read_connection(const Evidence& evidence, const std::vector<Interceptor>& interceptors);

}  // namespace reprompt
