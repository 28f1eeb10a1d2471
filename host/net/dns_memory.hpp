// SPDX-License-Identifier: MPL-2.0
// DnsMemory: what many accounts of one domain want to know of the DNS is remembered. Belongs here: keeping
// answers for one run of the program's command line. Does not belong here: asking (dns_lookup.hpp).
#pragma once

#include "net/dns_lookup.hpp"

namespace reprompt::net {

/// As `ask`, but what was answered (also that there is no such name or record) is not asked again, of up to
/// 512 questions. Failures are, and so is what is asked before the first answer is there. For any thread, and
/// as long as a copy of it lives.
DnsQuery remembered(DnsQuery ask);

}  // namespace reprompt::net
