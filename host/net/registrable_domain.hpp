// SPDX-License-Identifier: MPL-2.0
// RegistrableDomain: which names belong to one owner, by the Public Suffix List. Belongs here: names alone.
// Does not belong here: what is one account (ledger/realm.cpp), how a name is written (host_name.hpp).
#pragma once

#include <string>
#include <string_view>

namespace reprompt::net {

/// "imap.example.co.uk" -> "example.co.uk"; `name`: lower-case A-labels. Empty for an address, a public
/// suffix itself and whatever else nobody can register a name below.
std::string registrable_domain(std::string_view name);

/// The same name, or two names of one registrable domain.
bool same_owner(std::string_view left, std::string_view right);

}  // namespace reprompt::net
