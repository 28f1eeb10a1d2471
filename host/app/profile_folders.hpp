// SPDX-License-Identifier: MPL-2.0
// ProfileFolders: where Thunderbird's profiles lie, and which of them the Thunderbird that started us uses.
// Belongs here: finding folders, and reading prefs.js of one. Nothing else in a profile is ever opened. Does
// not belong here: what prefs.js says (prefs_file.hpp), which accounts are meant (account_search.hpp).
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace reprompt::app {

inline constexpr std::size_t longest_prefs_file = 32 * 1024 * 1024;
inline constexpr std::size_t most_profiles = 32;

/// Where profiles are looked for. Tests put their own things here.
struct ProfilePlaces {
    std::vector<std::filesystem::path> roots;  ///< folders with a profiles.ini
    std::filesystem::path processes;           ///< /proc
    pid_t thunderbird = 0;                     ///< who started us
    uid_t owner = 0;                           ///< only this user's files are read
};
/// ~/.thunderbird, its places in $XDG_CONFIG_HOME, and those of the Flatpak and the snap.
ProfilePlaces profile_places();

struct FoundProfiles {
    /// There is one, and it is the one in use: our parent has its lock.
    bool certain = false;
    std::vector<std::filesystem::path> folders;
};
/// Looks first at the files that our parent holds open (PROFILE/.parentlock, which Thunderbird keeps open as
/// long as it runs), then for a profile whose `lock` link names our parent's process id, and else gives
/// every profile that profiles.ini and installs.ini list.
FoundProfiles find_profiles(const ProfilePlaces& places);

/// Profile paths of a profiles.ini or installs.ini below `root` (nsToolkitProfileService): `Path`, or
/// `Default` where it is one; relative to `root` unless absolute. At most most_profiles.
std::vector<std::filesystem::path> profiles_listed(std::string_view ini, const std::filesystem::path& root);

/// The text of PROFILE/prefs.js; nullopt if it is missing, no plain file, not `owner`'s or too long.
std::optional<std::string> read_prefs_file(const std::filesystem::path& profile, uid_t owner);

}  // namespace reprompt::app
