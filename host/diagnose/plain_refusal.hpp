// SPDX-License-Identifier: MPL-2.0
// Plain refusal: whether a server's words say nothing but "no" to the credential, to their end. Only such
// words may make a saved password disappear. Belongs here: vocabulary, and what looks cut off. Does not
// belong here: folding (words), what a refusal means (rules).
#pragma once

#include <string_view>

#include "diagnose/rule_content.hpp"

namespace reprompt {

/// True if every word of `folded` is in the book's vocabulary of plain refusals and the text has an end: its
/// last clause refuses, or is one that follows a refusal ("please try again"), or only an id, and does not
/// stop at a word that wants another ("the", "your", "login failed:").
bool is_plain_refusal(std::string_view folded, const RuleBook::Content& rules);

}  // namespace reprompt
