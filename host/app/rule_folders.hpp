// SPDX-License-Identifier: MPL-2.0
// RuleFolders: rule files of the administrator (/etc/reprompt/rules.d) and of the user
// ($XDG_CONFIG_HOME/reprompt/rules.d). Belongs here: which files may be read, and reading them. Does not
// belong here: what a file may say (diagnose/rules_load), what a rule may do (diagnose/outside_rules).
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <filesystem>
#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

#include "diagnose/rules.hpp"

namespace reprompt::app {

struct RuleFolder {
    std::filesystem::path path;  ///< absolute, no slash at the end; empty = there is none
    uid_t owner = 0;             ///< to whom the folder and its files must belong
    RuleOrigin origin = RuleOrigin::organisation;
};

/// Of this computer and this user, the administrator's first.
std::vector<RuleFolder> rule_folders();

inline constexpr std::size_t longest_rule_file = 1024 * 1024;  // octets
inline constexpr std::size_t most_rule_files = 200;            // per folder

struct FoundRuleFiles {
    std::vector<OutsideRuleFile> files;   ///< in the order in which they count
    std::vector<std::string> complaints;  ///< one English line each, with the path and what mends it
};

/// Reads `*.json` of each folder in the order of their names. A folder that is not there is no complaint. A
/// folder or file that somebody else owns or could write, that is or lies behind a symbolic link (none is
/// followed), that is no plain file, or that is too long, is a complaint and skipped.
FoundRuleFiles read_rule_folders(const std::vector<RuleFolder>& folders);

/// The rules of one run, and what was wrong with the folders.
struct RulesInUse {
    RuleBook book;
    std::vector<std::string> complaints;
    std::size_t files = 0;  ///< that could be read
};
/// `policy`: a rule file that the organisation gave the mail program (managed storage), or empty; it counts
/// after /etc and before the user's.
RulesInUse load_rules_in_use(const std::vector<RuleFolder>& folders, std::string_view policy = {});

/// A line for each rule from a rule folder that does not decide its own sample: it asks for something else
/// than its author thought, or another rule comes before it.
std::vector<std::string> undecided_samples(const RuleBook& book);

/// Those of this computer and user, read when first asked for and kept.
const RulesInUse& rules_in_use();

/// What was wrong with their folders and files, as RulesInUse says it. Loads rules only if there are files.
const std::vector<std::string>& rule_complaints();

/// Their book, after a line on `err` about each file that is not used: for the command line.
const RuleBook& rules_for_people(std::ostream& err);

}  // namespace reprompt::app
