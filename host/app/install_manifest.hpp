// SPDX-License-Identifier: MPL-2.0
// InstallManifest: the file that tells Thunderbird where the host is (Mozilla, "Native manifests"). Belongs
// here: its places, contents, writing, reading, removing. Does not belong here: packages (packaging/),
// whether it all works (doctor.hpp).
#pragma once

#include <filesystem>
#include <string>

#include "base/expected.hpp"

namespace reprompt::app {

enum class InstallScope { user, system };

/// $HOME/.mozilla/native-messaging-hosts/reprompt.json (of the password database if HOME is not set), or
/// /usr/lib/mozilla/native-messaging-hosts/reprompt.json. Thunderbird reads the first before the second, and
/// nothing below ~/.thunderbird. Empty if there is no home.
std::filesystem::path manifest_place(InstallScope scope);

/// The real path of the running program; empty if it cannot be told.
std::filesystem::path own_path();

/// The contents for a host at `host` (absolute). Equal to manifests/reprompt.json.in with the path filled in.
std::string manifest_text(const std::filesystem::path& host);

/// What stands at a place.
struct ManifestState {
    bool exists = false;
    bool ours = false;           ///< JSON with our name and one of our add-on ids
    bool complete = false;       ///< ours, type stdio, all our ids, absolute path
    std::filesystem::path host;  ///< its "path", if it is ours
};
ManifestState read_manifest(const std::filesystem::path& place);

/// Writes the manifest atomically (temporary file in the same folder, then rename); folders are made. Refuses
/// to replace a file that is not ours. Error: one English line.
Expected<void, std::string> write_manifest(const std::filesystem::path& place,
                                           const std::filesystem::path& host);

/// Removes it if it is ours: true; false if there was none. Error: one English line, also for a file that is
/// not ours.
Expected<bool, std::string> remove_manifest(const std::filesystem::path& place);

}  // namespace reprompt::app
