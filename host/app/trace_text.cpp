// SPDX-License-Identifier: MPL-2.0
#include "app/trace_text.hpp"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

namespace reprompt {
namespace {

using nlohmann::json;

constexpr std::size_t most_told = 6;  // rules that are near
constexpr std::size_t width = 100;

std::string joined(const std::vector<std::string>& list, const char* between = ", ") {
    std::string out;
    for (const auto& each : list)
        out += (out.empty() ? "" : between) + each;
    return out;
}

/// `label` in a column of its own, the parts behind it, broken between parts.
void tell(std::ostream& out, const char* label, const std::vector<std::string>& parts) {
    std::string line = "    " + std::string(label);
    line.resize(13, ' ');
    bool first = true;
    for (const auto& part : parts) {
        if (!first && line.size() + part.size() + 2 > width) {
            out << line << ",\n";
            line.assign(13, ' ');
            first = true;
        }
        line += (first ? "" : ", ") + part;
        first = false;
    }
    out << line << "\n";
}

std::string headline(const TracedRule& rule) {
    std::string out = rule.id + " -> " + name_of(rule.verdict) + " (" + name_of(rule.confidence) + ")";
    if (rule.origin != RuleOrigin::built_in) out += std::string(" [") + name_of(rule.origin) + "]";
    return out;
}

/// One predicate keeps it away, and at least two hold: worth a look by whoever writes a rule.
bool is_near(const TracedRule& rule) {
    return rule.missing.size() == 1 && rule.met.size() >= 2;
}

/// "words \"a\" or one of 3 more" -> "words"
std::string kind_of(const std::string& predicate) {
    return predicate.substr(0, predicate.find(' '));
}

void tell_others(std::ostream& out, const std::vector<const TracedRule*>& others) {
    if (others.empty()) return;
    std::map<std::string, std::size_t> count;
    for (const auto* rule : others)
        ++count[kind_of(rule->missing.front())];
    std::vector<std::pair<std::string, std::size_t>> sorted(count.begin(), count.end());
    std::stable_sort(sorted.begin(), sorted.end(),
                     [](const auto& left, const auto& right) { return left.second > right.second; });
    std::vector<std::string> parts;
    parts.reserve(sorted.size());
    for (const auto& [kind, number] : sorted)
        parts.push_back(std::to_string(number) + " for " + kind);
    parts.front() = std::to_string(others.size()) + " more that do not hold: " + parts.front();
    tell(out, "others", parts);
}

void tell_trace(std::ostream& out, const Trace& trace) {
    out << "  judged: " << trace.of << "\n";
    std::vector<std::string> read;
    for (const auto& [name, value] : trace.read)
        read.push_back(name + " " + (name == "words" ? "\"" + value + "\"" : value));
    tell(out, "read", read);
    if (trace.accepted) {
        tell(out, "decided", {"the server said yes; no rule is asked"});
        return;
    }
    std::vector<const TracedRule*> also, near, others;
    bool decided = false;
    for (const auto& rule : trace.rules) {
        if (rule.decided) {
            decided = true;
            tell(out, "decided", {headline(rule)});
            tell(out, "", {"because " + joined(rule.met)});
        } else if (rule.missing.empty()) {
            also.push_back(&rule);
        } else if (is_near(rule)) {
            near.push_back(&rule);
        } else {
            others.push_back(&rule);
        }
    }
    if (!decided) tell(out, "decided", {"no rule holds"});
    for (const auto* rule : also) {
        if (rule->overruled) {
            tell(out, "overruled",
                 {headline(*rule) +
                  ": it holds, but what the server said has another meaning for Reprompt's own rules "
                  "or by its response code"});
        } else {
            tell(out, "also", {headline(*rule) + ": " + joined(rule->met)});
        }
    }
    std::stable_sort(near.begin(), near.end(), [](const TracedRule* left, const TracedRule* right) {
        return left->met.size() > right->met.size();
    });
    for (std::size_t i = 0; i < near.size(); ++i) {
        if (i < most_told) {
            tell(out, "near", {headline(*near[i]) + ": but " + joined(near[i]->missing)});
        } else {
            others.push_back(near[i]);
        }
    }
    tell_others(out, others);
}

}  // namespace

json trace_to_json(const std::vector<Trace>& traces) {
    auto out = json::array();
    for (const auto& trace : traces) {
        json rules = json::array();
        for (const auto& rule : trace.rules) {
            json one = {{"rule", rule.id},
                        {"verdict", name_of(rule.verdict)},
                        {"confidence", name_of(rule.confidence)},
                        {"held", rule.missing.empty()},
                        {"met", rule.met},
                        {"missing", rule.missing}};
            if (rule.decided) one["decided"] = true;
            if (rule.overruled) one["overruled"] = true;
            if (rule.origin != RuleOrigin::built_in) one["origin"] = name_of(rule.origin);
            rules.push_back(std::move(one));
        }
        json read = json::object();
        for (const auto& [name, value] : trace.read)
            read[name] = value;
        out.push_back({{"of", trace.of}, {"read", std::move(read)}, {"rules", std::move(rules)}});
    }
    return out;
}

std::string trace_text(const std::vector<Trace>& traces) {
    std::ostringstream out;
    for (const auto& trace : traces)
        tell_trace(out, trace);
    return out.str();
}

}  // namespace reprompt
