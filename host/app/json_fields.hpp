// SPDX-License-Identifier: MPL-2.0
// Fields: reading the members of one JSON object with an error that says where and what was expected. Include
// only in .cpp files.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace reprompt::app {

/// Reads members of `object`; the first thing that is wrong is kept in `error` and later reads give empty
/// values. Unknown members are ignored.
class Fields {
  public:
    /// `path` is the object's JSON pointer, for errors ("/account"; empty for the message itself).
    Fields(const nlohmann::json& object, std::string path, std::string& error)
        : object_(object), path_(std::move(path)), error_(error) {
        if (!object_.is_object()) fail({}, "an object");
    }

    [[nodiscard]] bool has(const char* name) const { return object_.is_object() && object_.contains(name); }

    /// A string of `min` to `max` characters (code points).
    std::string text(const char* name, std::size_t min, std::size_t max) {
        const auto* value = member(name);
        if (value != nullptr && value->is_string()) {
            const auto& content = value->get_ref<const std::string&>();
            std::size_t characters = 0;
            for (const char c : content)
                characters += (static_cast<unsigned char>(c) & 0xC0) != 0x80 ? 1 : 0;
            if (characters >= min && characters <= max) return content;
        }
        fail(name, "a string of " + std::to_string(min) + " to " + std::to_string(max) + " characters");
        return {};
    }
    std::int64_t whole(const char* name, std::int64_t min, std::int64_t max) {
        const auto* value = member(name);
        if (value != nullptr && value->is_number_integer()) {
            const bool fits = !value->is_number_unsigned() ||
                              value->get<std::uint64_t>() <= static_cast<std::uint64_t>(INT64_MAX);
            if (fits && value->get<std::int64_t>() >= min && value->get<std::int64_t>() <= max)
                return value->get<std::int64_t>();
        }
        fail(name, "a whole number from " + std::to_string(min) + " to " + std::to_string(max));
        return min;
    }
    bool flag(const char* name) {
        const auto* value = member(name);
        if (value != nullptr && value->is_boolean()) return value->get<bool>();
        fail(name, "true or false");
        return false;
    }
    /// A word that `from` knows, e.g. protocol_from; `expected` lists the words.
    template <class From>
    auto word(const char* name, From from, const char* expected) ->
        typename decltype(from(std::string_view()))::value_type {
        const auto* value = member(name);
        if (value != nullptr && value->is_string()) {
            if (const auto known = from(std::string_view(value->get_ref<const std::string&>())))
                return *known;
        }
        fail(name, expected);
        return {};
    }
    /// The member, or a null value after noting that an object or array is missing.
    const nlohmann::json& object(const char* name) {
        const auto* value = member(name);
        if (value != nullptr && value->is_object()) return *value;
        fail(name, "an object");
        return nothing();
    }
    const nlohmann::json& array(const char* name) {
        const auto* value = member(name);
        if (value != nullptr && value->is_array()) return *value;
        fail(name, "an array");
        return nothing();
    }
    void fail(std::string_view name, const std::string& expected) {
        if (!error_.empty()) return;
        const std::string at = name.empty() ? path_ : path_ + "/" + std::string(name);
        error_ = (at.empty() ? std::string("the message") : at) + ": expected " + expected;
    }

  private:
    static const nlohmann::json& nothing() {
        static const nlohmann::json value = nlohmann::json::object();
        return value;
    }
    const nlohmann::json* member(const char* name) const {
        if (!object_.is_object()) return nullptr;
        const auto found = object_.find(name);
        return found == object_.end() ? nullptr : &*found;
    }
    const nlohmann::json& object_;
    std::string path_;
    std::string& error_;
};

}  // namespace reprompt::app
