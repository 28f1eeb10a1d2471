// SPDX-License-Identifier: MPL-2.0
// Recognition: whose server this is, when no rule names its host: by what the server says of itself
// (greeting, capabilities) on a channel that nobody else can write to, else by the account's mail domain (its
// name, its SRV, its MX). Words in clear count neither for nor against: whoever is on the way could otherwise
// choose what a refused password is told. Belongs here: names and phrases -> provider. Does not belong here:
// what follows from it (diagnose.cpp), asking the DNS (net/dns_lookup).
#pragma once

#include "diagnose/rule_content.hpp"

namespace reprompt {

struct Recognised {
    const Provider* provider = nullptr;  ///< null = nobody
    /// The server itself says so, on the channel that carries the credential. False: the DNS or the address
    /// says so, which nobody signs.
    bool by_server = false;
    /// By its own greeting the server runs software that this provider does not use: the domain's mail is
    /// with the provider, this server is another one.
    bool other_software = false;
    std::string why;  ///< English, for Verdict::because
};

/// Does not look at the host: a provider that names it is known already (RuleBook::provider_of).
Recognised recognise(const Evidence& evidence, const RuleBook::Content& rules);

/// Whether a verdict by the rules of `found.provider` may stand in for the `plain` one without them. Never
/// for one that says more against the saved password than `plain` did: a password is called stale by the
/// answer itself, not by whose server it may be. What is only a hint (not `by_server`) tells a refused
/// password's better way, or decides what nothing else decided.
bool may_sharpen(const Verdict& plain, const Verdict& sharper, const Recognised& found) noexcept;

/// The provider that serves this mail domain; null = none known. In this order: the domain's own name, its
/// SRV records (where programs shall fetch mail), its MX (where mail arrives, perhaps at somebody's filter).
const Provider* provider_of_domain(const DomainRecords& domain, const RuleBook::Content& rules,
                                   std::string* why = nullptr);

/// The server software that a greeting names ("Dovecot"); null = none known.
const Software* software_of(const std::vector<std::string>& greeting, const RuleBook::Content& rules);

}  // namespace reprompt
