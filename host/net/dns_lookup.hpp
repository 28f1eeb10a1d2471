// SPDX-License-Identifier: MPL-2.0
// DnsLookup: asks the DNS for the MX and SRV records of a mail domain, beside everything else. Each question
// runs on a thread of its own that can be abandoned, as the resolver's does (resolver.hpp): the C library's
// look-up cannot be cancelled. Answers are hints: nobody signs them. Does not belong here: reading the octets
// (dns_answer.hpp), whether to ask (probe/domain_hint.hpp).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/cancel.hpp"
#include "base/deadline.hpp"
#include "evidence/evidence.hpp"

namespace reprompt::net {

enum class DnsOutcome : std::uint8_t {
    answered,
    no_name,     ///< NXDOMAIN
    no_records,  ///< the name exists without records of that type
    cut_off,     ///< the answer did not fit into one datagram
    failed,      ///< SERVFAIL, refused, or no name server answered
};

struct DnsReply {
    DnsOutcome outcome = DnsOutcome::failed;
    std::vector<unsigned char> octets;  ///< the DNS message, if answered
};

/// One question to the DNS; `type` is ns_t_mx or ns_t_srv. Runs on another thread, perhaps longer than the
/// look-up that started it: it owns what it needs.
using DnsQuery = std::function<DnsReply(const std::string& name, int type)>;

/// By res_nquery(3): the name servers of /etc/resolv.conf, over UDP alone, no search list; at most 3 s for a
/// single name server, 9 s for three.
DnsReply ask_system_dns(const std::string& name, int type);

class DnsLookup {
  public:
    /// Starts asking for `domain` (an A-label name): MX, and the SRV records of `protocol` (RFC 6186, RFC
    /// 8314 section 5.1). Nothing else leaves this machine.
    DnsLookup(std::string domain, Protocol protocol, const DnsQuery& query = ask_system_dns);

    /// Waits until all questions are answered, or what is known is `enough`, or the deadline passes, or
    /// cancel. Answers count in the order SRV (first the service with TLS from the first octet), MX, in
    /// whichever they arrive: `enough` sees none while one before it is missing, and if it is content, what
    /// it saw is the result. At the deadline: all that arrived. The `note` says why there is no MX, if that
    /// is known.
    DomainRecords wait(Deadline deadline, const Cancel& cancel,
                       const std::function<bool(const DomainRecords&)>& enough = {});

  private:
    class Shared;
    [[nodiscard]] DomainRecords read(std::span<const std::optional<DnsReply>> replies) const;
    std::string domain_;
    std::vector<std::string> services_;  ///< of the questions before the last, which is for the MX
    std::shared_ptr<Shared> shared_;
};

}  // namespace reprompt::net
