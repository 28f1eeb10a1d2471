// SPDX-License-Identifier: MPL-2.0
// Evidence from JSON of any shape: no crash, and what was read once reads the same again.
// Covers: host/evidence/evidence_json.cpp host/evidence/explain_form.cpp host/evidence/heard_json.cpp
// Dictionary: json.dict
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string_view>

#include "diagnose/diagnose.hpp"
#include "evidence/evidence_json.hpp"

/// Loading the rules is no part of the first run's time.
extern "C" int LLVMFuzzerInitialize(int*, char***) {
    static_cast<void>(reprompt::RuleBook::built_in());
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const auto json =
        nlohmann::json::parse(std::string_view(reinterpret_cast<const char*>(bytes), size), nullptr, false);
    if (json.is_discarded()) return 0;
    if (const auto evidence = reprompt::evidence_from_json(json)) {
        const auto once = reprompt::evidence_to_json(*evidence);
        const auto again = reprompt::evidence_from_json(once);
        if (!again || reprompt::evidence_to_json(*again) != once) std::abort();
        (void)reprompt::diagnose_without_attempt(*evidence, reprompt::RuleBook::built_in());
    }
    (void)reprompt::evidence_from_explain_line(json);
    return 0;
}
