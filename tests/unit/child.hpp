// SPDX-License-Identifier: MPL-2.0
// A body that a test starts in a fresh process, as `unit_tests --child NAME` (main.cpp runs it). It is no
// test case of its own.
#pragma once

#include <map>
#include <string>

namespace reprompt::test {

using ChildBody = void (*)();

/// The bodies by name, filled by ChildBodyName objects before main.
inline std::map<std::string, ChildBody>& child_bodies() {
    static std::map<std::string, ChildBody> bodies;
    return bodies;
}

struct ChildBodyName {
    ChildBodyName(const char* name, ChildBody body) { child_bodies().emplace(name, body); }
};

}  // namespace reprompt::test
