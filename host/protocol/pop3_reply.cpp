// SPDX-License-Identifier: MPL-2.0
// POP3 replies and CAPA lines, parsed.
#include "protocol/pop3_reply.hpp"

#include "base/text.hpp"

namespace reprompt::protocol {
namespace {

/// `word` stands alone at the beginning of `line`.
bool begins_with_word(std::string_view line, std::string_view word) noexcept {
    return istarts_with(line, word) && (line.size() == word.size() || line[word.size()] == ' ');
}

}  // namespace

Pop3Line parse_pop3_line(std::string_view line) noexcept {
    const auto after = [line](std::size_t frame) {
        return line.size() > frame ? line.substr(frame + 1) : std::string_view();
    };
    if (begins_with_word(line, "+OK")) return {Pop3Status::ok, after(3), 3};
    if (begins_with_word(line, "-ERR")) return {Pop3Status::err, after(4), 4};
    if (begins_with_word(line, "+")) return {Pop3Status::challenge, trim(after(1)), 1};
    return {Pop3Status::other, line, 0};
}

std::optional<std::string_view> unstuff_dot(std::string_view line) noexcept {
    if (line == ".") return std::nullopt;
    return line.starts_with('.') ? line.substr(1) : line;
}

std::optional<std::vector<std::string>> capa_parameters(const std::vector<std::string>& lines,
                                                        std::string_view name) {
    std::optional<std::vector<std::string>> found;
    for (const auto& line : lines) {
        const auto words = split_words(line);
        if (words.empty() || !iequals(words.front(), name)) continue;
        if (!found) found.emplace();
        for (std::size_t i = 1; i < words.size(); ++i)
            found->push_back(to_upper(words[i]));
    }
    return found;
}

}  // namespace reprompt::protocol
