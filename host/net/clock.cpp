// SPDX-License-Identifier: MPL-2.0
#include "net/clock.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <ctime>

namespace reprompt::net {
namespace {

std::string rfc3339(std::time_t moment) {
    std::tm parts{};
    if (::gmtime_r(&moment, &parts) == nullptr) return {};
    std::array<char, 32> text{};
    return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

/// Seconds since 1970; 0 if the system keeps no such file.
std::time_t last_set_by_network() {
    struct stat facts {};
    return ::stat("/var/lib/systemd/timesync/clock", &facts) == 0 ? facts.st_mtime : 0;
}

}  // namespace

ClockFacts clock_facts() {
    constexpr std::time_t built = REPROMPT_BUILD_TIME;
    const std::time_t set = last_set_by_network();
    return {rfc3339(std::time(nullptr)), rfc3339(std::max(built, set)), set > built ? "system" : "build"};
}

}  // namespace reprompt::net
