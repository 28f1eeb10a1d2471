// SPDX-License-Identifier: MPL-2.0
// DomainSettings: the mail servers that a domain names on its own web pages for mail programs, over verified
// https (invariant 14: nobody else is asked, and nothing but the domain is told). Belongs here: the two
// places, their order. Does not belong here: the page's format (protocol/autoconfig), https (net/https_get).
#pragma once

#include <string>
#include <vector>

#include "net/https_get.hpp"

namespace reprompt::probe {

/// The servers that https://autoconfig.`domain`/mail/config-v1.1.xml names, else those of
/// https://`domain`/.well-known/autoconfig/mail/config-v1.1.xml; both are fetched at once. Empty if neither
/// can be had or used. `rules.owner` and `rules.longest` are set here.
std::vector<Endpoint> fetch_autoconfig(const std::string& domain, net::HttpsRules rules, Deadline deadline,
                                       const Cancel& cancel);

}  // namespace reprompt::probe
