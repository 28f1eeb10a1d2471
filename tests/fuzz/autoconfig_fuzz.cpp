// SPDX-License-Identifier: MPL-2.0
// Whatever a domain's page holds: a handful of encrypted servers with a port, or an error; never a variable
// that was not put in.
// Covers: host/protocol/autoconfig.cpp
// Dictionary: autoconfig.dict
#include <cstdint>
#include <cstdlib>

#include "protocol/autoconfig.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view xml(reinterpret_cast<const char*>(data), size);
    const auto servers = reprompt::protocol::read_autoconfig(xml, "example.org");
    if (!servers) return 0;
    if (servers->size() > reprompt::protocol::most_autoconfig_servers) std::abort();
    for (const auto& each : *servers) {
        if (each.port == 0 || each.tls == reprompt::TlsMode::none) std::abort();
        if (each.host.empty() || each.host.find('%') != std::string::npos) std::abort();
    }
    return 0;
}
