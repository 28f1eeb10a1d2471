// SPDX-License-Identifier: MPL-2.0
#include "probe/domain_settings.hpp"

#include <future>

#include "protocol/autoconfig.hpp"

namespace reprompt::probe {

std::vector<Endpoint> fetch_autoconfig(const std::string& domain, net::HttpsRules rules, Deadline deadline,
                                       const Cancel& cancel) {
    rules.owner = domain;
    rules.longest = protocol::max_autoconfig;
    const auto servers_at = [&](const protocol::HttpsPlace& place) {
        const auto page = net::https_get(place, rules, deadline, cancel);
        if (!page) return std::vector<Endpoint>();
        return protocol::read_autoconfig(*page, domain).value_or(std::vector<Endpoint>());
    };
    const protocol::HttpsPlace well_known{domain, 443, "/.well-known/autoconfig/mail/config-v1.1.xml"};
    auto second = std::async(std::launch::async, servers_at, well_known);
    auto first = servers_at({"autoconfig." + domain, 443, "/mail/config-v1.1.xml"});
    return first.empty() ? second.get() : first;
}

}  // namespace reprompt::probe
