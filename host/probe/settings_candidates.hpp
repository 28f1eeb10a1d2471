// SPDX-License-Identifier: MPL-2.0
// SettingsCandidates: endpoints that may work in place of the configured one, best first, and how an account
// could sign in there. Pure. Does not belong here: asking the network (settings_search, domain_settings).
//
// What is never among them (invariant 11): anything without encryption, a port that is not one of the
// protocol's own (the configured port on the configured host excepted), 25 for sending unless it is
// configured.
#pragma once

#include <string>
#include <vector>

#include "diagnose/rules.hpp"
#include "probe/settings_proposal.hpp"

namespace reprompt {
struct Provider;
}

namespace reprompt::probe {

struct Candidate {
    Endpoint endpoint;
    SettingsSource source = SettingsSource::port;
    bool by_dns_alone = false;  ///< that it concerns this account is the DNS's word, which nobody signs
};

/// The documented ports (RFC 8314 section 3) and the configured one with the other kind of encryption;
/// implicit TLS first. Without the configured endpoint itself.
std::vector<Candidate> same_host_candidates(const Endpoint& configured);

/// The documented ports of the servers that the rules name for `configured.protocol`.
std::vector<Candidate> rule_candidates(const Endpoint& configured, const Provider& provider);

/// What the DNS names, implicit TLS first, else in the order of the records (RFC 2782).
std::vector<Candidate> srv_candidates(const Endpoint& configured, const std::vector<ServiceRecord>& records);

/// What the domain's page names for this protocol, implicit TLS first, else in its order. Host names are
/// turned into A-labels; addresses and what is no name are left out.
std::vector<Candidate> autoconfig_candidates(const Endpoint& configured,
                                             const std::vector<Endpoint>& servers);

/// Puts `named` behind `candidates`. One that `signed_names` (the domain's page) name too is taken as they
/// have it: that came over https, and the DNS's word is not needed.
void append(std::vector<Candidate>& candidates, std::vector<Candidate> named,
            const std::vector<Candidate>& signed_names = {});

/// Whether a user must confirm the host of `candidate` once more: outside the registrable domains of the
/// configured host and of `mail_domain` (may be empty), and no server that the built-in rules name; those
/// only help if more than the DNS says that their provider is this account's.
bool must_confirm(const Candidate& candidate, const Endpoint& configured, const std::string& mail_domain,
                  const RuleBook& rules);

/// How an account set to `configured_auth` (empty: not known, whatever works) can sign in over an encrypted
/// channel to a server that offers `offered`: the same if it is offered, else the password itself, CRAM-MD5,
/// OAuth2. Empty: not at all. An account set to OAuth2 has no password to fall back on.
std::string working_auth(Protocol protocol, const std::vector<std::string>& offered,
                         const std::string& configured_auth);

/// Another method than the configured one that `offered` has, in the same order; empty if there is none.
std::string other_auth(Protocol protocol, const std::vector<std::string>& offered,
                       const std::string& configured_auth);

}  // namespace reprompt::probe
