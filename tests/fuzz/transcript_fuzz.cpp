// SPDX-License-Identifier: MPL-2.0
// Any lines as a transcript in all three protocols: what comes out stood in one of the lines, and what is
// accepted is complete.
// Covers: host/evidence/transcript.cpp
// Dictionary: answers.dict
#include "evidence/transcript.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace reprompt;
    std::string_view rest(reinterpret_cast<const char*>(data), size);
    std::vector<std::string> lines;
    while (!rest.empty() && lines.size() < 50) {
        const auto line = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(line.size() + 1, rest.size()));
        lines.emplace_back(line);
    }
    for (const auto protocol : {Protocol::imap, Protocol::pop3, Protocol::smtp}) {
        const auto answer = answer_in(protocol, lines);
        if (answer.accepted && !answer.complete) std::abort();
        if (answer.lines.empty() != lines.empty()) std::abort();
        for (const auto& out : answer.lines) {
            const bool stood = std::any_of(lines.begin(), lines.end(), [&](const std::string& line) {
                return line.find(out) != std::string::npos;
            });
            if (!stood) std::abort();
        }
    }
    return 0;
}
