// SPDX-License-Identifier: MPL-2.0
// Any octets as a host name: what comes out is ASCII and stays what it is.
// Covers: host/net/host_name.cpp
#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "net/host_name.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view host(reinterpret_cast<const char*>(data), size);
    const auto name = reprompt::net::ascii_host(host);
    if (!name) return 0;
    const bool ascii = std::all_of(name->begin(), name->end(),
                                   [](char octet) { return static_cast<unsigned char>(octet) < 0x80; });
    if (!ascii || reprompt::net::ascii_host(*name) != name) std::abort();
    return 0;
}
