// SPDX-License-Identifier: MPL-2.0
#include "base/home_folder.hpp"

#include <pwd.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

namespace reprompt {

std::filesystem::path home_folder() {
    if (const char* const home = std::getenv("HOME"); home != nullptr && *home == '/') return home;
    std::array<char, 4096> texts{};  // name, folder and shell of the entry; a longer one counts as none
    passwd entry{};
    passwd* found = nullptr;
    if (::getpwuid_r(::geteuid(), &entry, texts.data(), texts.size(), &found) != 0 || found == nullptr)
        return {};
    const char* const home = found->pw_dir;
    return home != nullptr && *home == '/' ? std::filesystem::path(home) : std::filesystem::path();
}

}  // namespace reprompt
