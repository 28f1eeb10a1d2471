// SPDX-License-Identifier: MPL-2.0
// The keys of the evidence are those that evidence_to_json writes when there is something of everything, so
// that this list cannot fall behind.
#include "evidence/unread_keys.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>

#include "base/nearest.hpp"
#include "base/text.hpp"
#include "evidence/evidence_json.hpp"

namespace reprompt {
namespace {

using nlohmann::json;

constexpr std::size_t most_keys = 20;

/// Evidence with something of everything.
json all_of_evidence() {
    Evidence evidence;
    evidence.host = "h";
    evidence.addresses = {{}};
    evidence.second_look.emplace();
    evidence.attempt.emplace();
    evidence.attempts_used_up = true;
    evidence.heard = {{}};
    evidence.domain.name = "d";
    evidence.domain.srv = {{}};
    for (auto stage = Stage::resolve;; stage = static_cast<Stage>(static_cast<int>(stage) + 1)) {
        evidence.timings_ms[name_of(stage)] = 0;
        if (stage == Stage::done) break;
    }
    return evidence_to_json(evidence);
}

/// The line with something of everything; `heard` has the same entries in both forms.
json whole_form() {
    return {{"id", ""}, {"evidence", all_of_evidence()}};
}
json flat_form() {
    json form = {{"id", ""},      {"protocol", ""},  {"host", ""},     {"port", 0},   {"tls", ""},
                 {"offered", ""}, {"mechanism", ""}, {"response", ""}, {"stage", ""}, {"failure", ""}};
    form["heard"] = all_of_evidence()["heard"];
    return form;
}

void compare(const json& given, const json& form, const std::string& path, std::vector<UnreadKey>& out) {
    if (given.is_array() && form.is_array() && !form.empty()) {
        for (std::size_t i = 0; i < given.size() && out.size() < most_keys; ++i)
            compare(given[i], form[0], path + "/" + std::to_string(i), out);
        return;
    }
    if (!given.is_object() || !form.is_object()) return;
    std::vector<std::string_view> known;
    for (const auto& [key, unused] : form.items())
        known.push_back(form.find(key).key());
    for (const auto& [key, value] : given.items()) {
        if (out.size() >= most_keys) return;
        const auto place = path + "/" + escape_server_words(key, 64);
        const auto found = form.find(key);
        if (found != form.end()) {
            compare(value, *found, place, out);
        } else {
            out.push_back({escape_server_words(place, 200), std::string(nearest(key, known)), false});
        }
    }
}

}  // namespace

std::vector<UnreadKey> unread_keys(const json& line) {
    static const json whole = whole_form(), flat = flat_form();
    std::vector<UnreadKey> out;
    const auto form = line.find("evidence");
    const bool is_whole = form != line.end() && form->is_object();
    if (is_whole && line.contains("verdict")) {  // an answer of `batch`: what it concluded is concluded anew
        compare(*form, whole["evidence"], "/evidence", out);
        return out;
    }
    compare(line, is_whole ? whole : flat, "", out);
    if (is_whole) return out;
    const auto& evidence = whole["evidence"];
    for (auto& key : out)
        key.of_evidence = evidence.contains(key.path.substr(1));
    return out;
}

}  // namespace reprompt
