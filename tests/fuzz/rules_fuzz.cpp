// SPDX-License-Identifier: MPL-2.0
// Any text as a rule file: a book or an error, never a crash. As a file of a rule folder it changes nothing
// for other hosts, and never calls a password stale against a response code (invariant 12).
// Covers: host/diagnose/rules_load.cpp host/diagnose/outside_rules.cpp host/diagnose/json_place.cpp
// Dictionary: json.dict
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "diagnose/diagnose.hpp"
#include "diagnose/json_place.hpp"

namespace {

reprompt::Evidence answer(const char* host, const char* line) {
    reprompt::Evidence evidence;
    evidence.host = host;
    evidence.attempt = reprompt::Attempt{"PLAIN", {line}, false, true, 1};
    return evidence;
}

}  // namespace

/// Loading the rules is no part of the first run's time.
extern "C" int LLVMFuzzerInitialize(int*, char***) {
    static_cast<void>(reprompt::RuleBook::built_in());
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    using namespace reprompt;
    const std::string_view text(reinterpret_cast<const char*>(bytes), size);
    const auto alone = RuleBook::parse(text, "fuzz.json");
    (void)json_fault(text);
    if (json_offset_of(text, text.substr(0, 20)) > size) std::abort();

    // Beside the built-in rules it takes long; what is no JSON is refused in the same way there.
    if (!alone && alone.error().find("not JSON") != std::string::npos) return 0;
    std::vector<std::string> complaints;
    constexpr RuleOrigin origins[] = {RuleOrigin::organisation, RuleOrigin::user, RuleOrigin::policy};
    const auto origin = origins[size % 3];
    const auto book = RuleBook::with_folders({{"fuzz.json", std::string(text), origin}}, complaints);
    if (complaints.size() > 1) std::abort();
    const auto elsewhere = answer("imap.other.example", "a NO login failed");
    if (diagnose(elsewhere, book).rule != diagnose(elsewhere, RuleBook::built_in()).rule) std::abort();
    for (const char* line : {"a NO [UNAVAILABLE] login failed", "a NO [EXPIRED] login failed"}) {
        const auto verdict = diagnose(answer("mail.uni.example", line), book);
        if (verdict.code == VerdictCode::stale_password) std::abort();
    }
    return 0;
}
