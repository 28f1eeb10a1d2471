// SPDX-License-Identifier: MPL-2.0
// Doctor: does this computer have what the program needs, and what mends what is missing. Asks nobody outside
// the computer. Belongs here: the checks. Does not belong here: checks of a mail server (probe/).
#pragma once

#include <chrono>
#include <filesystem>
#include <iosfwd>
#include <string>
#include <vector>

#include "app/rule_folders.hpp"
#include "ledger/keyring.hpp"

namespace reprompt::app {

struct Check {
    std::string name;  ///< "manifest", "keyring", …
    bool ok = true;
    std::string found;  ///< what is the case, English
    std::string mend;   ///< what to do; empty if ok
};

/// What is looked at; tests put their own in.
struct Surroundings {
    std::filesystem::path user_manifest, system_manifest, program, resolver_file, state_folder, ca_file,
        ca_folder;
    ledger::Keyring* keyring = nullptr;
    std::chrono::system_clock::time_point now;
    std::vector<RuleFolder> rule_folders = {};
};
/// This computer.
Surroundings this_computer();

std::vector<Check> examine(const Surroundings& surroundings);

/// Prints the checks and the versions; 0 if all is well, else 1.
int doctor_command(const Surroundings& surroundings, bool json, std::ostream& out);

}  // namespace reprompt::app
