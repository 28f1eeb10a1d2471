// SPDX-License-Identifier: MPL-2.0
#include "app/explain.hpp"

#include <algorithm>
#include <istream>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>
#include <set>
#include <vector>

#include "app/trace_text.hpp"
#include "base/text.hpp"
#include "diagnose/diagnose.hpp"
#include "diagnose/trace.hpp"
#include "evidence/evidence_json.hpp"

namespace reprompt {
namespace {

using nlohmann::json;

constexpr int deepest = 32;

Explained unreadable(const json& id, std::string why) {
    return {json{{"id", id}, {"error", std::move(why)}}.dump(-1, ' ', false, json::error_handler_t::replace),
            false, ""};
}

// nullopt and `error` if `line` is not one JSON object without duplicate keys. `id` is kept as far as it was
// read.
std::optional<json> parse_object(std::string_view line, std::string& error) {
    std::vector<std::set<std::string>> keys;
    bool duplicate = false;
    bool deep = false;
    const auto check = [&](int depth, json::parse_event_t event, json& value) {
        if (depth > deepest) {
            deep = true;
            return false;
        }
        switch (event) {
            case json::parse_event_t::object_start:
                keys.emplace_back();
                break;
            case json::parse_event_t::object_end:
                keys.pop_back();
                break;
            case json::parse_event_t::key:
                if (!keys.back().insert(value.get<std::string>()).second && !duplicate) {
                    duplicate = true;
                    error = "duplicate key " + escape_server_words(value.get<std::string>(), 64);
                }
                break;
            case json::parse_event_t::array_start:
            case json::parse_event_t::array_end:
            case json::parse_event_t::value:
                break;
        }
        return true;
    };
    auto value = json::parse(line, check, false);
    if (deep) {
        error = "nested too deeply";
    } else if (value.is_discarded()) {
        error = "not JSON";
    } else if (!value.is_object()) {
        error = "not a JSON object";
    }
    if (!error.empty() && !value.is_object()) return std::nullopt;
    return value;
}

// Facts of the verdict in words that may leave this machine: the server's words were escaped before and are
// masked here.
json because_of(const Verdict& verdict) {
    auto out = json::array();
    for (const auto& words : verdict.server_words)
        out.push_back("the server said: " + mask_identity(words, ""));
    for (const auto& fact : verdict.because)
        out.push_back(fact);
    return out;
}

/// The line as it was before a mail program quoted it ("> ", RFC 3676 section 4.5), without its end; "" if
/// blank.
std::string_view without_quoting(std::string_view line) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (trim(line).empty()) return {};
    for (;;) {
        const auto begin = line.find_first_not_of(" \t");
        if (begin == std::string_view::npos) return {};
        if (line[begin] != '>') return line[begin] == '#' ? line.substr(begin) : line;
        line.remove_prefix(begin + 1);
    }
}

}  // namespace

Explained explain_one(std::string_view line, const RuleBook& rules, Tracing tracing) {
    if (line.size() > longest_explain_line) return unreadable(nullptr, "line over 1 MiB");
    std::string error;
    const auto object = parse_object(line, error);
    if (!object) return unreadable(nullptr, error);
    const auto it = object->find("id");
    const bool named = it != object->end() && (it->is_string() || it->is_number_integer());
    const json id = named ? *it : json(nullptr);
    if (!error.empty()) return unreadable(id, error);
    if (!named) return unreadable(id, "/id: expected a string");
    const auto form = object->find("evidence");
    const bool whole = form != object->end() && form->is_object();  // a corpus writes "evidence": "wire"
    const auto evidence = whole ? evidence_from_json(*form) : evidence_from_explain_line(*object);
    if (!evidence) return unreadable(id, evidence.error());
    const auto verdict = diagnose(*evidence, rules);
    json out = {{"id", id},
                {"verdict", name_of(verdict.code)},
                {"confidence", name_of(verdict.confidence)},
                {"rule", verdict.rule},
                {"advice", verdict.advice},
                {"retry_is_safe", verdict.retry_is_safe},
                {"because", because_of(verdict)}};
    Explained answer;
    if (tracing != Tracing::none) {
        const auto traces = trace(*evidence, rules);
        if (tracing == Tracing::json) out["trace"] = trace_to_json(traces);
        if (tracing == Tracing::text) {
            const auto name = it->is_string() ? it->get<std::string>() : it->dump();
            answer.trace = escape_server_words(name, 100) + ": " + name_of(verdict.code) + " (" +
                           name_of(verdict.confidence) + "), rule " + verdict.rule + "\n" +
                           trace_text(traces);
        }
    }
    answer.unread = unread_keys(*object);
    answer.json = out.dump(-1, ' ', false, json::error_handler_t::replace);
    return answer;
}

std::string explain_line(std::string_view line, const RuleBook& rules, bool trace) {
    return explain_one(line, rules, trace ? Tracing::json : Tracing::none).json;
}

namespace {

/// Keys that nobody reads: each said once, where it comes first; those that are like no known key, which
/// are rather somebody's own remarks than a slip, in one line.
void tell_unread(const std::vector<UnreadKey>& keys, std::size_t line, std::set<std::string>& told,
                 std::ostream& err) {
    constexpr std::size_t most_told = 20;
    const auto begin = "reprompt: line " + std::to_string(line) + ": ";
    std::string strange;
    bool wrong_form = false;
    for (const auto& [path, meant, of_evidence] : keys) {
        if (told.size() >= most_told || !told.insert(path).second) continue;
        wrong_form = wrong_form || of_evidence;
        if (meant.empty()) {
            strange += (strange.empty() ? "" : ", ") + path;
        } else {
            err << begin << path << ": this key is not known and does nothing; did you mean \"" << meant
                << "\"?\n";
        }
    }
    if (!strange.empty()) err << begin << "keys that are not known and do nothing: " << strange << "\n";
    if (wrong_form)
        err << begin << "what `probe --json` calls evidence is read as {\"id\":\"1\",\"evidence\":{…}}\n";
}

}  // namespace

bool explain_stream(std::istream& in, std::ostream& out, std::ostream& traces, const RuleBook& rules,
                    Tracing tracing) {
    bool all_ok = true;
    std::string line;
    std::size_t number = 0;
    std::set<std::string> told;
    const auto finish = [&] {
        ++number;
        const auto said = without_quoting(line);
        if (said.empty() || said.starts_with('#')) return;
        auto explained = explain_one(said, rules, tracing);
        if (!explained.readable) {
            all_ok = false;
            explained.json.insert(explained.json.size() - 1, ",\"line\":" + std::to_string(number));
        }
        tell_unread(explained.unread, number, told, traces);
        if (!explained.trace.empty()) {
            traces << explained.trace << std::flush;
            out << explained.json << std::endl;  // in step, where both go to one terminal
        } else {
            out << explained.json << '\n';
        }
    };
    // Not std::getline: a line without end must not fill the memory.
    std::vector<char> buffer(64 * 1024);
    while (in && out) {  // nobody reads the answers any more: no more are made
        in.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
        std::string_view chunk(buffer.data(), static_cast<std::size_t>(in.gcount()));
        while (!chunk.empty()) {
            const auto end = chunk.find('\n');
            const auto part = chunk.substr(0, end);
            // One octet beyond the limit is enough to know that it is too long (and one for the CR).
            line.append(
                part.substr(0, longest_explain_line + 2 - std::min(line.size(), longest_explain_line + 2)));
            if (end == std::string_view::npos) break;
            finish();
            line.clear();
            chunk.remove_prefix(end + 1);
        }
    }
    finish();
    out.flush();
    return all_ok;
}

}  // namespace reprompt
