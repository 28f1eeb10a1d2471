// SPDX-License-Identifier: MPL-2.0
#include "net/host_name.hpp"

#include <idn2.h>

#include <algorithm>
#include <cstdint>
#include <memory>

namespace reprompt::net {

Expected<std::string, std::string> ascii_host(std::string_view host) {
    const bool ascii = std::all_of(host.begin(), host.end(),
                                   [](char octet) { return static_cast<unsigned char>(octet) < 0x80; });
    if (ascii) return std::string(host);
    const auto refuse = [] {
        return Unexpected<std::string>("the host name has a character that no host name has");
    };
    if (host.find('\0') != std::string_view::npos) return refuse();
    std::uint8_t* label = nullptr;
    const std::string text(host);
    const int status = ::idn2_lookup_u8(reinterpret_cast<const std::uint8_t*>(text.c_str()), &label,
                                        IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
    const std::unique_ptr<std::uint8_t, void (*)(std::uint8_t*)> owner(
        label, [](std::uint8_t* memory) { ::idn2_free(memory); });
    if (status != IDN2_OK || label == nullptr) return refuse();
    return std::string(reinterpret_cast<const char*>(label));
}

}  // namespace reprompt::net
