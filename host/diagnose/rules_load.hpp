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

/// Lists of all files are known to the rules of all. Error: "file: /json/path: what was expected".
Expected<RuleBook::Content, std::string> load_rules(std::span<const RuleFile> files);

}  // namespace reprompt
