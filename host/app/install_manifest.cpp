// SPDX-License-Identifier: MPL-2.0
#include "app/install_manifest.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <system_error>

#include "app/messages.hpp"
#include "base/home_folder.hpp"
#include "base/system_words.hpp"
#include "base/unique_fd.hpp"

namespace reprompt::app {

namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr const char* system_folder = "/usr/lib/mozilla/native-messaging-hosts";
constexpr const char* file_name = "reprompt.json";

bool write_whole(int fd, std::string_view text) {
    while (!text.empty()) {
        const ssize_t count = ::write(fd, text.data(), text.size());
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return false;
        text.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
}

/// True if every string of `wanted` stands in the array.
bool lists_all(const json& array) {
    return array.is_array() && std::all_of(std::begin(addon_ids), std::end(addon_ids), [&](const char* id) {
               return std::find(array.begin(), array.end(), id) != array.end();
           });
}

bool lists_one(const json& array) {
    return array.is_array() && std::any_of(std::begin(addon_ids), std::end(addon_ids), [&](const char* id) {
               return std::find(array.begin(), array.end(), id) != array.end();
           });
}

}  // namespace

fs::path manifest_place(InstallScope scope) {
    if (scope == InstallScope::system) return fs::path(system_folder) / file_name;
    const auto home = home_folder();
    if (home.empty()) return {};
    return home / ".mozilla" / "native-messaging-hosts" / file_name;
}

fs::path own_path() {
    std::error_code error;
    return fs::read_symlink("/proc/self/exe", error);
}

std::string manifest_text(const fs::path& host) {
    json manifest;
    manifest["name"] = native_name;
    manifest["description"] = "Reprompt: finds out why a mail login failed";
    manifest["path"] = host.string();
    manifest["type"] = "stdio";
    manifest["allowed_extensions"] = addon_ids;
    return manifest.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

ManifestState read_manifest(const fs::path& place) {
    ManifestState state;
    std::error_code error;
    state.exists = fs::exists(fs::symlink_status(place, error));
    if (!state.exists) return state;
    std::ifstream file(place);
    const std::string text(std::istreambuf_iterator<char>(file), {});
    const auto manifest = json::parse(std::string_view(text), nullptr, false);
    if (!manifest.is_object()) return state;
    const auto word = [&](const char* name) {
        return manifest.contains(name) && manifest[name].is_string() ? manifest[name].get<std::string>()
                                                                     : std::string();
    };
    const json ids = manifest.value("allowed_extensions", json());
    state.ours = word("name") == native_name && lists_one(ids);
    if (!state.ours) return state;
    state.host = word("path");
    state.complete = lists_all(ids) && word("type") == "stdio" && state.host.is_absolute();
    return state;
}

Expected<void, std::string> write_manifest(const fs::path& place, const fs::path& host) {
    const auto fail = [&](const std::string& why) {
        return Unexpected<std::string>(place.string() + " could not be written: " + why);
    };
    if (place.empty()) return Unexpected<std::string>("there is no home folder to write to");
    if (!host.is_absolute()) return Unexpected<std::string>("the program cannot tell where it is installed");
    const auto before = read_manifest(place);
    if (before.exists && !before.ours) return fail("a file of another program is there");
    std::error_code error;
    fs::create_directories(place.parent_path(), error);
    if (error) return fail(error.message());
    std::string pattern = place.string() + ".XXXXXX";
    const UniqueFd file(::mkostemp(pattern.data(), O_CLOEXEC));
    if (!file) return fail(system_words(errno));
    const bool written = write_whole(file.get(), manifest_text(host)) && ::fchmod(file.get(), 0644) == 0 &&
                         ::fsync(file.get()) == 0;
    if (written && ::rename(pattern.c_str(), place.c_str()) == 0) return {};
    const int problem = errno;
    ::unlink(pattern.c_str());
    return fail(system_words(problem));
}

Expected<bool, std::string> remove_manifest(const fs::path& place) {
    if (place.empty()) return false;
    const auto state = read_manifest(place);
    if (!state.exists) return false;
    if (!state.ours)
        return Unexpected<std::string>(place.string() + " belongs to another program and was left alone");
    std::error_code error;
    fs::remove(place, error);
    if (error) return Unexpected<std::string>(place.string() + " could not be removed: " + error.message());
    return true;
}

}  // namespace reprompt::app
