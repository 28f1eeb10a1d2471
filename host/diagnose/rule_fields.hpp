// SPDX-License-Identifier: MPL-2.0
// RuleFields: typed members of one JSON object of a rule file. Belongs here: taking a member and saying what
// is wrong with it and where. Does not belong here: which members a rule has (rules_load.cpp, the only file
// that includes this).
#pragma once

#include <algorithm>
#include <array>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.hpp"
#include "diagnose/json_place.hpp"
#include "diagnose/rules.hpp"

namespace reprompt::rule_fields {

using nlohmann::json;

/// Thrown while one file is read, and caught there.
struct BadRule {
    std::string path;   ///< JSON pointer (RFC 6901)
    std::string wrong;  ///< English, "expected …" or a sentence without full stop
};

inline void want(bool good, const std::string& path, const std::string& expected) {
    if (!good) throw BadRule{path, "expected " + expected};
}
inline void allow(bool good, const std::string& path, const std::string& why_not) {
    if (!good) throw BadRule{path, why_not};
}

inline void only(const json& object, const std::string& path, std::initializer_list<std::string_view> known) {
    for (const auto& [key, unused] : object.items()) {
        want(std::find(known.begin(), known.end(), key) != known.end(), path + "/" + json_pointer_token(key),
             "no such key");
    }
}

inline std::string text(const json& object, const char* key, const std::string& path) {
    const auto at = path + "/" + key;
    want(object.contains(key), at, "a string");
    want(object[key].is_string() && !object[key].get_ref<const std::string&>().empty(), at, "a string");
    return object[key].get<std::string>();
}

/// A missing key is an empty list, a string a list of one.
inline std::vector<std::string> strings(const json& object, const char* key, const std::string& path) {
    std::vector<std::string> out;
    if (!object.contains(key)) return out;
    const auto& value = object[key];
    const auto at = path + "/" + key;
    if (value.is_string()) return {value.get<std::string>()};
    want(value.is_array() && !value.empty(), at, "a string or a list of strings");
    for (std::size_t i = 0; i < value.size(); ++i) {
        want(value[i].is_string(), at + "/" + std::to_string(i), "a string");
        out.push_back(value[i].get<std::string>());
    }
    return out;
}

inline std::vector<std::string> names(const json& object, const char* key, const std::string& path) {
    auto out = strings(object, key, path);
    for (const auto& name : out) {
        want(name.find('.') != std::string::npos && name == to_lower(name), path + "/" + key,
             "lower-case host names");
    }
    return out;
}

/// For rules from rule folders: one whole host name or address, as an account has it.
inline bool is_whole_host(std::string_view name) {
    const auto fits = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_' ||
               c == ':';
    };
    return !name.empty() && name.size() <= 253 && name.front() != '.' && name.back() != '.' &&
           name.front() != '-' && name.find("..") == std::string_view::npos &&
           std::all_of(name.begin(), name.end(), fits);
}

/// The day a rule was written or its source last looked at.
inline std::string date(const json& object, const std::string& path) {
    auto out = text(object, "date", path);
    bool good = out.size() == 10 && out[4] == '-' && out[7] == '-';
    for (std::size_t i = 0; good && i < out.size(); ++i)
        good = i == 4 || i == 7 || (out[i] >= '0' && out[i] <= '9');
    want(good, path + "/date", "a day as YYYY-MM-DD");
    return out;
}

inline std::vector<std::string> advice(const json& object, const std::string& path) {
    auto out = strings(object, "advice", path);
    for (const auto& word : out) {
        want(std::find(std::begin(advice_words), std::end(advice_words), word) != std::end(advice_words),
             path + "/advice", "known words, not " + word);
    }
    return out;
}

/// A page that a person may be sent to: https, a host, nothing that hides which.
inline bool is_link(std::string_view url) {
    constexpr std::string_view scheme = "https://";
    if (!url.starts_with(scheme) || url.size() > 500) return false;
    const auto rest = url.substr(scheme.size());
    const auto host = rest.substr(0, rest.find_first_of("/?#"));
    return !host.empty() && host.find_first_of("@\\") == std::string_view::npos &&
           std::all_of(url.begin(), url.end(), [](char c) { return c > ' ' && c < '\x7F'; });
}

inline std::map<std::string, std::string> links(const json& object, const std::string& path) {
    std::map<std::string, std::string> out;
    if (!object.contains("links")) return out;
    want(object["links"].is_object(), path + "/links", "an object");
    for (const auto& [key, value] : object["links"].items()) {
        const auto at = path + "/links/" + json_pointer_token(key);
        want(std::find(std::begin(link_keys), std::end(link_keys), key) != std::end(link_keys), at,
             "a known key");
        want(value.is_string() && is_link(value.get_ref<const std::string&>()), at, "an https URL");
        out[key] = value.get<std::string>();
    }
    return out;
}

inline constexpr std::size_t longest_words = 400;  ///< characters of an organisation's words in one language
inline constexpr std::size_t most_languages = 20;
inline constexpr std::size_t longest_organisation = 80;  ///< characters of its name

/// One paragraph of plain text: nothing that moves the cursor or turns the direction of what is around it.
inline std::string plain_text(const json& value, const std::string& path, std::size_t most) {
    want(value.is_string(), path, "a string");
    auto out = value.get<std::string>();
    const auto characters = std::count_if(
        out.begin(), out.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
    want(!trim(out).empty() && static_cast<std::size_t>(characters) <= most, path,
         "1 to " + std::to_string(most) + " characters");
    allow(escape_server_words(out, out.size() + 4) == out, path,
          "plain text without line ends, control characters and signs that turn the direction of writing");
    return out;
}

/// "en", "ja", "pt-br": RFC 5646 as far as user interfaces have languages.
inline bool is_language(std::string_view tag) {
    const auto first = std::min(tag.find('-'), tag.size());
    return first >= 2 && first <= 3 && tag.size() <= 20 && tag.back() != '-' &&
           tag.find("--") == std::string_view::npos &&
           std::all_of(tag.begin(), tag.begin() + static_cast<std::ptrdiff_t>(first),
                       [](char c) { return c >= 'a' && c <= 'z'; }) &&
           std::all_of(tag.begin(), tag.end(),
                       [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
}

/// The key "text": language -> what the organisation says.
inline std::map<std::string, std::string> words_by_language(const json& object, const std::string& path) {
    std::map<std::string, std::string> out;
    if (!object.contains("text")) return out;
    const auto& given = object["text"];
    want(given.is_object() && !given.empty() && given.size() <= most_languages, path + "/text",
         "an object with the words in at least one language");
    for (const auto& [language, words] : given.items()) {
        const auto at = path + "/text/" + json_pointer_token(language);
        want(is_language(language), at, "a language as key, in small letters: en, ja, pt-br");
        out[language] = plain_text(words, at, longest_words);
    }
    return out;
}

inline std::optional<bool> flag(const json& object, const char* key, const std::string& path) {
    if (!object.contains(key)) return std::nullopt;
    want(object[key].is_boolean(), path + "/" + key, "true or false");
    return object[key].get<bool>();
}

template <class Enum>
struct Word {
    std::string_view name;
    Enum value;
};

template <class Enum, std::size_t Size>
std::vector<Enum> words(const json& object, const char* key, const std::string& path,
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
std::vector<Enum> words(const json& object, const char* key, const std::string& path,
                        std::optional<Enum> (*from)(std::string_view) noexcept) {
    std::vector<Enum> out;
    for (const auto& name : strings(object, key, path)) {
        const auto value = from(name);
        want(value.has_value(), path + "/" + key, "known words, not " + name);
        out.push_back(*value);
    }
    return out;
}

}  // namespace reprompt::rule_fields
