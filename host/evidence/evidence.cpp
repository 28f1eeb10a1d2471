// SPDX-License-Identifier: MPL-2.0
// The names of the closed sets in evidence.hpp, both ways. Does not belong here: JSON (evidence_json.cpp).
#include "evidence/evidence.hpp"

#include <array>

namespace reprompt {
namespace {

template <class Enum, std::size_t Size>
std::optional<Enum> find_name(const std::array<const char*, Size>& names, std::string_view name) noexcept {
    for (std::size_t i = 0; i < Size; ++i) {
        if (name == names[i]) return static_cast<Enum>(i);
    }
    return std::nullopt;
}

template <class Enum, std::size_t Size>
const char* at(const std::array<const char*, Size>& names, Enum value) noexcept {
    const auto index = static_cast<std::size_t>(value);
    return index < Size ? names[index] : "unknown";
}

// In the order of the enumerators; a test walks through both.
constexpr std::array<const char*, 3> protocols{"imap", "pop3", "smtp"};
constexpr std::array<const char*, 3> tls_modes{"none", "starttls", "implicit"};
constexpr std::array<const char*, 8> stages{"resolve",      "connect",  "tls",  "greeting",
                                            "capabilities", "starttls", "auth", "done"};
constexpr std::array<const char*, 28> failures{"none",
                                               "dns_not_found",
                                               "dns_no_address",
                                               "dns_temporary",
                                               "connection_refused",
                                               "host_unreachable",
                                               "network_down",
                                               "timeout",
                                               "connection_closed",
                                               "tls_not_spoken",
                                               "tls_version",
                                               "tls_cipher",
                                               "tls_handshake",
                                               "certificate_name",
                                               "certificate_issuer",
                                               "certificate_expired",
                                               "certificate_not_yet_valid",
                                               "certificate_other",
                                               "starttls_not_offered",
                                               "starttls_refused",
                                               "starttls_injection",
                                               "wrong_protocol",
                                               "protocol_error",
                                               "plaintext_forbidden",
                                               "proxy_failed",
                                               "proxy_refused",
                                               "proxy_login_required",
                                               "cancelled"};
static_assert(failures.size() == static_cast<std::size_t>(Failure::cancelled) + 1);
static_assert(stages.size() == static_cast<std::size_t>(Stage::done) + 1);

}  // namespace

const char* name_of(Protocol value) noexcept {
    return at(protocols, value);
}
const char* name_of(TlsMode value) noexcept {
    return at(tls_modes, value);
}
const char* name_of(Stage value) noexcept {
    return at(stages, value);
}
const char* name_of(Failure value) noexcept {
    return at(failures, value);
}
std::optional<Protocol> protocol_from(std::string_view name) noexcept {
    return find_name<Protocol>(protocols, name);
}
std::optional<TlsMode> tls_mode_from(std::string_view name) noexcept {
    return find_name<TlsMode>(tls_modes, name);
}
std::optional<Stage> stage_from(std::string_view name) noexcept {
    return find_name<Stage>(stages, name);
}
std::optional<Failure> failure_from(std::string_view name) noexcept {
    return find_name<Failure>(failures, name);
}

}  // namespace reprompt
