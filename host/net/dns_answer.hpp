// SPDX-License-Identifier: MPL-2.0
// DnsAnswer: reads the MX and SRV records out of one DNS message (RFC 1035 section 4.1), with libresolv's own
// parser. Belongs here: octets -> records of the name that was asked for. Does not belong here: asking
// (dns_lookup.hpp), which provider a name belongs to (diagnose/recognition.hpp).
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/expected.hpp"
#include "evidence/evidence.hpp"

namespace reprompt::net {

/// At most so many records of one answer are used.
inline constexpr std::size_t most_records = 16;

/// Whether `name` is written as the name of a host: letters, digits, hyphens, underscores, labels of 1 to 63
/// octets, at most 253 in all (RFC 1035 section 2.3.4, RFC 1123 section 2.1).
bool is_domain_name(std::string_view name) noexcept;

/// The mail exchangers of `name`, most preferred first, in lower case without the final dot. Records of other
/// names do not count unless CNAMEs lead there from `name` (at most 8, RFC 1034 section 3.6.2); nor do names
/// that no host has, so that a null MX (RFC 7505) is an empty list. Error: no DNS message, or one cut off.
Expected<std::vector<std::string>, std::string> read_mx(std::span<const unsigned char> message,
                                                        std::string_view name);

/// The same for SRV (RFC 2782): lowest priority first, then highest weight. `service` goes into the records,
/// the `name` asked for is `_service._tcp.domain`.
Expected<std::vector<ServiceRecord>, std::string> read_srv(std::span<const unsigned char> message,
                                                           std::string_view name, std::string_view service);

}  // namespace reprompt::net
