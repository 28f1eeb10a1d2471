// SPDX-License-Identifier: MPL-2.0
// Autoconfig: the mail servers that a domain names for mail programs, in the XML that Thunderbird's account
// set-up reads (config version 1.1, https://www.bucksch.org/1/projects/thunderbird/autoconfiguration/). Pure.
// Does not belong here: fetching it (probe/domain_settings.hpp), whether a server named there is any good.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/expected.hpp"
#include "evidence/evidence.hpp"

namespace reprompt::protocol {

/// Longest text that is read, and how many servers of it.
inline constexpr std::size_t max_autoconfig = 64 * 1024;
inline constexpr std::size_t most_autoconfig_servers = 16;

/// The servers of the first <emailProvider>, in its order: IMAP, POP3 and SMTP with SSL (implicit) or
/// STARTTLS; those without encryption or without a usable port are left out. Host names are as written, lower
/// case, with `domain` for %EMAILDOMAIN%; one with another variable is left out, because the local part goes
/// nowhere. Error: one English line; not well-formed XML, longer than max_autoconfig, with a DOCTYPE (so
/// there are no entities but XML's own five), nested too deeply, or not a <clientConfig>.
Expected<std::vector<Endpoint>, std::string> read_autoconfig(std::string_view xml, std::string_view domain);

}  // namespace reprompt::protocol
