// SPDX-License-Identifier: MPL-2.0
#include "diagnose/rules_load.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "diagnose/json_place.hpp"
#include "diagnose/rule_fields.hpp"
#include "diagnose/words.hpp"

namespace reprompt {
namespace {

using namespace rule_fields;

constexpr std::size_t longest_phrase = 60;
constexpr int most_nested_lists = 4;      // one in another; a list of itself ends here too
constexpr std::size_t most_lists = 8000;  // of phrases; ids have 16 bits, and no honest book comes near

// What a verdict's "rule" says when no rule decided.
constexpr std::string_view reserved_ids[] = {"none",          "ledger",   "attempts-used-up",
                                             "no-credential", "accepted", "accepted-over-tls"};

constexpr const char* only_the_organisation =
    "only the administrator (/etc) and the organisation's policy speak as the organisation";

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
constexpr std::array<Word<Finding>, 3> finding_words{{{"clock_behind", Finding::clock_behind},
                                                      {"intercepted", Finding::intercepted},
                                                      {"captive_portal", Finding::captive_portal}}};
constexpr std::array<Word<ChannelState>, 3> channel_words{
    {{"plain", ChannelState::plain}, {"tls", ChannelState::tls}, {"unknown", ChannelState::unknown}}};

class Loader {
  public:
    RuleBook::Content content;

    Loader() = default;
    /// Goes on where the built-in rules end.
    Loader(RuleBook::Content built_in, NamedLists lists)
        : content(std::move(built_in)), collected_(std::move(lists)) {
        for (const auto& [name, unused] : collected_)
            lists_.emplace(name, json());
        for (const auto& rule : content.rules)
            rule_ids_.insert(rule.id);
    }

    /// Rules read from here on come from there. Lists of earlier files stay known, their names taken.
    void begin(RuleOrigin origin) { origin_ = origin; }

    void read_lists(const json& file) {
        want(file.is_object(), "", "an object");
        only(file, "",
             {"$schema", "version", "about", "organisation", "lists", "plain_words", "unfinished", "software",
              "interceptors", "providers", "rules"});
        want(file.contains("version") && file["version"] == 1, "/version", "1");
        for (const char* key : {"plain_words", "unfinished", "software", "providers"})
            allow(!outside() || !file.contains(key), std::string("/") + key,
                  "not in a rule folder: what holds for more servers than a rule names is built in");
        allow(origin_ != RuleOrigin::user || !file.contains("interceptors"), "/interceptors",
              "only the administrator (/etc) says whose an issuer is");
        organisation_.clear();
        if (file.contains("organisation")) {
            allow(is_organisation(origin_), "/organisation", only_the_organisation);
            organisation_ = plain_text(file["organisation"], "/organisation", longest_organisation);
        }
        if (file.contains("lists")) {
            want(file["lists"].is_object(), "/lists", "an object");
            for (const auto& [name, list] : file["lists"].items()) {
                const auto path = "/lists/" + json_pointer_token(name);
                want(lists_.emplace(name, list).second, path, "a name of its own");
            }
        }
        for (const auto& line : strings(file, "plain_words", "")) {
            for_each_plain_word(fold_words(line),
                                [&](std::string_view word) { content.plain_words.emplace(word); });
        }
    }

    /// A file's own lists are nobody else's business: back to those of `before`.
    void forget_lists_of(const Loader& before) {
        lists_ = before.lists_;
        list_ids_ = before.list_ids_;
        collected_ = before.collected_;
    }

    void read_unfinished(const json& file) {
        for (auto& ending : strings(file, "unfinished", "")) {
            want(fold_words(ending) == ending, "/unfinished", "folded words, not \"" + ending + "\"");
            content.unfinished.push_back(std::move(ending));
        }
        if (outside() || !file.contains("lists")) return;
        if (file["lists"].contains("refused")) content.refusals = list("@refused", "/lists/refused");
        if (file["lists"].contains("tails")) content.tails = list("@tails", "/lists/tails");
    }

    void read_software(const json& file) {
        if (!file.contains("software")) return;
        want(file["software"].is_array(), "/software", "a list");
        for (std::size_t i = 0; i < file["software"].size(); ++i) {
            const auto path = "/software/" + std::to_string(i);
            const auto& in = file["software"][i];
            want(in.is_object(), path, "an object");
            only(in, path, {"id", "name", "greeting"});
            content.software.push_back({text(in, "id", path), text(in, "name", path), phrases(in, path)});
        }
    }

    void read_interceptors(const json& file) {
        if (!file.contains("interceptors")) return;
        want(file["interceptors"].is_array(), "/interceptors", "a list");
        for (std::size_t i = 0; i < file["interceptors"].size(); ++i) {
            const auto path = "/interceptors/" + std::to_string(i);
            const auto& in = file["interceptors"][i];
            want(in.is_object(), path, "an object");
            only(in, path, {"name", "kind", "issuer", "source", "date"});
            Interceptor out{text(in, "name", path), text(in, "kind", path), strings(in, "issuer", path),
                            text(in, "source", path), date(in, path)};
            want(out.kind == "antivirus" || out.kind == "proxy" || out.kind == "debugger", path + "/kind",
                 "antivirus, proxy or debugger");
            want(!out.issuers.empty(), path + "/issuer", "a phrase");
            for (const auto& each : out.issuers)
                phrase(each, path + "/issuer");
            content.interceptors.push_back(std::move(out));
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
                 {"id", "name", "hosts", "domains", "mx", "greeting", "capabilities", "software", "servers",
                  "accepts_password", "advice", "links", "source", "date", "note"});
            Provider out;
            out.id = text(in, "id", path);
            want(content.provider(out.id) == nullptr, path + "/id", "an id of its own");
            out.name = text(in, "name", path);
            out.hosts = names(in, "hosts", path);
            out.domains = names(in, "domains", path);
            out.mx = names(in, "mx", path);
            out.greeting = phrases(in, path);
            out.capabilities = strings(in, "capabilities", path);
            out.software = strings(in, "software", path);
            for (const auto& id : out.software) {
                want(std::any_of(content.software.begin(), content.software.end(),
                                 [&](const Software& each) { return each.id == id; }),
                     path + "/software", "known software, not " + id);
            }
            read_servers(in, path, out);
            out.accepts_password = text(in, "accepts_password", path);
            want(out.accepts_password == "yes" || out.accepts_password == "no" ||
                     out.accepts_password == "conditional",
                 path + "/accepts_password", "yes, no or conditional");
            out.advice = advice(in, path);
            out.links = links(in, path);
            out.source = text(in, "source", path);
            out.date = date(in, path);
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

    /// All lists, those too that no built-in rule asks for.
    const NamedLists& all_lists() {
        for (const auto& [name, unused] : lists_)
            collect_list(name, "/lists/" + json_pointer_token(name), 0);
        return collected_;
    }

    void finish() {
        std::stable_sort(content.rules.begin(), content.rules.end(),
                         [](const Rule& left, const Rule& right) { return rank(left) < rank(right); });
    }

  private:
    RuleOrigin origin_ = RuleOrigin::built_in;
    std::map<std::string, json> lists_;
    std::map<std::string, std::uint16_t> list_ids_;  ///< "@name" -> its list in content.phrases
    /// A named list taken apart: its phrases and those of the lists in it, which lie `height` deep in all.
    NamedLists collected_;
    std::set<std::string> rule_ids_;
    std::string organisation_;  ///< whose file is being read

    [[nodiscard]] bool outside() const noexcept { return origin_ != RuleOrigin::built_in; }
    static int rank(const Rule& rule) {
        switch (rule.origin) {
            case RuleOrigin::organisation:
                return 0;
            case RuleOrigin::policy:
                return 1;
            case RuleOrigin::user:
                return 2;
            case RuleOrigin::built_in:
                break;
        }
        return !rule.when.provider.empty() || !rule.when.host.empty() ? 3 : 4;
    }

    static bool has_phrase_length(const std::string& text) {
        return text.size() >= 2 && text.size() <= longest_phrase;
    }
    /// A phrase as it should be. Asked 10,000 times at each start, so it makes no text about what is wrong.
    static bool is_phrase(const json& value) {
        const auto* text = value.get_ptr<const std::string*>();
        return text != nullptr && !text->starts_with('@') && has_phrase_length(*text) && is_folded(*text);
    }
    static std::string phrase(const json& value, const std::string& path) {
        want(value.is_string(), path, "a phrase");
        auto out = value.get<std::string>();
        want(has_phrase_length(out), path, "a phrase of 2 to 60 octets, not \"" + out + "\"");
        want(is_folded(out), path, "a folded phrase (lower case, single blanks), not \"" + out + "\"");
        return out;
    }
    /// The key "greeting": folded phrases.
    static std::vector<std::string> phrases(const json& object, const std::string& path) {
        auto out = strings(object, "greeting", path);
        for (const auto& each : out)
            phrase(each, path + "/greeting");
        return out;
    }
    /// The key "servers": protocol -> whole names at the provider's own hosts.
    static void read_servers(const json& provider, const std::string& path, Provider& out) {
        if (!provider.contains("servers")) return;
        const auto place = path + "/servers";
        const auto& in = provider["servers"];
        want(in.is_object(), place, "an object");
        only(in, place, {"imap", "pop3", "smtp"});
        for (const auto protocol : {Protocol::imap, Protocol::pop3, Protocol::smtp}) {
            auto servers = strings(in, name_of(protocol), place);
            for (const auto& each : servers) {
                const bool own = std::any_of(out.hosts.begin(), out.hosts.end(),
                                             [&](const auto& host) { return is_host_or_below(each, host); });
                want(is_whole_host(each) && own, place,
                     "whole names of the provider's own hosts, not " + each);
            }
            if (!servers.empty()) out.servers[protocol] = std::move(servers);
        }
    }
    /// "@name", a phrase, or a list of both, appended to `out`. Gives how many named lists lie one in
    /// another.
    int collect(const json& value, const std::string& path, std::vector<std::string>& out, int depth = 0) {
        if (value.is_array()) {
            want(!value.empty(), path, "a list with something in it");
            int height = 0;
            for (std::size_t i = 0; i < value.size(); ++i) {
                if (is_phrase(value[i])) {
                    out.push_back(value[i].get<std::string>());
                } else {
                    height = std::max(height, collect(value[i], path + "/" + std::to_string(i), out, depth));
                }
            }
            return height;
        }
        if (value.is_string() && value.get_ref<const std::string&>().starts_with("@")) {
            const auto& list = collect_list(value.get_ref<const std::string&>().substr(1), path, depth);
            out.insert(out.end(), list.phrases.begin(), list.phrases.end());
            return list.height;
        }
        out.push_back(phrase(value, path));
        return 0;
    }
    /// A named list, taken apart when it is first asked for.
    const NamedList& collect_list(const std::string& name, const std::string& path, int depth) {
        auto known = collected_.find(name);
        if (known == collected_.end()) {
            const auto it = lists_.find(name);
            want(it != lists_.end() && depth < most_nested_lists, path, "a known list, not @" + name);
            NamedList made;
            made.height =
                1 + collect(it->second, "/lists/" + json_pointer_token(name), made.phrases, depth + 1);
            known = collected_.emplace(name, std::move(made)).first;
        }
        want(depth + known->second.height <= most_nested_lists, path,
             "a list of fewer lists in lists, not @" + name);
        return known->second;
    }
    std::uint16_t list(const json& value, const std::string& path) {
        // Most rules name one list and nothing else; it is read once.
        const auto* name = value.get_ptr<const std::string*>();
        const bool named = name != nullptr && name->starts_with("@");
        if (const auto known = list_ids_.find(named ? *name : ""); known != list_ids_.end())
            return known->second;
        std::vector<std::string> out;
        collect(value, path, out);
        allow(content.phrases.lists() < most_lists, path, "too many lists of phrases in all");
        const auto id = content.phrases.add_list(std::move(out));
        if (named) list_ids_.emplace(*name, id);
        return id;
    }

    void read_words(const json& in, const std::string& path, When& when) {
        want(in.is_object(), path, "an object");
        only(in, path, {"any", "all", "none", "prefix", "suffix", "equals"});
        if (in.contains("any")) when.all_lists.push_back(list(in["any"], path + "/any"));
        if (in.contains("all")) {
            want(in["all"].is_array(), path + "/all", "a list");
            for (std::size_t i = 0; i < in["all"].size(); ++i)
                when.all_lists.push_back(list(in["all"][i], path + "/all/" + std::to_string(i)));
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

    /// Invariant 12: a rule from a folder decides only for servers that it names one by one.
    static std::vector<std::string> whole_hosts(const json& in, const std::string& path) {
        auto out = strings(in, "host", path);
        allow(!out.empty(), path,
              "a rule in a rule folder needs \"host\": the servers it is for, by their whole names");
        for (const auto& name : out)
            want(is_whole_host(name), path + "/host",
                 "whole lower-case host names, no wildcards and no domains, not " + name);
        return out;
    }

    When read_when(const json& in, const std::string& path) {
        want(in.is_object() && !in.empty(), path, "an object with at least one predicate");
        only(in, path,
             {"provider",
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
              "offers_sign_in",
              "login_disabled",
              "starttls",
              "channel",
              "tls_mode",
              "stage",
              "failure",
              "finding",
              "configured_auth",
              "attempt",
              "accepted",
              "complete",
              "slow"});
        When out;
        out.provider = strings(in, "provider", path);
        for (const auto& id : out.provider)
            want(content.provider(id) != nullptr, path + "/provider", "a known provider, not " + id);
        out.host = outside() ? whole_hosts(in, path) : names(in, "host", path);
        out.exact_host = outside();
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
        out.offers_sign_in = flag(in, "offers_sign_in", path);
        out.login_disabled = flag(in, "login_disabled", path);
        out.starttls = flag(in, "starttls", path);
        out.channel = words(in, "channel", path, channel_words);
        out.tls_mode = words<TlsMode>(in, "tls_mode", path, tls_mode_from);
        out.stage = words<Stage>(in, "stage", path, stage_from);
        out.failure = words<Failure>(in, "failure", path, failure_from);
        out.finding = words(in, "finding", path, finding_words);
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
             {"id", "verdict", "confidence", "when", "advice", "links", "text", "source", "date", "sample",
              "note"});
        Rule out;
        out.id = text(in, "id", path);
        want(rule_ids_.insert(out.id).second && std::find(std::begin(reserved_ids), std::end(reserved_ids),
                                                          out.id) == std::end(reserved_ids),
             path + "/id", "an id of its own, not " + out.id);
        const auto verdict = verdict_code_from(text(in, "verdict", path));
        want(verdict.has_value(), path + "/verdict", "a verdict");
        allow(*verdict != VerdictCode::password_accepted, path + "/verdict",
              "only the server's OK makes password_accepted, no rule does");
        out.verdict = *verdict;
        const auto confidence = confidence_from(text(in, "confidence", path));
        want(confidence.has_value(), path + "/confidence", "guess, likely or certain");
        out.confidence = *confidence;
        allow(
            !outside() || out.verdict != VerdictCode::stale_password || out.confidence != Confidence::certain,
            path + "/confidence", "a rule in a rule folder is at most likely about stale_password");
        want(in.contains("when"), path + "/when", "an object");
        out.when = read_when(in["when"], path + "/when");
        out.advice = advice(in, path);
        allow(
            origin_ != RuleOrigin::user || !in.contains("links"), path + "/links",
            "a rule of a user's own has no links: only the administrator's (/etc) may send people to a page");
        out.links = links(in, path);
        allow(is_organisation(origin_) || !in.contains("text"), path + "/text", only_the_organisation);
        out.organisation = {words_by_language(in, path), organisation_};
        out.origin = origin_;
        out.source = text(in, "source", path);
        out.date = date(in, path);
        want(in.contains("sample") && in["sample"].is_object() && in["sample"].contains("id"),
             path + "/sample", "a line of explain");
        out.sample = in["sample"].dump();
        out.place = path + "/sample";
        return out;
    }
};

}  // namespace

namespace {

/// "x.json:3:7"
std::string place_of(const RuleFile& file, std::size_t offset) {
    const auto place = json_place_at(file.json, offset);
    return escape_server_words(file.name, 4096) + ":" + std::to_string(place.line) + ":" +
           std::to_string(place.column);
}

/// One file's place for people, e.g. "x.json:3:7: /rules/0/verdict: expected a verdict".
std::string complaint(const RuleFile& file, std::size_t offset, const std::string& what) {
    return place_of(file, offset) + ": " + escape_server_words(what, 600);
}

std::string complaint(const RuleFile& file, const BadRule& bad) {
    return complaint(file, json_offset_of(file.json, bad.path),
                     (bad.path.empty() ? "/" : bad.path) + ": " + bad.wrong);
}

/// nlohmann's text without its own name and place: "[json.exception…] parse error at line 1, column 2: why".
std::string reason_of(const json::parse_error& broken) {
    const std::string_view what = broken.what();
    const auto column = what.find(", column ");
    const auto why = what.find(": ", column == std::string_view::npos ? 0 : column);
    return "not JSON: " + std::string(why == std::string_view::npos ? what : what.substr(why + 2));
}

Expected<json, std::string> parse(const RuleFile& file) {
    try {
        auto value = json::parse(file.json);
        if (const auto fault = json_fault(file.json))
            return Unexpected<std::string>(complaint(file, fault->offset, fault->what));
        return value;
    } catch (const json::parse_error& broken) {
        return Unexpected<std::string>(
            complaint(file, broken.byte == 0 ? 0 : broken.byte - 1, reason_of(broken)));
    } catch (const json::exception&) {
        return Unexpected<std::string>(complaint(file, 0, "not JSON: a number is out of range"));
    }
}

using Step = void (Loader::*)(const json&);
constexpr Step steps[] = {&Loader::read_lists,        &Loader::read_unfinished, &Loader::read_software,
                          &Loader::read_interceptors, &Loader::read_providers,  &Loader::read_rules};

Expected<void, std::string> read_step(Loader& loader, Step step, const RuleFile& file, const json& value) {
    try {
        (loader.*step)(value);
        return {};
    } catch (const BadRule& bad) {
        return Unexpected<std::string>(complaint(file, bad));
    } catch (const json::exception& broken) {  // a type that no check above asked for
        return Unexpected<std::string>(complaint(file, 0, broken.what()));
    }
}

/// Lists of all files are known to the rules of all.
Expected<void, std::string> read_together(Loader& loader, std::span<const RuleFile> files) {
    std::vector<json> values;
    for (const auto& file : files) {
        auto value = parse(file);
        if (!value) return Unexpected<std::string>(value.error());
        values.push_back(std::move(*value));
    }
    for (const Step step : steps) {
        for (std::size_t i = 0; i < values.size(); ++i) {
            if (auto read = read_step(loader, step, files[i], values[i]); !read) return read;
        }
    }
    return {};
}

}  // namespace

Expected<RuleBook::Content, std::string> load_rules(std::span<const RuleFile> files) {
    Loader loader;
    if (const auto read = read_together(loader, files); !read) return Unexpected<std::string>(read.error());
    loader.finish();
    return std::move(loader.content);
}

Expected<std::string, std::string> load_and_compile(std::span<const RuleFile> files) {
    Loader loader;
    if (const auto read = read_together(loader, files); !read) return Unexpected<std::string>(read.error());
    loader.finish();
    if (loader.content.phrases.size() > 0xFFFF)
        return Unexpected<std::string>("more phrases than compiled lists can name (65,535)");
    try {
        return compile_rules(loader.content, loader.all_lists());
    } catch (const BadRule& bad) {
        return Unexpected<std::string>(bad.path + ": " + bad.wrong);
    }
}

RuleBook::Content add_rules(RuleBook::Content built_in, NamedLists lists,
                            std::span<const OutsideRuleFile> outside, std::vector<std::string>& complaints) {
    Loader loader(std::move(built_in), std::move(lists));
    for (const auto& file : outside) {
        const RuleFile one{file.name, file.json};
        Loader with = loader;  // so that half a file leaves nothing behind
        with.begin(file.origin);
        if (const auto read = read_together(with, {&one, 1}); read) {
            with.forget_lists_of(loader);
            for (std::size_t i = loader.content.rules.size(); i < with.content.rules.size(); ++i) {
                auto& place = with.content.rules[i].place;
                place = place_of(one, json_offset_of(one.json, place));
            }
            loader = std::move(with);
        } else {
            complaints.push_back(read.error());
        }
    }
    loader.finish();
    return std::move(loader.content);
}

}  // namespace reprompt
