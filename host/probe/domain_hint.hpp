// SPDX-License-Identifier: MPL-2.0
// DomainHint: the mail domain of the account, asked beside the connection whose provider it is with. Belongs
// here: whether to ask, how long to wait. Does not belong here: asking (net/dns_lookup), what the answer
// means (diagnose/recognition).
#pragma once

#include <optional>
#include <string>

#include "net/dns_lookup.hpp"
#include "probe/probe.hpp"

namespace reprompt::probe {

/// The domain of the account's mail address as the DNS knows it (lower-case A-labels): Request::mail_domain,
/// else what stands behind the last "@" of the user name. Empty if there is none that the public DNS could
/// know: an address, a single label, or a name that never leaves a network (RFC 6761, RFC 6762, RFC 7686).
std::string mail_domain_of(const Request& request);

/// How long a run waits in all for an answer that could still matter, from when it first has nothing else to
/// do.
inline constexpr Milliseconds domain_patience{2'000};

class DomainHint {
  public:
    /// Starts the look-up, unless nothing could come of it: a rule names the host or the domain itself, there
    /// is nothing to be judged (no credential and no heard words), or the account uses a proxy, past which no
    /// question may leak. The references must outlive this object.
    DomainHint(const Request& request, const Context& context);

    /// Puts what is known of the domain into `evidence`. Waits (domain_patience over all calls, clipped by
    /// `whole`) only if it could change `so_far`, the verdict without it. A look-up that is not over by then
    /// is left behind.
    void settle(Evidence& evidence, const Verdict& so_far, Deadline whole, const Cancel& cancel);

  private:
    const RuleBook& rules_;
    DomainRecords known_;  ///< without asking
    std::optional<net::DnsLookup> lookup_;
    std::optional<Deadline> patience_;  ///< none before the first wait
};

}  // namespace reprompt::probe
