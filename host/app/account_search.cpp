// SPDX-License-Identifier: MPL-2.0
#include "app/account_search.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace reprompt::app {

namespace {

ProfileAccounts accounts_of(const std::filesystem::path& folder, const Prefs& prefs,
                            const std::vector<KnownAccount>& known) {
    ProfileAccounts profile{escape_server_words(folder.filename().string(), 200), proxy_use(prefs), {}};
    for (auto& account : accounts_in(prefs)) {
        const bool is_known = std::any_of(known.begin(), known.end(),
                                          [&](const KnownAccount& one) { return is_same(account, one); });
        if (is_known) profile.accounts.push_back(std::move(account));
    }
    return profile;
}

}  // namespace

AccountSearch search_accounts(const ProfilePlaces& places, const std::vector<KnownAccount>& known) {
    const auto candidates = find_profiles(places);
    AccountSearch found;
    if (known.empty()) return found;
    for (const auto& folder : candidates.folders) {
        const auto text = read_prefs_file(folder, places.owner);
        if (!text) continue;
        auto profile = accounts_of(folder, read_prefs(*text), known);
        if (candidates.certain || profile.accounts.size() >= known.size())
            found.profiles.push_back(std::move(profile));
    }
    found.certain = found.profiles.size() == 1;
    return found;
}

}  // namespace reprompt::app
