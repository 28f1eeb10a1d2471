// SPDX-License-Identifier: MPL-2.0
// Any evidence for other people's eyes: what is planted as the person's name is in no text of it, it reads as
// evidence again, and a report for people is printable, of few lines, in both languages.
// Covers: host/diagnose/redact.cpp host/app/report_text.cpp host/app/report_steps.cpp
// Covers: host/app/columns.cpp
// Dictionary: json.dict
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "app/report_text.hpp"
#include "base/text.hpp"
#include "diagnose/diagnose.hpp"
#include "diagnose/redact.hpp"
#include "evidence/evidence_json.hpp"

namespace {

using namespace reprompt;

constexpr std::string_view person = "alice.liddell@firm.example";

/// The evidence that the octets describe, or one whose server said them.
Evidence evidence_of(std::string_view bytes) {
    const auto json = nlohmann::json::parse(bytes, nullptr, false);
    if (!json.is_discarded()) {
        if (auto read = evidence_from_json(json)) return std::move(*read);
    }
    Evidence made;
    made.protocol = static_cast<Protocol>(bytes.size() % 3);
    made.host = "mail.firm.example";
    made.stage = Stage::auth;
    made.tls.established = made.tls.verified = true;
    made.attempt = Attempt{"PLAIN", {escape_server_words(bytes)}, false, true, 1};
    return made;
}

void check_report(const Evidence& evidence, app::Language language) {
    probe::Result result;
    result.evidence = evidence;
    result.verdict = diagnose_without_attempt(evidence, RuleBook::built_in());
    const auto text = app::report_text(result, {language, false});
    if (!text.ends_with('\n') || !is_utf8(text)) std::abort();
    if (static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) > app::report_lines)
        std::abort();
    std::string flat = text;
    std::replace(flat.begin(), flat.end(), '\n', ' ');
    if (has_control(flat)) std::abort();
}

}  // namespace

/// Loading the rules is no part of the first run's time.
extern "C" int LLVMFuzzerInitialize(int*, char***) {
    static_cast<void>(reprompt::RuleBook::built_in());
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    auto evidence = evidence_of(bytes);
    evidence.unsolicited.push_back("* NO no mail for " + std::string(person) + " here");
    const Redaction wish{{std::string(person)}, size % 2 == 0};
    const Redactor redactor(evidence, wish, RuleBook::built_in());
    const auto redacted = redactor.evidence(evidence);
    const auto json = evidence_to_json(redacted);
    if (json.dump().find(person) != std::string::npos) std::abort();
    if (!evidence_from_json(json)) std::abort();
    check_report(evidence, app::Language::english);
    check_report(redacted, app::Language::japanese);
    return 0;
}
