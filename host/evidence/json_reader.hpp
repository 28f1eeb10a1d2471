// SPDX-License-Identifier: MPL-2.0
// JsonReader: takes typed fields out of one JSON object and remembers the first thing that was wrong, with
// its path. For the .cpp files of this folder only (it pulls in the whole of nlohmann).
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/text.hpp"

namespace reprompt {

class JsonReader {
  public:
    JsonReader(const nlohmann::json& object, std::string path, std::string& error)
        : object_(object), path_(std::move(path)), error_(error) {
        if (!object_.is_object()) fail("", "an object");
    }

    /// nullptr if the key is missing or null.
    const nlohmann::json* find(const char* key) const {
        if (!object_.is_object()) return nullptr;
        const auto it = object_.find(key);
        return it == object_.end() || it->is_null() ? nullptr : &*it;
    }
    /// Escaped again; "" if missing.
    std::string text(const char* key) { return optional_text(key).value_or(""); }
    std::optional<std::string> optional_text(const char* key) {
        const auto* value = find(key);
        if (value == nullptr) return std::nullopt;
        if (!value->is_string()) return fail(key, "a string"), std::nullopt;
        return escape_server_words(value->get_ref<const std::string&>(), text_cap);
    }
    bool flag(const char* key, bool missing) {
        const auto* value = find(key);
        if (value == nullptr) return missing;
        if (!value->is_boolean()) return fail(key, "true or false"), missing;
        return value->get<bool>();
    }
    std::int64_t number(const char* key, std::int64_t missing, std::int64_t low, std::int64_t high) {
        const auto* value = find(key);
        if (value == nullptr) return missing;
        const bool fits = value->is_number_integer() &&
                          !(value->is_number_unsigned() && value->get<std::uint64_t>() > INT64_MAX) &&
                          value->get<std::int64_t>() >= low && value->get<std::int64_t>() <= high;
        if (!fits) {
            return fail(key, "a whole number from " + std::to_string(low) + " to " + std::to_string(high)),
                   missing;
        }
        return value->get<std::int64_t>();
    }
    /// A list of strings, each escaped; a single string counts as a list of one.
    std::vector<std::string> lines(const char* key) {
        std::vector<std::string> out;
        const auto* value = find(key);
        if (value == nullptr) return out;
        if (value->is_string()) {
            out.push_back(escape_server_words(value->get_ref<const std::string&>(), text_cap));
            return out;
        }
        if (!value->is_array()) return fail(key, "a list of strings"), out;
        out.reserve(value->size());
        for (const auto& line : *value) {
            if (!line.is_string()) return fail(key, "a list of strings"), out;
            out.push_back(escape_server_words(line.get_ref<const std::string&>(), text_cap));
        }
        return out;
    }
    /// A word of a closed set.
    template <class Enum>
    Enum word(const char* key, Enum missing, std::optional<Enum> (*from)(std::string_view) noexcept) {
        const auto* value = find(key);
        if (value == nullptr) return missing;
        const auto known = value->is_string() ? from(value->get_ref<const std::string&>()) : std::nullopt;
        if (!known) return fail(key, "a known word"), missing;
        return *known;
    }
    void fail(const std::string& key, const std::string& expected) {
        if (error_.empty()) error_ = path_ + (key.empty() ? "" : "/" + key) + ": expected " + expected;
    }

    /// Longer than the 512 octets of a reply line, because capability lines and decoded challenges come by
    /// here too.
    static constexpr std::size_t text_cap = 2048;

  private:
    const nlohmann::json& object_;
    std::string path_;
    std::string& error_;
};

}  // namespace reprompt
