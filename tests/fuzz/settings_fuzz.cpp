// SPDX-License-Identifier: MPL-2.0
// Whatever the DNS, a domain's page and a server's capabilities say: proposed settings are encrypted, on the
// protocol's own ports, for names, and a foreign name must be confirmed (invariant 11).
// Covers: host/probe/settings_candidates.cpp host/net/registrable_domain.cpp
#include "probe/settings_candidates.hpp"

#include <fuzzer/FuzzedDataProvider.h>

#include <cstdint>
#include <cstdlib>

#include "net/address.hpp"
#include "net/registrable_domain.hpp"

namespace {

using namespace reprompt;

void require(bool holds) {
    if (!holds) std::abort();
}

Endpoint endpoint_from(FuzzedDataProvider& input) {
    Endpoint made;
    made.protocol = input.PickValueInArray({Protocol::imap, Protocol::pop3, Protocol::smtp});
    made.host = input.ConsumeRandomLengthString(60);
    made.port = input.PickValueInArray<std::uint16_t>({25, 110, 143, 465, 587, 993, 995, 2525, 0});
    made.tls = input.PickValueInArray({TlsMode::none, TlsMode::starttls, TlsMode::implicit});
    return made;
}

}  // namespace

/// Loading the rules is no part of the first run's time.
extern "C" int LLVMFuzzerInitialize(int*, char***) {
    static_cast<void>(reprompt::RuleBook::built_in());
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    FuzzedDataProvider input(data, size);
    auto configured = endpoint_from(input);
    configured.host = input.PickValueInArray({"mail.firm.example", "192.0.2.1", "imap.gmail.com"});
    const std::string domain = input.PickValueInArray({"", "firm.example", "firm.co.jp"});
    const std::string auth = input.PickValueInArray({"", "password", "password_encrypted", "oauth2"});

    std::vector<ServiceRecord> records;
    std::vector<Endpoint> servers;
    std::vector<std::string> offered;
    while (input.remaining_bytes() > 4 && records.size() + servers.size() + offered.size() < 30) {
        const int kind = input.ConsumeIntegralInRange(0, 2);
        if (kind == 0)
            records.push_back(
                {input.PickValueInArray({"imaps", "imap", "pop3s", "pop3", "submissions", "submission"}),
                 input.ConsumeRandomLengthString(60), input.ConsumeIntegral<std::uint16_t>()});
        if (kind == 1) servers.push_back(endpoint_from(input));
        if (kind == 2) offered.push_back(input.ConsumeRandomLengthString(80));
    }

    auto candidates = probe::same_host_candidates(configured);
    const auto named = probe::autoconfig_candidates(configured, servers);
    for (const auto& each : named)
        require(!net::is_numeric_address(each.endpoint.host));
    probe::append(candidates, probe::srv_candidates(configured, records), named);
    probe::append(candidates, named);
    for (const auto& [endpoint, source, by_dns_alone] : candidates) {
        require(endpoint.tls != TlsMode::none && endpoint.protocol == configured.protocol);
        require(endpoint.port != 25 || configured.port == 25);
        const bool own = endpoint.host == configured.host;
        require(own || (endpoint.port != 2525 && endpoint.port != 0));
        const bool asked =
            probe::must_confirm({endpoint, source, by_dns_alone}, configured, domain, RuleBook::built_in());
        require(asked || own || net::same_owner(endpoint.host, configured.host) ||
                net::same_owner(endpoint.host, domain) || !by_dns_alone);
    }
    const auto working = probe::working_auth(configured.protocol, offered, auth);
    require(auth != "oauth2" || working.empty() || working == auth);
    const auto other = probe::other_auth(configured.protocol, offered, auth);
    require(other.empty() || other != auth);
    return 0;
}
