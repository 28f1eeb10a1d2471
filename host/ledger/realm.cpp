// SPDX-License-Identifier: MPL-2.0
// realm_of and default_folder (ledger.hpp): where an account belongs, and where the ledger lives.
#include <arpa/inet.h>

#include <array>
#include <cstdlib>
#include <memory>
#include <string>

#include "base/home_folder.hpp"
#include "base/text.hpp"
#include "diagnose/rules.hpp"
#include "ledger/ledger.hpp"
#include "net/registrable_domain.hpp"

namespace reprompt::ledger {

namespace {

/// The canonical text of an IPv4 or IPv6 literal; empty for a name.
std::string canonical_address(const std::string& host) {
    std::array<unsigned char, sizeof(in6_addr)> address{};
    std::array<char, INET6_ADDRSTRLEN> text{};
    for (const int family : {AF_INET, AF_INET6}) {
        if (inet_pton(family, host.c_str(), address.data()) == 1 &&
            inet_ntop(family, address.data(), text.data(), text.size()) != nullptr) {
            return text.data();
        }
    }
    return {};
}

}  // namespace

std::string realm_of(std::string_view host, const RuleBook& rules) {
    std::string name = to_lower(trim(host));
    if (name.size() >= 2 && name.front() == '[' && name.back() == ']') name = name.substr(1, name.size() - 2);
    if (name.size() > 1 && name.back() == '.') name.pop_back();
    if (std::string address = canonical_address(name); !address.empty()) return address;
    if (const std::string provider = rules.provider_of(name); !provider.empty())
        return "provider:" + provider;
    std::string domain = net::registrable_domain(name);
    return domain.empty() ? name : domain;
}

std::filesystem::path Ledger::default_folder() {
    // Relative paths in the variable are to be ignored (XDG base directory specification).
    const char* const state = std::getenv("XDG_STATE_HOME");
    if (state != nullptr && *state == '/') return std::filesystem::path(state) / "reprompt";
    const auto home = home_folder();
    return home.empty() ? home : home / ".local/state/reprompt";
}

}  // namespace reprompt::ledger
