// SPDX-License-Identifier: MPL-2.0
// The flat form that people write by hand for `reprompt explain`: what a log or a forum post shows, made into
// Evidence. Does not belong here: Evidence's own JSON (evidence_json.cpp), reading a line of text
// (app/explain).
#include <algorithm>
#include <nlohmann/json.hpp>

#include "evidence/evidence_json.hpp"
#include "evidence/heard_json.hpp"
#include "evidence/json_reader.hpp"
#include "evidence/transcript.hpp"

namespace reprompt {
namespace {

bool is_host_name(std::string_view text) {
    if (text.empty() || text.size() > 253) return false;
    return std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
               c == '-' || c == '_' || c == ':';
    });
}

bool is_loopback_name(std::string_view host) {
    return iequals(host, "localhost") || host.starts_with("127.") || host == "::1";
}

}  // namespace

Expected<Evidence, std::string> evidence_from_explain_line(const nlohmann::json& value) {
    std::string error;
    JsonReader in(value, "", error);
    Evidence out;
    if (in.find("protocol") == nullptr) in.fail("protocol", "imap, pop3 or smtp");
    out.protocol = in.word("protocol", Protocol::imap, protocol_from);
    // A description such as "on-premises Exchange" is no host name and must not match a provider.
    if (auto host = in.optional_text("host"); host && is_host_name(*host)) out.host = std::move(host);
    out.loopback = out.host && is_loopback_name(*out.host);
    out.port = static_cast<std::uint16_t>(in.number("port", 0, 0, 65535));
    if (in.find("tls") != nullptr) {
        out.tls_mode = in.word("tls", TlsMode::implicit, tls_mode_from);
        out.tls_mode_known = true;
        // Somebody who says that TLS was in use and shows a reply has had a connection that worked.
        out.tls.established = out.tls_mode != TlsMode::none;
    }
    out.offered = in.lines("offered");
    const auto response = in.lines("response");
    if (!response.empty()) {
        Attempt attempt;
        attempt.mechanism = to_upper(in.text("mechanism"));
        auto answer = answer_in(out.protocol, response);
        attempt.complete = answer.complete;
        attempt.accepted = answer.accepted;
        attempt.response = std::move(answer.lines);
        out.attempt = std::move(attempt);
    } else {
        in.text("mechanism");
    }
    out.stage = in.word("stage", out.attempt ? Stage::auth : Stage::capabilities, stage_from);
    out.failure = in.word("failure", Failure::none, failure_from);
    if (const auto* heard = in.find("heard")) out.heard = heard_from_json(*heard, out.protocol, error);
    if (!error.empty()) return Unexpected<std::string>(error);
    return out;
}

}  // namespace reprompt
