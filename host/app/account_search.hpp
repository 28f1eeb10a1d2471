// SPDX-License-Identifier: MPL-2.0
// AccountSearch: the servers of the accounts that an add-on without Experiment knows by their names only
// (message `accounts`). Belongs here: which profile is meant. Does not belong here: where profiles lie
// (profile_folders.hpp), what prefs.js says (mail_settings.hpp).
#pragma once

#include <string>
#include <vector>

#include "app/mail_settings.hpp"
#include "app/profile_folders.hpp"

namespace reprompt::app {

struct ProfileAccounts {
    std::string name;  ///< of the profile's folder, safe to show
    ProxyUse proxy = ProxyUse::system;
    std::vector<MailAccount> accounts;  ///< only those that the add-on knows
};

struct AccountSearch {
    /// Exactly one profile fits: it is in use by the Thunderbird that asks, or no other one has all of its
    /// accounts.
    bool certain = false;
    std::vector<ProfileAccounts> profiles;
};

/// A profile that is not known to be in use fits only if every known account is in it. Reads prefs.js of the
/// profiles that come into question, and nothing else of them.
AccountSearch search_accounts(const ProfilePlaces& places, const std::vector<KnownAccount>& known);

}  // namespace reprompt::app
