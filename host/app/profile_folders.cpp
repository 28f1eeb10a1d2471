// SPDX-License-Identifier: MPL-2.0
#include "app/profile_folders.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <system_error>

#include "base/home_folder.hpp"
#include "base/text.hpp"
#include "base/unique_fd.hpp"

namespace reprompt::app {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t longest_ini = 256 * 1024;

/// A plain file of `owner`, whole. A symbolic link to it is the user's own choice (a profile on another
/// disk).
std::optional<std::string> read_plain_file(const fs::path& path, uid_t owner, std::size_t longest) {
    const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    struct stat facts {};
    if (!file || ::fstat(file.get(), &facts) != 0) return std::nullopt;
    if (!S_ISREG(facts.st_mode) || facts.st_uid != owner || facts.st_size < 0 ||
        static_cast<std::uintmax_t>(facts.st_size) > longest)
        return std::nullopt;
    // Thunderbird puts a new file in its place and never writes into it, so its size stays.
    std::string text(static_cast<std::size_t>(facts.st_size), '\0');
    std::size_t size = 0;
    while (size < text.size()) {
        const ssize_t count = ::read(file.get(), text.data() + size, text.size() - size);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return std::nullopt;
        if (count == 0) break;
        size += static_cast<std::size_t>(count);
    }
    text.resize(size);
    return text;
}

/// The folder whose .parentlock the process holds open.
std::optional<fs::path> profile_held_by(const ProfilePlaces& places) {
    std::error_code error;
    const auto open_files = places.processes / std::to_string(places.thunderbird) / "fd";
    for (fs::directory_iterator entry(open_files, error), end; !error && entry != end;
         entry.increment(error)) {
        std::error_code gone;
        const auto target = fs::read_symlink(entry->path(), gone);
        if (!gone && target.is_absolute() && target.filename() == ".parentlock") return target.parent_path();
    }
    return std::nullopt;
}

/// PROFILE/lock -> "127.0.1.1:+1234" (nsProfileLock; the "+" says that .parentlock is locked too).
bool is_locked_by(const fs::path& profile, pid_t process) {
    std::error_code error;
    const std::string target = fs::read_symlink(profile / "lock", error).string();
    const auto colon = target.rfind(':');
    if (error || colon == std::string::npos) return false;
    std::string_view number = std::string_view(target).substr(colon + 1);
    if (number.starts_with('+')) number.remove_prefix(1);
    return number == std::to_string(process);
}

}  // namespace

ProfilePlaces profile_places() {
    ProfilePlaces places{{}, "/proc", ::getppid(), ::geteuid()};
    const auto at_home = home_folder();
    if (at_home.empty()) return places;
    const char* const variable = std::getenv("XDG_CONFIG_HOME");
    const fs::path config =
        variable != nullptr && *variable == '/' ? fs::path(variable) : at_home / ".config";
    places.roots = {at_home / ".thunderbird", config / "thunderbird", config / "mozilla/thunderbird",
                    at_home / "snap/thunderbird/common/.thunderbird"};
    return places;
}

std::vector<fs::path> profiles_listed(std::string_view ini, const fs::path& root) {
    std::vector<fs::path> found;
    std::string_view path;
    const auto close = [&] {
        const bool is_path = path.find('\0') == std::string_view::npos && path != "1" && !path.empty();
        if (is_path && found.size() < most_profiles) found.push_back((root / path).lexically_normal());
        path = {};
    };
    while (!ini.empty()) {
        const auto end = std::min(ini.find('\n'), ini.size());
        const auto line = trim(ini.substr(0, end));
        ini.remove_prefix(std::min(end + 1, ini.size()));
        if (line.starts_with('[')) close();
        if (line.starts_with("Path=")) path = line.substr(5);
        if (line.starts_with("Default=") && path.empty()) path = line.substr(8);  // "1", or a path
    }
    close();
    return found;
}

FoundProfiles find_profiles(const ProfilePlaces& places) {
    if (auto held = profile_held_by(places)) return {true, {std::move(*held)}};
    FoundProfiles found;
    for (const auto& root : places.roots) {
        for (const char* const name : {"profiles.ini", "installs.ini"}) {
            const auto ini = read_plain_file(root / name, places.owner, longest_ini);
            if (!ini) continue;
            for (auto& profile : profiles_listed(*ini, root)) {
                if (is_locked_by(profile, places.thunderbird)) return {true, {std::move(profile)}};
                const bool known =
                    std::find(found.folders.begin(), found.folders.end(), profile) != found.folders.end();
                if (!known && found.folders.size() < most_profiles)
                    found.folders.push_back(std::move(profile));
            }
        }
    }
    return found;
}

std::optional<std::string> read_prefs_file(const fs::path& profile, uid_t owner) {
    return read_plain_file(profile / "prefs.js", owner, longest_prefs_file);
}

}  // namespace reprompt::app
