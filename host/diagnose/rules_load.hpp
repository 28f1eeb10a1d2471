// SPDX-License-Identifier: MPL-2.0
// Makes RuleBook::Content from rule files (manifests/rules.schema.json). The one file of this folder that
// reads JSON.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/expected.hpp"
#include "diagnose/compiled_rules.hpp"
#include "diagnose/rule_content.hpp"

namespace reprompt {

struct RuleFile {
    std::string_view name, json;
};

/// Lists of all files are known to the rules of all. Error: "file:line:column: /json/pointer: what is wrong",
/// one line, escaped.
Expected<RuleBook::Content, std::string> load_rules(std::span<const RuleFile> files);

/// The same, and compiled with all their lists. Error: as above.
Expected<std::string, std::string> load_and_compile(std::span<const RuleFile> files);

/// `built_in`, with files from rule folders behind it, within the limits of invariant 12
/// (host/rules/README.md). `lists`: those of the built-in rules. A file that is broken is named in
/// `complaints` and skipped; its lists and rules are known to no other file.
RuleBook::Content add_rules(RuleBook::Content built_in, NamedLists lists,
                            std::span<const OutsideRuleFile> outside, std::vector<std::string>& complaints);

}  // namespace reprompt
