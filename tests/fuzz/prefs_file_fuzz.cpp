// SPDX-License-Identifier: MPL-2.0
// Whatever stands in a prefs.js or a profiles.ini: wanted names only, text that is UTF-8, servers with a name
// and a port that there is; never a path with a NUL in it.
#include <cstdint>
#include <cstdlib>

#include "app/mail_settings.hpp"
#include "app/profile_folders.hpp"
#include "base/text.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    using namespace reprompt;
    const std::string_view text(reinterpret_cast<const char*>(bytes), size);
    const auto prefs = app::read_prefs(text);
    if (prefs.size() > app::most_prefs) std::abort();
    for (const auto& [name, value] : prefs) {
        if (!app::is_wanted_pref(name)) std::abort();
        const auto* const string = std::get_if<std::string>(&value);
        if (string != nullptr && (!is_utf8(*string) || string->find('\0') != std::string::npos)) std::abort();
    }
    const auto accounts = app::accounts_in(prefs);
    if (accounts.size() > app::most_accounts) std::abort();
    for (const auto& account : accounts) {
        for (const auto& server : account.servers) {
            if (server.hostname.empty() || server.port < 1 || server.port > 65535) std::abort();
        }
    }
    for (const auto& path : app::profiles_listed(text, "/home/user/.thunderbird")) {
        if (!path.is_absolute() || path.string().find('\0') != std::string::npos) std::abort();
    }
    return 0;
}
