// SPDX-License-Identifier: MPL-2.0
// Any line to explain, and any bytes as a server's answer: one line of JSON comes out, and words without TLS
// never clear.
// Covers: host/app/explain.cpp host/diagnose/diagnose.cpp host/diagnose/rule_match.cpp
// Covers: host/diagnose/facts.cpp host/diagnose/trace.cpp host/diagnose/recognition.cpp
// Dictionary: json.dict
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "app/explain.hpp"
#include "base/text.hpp"
#include "diagnose/diagnose.hpp"

/// Loading the rules is no part of the first run's time.
extern "C" int LLVMFuzzerInitialize(int*, char***) {
    static_cast<void>(reprompt::RuleBook::built_in());
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(bytes), size);
    const auto& rules = reprompt::RuleBook::built_in();
    const auto people = reprompt::explain_one(text, rules, reprompt::Tracing::text);
    if (people.trace.find('\x1B') != std::string::npos || !reprompt::is_utf8(people.trace)) std::abort();
    const auto line = reprompt::explain_line(text, rules, true);
    if (line.find('\n') != std::string::npos || !nlohmann::json::accept(line)) std::abort();

    reprompt::Evidence evidence;
    evidence.protocol = static_cast<reprompt::Protocol>(size % 3);
    evidence.tls_mode_known = true;
    evidence.attempt = reprompt::Attempt{"PLAIN", {reprompt::escape_server_words(text)}, false, true, 1};
    const auto verdict = reprompt::diagnose(evidence, rules);
    if (may_clear_at_once(verdict) || may_clear_on_click(verdict)) std::abort();
    return 0;
}
