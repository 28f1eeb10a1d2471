// SPDX-License-Identifier: MPL-2.0
// CompiledRules: a RuleBook's content as octets. The build makes them of host/rules/*.json
// (host/rules/compile), so that a start reads 170 kB instead of parsing, checking and comparing 290. Belongs
// here: writing and reading them. Does not belong here: what a rule file may say (rules_load).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "diagnose/rule_content.hpp"

namespace reprompt {

/// A list that rules name as "@name", taken apart.
struct NamedList {
    std::vector<std::string> phrases;
    int height = 0;  ///< how many named lists lie one in another, with this one
};
using NamedLists = std::map<std::string, NamedList>;

/// The same content and lists give the same octets. Of one build for the program of the same build: there is
/// no version in them.
std::string compile_rules(const RuleBook::Content& content, const NamedLists& lists);

/// Nothing if `compiled` is not what compile_rules made.
std::optional<RuleBook::Content> read_compiled_rules(std::string_view compiled);

/// The lists, for files that come from outside; `content` is what `compiled` holds. None if it is not.
NamedLists read_compiled_lists(std::string_view compiled, const RuleBook::Content& content);

}  // namespace reprompt
