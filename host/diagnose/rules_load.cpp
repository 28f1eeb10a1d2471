// SPDX-License-Identifier: MPL-2.0
#include "diagnose/rules_load.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "diagnose/words.hpp"

namespace reprompt {
namespace {

using nlohmann::json;
constexpr std::size_t longest_phrase = 60;

// Thrown inside this file only; load_rules turns it into its error.
struct BadRule {
    std::string path, expected;
};

template <class Enum>
struct Word {
    std::string_view name;
    Enum value;
};
constexpr std::array<Word<CredentialClass>, 5> credential_words{{{"password", CredentialClass::password},
                                                                 {"token", CredentialClass::token},
                                                                 {"none", CredentialClass::none},
                                                                 {"other", CredentialClass::other},
                                                                 {"unknown", CredentialClass::unknown}}};
constexpr std::array<Word<ReplyStatus>, 9> status_words{{{"none", ReplyStatus::none},
                                                         {"ok", ReplyStatus::ok},
                                                         {"no", ReplyStatus::no},
                                                         {"bad", ReplyStatus::bad},
                                                         {"bye", ReplyStatus::bye},
                                                         {"more", ReplyStatus::more},
                                                         {"err", ReplyStatus::err},
                                                         {"4xx", ReplyStatus::transient},
                                                         {"5xx", ReplyStatus::permanent}}};
constexpr std::array<Word<ChannelState>, 3> channel_words{
    {{"plain", ChannelState::plain}, {"tls", ChannelState::tls}, {"unknown", ChannelState::unknown}}};

class Loader {
  public:
    RuleBook::Content content;

    void read_lists(const json& file) {
        want(file.is_object(), "", "an object");
        only(file, "",
             {"$schema", "version", "about", "lists", "plain_words", "unfinished", "providers", "rules"});
        want(file.contains("version") && file["version"] == 1, "/version", "1");
        if (file.contains("lists")) {
            want(file["lists"].is_object(), "/lists", "an object");
            for (const auto& [name, list] : file["lists"].items())
                lists_[name] = &list;
        }
        for (const auto& line : strings(file, "plain_words", "")) {
            for_each_plain_word(fold_words(line),
                                [&](std::string_view word) { content.plain_words.emplace(word); });
        }
    }

    void read_unfinished(const json& file) {
        for (auto& ending : strings(file, "unfinished", "")) {
            want(fold_words(ending) == ending, "/unfinished", "folded words, not \"" + ending + "\"");
            content.unfinished.push_back(std::move(ending));
        }
    }

    void read_providers(const json& file) {
        if (!file.contains("providers")) return;
        want(file["providers"].is_array(), "/providers", "a list");
        for (std::size_t i = 0; i < file["providers"].size(); ++i) {
            const auto path = "/providers/" + std::to_string(i);
            const auto& in = file["providers"][i];
            want(in.is_object(), path, "an object");
            only(in, path,
                 {"id", "name", "hosts", "domains", "mx", "accepts_password", "advice", "links", "source",
                  "date", "note"});
            Provider out;
            out.id = text(in, "id", path);
            want(content.provider(out.id) == nullptr, path + "/id", "an id of its own");
            out.name = text(in, "name", path);
            out.hosts = names(in, "hosts", path);
            out.domains = names(in, "domains", path);
            out.mx = names(in, "mx", path);
            out.accepts_password = text(in, "accepts_password", path);
            want(out.accepts_password == "yes" || out.accepts_password == "no" ||
                     out.accepts_password == "conditional",
                 path + "/accepts_password", "yes, no or conditional");
            out.advice = advice(in, path);
            out.links = links(in, path);
            out.source = text(in, "source", path);
            out.date = text(in, "date", path);
            content.providers.push_back(std::move(out));
        }
    }

    void read_rules(const json& file) {
        if (!file.contains("rules")) return;
        want(file["rules"].is_array(), "/rules", "a list");
        for (std::size_t i = 0; i < file["rules"].size(); ++i) {
            content.rules.push_back(read_rule(file["rules"][i], "/rules/" + std::to_string(i)));
        }
    }

    void finish() {
        std::stable_sort(content.rules.begin(), content.rules.end(),
                         [](const Rule& left, const Rule& right) { return bound(left) > bound(right); });
    }

  private:
    std::map<std::string, const json*> lists_;
    std::set<std::string> rule_ids_;

    static bool bound(const Rule& rule) { return !rule.when.provider.empty() || !rule.when.host.empty(); }

    static void want(bool good, const std::string& path, const std::string& expected) {
        if (!good) throw BadRule{path, expected};
    }
    static void only(const json& object, const std::string& path,
                     std::initializer_list<std::string_view> known) {
        for (const auto& [key, unused] : object.items()) {
            want(std::find(known.begin(), known.end(), key) != known.end(), path + "/" + key, "no such key");
        }
    }
    static std::string text(const json& object, const char* key, const std::string& path) {
        want(object.contains(key) && object[key].is_string() &&
                 !object[key].get_ref<const std::string&>().empty(),
             path + "/" + key, "a string");
        return object[key].get<std::string>();
    }
    /// A missing key is an empty list, a string a list of one.
    static std::vector<std::string> strings(const json& object, const char* key, const std::string& path) {
        std::vector<std::string> out;
        if (!object.contains(key)) return out;
        const auto& value = object[key];
        if (value.is_string()) return {value.get<std::string>()};
        want(value.is_array() && !value.empty(), path + "/" + key, "a string or a list of strings");
        for (const auto& each : value) {
            want(each.is_string(), path + "/" + key, "a list of strings");
            out.push_back(each.get<std::string>());
        }
        return out;
    }
    static std::vector<std::string> names(const json& object, const char* key, const std::string& path) {
        auto out = strings(object, key, path);
        for (auto& name : out) {
            want(name.find('.') != std::string::npos && name == to_lower(name), path + "/" + key,
                 "lower-case host names");
        }
        return out;
    }
    static std::vector<std::string> advice(const json& object, const std::string& path) {
        auto out = strings(object, "advice", path);
        for (const auto& word : out) {
            want(std::find(std::begin(advice_words), std::end(advice_words), word) != std::end(advice_words),
                 path + "/advice", "known words, not " + word);
        }
        return out;
    }
    static std::map<std::string, std::string> links(const json& object, const std::string& path) {
        std::map<std::string, std::string> out;
        if (!object.contains("links")) return out;
        want(object["links"].is_object(), path + "/links", "an object");
        for (const auto& [key, value] : object["links"].items()) {
            const auto at = path + "/links/" + key;
            want(std::find(std::begin(link_keys), std::end(link_keys), key) != std::end(link_keys), at,
                 "a known key");
            want(value.is_string() && value.get_ref<const std::string&>().starts_with("https://"), at,
                 "an https URL");
            out[key] = value.get<std::string>();
        }
        return out;
    }
    static std::optional<bool> flag(const json& object, const char* key, const std::string& path) {
        if (!object.contains(key)) return std::nullopt;
        want(object[key].is_boolean(), path + "/" + key, "true or false");
        return object[key].get<bool>();
    }
    template <class Enum, std::size_t Size>
    static std::vector<Enum> words(const json& object, const char* key, const std::string& path,
                                   const std::array<Word<Enum>, Size>& known) {
        std::vector<Enum> out;
        for (const auto& name : strings(object, key, path)) {
            const auto it = std::find_if(known.begin(), known.end(),
                                         [&](const Word<Enum>& each) { return each.name == name; });
            want(it != known.end(), path + "/" + key, "known words, not " + name);
            out.push_back(it->value);
        }
        return out;
    }
    template <class Enum>
    static std::vector<Enum> words(const json& object, const char* key, const std::string& path,
                                   std::optional<Enum> (*from)(std::string_view) noexcept) {
        std::vector<Enum> out;
        for (const auto& name : strings(object, key, path)) {
            const auto value = from(name);
            want(value.has_value(), path + "/" + key, "known words, not " + name);
            out.push_back(*value);
        }
        return out;
    }

    static std::string phrase(const json& value, const std::string& path) {
        want(value.is_string(), path, "a phrase");
        auto out = value.get<std::string>();
        want(out.size() >= 2 && out.size() <= longest_phrase, path,
             "a phrase of 2 to 60 octets, not \"" + out + "\"");
        want(fold_words(out) == out, path,
             "a folded phrase (lower case, single blanks), not \"" + out + "\"");
        return out;
    }
    /// "@name", a phrase, or a list of both.
    void collect(const json& value, const std::string& path, std::vector<std::string>& out,
                 int depth = 0) const {
        if (value.is_array()) {
            want(!value.empty(), path, "a list with something in it");
            for (const auto& each : value)
                collect(each, path, out, depth);
        } else if (value.is_string() && value.get_ref<const std::string&>().starts_with("@")) {
            const auto it = lists_.find(value.get_ref<const std::string&>().substr(1));
            want(it != lists_.end() && depth < 4, path, "a known list, not " + value.get<std::string>());
            collect(*it->second, path + "/" + it->first, out, depth + 1);
        } else {
            out.push_back(phrase(value, path));
        }
    }
    std::uint16_t list(const json& value, const std::string& path) {
        std::vector<std::string> out;
        collect(value, path, out);
        return content.phrases.add_list(std::move(out));
    }

    void read_words(const json& in, const std::string& path, When& when) {
        want(in.is_object(), path, "an object");
        only(in, path, {"any", "all", "none", "prefix", "suffix", "equals"});
        if (in.contains("any")) when.all_lists.push_back(list(in["any"], path + "/any"));
        if (in.contains("all")) {
            want(in["all"].is_array(), path + "/all", "a list");
            for (const auto& each : in["all"])
                when.all_lists.push_back(list(each, path + "/all"));
        }
        if (in.contains("none")) when.no_lists.push_back(list(in["none"], path + "/none"));
        const auto phrases = [&](const char* key) {
            std::vector<std::string> out;
            if (in.contains(key)) collect(in[key], path + "/" + key, out);
            return out;
        };
        when.prefix = phrases("prefix");
        when.suffix = phrases("suffix");
        when.equals = phrases("equals");
    }

    When read_when(const json& in, const std::string& path) {
        want(in.is_object() && !in.empty(), path, "an object with at least one predicate");
        only(in, path, {"provider",
                        "host",
                        "protocol",
                        "credential",
                        "mechanism",
                        "status",
                        "code",
                        "only_codes",
                        "smtp",
                        "enhanced",
                        "oauth_status",
                        "words",
                        "plain",
                        "offered",
                        "not_offered",
                        "used_offered",
                        "offers_password",
                        "offers_token",
                        "login_disabled",
                        "starttls",
                        "channel",
                        "tls_mode",
                        "stage",
                        "failure",
                        "configured_auth",
                        "attempt",
                        "accepted",
                        "complete",
                        "slow"});
        When out;
        out.provider = strings(in, "provider", path);
        for (const auto& id : out.provider)
            want(content.provider(id) != nullptr, path + "/provider", "a known provider, not " + id);
        out.host = names(in, "host", path);
        out.protocol = words<Protocol>(in, "protocol", path, protocol_from);
        out.credential = words(in, "credential", path, credential_words);
        out.mechanism = strings(in, "mechanism", path);
        out.status = words(in, "status", path, status_words);
        out.code = strings(in, "code", path);
        out.only_codes = strings(in, "only_codes", path);
        if (in.contains("smtp")) {
            want(in["smtp"].is_array(), path + "/smtp", "a list of numbers");
            for (const auto& code : in["smtp"]) {
                want(code.is_number_unsigned(), path + "/smtp", "a list of numbers");
                out.smtp.push_back(code.get<int>());
            }
        }
        out.enhanced = strings(in, "enhanced", path);
        out.oauth_status = strings(in, "oauth_status", path);
        if (in.contains("words")) read_words(in["words"], path + "/words", out);
        out.plain = flag(in, "plain", path);
        out.offered = strings(in, "offered", path);
        out.not_offered = strings(in, "not_offered", path);
        out.used_offered = flag(in, "used_offered", path);
        out.offers_password = flag(in, "offers_password", path);
        out.offers_token = flag(in, "offers_token", path);
        out.login_disabled = flag(in, "login_disabled", path);
        out.starttls = flag(in, "starttls", path);
        out.channel = words(in, "channel", path, channel_words);
        out.tls_mode = words<TlsMode>(in, "tls_mode", path, tls_mode_from);
        out.stage = words<Stage>(in, "stage", path, stage_from);
        out.failure = words<Failure>(in, "failure", path, failure_from);
        out.configured_auth = strings(in, "configured_auth", path);
        out.attempt = flag(in, "attempt", path);
        out.accepted = flag(in, "accepted", path);
        out.complete = flag(in, "complete", path);
        out.slow = flag(in, "slow", path);
        return out;
    }

    Rule read_rule(const json& in, const std::string& path) {
        want(in.is_object(), path, "an object");
        only(in, path,
             {"id", "verdict", "confidence", "when", "advice", "links", "source", "date", "sample", "note"});
        Rule out;
        out.id = text(in, "id", path);
        want(rule_ids_.insert(out.id).second, path + "/id", "an id of its own, not " + out.id);
        const auto verdict = verdict_code_from(text(in, "verdict", path));
        want(verdict.has_value(), path + "/verdict", "a verdict");
        out.verdict = *verdict;
        const auto confidence = confidence_from(text(in, "confidence", path));
        want(confidence.has_value(), path + "/confidence", "guess, likely or certain");
        out.confidence = *confidence;
        want(in.contains("when"), path + "/when", "an object");
        out.when = read_when(in["when"], path + "/when");
        out.advice = advice(in, path);
        out.links = links(in, path);
        out.source = text(in, "source", path);
        out.date = text(in, "date", path);
        want(in.contains("sample") && in["sample"].is_object(), path + "/sample", "an explain line");
        out.sample = in["sample"].dump();
        return out;
    }
};

}  // namespace

Expected<RuleBook::Content, std::string> load_rules(std::span<const RuleFile> files) {
    Loader loader;
    std::vector<json> parsed;
    for (const auto& file : files) {
        try {
            parsed.push_back(json::parse(file.json));
        } catch (const json::exception& broken) {
            return Unexpected<std::string>(std::string(file.name) + ": " + broken.what());
        }
    }
    using Step = void (Loader::*)(const json&);
    for (const Step step :
         {&Loader::read_lists, &Loader::read_unfinished, &Loader::read_providers, &Loader::read_rules}) {
        for (std::size_t i = 0; i < parsed.size(); ++i) {
            try {
                (loader.*step)(parsed[i]);
            } catch (const BadRule& bad) {
                return Unexpected<std::string>(std::string(files[i].name) + ": " +
                                               (bad.path.empty() ? "/" : bad.path) + ": expected " +
                                               bad.expected);
            } catch (const json::exception& broken) {
                return Unexpected<std::string>(std::string(files[i].name) + ": " + broken.what());
            }
        }
    }
    loader.finish();
    return std::move(loader.content);
}

}  // namespace reprompt
