// SPDX-License-Identifier: MPL-2.0
// PrefsFile: the lines of a profile's prefs.js that tell about mail accounts. Belongs here: the grammar, and
// which names are kept at all. Does not belong here: what the preferences mean (mail_settings.hpp), where the
// file lies (profile_folders.hpp).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <variant>

namespace reprompt::app {

using PrefValue = std::variant<std::string, std::int64_t, bool>;
using Prefs = std::map<std::string, PrefValue, std::less<>>;

inline constexpr std::size_t most_prefs = 20'000;       ///< kept; what follows is not read
inline constexpr std::size_t longest_pref = 16 * 1024;  ///< octets of a line; a longer one is left out

/// True for the names that are kept: mail.account.*, mail.accountmanager.accounts, mail.identity.*,
/// mail.server.*, mail.smtpserver.*, mail.smtpservers, mail.smtp.defaultserver, network.proxy.type.
bool is_wanted_pref(std::string_view name) noexcept;

/// Reads `user_pref("NAME", VALUE);`, one a line, as Thunderbird writes them (its strings have no line
/// breaks); VALUE is true, false, a whole number of 32 bits or a string with the escapes of
/// modules/libpref/parser (\" \' \\ \n \r \xNN \uNNNN). Every other line, a wanted one that is not so in
/// every octet, and a string that is not UTF-8 or holds NUL are left out. The last of two lines of one name
/// counts. Never fails: a file of nonsense holds no preferences.
Prefs read_prefs(std::string_view text);

}  // namespace reprompt::app
