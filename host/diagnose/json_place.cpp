// SPDX-License-Identifier: MPL-2.0
#include "diagnose/json_place.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <vector>

namespace reprompt {
namespace {

constexpr int deepest = 32;

/// Walks over text that is known to be JSON; ends early, at the end of the text, if it is not.
class Walk {
  public:
    explicit Walk(std::string_view text) : text_(text) {
        if (text_.starts_with("\xEF\xBB\xBF")) at_ = 3;  // the parser skips a byte order mark too
    }

    std::optional<JsonFault> fault;

    /// Over one value; looks for faults inside.
    void pass(int depth = 0) {
        blanks();
        if (fault) return;
        if (peek() == '{' || peek() == '[') {
            if (depth >= deepest) {
                fault = JsonFault{at_, "nested too deeply"};
                return;
            }
            std::set<std::string> names;
            members([&](const std::string& name, std::size_t at) {
                if (!name.empty() && !names.insert(name).second && !fault)
                    fault = JsonFault{at, "\"" + name.substr(1) + "\" is there twice"};
                pass(depth + 1);
                return !fault.has_value();
            });
        } else if (peek() == '"') {
            raw_string();
        } else {
            at_ = std::min(text_.find_first_of(" \t\r\n,]}", at_), text_.size());
        }
    }

    /// The offset of what `tokens` lead to, as far as they do.
    std::size_t seek(const std::vector<std::string>& tokens) {
        blanks();
        std::size_t best = at_;
        for (const auto& token : tokens) {
            bool found = false;
            std::size_t index = 0;
            if (peek() != '{' && peek() != '[') break;
            members([&](const std::string& name, std::size_t) {
                blanks();
                found = name.empty() ? std::to_string(index++) == token : name.substr(1) == token;
                if (!found) pass();
                return !found;
            });
            if (!found) break;
            best = at_;
        }
        return best;
    }

  private:
    [[nodiscard]] char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
    void blanks() { at_ = std::min(text_.find_first_not_of(" \t\r\n", at_), text_.size()); }

    /// Over a string; gives it with its quotation marks.
    std::string_view raw_string() {
        const auto begin = at_++;
        while (at_ < text_.size() && text_[at_] != '"')
            at_ += text_[at_] == '\\' ? 2 : 1;
        at_ = std::min(at_ + 1, text_.size());
        return text_.substr(begin, at_ - begin);
    }

    /// The decoded string behind ":" (so that no name is empty); "" at the end of the text.
    std::string string() {
        const auto raw = raw_string();
        if (raw.size() < 2) return "";
        if (raw.find('\\') == std::string_view::npos) return ":" + std::string(raw.substr(1, raw.size() - 2));
        const auto value = nlohmann::json::parse(raw, nullptr, false);
        return value.is_string() ? ":" + value.get<std::string>() : "";
    }

    /// Calls `visit(name, offset of the name)` before each member ("" for array elements); it must pass the
    /// value, or return false to stay there.
    template <class Visit>
    void members(Visit&& visit) {
        const bool object = peek() == '{';
        ++at_;
        for (blanks(); at_ < text_.size() && peek() != '}' && peek() != ']'; blanks()) {
            if (peek() == ',') {
                ++at_;
                continue;
            }
            std::string name;
            const auto place = at_;
            if (object) {
                if (peek() != '"') return;
                name = string();
                blanks();
                if (peek() == ':') ++at_;
            }
            const auto before = at_;
            if (!visit(name, place) || at_ == before) return;
        }
        at_ = std::min(at_ + 1, text_.size());
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

void replace_all(std::string& text, std::string_view from, std::string_view to) {
    for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
        text.replace(at, from.size(), to);
}

}  // namespace

JsonPlace json_place_at(std::string_view text, std::size_t offset) {
    const auto before = text.substr(0, std::min(offset, text.size()));
    const auto last = before.rfind('\n');
    const auto rest = last == std::string_view::npos ? before : before.substr(last + 1);
    const auto characters = std::count_if(rest.begin(), rest.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xC0) != 0x80;  // not a continuation octet of UTF-8
    });
    return {static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n')) + 1,
            static_cast<std::size_t>(characters) + 1};
}

std::optional<JsonFault> json_fault(std::string_view text) {
    Walk walk(text);
    walk.pass();
    return walk.fault;
}

std::size_t json_offset_of(std::string_view text, std::string_view pointer) {
    std::vector<std::string> tokens;
    while (pointer.starts_with('/')) {
        pointer.remove_prefix(1);
        std::string token(pointer.substr(0, pointer.find('/')));
        pointer.remove_prefix(token.size());
        replace_all(token, "~1", "/");
        replace_all(token, "~0", "~");
        tokens.push_back(std::move(token));
    }
    return Walk(text).seek(tokens);
}

std::string json_pointer_token(std::string_view name) {
    std::string token(name);
    replace_all(token, "~", "~0");
    replace_all(token, "/", "~1");
    return token;
}

}  // namespace reprompt
