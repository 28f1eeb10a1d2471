// SPDX-License-Identifier: MPL-2.0
// Makes RuleBook::Content from rule files (manifests/rules.schema.json). The one file of this folder that
// reads JSON.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/expected.hpp"
#include "diagnose/rule_content.hpp"

namespace reprompt {

struct RuleFile {
    std::string_view name, json;
};

/// Lists of all files are known to the rules of all. Error: "file:line:column: /json/pointer: what is wrong",
/// one line, escaped.
Expected<RuleBook::Content, std::string> load_rules(std::span<const RuleFile> files);

/// The same with files from rule folders behind them, within the limits of invariant 12
/// (host/rules/README.md). A file that is broken is named in `complaints` and skipped; its lists and rules
/// are known to no other file.
RuleBook::Content load_rules(std::span<const RuleFile> built_in, std::span<const OutsideRuleFile> outside,
                             std::vector<std::string>& complaints);

}  // namespace reprompt
