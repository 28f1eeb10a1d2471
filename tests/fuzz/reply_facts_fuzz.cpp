// SPDX-License-Identifier: MPL-2.0
// Any lines as a server's answer in all three protocols (status, codes, the error of an OAuth refusal, a time
// to wait) and as what it offers: read without harm, and a wait is never longer than six hours.
// Covers: host/diagnose/reply_facts.cpp host/diagnose/retry_after.cpp host/diagnose/words.cpp
// Covers: host/diagnose/capability_facts.cpp
// Dictionary: answers.dict
#include "diagnose/reply_facts.hpp"

#include <cstdint>
#include <cstdlib>

#include "base/text.hpp"
#include "diagnose/capability_facts.hpp"
#include "diagnose/retry_after.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace reprompt;
    std::string_view rest(reinterpret_cast<const char*>(data), size);
    static_cast<void>(oauth_status_of(rest));
    std::vector<std::string> lines;
    while (!rest.empty() && lines.size() < 50) {
        const auto line = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(line.size() + 1, rest.size()));
        lines.push_back(escape_server_words(line));
    }
    for (const auto protocol : {Protocol::imap, Protocol::pop3, Protocol::smtp}) {
        const auto facts = read_reply(protocol, lines);
        if (facts.smtp_code < 0 || facts.smtp_code > 999) std::abort();
        if (to_lower(facts.oauth_status) != facts.oauth_status) std::abort();
        const auto seconds = retry_after(facts.words);
        if (seconds && (*seconds < 0 || *seconds > 6 * 3600)) std::abort();
        static_cast<void>(read_capabilities(protocol, lines));
    }
    return 0;
}
