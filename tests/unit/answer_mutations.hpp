// SPDX-License-Identifier: MPL-2.0
// Changed answers: what another server, another version or a help desk's copy would make of an answer that
// means the same. Belongs here: how a line is changed. Does not belong here: what must stay true
// (rules_mutation_test).
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace reprompt {

struct Mutation {
    std::string kind;  ///< "case", "truncated", … as the figures name it
    nlohmann::json line;
};

/// Case, blanks, tags, unknown codes, order of the clauses, cuts, words before and behind, replies of several
/// lines.
std::vector<Mutation> mutations_of_text(const nlohmann::json& line);

/// Another host, mechanism and kind of TLS around the same words.
std::vector<Mutation> mutations_of_surroundings(const nlohmann::json& line);

/// What a line of a reply consists of: what the protocol says, and the words. "a1 NO [ALERT] " and "Web login
/// required."
struct Parted {
    std::string head, text;
};
Parted parted(const std::string& protocol, const std::string& line);

}  // namespace reprompt
