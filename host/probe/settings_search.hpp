// SPDX-License-Identifier: MPL-2.0
// SettingsSearch: settings with which the account would work, looked for after a verdict that settings can
// explain. Belongs here: when to look, where, in which order, and what counts as working. Does not belong
// here: which endpoints there are (settings_candidates), the domain's pages (domain_settings).
//
// No credential is at hand here: there is no door (invariant 1). An endpoint works if it greets, verifies by
// our own certificate store for its name (Thunderbird's exceptions do not count), and offers a way to sign in
// that the account has. A name that the DNS gave (SRV) and that is not the domain's own must show a
// certificate for the domain asked about too (RFC 6186 section 6). No private address unless the configured
// server has one.
//
//   first    the configured host on other ports, and a recognised provider's servers
//   second   what the domain names: SRV, then its autoconfig page (both asked for from the beginning)
//
// Each round tries its candidates at once and takes the best that works, not the first that answers.
#pragma once

#include <optional>

#include "probe/settings_proposal.hpp"
#include "probe/visit.hpp"

namespace reprompt::probe {

/// All of the search, clipped by the run's deadline.
inline constexpr Milliseconds search_limit{8'000};

/// Whether settings may explain `verdict`. `evidence`: of the run that ended with it.
bool settings_may_help(const Verdict& verdict, const Evidence& evidence) noexcept;

/// The best settings that work, or nullopt. For mechanism_unsupported only `auth` changes
/// (unless the server lists no way to sign in at all), for username_format only `user`.
std::optional<SettingsProposal> search_settings(const Visitor& visitor, const Verdict& verdict,
                                                const Evidence& evidence);

}  // namespace reprompt::probe
