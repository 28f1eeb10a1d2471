// SPDX-License-Identifier: MPL-2.0
// The flat form that people write by hand for `reprompt explain`: what a log or a forum post shows, made into
// Evidence. Does not belong here: Evidence's own JSON (evidence_json.cpp), reading a line of text
// (app/explain).
#include <algorithm>
#include <nlohmann/json.hpp>

#include "evidence/evidence_json.hpp"
#include "evidence/heard_json.hpp"
#include "evidence/json_reader.hpp"

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

bool says_any(std::string_view text, std::initializer_list<std::string_view> words) {
    const std::string lower = to_lower(text);
    return std::any_of(words.begin(), words.end(),
                       [&](std::string_view word) { return lower.find(word) != std::string::npos; });
}

// "a2 OK LOGOUT completed", "+OK Pop server signing off": of another command than the sign-in's.
bool is_of_another_command(std::string_view line) {
    return says_any(line, {"ok logout", "ok capability", "ok noop", "ok starttls", "ok id ", "ok begin tls",
                           "ok bye", "server ready", "service ready", "pop3 ready", "dovecot ready",
                           "send pass", "password required", "need password", "enter password", "signing off",
                           "logging out", "capability list", "closing connection"});
}

// Whether a line that accepts speaks of a sign-in at all; after a refusal it has to.
bool speaks_of_sign_in(std::string_view line) {
    return says_any(line, {"235", "logged in", "login", "authenticat", "maildrop"});
}

// Whether a reply line ends the exchange, and how. A line without tag ("NO x", "-ERR", "535 x", bare words as
// a mail program shows them) counts as final; untagged and continuation lines do not, nor what answers
// another command.
enum class Ending : std::uint8_t { open, refused, accepted };

Ending ending_of(Protocol protocol, std::string_view line) {
    line = trim(line);
    switch (protocol) {
        case Protocol::pop3:
            if (istarts_with(line, "+OK"))
                return is_of_another_command(line) ? Ending::open : Ending::accepted;
            return line.starts_with("+") ? Ending::open : Ending::refused;
        case Protocol::smtp:
            if (line.starts_with("235")) return Ending::accepted;
            return line.starts_with("2") || line.starts_with("334") ? Ending::open : Ending::refused;
        case Protocol::imap:
            break;
    }
    if (line.starts_with("*") || line.starts_with("+")) return Ending::open;
    const auto words = split_words(line);
    const bool ok = (!words.empty() && words[0] == "OK") || (words.size() > 1 && words[1] == "OK");
    if (!ok) return Ending::refused;
    return is_of_another_command(line) ? Ending::open : Ending::accepted;
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
        attempt.complete = false;
        for (const auto& line : response) {
            const auto ending = ending_of(out.protocol, line);
            const bool refused = attempt.complete && !attempt.accepted;
            if (ending == Ending::open || (ending == Ending::accepted && refused && !speaks_of_sign_in(line)))
                continue;
            attempt.complete = true;
            attempt.accepted = ending == Ending::accepted;
        }
        attempt.response = response;
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
