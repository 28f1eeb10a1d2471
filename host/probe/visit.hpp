// SPDX-License-Identifier: MPL-2.0
// Visit: one connection to one endpoint: dial, converse, fill the Evidence. Belongs here: joining net/ and
// protocol/. Does not belong here: which endpoints to visit (unencrypted.hpp, probe.cpp), the verdict.
#pragma once

#include "probe/probe.hpp"

namespace reprompt::probe {

/// What the visits of one run share. References must outlive it.
struct Visitor {
    const Request& request;
    const Context& context;
    Deadline whole;
    const Cancel& cancel;
};

/// An Evidence that knows the account (what is configured and what was heard, escaped and masked) and nothing
/// yet of the server.
Evidence blank_evidence(const Request& request);

/// Connects, through the proxy if the request has one; on failure `evidence` says why and nullopt is
/// returned. `allowed` is asked about addresses that we look up ourselves.
std::optional<net::Channel> reach(const Visitor& visitor, const Endpoint& endpoint, Evidence& evidence,
                                  const net::AddressRule& allowed = {});

/// Holds the conversation of `endpoint.tls` on `channel`, to its end. `door` may be null: then there is no
/// attempt.
void converse(const Visitor& visitor, const Endpoint& endpoint, net::Channel channel,
              net::CredentialDoor* door, Evidence& evidence);

}  // namespace reprompt::probe
