// SPDX-License-Identifier: MPL-2.0
// HostName: names as people write them -> names as DNS, certificates and proxies know them (IDNA). Belongs
// here: no look-up (resolver.hpp), no judgement of names in ASCII (probe/settings_check).
#pragma once

#include <string>
#include <string_view>

#include "base/expected.hpp"

namespace reprompt::net {

/// The A-label form (RFC 5890 section 2.3.2.1) of a host name in UTF-8, mapped as browsers and Thunderbird do
/// (UTS #46, non-transitional). What is ASCII already comes back as it is. Error: one English line, without
/// the name.
Expected<std::string, std::string> ascii_host(std::string_view host);

}  // namespace reprompt::net
