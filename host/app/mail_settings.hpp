// SPDX-License-Identifier: MPL-2.0
// MailSettings: Thunderbird's accounts and their servers, as its preferences tell them. Belongs here: the
// meaning of the preferences, with Thunderbird's defaults. Does not belong here: reading them
// (prefs_file.hpp).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "app/prefs_file.hpp"

namespace reprompt::app {

inline constexpr std::size_t most_accounts = 256;

/// In Thunderbird's own numbers and words; the add-on has them from the Experiment in the same way.
struct MailServer {
    bool outgoing = false;
    std::string key;   ///< "server1", "smtp1"
    std::string type;  ///< "imap", "pop3", "smtp", or what else Thunderbird has ("ews", "nntp", …)
    std::string hostname;
    int port = 0;
    int socket_type = 0;  ///< nsMsgSocketType: 0 none, 1 and 2 STARTTLS, 3 TLS
    int auth_method = 0;  ///< nsMsgAuthMethod: 3 password, 4 encrypted, 10 OAuth2, …
    std::string username;
    std::string mail_domain;  ///< of the account's address, where the user name does not tell it
    std::string name;         ///< of an outgoing server; an incoming one is named by its account
};

struct MailIdentity {
    std::string key;
    std::string email;
};

struct MailAccount {
    std::string id;  ///< "account1": also `id` of messenger.accounts
    std::string type;
    std::vector<MailIdentity> identities;
    std::vector<MailServer> servers;  ///< the incoming one, then those its identities send through
};

/// What the add-on knows of an account from messenger.accounts.
struct KnownAccount {
    std::string id;
    std::string type;
    std::vector<MailIdentity> identities;
};

/// Every account that has a mail server of type imap or pop3 with a name; half set up ones are left out.
std::vector<MailAccount> accounts_in(const Prefs& prefs);

/// The same account: id and type, at least one identity that both know, and none of those has another
/// address. Whoever asks has to know an address, unless the account has none.
bool is_same(const MailAccount& account, const KnownAccount& known);

/// Whether a direct connection is Thunderbird's way to its servers (network.proxy.type).
enum class ProxyUse : std::uint8_t {
    none,    ///< it is
    own,     ///< it is not: Thunderbird is told to use a certain proxy (manual, PAC or WPAD)
    system,  ///< as the desktop says, which is not known here; Thunderbird's default
};
ProxyUse proxy_use(const Prefs& prefs);
const char* name_of(ProxyUse) noexcept;

}  // namespace reprompt::app
