// SPDX-License-Identifier: MPL-2.0
// SMTP replies and EHLO keywords, parsed.
#include "protocol/smtp_reply.hpp"

#include "base/text.hpp"

namespace reprompt::protocol {

std::optional<SmtpLine> parse_smtp_line(std::string_view line) noexcept {
    if (line.size() < 3) return std::nullopt;
    SmtpLine parsed;
    for (std::size_t i = 0; i < 3; ++i) {
        if (line[i] < '0' || line[i] > '9') return std::nullopt;
        parsed.code = parsed.code * 10 + (line[i] - '0');
    }
    if (parsed.code < 200 || parsed.code > 599) return std::nullopt;
    if (line.size() == 3) return parsed;
    if (line[3] != ' ' && line[3] != '-') return std::nullopt;
    parsed.last = line[3] == ' ';
    parsed.text = line.substr(smtp_frame);
    return parsed;
}

std::optional<std::vector<std::string>> ehlo_parameters(const std::vector<std::string>& lines,
                                                        std::string_view name) {
    std::optional<std::vector<std::string>> found;
    for (const auto& line : lines) {
        const auto parsed = parse_smtp_line(line);
        if (!parsed || !istarts_with(parsed->text, name)) continue;
        const auto rest = parsed->text.substr(name.size());
        const bool auth_equals = rest.starts_with('=');
        if (!rest.empty() && rest.front() != ' ' && !auth_equals) continue;
        if (!found) found.emplace();
        for (const auto word : split_words(auth_equals ? rest.substr(1) : rest))
            found->push_back(to_upper(word));
    }
    return found;
}

}  // namespace reprompt::protocol
