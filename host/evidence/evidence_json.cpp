// SPDX-License-Identifier: MPL-2.0
// Evidence to JSON and back, field by field. Does not belong here: the flat explain form (explain_form.cpp).
#include "evidence/evidence_json.hpp"

#include <nlohmann/json.hpp>

#include "evidence/heard_json.hpp"
#include "evidence/json_reader.hpp"

namespace reprompt {
namespace {

using nlohmann::json;

constexpr std::int64_t day_ms = 86'400'000;

json tls_to_json(const TlsFacts& tls) {
    return {{"established", tls.established}, {"verified", tls.verified},     {"trusted_by", tls.trusted_by},
            {"version", tls.version},         {"cipher", tls.cipher},         {"subject", tls.subject},
            {"issuer", tls.issuer},           {"not_before", tls.not_before}, {"not_after", tls.not_after},
            {"sha256", tls.sha256},           {"top_issuer", tls.top_issuer}, {"names", tls.names},
            {"plain_words", tls.plain_words}};
}

TlsFacts tls_from_json(const json& value, std::string& error) {
    JsonReader in(value, "/tls_facts", error);
    TlsFacts tls;
    tls.established = in.flag("established", false);
    tls.verified = in.flag("verified", false);
    tls.trusted_by = in.text("trusted_by");
    tls.version = in.text("version");
    tls.cipher = in.text("cipher");
    tls.subject = in.text("subject");
    tls.issuer = in.text("issuer");
    tls.not_before = in.text("not_before");
    tls.not_after = in.text("not_after");
    tls.sha256 = in.text("sha256");
    tls.top_issuer = in.text("top_issuer");
    tls.names = in.lines("names");
    tls.plain_words = in.text("plain_words");
    return tls;
}

json addresses_to_json(const std::vector<AddressTried>& addresses) {
    auto out = json::array();
    for (const auto& each : addresses) {
        out.push_back(
            {{"address", each.address}, {"failure", name_of(each.failure)}, {"detail", each.detail}});
    }
    return out;
}

std::vector<AddressTried> addresses_from_json(const json& list, std::string& error) {
    std::vector<AddressTried> out;
    if (!list.is_array()) {
        if (error.empty()) error = "/addresses: expected a list";
        return out;
    }
    for (std::size_t i = 0; i < list.size(); ++i) {
        JsonReader in(list[i], "/addresses/" + std::to_string(i), error);
        out.push_back(
            {in.text("address"), in.word("failure", Failure::none, failure_from), in.text("detail")});
    }
    return out;
}

json clock_to_json(const ClockFacts& clock) {
    return {{"now", clock.now}, {"known_past", clock.known_past}, {"known_by", clock.known_by}};
}

ClockFacts clock_from_json(const json& value, std::string& error) {
    JsonReader in(value, "/clock", error);
    return {in.text("now"), in.text("known_past"), in.text("known_by")};
}

json second_look_to_json(const SecondLook& look) {
    return {{"tls", look.tls},     {"tls_version", look.tls_version}, {"tls_cipher", look.tls_cipher},
            {"words", look.words}, {"http_status", look.http_status}, {"http_location", look.http_location}};
}

SecondLook second_look_from_json(const json& value, std::string& error) {
    JsonReader in(value, "/second_look", error);
    SecondLook look;
    look.tls = in.flag("tls", false);
    look.tls_version = in.text("tls_version");
    look.tls_cipher = in.text("tls_cipher");
    look.words = in.lines("words");
    look.http_status = static_cast<int>(in.number("http_status", 0, 0, 999));
    look.http_location = in.text("http_location");
    return look;
}

json attempt_to_json(const Attempt& attempt) {
    return {{"mechanism", attempt.mechanism},
            {"response", attempt.response},
            {"accepted", attempt.accepted},
            {"complete", attempt.complete},
            {"elapsed_ms", attempt.elapsed_ms}};
}

Attempt attempt_from_json(const json& value, std::string& error) {
    JsonReader in(value, "/attempt", error);
    Attempt attempt;
    attempt.mechanism = to_upper(in.text("mechanism"));
    attempt.response = in.lines("response");
    attempt.accepted = in.flag("accepted", false);
    attempt.complete = in.flag("complete", true);
    attempt.elapsed_ms = in.number("elapsed_ms", -1, -1, day_ms);
    return attempt;
}

json domain_to_json(const DomainRecords& domain) {
    json srv = json::array();
    for (const auto& record : domain.srv)
        srv.push_back({{"service", record.service}, {"host", record.host}, {"port", record.port}});
    return {{"name", domain.name}, {"mx", domain.mx}, {"srv", srv}, {"note", domain.note}};
}

DomainRecords domain_from_json(const json& value, std::string& error) {
    JsonReader in(value, "/domain", error);
    DomainRecords domain;
    domain.name = to_lower(in.text("name"));
    domain.mx = in.lines("mx");
    for (auto& host : domain.mx)
        host = to_lower(host);
    domain.note = in.text("note");
    const auto* srv = in.find("srv");
    if (srv == nullptr) return domain;
    if (!srv->is_array()) in.fail("srv", "a list");
    for (std::size_t i = 0; srv->is_array() && i < srv->size(); ++i) {
        JsonReader record((*srv)[i], "/domain/srv/" + std::to_string(i), error);
        domain.srv.push_back({record.text("service"), to_lower(record.text("host")),
                              static_cast<std::uint16_t>(record.number("port", 0, 0, 65535))});
    }
    return domain;
}

}  // namespace

json evidence_to_json(const Evidence& evidence) {
    json out = {{"protocol", name_of(evidence.protocol)},
                {"port", evidence.port},
                {"tls_mode", name_of(evidence.tls_mode)},
                {"tls_mode_known", evidence.tls_mode_known},
                {"loopback", evidence.loopback},
                {"proxy", evidence.proxy},
                {"configured_auth", evidence.configured_auth},
                {"stage", name_of(evidence.stage)},
                {"failure", name_of(evidence.failure)},
                {"failure_detail", evidence.failure_detail},
                {"tls_facts", tls_to_json(evidence.tls)},
                {"addresses", addresses_to_json(evidence.addresses)},
                {"clock", clock_to_json(evidence.clock)},
                {"greeting", evidence.greeting},
                {"offered_before_tls", evidence.offered_before_tls},
                {"offered", evidence.offered},
                {"unsolicited", evidence.unsolicited},
                {"heard", heard_to_json(evidence.heard)},
                {"timings_ms", evidence.timings_ms}};
    out["host"] = evidence.host ? json(*evidence.host) : json(nullptr);
    out["second_look"] = evidence.second_look ? second_look_to_json(*evidence.second_look) : json(nullptr);
    if (evidence.attempts_used_up) out["attempts_used_up"] = true;
    if (!evidence.domain.name.empty()) out["domain"] = domain_to_json(evidence.domain);
    out["attempt"] = evidence.attempt ? attempt_to_json(*evidence.attempt) : json(nullptr);
    return out;
}

Expected<Evidence, std::string> evidence_from_json(const json& value) {
    std::string error;
    JsonReader in(value, "/evidence", error);
    Evidence out;
    if (in.find("protocol") == nullptr) in.fail("protocol", "imap, pop3 or smtp");
    out.protocol = in.word("protocol", Protocol::imap, protocol_from);
    out.host = in.optional_text("host");
    out.port = static_cast<std::uint16_t>(in.number("port", 0, 0, 65535));
    out.tls_mode = in.word("tls_mode", TlsMode::implicit, tls_mode_from);
    out.tls_mode_known = in.flag("tls_mode_known", false);
    out.loopback = in.flag("loopback", false);
    out.proxy = in.text("proxy");
    out.configured_auth = in.text("configured_auth");
    out.stage = in.word("stage", Stage::resolve, stage_from);
    out.failure = in.word("failure", Failure::none, failure_from);
    out.failure_detail = in.text("failure_detail");
    if (const auto* tls = in.find("tls_facts")) out.tls = tls_from_json(*tls, error);
    if (const auto* list = in.find("addresses")) out.addresses = addresses_from_json(*list, error);
    if (const auto* clock = in.find("clock")) out.clock = clock_from_json(*clock, error);
    if (const auto* look = in.find("second_look")) out.second_look = second_look_from_json(*look, error);
    out.greeting = in.lines("greeting");
    out.offered_before_tls = in.lines("offered_before_tls");
    out.offered = in.lines("offered");
    out.unsolicited = in.lines("unsolicited");
    if (const auto* attempt = in.find("attempt")) out.attempt = attempt_from_json(*attempt, error);
    out.attempts_used_up = in.flag("attempts_used_up", false);
    if (const auto* heard = in.find("heard")) out.heard = heard_from_json(*heard, out.protocol, error);
    if (const auto* domain = in.find("domain")) out.domain = domain_from_json(*domain, error);
    if (const auto* timings = in.find("timings_ms")) {
        if (!timings->is_object()) in.fail("timings_ms", "an object");
        JsonReader times(*timings, "/evidence/timings_ms", error);
        for (const auto& [name, unused] : timings->items()) {
            if (timings->is_object() && stage_from(name)) {
                out.timings_ms[name] = times.number(name.c_str(), 0, 0, day_ms);
            }
        }
    }
    if (!error.empty()) return Unexpected<std::string>(error);
    return out;
}

}  // namespace reprompt
