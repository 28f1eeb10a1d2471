// SPDX-License-Identifier: MPL-2.0
#include "app/messages.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "app/framing.hpp"
#include "app/responses.hpp"
#include "base/text.hpp"

using namespace reprompt;
using namespace reprompt::app;
using nlohmann::json;

namespace {

const std::string golden = SOURCE_DIR "/manifests/protocol/v1/golden/";

std::string read_file(const std::string& path) {
    std::ifstream file(path);
    REQUIRE_MESSAGE(file, path);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

Expected<Message, MessageError> parse(std::string text) {
    return parse_message(text);
}

template <class Request>
Request golden_request(const std::string& name, const std::string& id) {
    auto message = parse(read_file(golden + "request." + name + ".json"));
    REQUIRE_MESSAGE(message, (message ? "" : message.error().message));
    CHECK(message->id == id);
    REQUIRE(std::holds_alternative<Request>(message->request));
    return std::move(std::get<Request>(message->request));
}

json golden_response(const std::string& name) {
    return json::parse(read_file(golden + "response." + name + ".json"));
}

constexpr const char* tricky = "gr\xC3\xBCn \"blau\" \\ \xF0\x9F\x98\x80";

ledger::VaultEntry golden_entry() {
    using std::chrono::system_clock;
    const auto at = [](std::int64_t ms) {
        return system_clock::time_point(std::chrono::duration_cast<system_clock::duration>(Milliseconds(ms)));
    };
    return {"000102030405060708090a0b0c0d0e0f",
            {Protocol::smtp, "smtp.example.org", 587, "alice@example.org"},
            at(1763800000000),
            at(1766392000000)};
}

std::string seal_key() {
    std::string key;
    for (int i = 0; i < 32; ++i)
        key.push_back(static_cast<char>(i));
    return key;
}

}  // namespace

TEST_CASE("every golden request is read") {
    CHECK(golden_request<HelloRequest>("hello", "hello-1").version == "0.1.0");
    CHECK(golden_request<TrustRequest>("trust", "trust-3").trusted);
    CHECK(golden_request<CancelRequest>("cancel", "cancel-4").probe == "probe-2");
    CHECK(json::parse(golden_request<ExplainRequest>("explain", "explain-5").line)["host"] ==
          "imap.example.org");
    const auto organisation =
        golden_request<HelloRequest>("hello_organisation", "hello-2").organisation_rules;
    CHECK(json::parse(organisation)["organisation"] == "University of Example");
    const auto known = golden_request<AccountsRequest>("accounts", "accounts-12").known;
    REQUIRE(known.size() == 2);
    CHECK(known[0].identities[0].email == "alice@example.org");
    CHECK(known[1].type == "pop3");
    const auto report = golden_request<ExplainRequest>("explain_report", "explain-2");
    REQUIRE(report.redaction);
    CHECK(report.redaction->hide_server);
    CHECK(report.redaction->names.size() == 2);
    CHECK_FALSE(golden_request<ExplainRequest>("explain", "explain-5").redaction);
    golden_request<VaultListRequest>("vault_list", "vault_list-7");
    const auto forget = golden_request<LedgerForgetRequest>("ledger_forget", "ledger_forget-9");
    CHECK(forget.host == "imap.example.org");
    CHECK(forget.user == "alice@example.org");
}

TEST_CASE("a golden probe is read with its secret, its words and its limit") {
    const auto probe = golden_request<ProbeRequest>("probe", "probe-2");
    CHECK(probe.request.mail_domain == "example.org");
    const auto& request = probe.request;
    CHECK(request.endpoint.protocol == Protocol::pop3);
    CHECK(request.endpoint.host == "pop.example.org");
    CHECK(request.endpoint.port == 995);
    CHECK(request.endpoint.tls == TlsMode::implicit);
    CHECK(request.kind == probe::CredentialKind::password);
    CHECK(request.credential.reveal() == tricky);
    REQUIRE(request.saved_at);
    CHECK(request.saved_at->time_since_epoch() == Milliseconds(1763800000000));
    REQUIRE(request.heard.size() == 1);
    CHECK(request.heard[0].mechanism == "PLAIN");
    CHECK(request.heard[0].tls);
    CHECK(request.limit == Milliseconds(25'000));
    CHECK(request.again);

    const auto minimal = golden_request<ProbeRequest>("probe_minimal", "p");
    CHECK(minimal.request.kind == probe::CredentialKind::none);
    CHECK(minimal.request.limit == Milliseconds(30'000));
    CHECK(minimal.request.configured_auth == "oauth2");
}

TEST_CASE("a golden probe through a proxy is read, with its token") {
    const auto probe = golden_request<ProbeRequest>("probe_proxy", "probe-10");
    const auto& request = probe.request;
    CHECK(request.kind == probe::CredentialKind::token);
    CHECK(request.credential.reveal() == "ya29.a-token");
    REQUIRE(request.proxy);
    CHECK(request.proxy->kind == net::ProxyKind::socks5);
    CHECK(request.proxy->host == "192.0.2.1");
    CHECK(request.proxy->port == 1080);
    CHECK_FALSE(request.proxy->resolves_names);
    CHECK_FALSE(golden_request<ProbeRequest>("probe_minimal", "p").request.proxy);
}

TEST_CASE("a golden vault request is read with password and seal key") {
    const auto store = golden_request<VaultStoreRequest>("vault_store", "vault_store-6");
    CHECK(store.account.port == 587);
    CHECK(store.secret.reveal() == "the old password");
    CHECK(store.seal_key.reveal() == seal_key());
    CHECK(golden_request<VaultRestoreRequest>("vault_restore", "vault_restore-8").seal_key.reveal() ==
          seal_key());
}

TEST_CASE("every bad golden frame gets its error and never repeats what it held") {
    int count = 0;
    for (const auto& file : std::filesystem::directory_iterator(golden + "bad")) {
        const json bad = json::parse(read_file(file.path().string()));
        const auto message = parse(bad.at("frame").get<std::string>());
        INFO(file.path().filename().string());
        REQUIRE_FALSE(message);
        CHECK(std::string(name_of(message.error().code)) == bad.at("code").get<std::string>());
        CHECK((message.error().id ? json(*message.error().id) : json(nullptr)) == bad.at("id"));
        CHECK_FALSE(message.error().message.empty());
        CHECK_FALSE(has_control(message.error().message));
        CHECK(message.error().message.find("hunt") == std::string::npos);
        ++count;
    }
    CHECK(count >= 20);
}

TEST_CASE("a secret is gone from the frame once it was read, in any spelling of its name") {
    std::string frame =
        R"({"v":1,"id":"x","type":"vault_store","account":{"protocol":"imap","host":"h","port":1,"user":"u"},"s\u0065cret" : "hunter2","unknown":{"secret":"hunter3"},"seal_key":")" +
        base64_encode(seal_key()) + "\"}";
    const auto message = parse_message(frame);
    REQUIRE_MESSAGE(message, (message ? "" : message.error().message));
    CHECK(std::get<VaultStoreRequest>(message->request).secret.reveal() == "hunter2");
    CHECK(frame.find("hunter") == std::string::npos);
    CHECK(frame.find(base64_encode(seal_key())) == std::string::npos);
}

TEST_CASE("every octet that a JSON string can carry arrives in the secret") {
    std::string all;
    for (int i = 0; i < 0x80; ++i)
        all.push_back(static_cast<char>(i));
    all += "\xC3\xA9\xE3\x81\x82\xF0\x9F\x98\x80";
    for (const bool ascii : {false, true}) {
        json message = {{"v", 1},
                        {"id", "x"},
                        {"type", "vault_store"},
                        {"secret", all},
                        {"seal_key", base64_encode(seal_key())},
                        {"account", {{"protocol", "imap"}, {"host", "h"}, {"port", 1}, {"user", "u"}}}};
        const auto read = parse(message.dump(-1, ' ', ascii));
        REQUIRE(read);
        CHECK(std::get<VaultStoreRequest>(read->request).secret.reveal() == all);
    }
}

TEST_CASE("an error names the path and what was expected there") {
    const auto message = parse(
        R"({"v":1,"id":"x","type":"probe","account":{"protocol":"imap","host":"h","port":70000,"tls":"implicit","user":"u","auth":"password"}})");
    REQUIRE_FALSE(message);
    CHECK(message.error().message == "/account/port: expected a whole number from 1 to 65535");
}

TEST_CASE("answers have the shape of the golden answers") {
    json hello = golden_response("hello");
    hello["version"] = REPROMPT_VERSION;
    CHECK(json::parse(hello_response("hello-1", {})) == hello);
    json complaining = golden_response("hello_complaints");
    const auto complaints = complaining["rule_complaints"].get<std::vector<std::string>>();
    complaining["version"] = REPROMPT_VERSION;
    CHECK(json::parse(hello_response("hello-2", complaints)) == complaining);
    CHECK(json::parse(progress_response("probe-2", Stage::tls, Milliseconds(12))) ==
          golden_response("progress"));
    const net::Chain chain{"pop.example.org",
                           995,
                           {std::string("0\0", 2), std::string("0\1\0", 3)},
                           Failure::certificate_issuer};
    CHECK(json::parse(chain_response("probe-2", chain)) == golden_response("chain"));
    CHECK(json::parse(vault_response("vault_list-7", {golden_entry()})) == golden_response("vault"));
    const auto restored = restored_response("vault_restore-8", golden_entry(), Secret(tricky));
    REQUIRE(restored);
    CHECK(json::parse(*restored) == golden_response("vault_restored"));
    CHECK(json::parse(forgotten_response("ledger_forget-9")) == golden_response("forgotten"));
    const MailServer imap{false, "server1", "imap",  "imap.example.org", 993,
                          3,     3,         "alice", "example.org",      ""};
    const MailServer smtp{
        true, "smtp1", "smtp", "smtp.example.org", 587, 2, 10, "alice@example.org", "", "smtp.example.org"};
    const AccountSearch search{
        true, {{"abcd1234.default-esr", ProxyUse::system, {{"account1", "imap", {}, {imap, smtp}}}}}};
    CHECK(json::parse(accounts_response("accounts-12", search)) == golden_response("accounts"));
    CHECK(json::parse(cancelled_response("cancel-4")) == golden_response("cancelled"));
    CHECK(json::parse(error_response(std::nullopt, ErrorCode::bad_json, "not JSON at octet 1")) ==
          golden_response("error"));
}

TEST_CASE("settings are looked for unless the request says no") {
    CHECK(golden_request<ProbeRequest>("probe", "probe-2").request.repair);
    CHECK_FALSE(golden_request<ProbeRequest>("probe_no_repair", "probe-12").request.repair);
}

TEST_CASE("settings that work are told as in the golden answer") {
    probe::Result result;
    result.settings_time = Milliseconds(420);
    result.settings = probe::SettingsProposal{{Protocol::imap, "mail.hoster.example", 993, TlsMode::implicit},
                                              "password",
                                              {},
                                              probe::SettingsSource::autoconfig,
                                              true,
                                              {}};
    probe::note_changes(*result.settings, {Protocol::imap, "old.example.org", 143, TlsMode::none});
    const json made = json::parse(verdict_response("probe-11", result));
    const json wanted = golden_response("verdict_settings");
    CHECK(made["settings"] == wanted["settings"]);
    CHECK(made["timings_ms"]["settings"] == 420);
    CHECK_FALSE(made["evidence"]["timings_ms"].contains("settings"));
    result.settings.reset();
    CHECK_FALSE(json::parse(verdict_response("probe-11", result)).contains("settings"));
}

TEST_CASE("a verdict has the members of the golden verdict") {
    probe::Result result;
    result.verdict.code = VerdictCode::rate_limited;
    result.verdict.confidence = Confidence::certain;
    result.verdict.rule = "example";
    result.verdict.stage = Stage::auth;
    result.verdict.retry_after_s = 600;
    result.verdict.links = {{"help", "https://www.example.org/help"}};
    result.evidence.timings_ms = {{"resolve", 1}, {"connect", 2}};
    result.attempts = 1;
    result.notes = {"there is no keyring"};
    const json made = json::parse(verdict_response("probe-2", result));
    const json wanted = golden_response("verdict");
    for (const auto& member : wanted.items()) {
        INFO(member.key());
        REQUIRE(made.contains(member.key()));
        CHECK(made[member.key()].type() == member.value().type());
    }
    for (const char* name : {"v", "id", "type", "verdict", "confidence", "rule", "stage", "retry_after_s",
                             "may_clear", "attempts", "links", "timings_ms", "notes"})
        CHECK(made[name] == wanted[name]);
}

TEST_CASE("an answer with a hostile server's ten thousand lines still fits") {
    probe::Result result;
    result.evidence.offered.assign(10'000, std::string(512, 'x'));
    result.verdict.rule = "none";
    const std::string text = verdict_response("p", result);
    CHECK(text.size() < 1'000'000);
    CHECK(json::parse(text).contains("evidence"));
}

TEST_CASE("profiles that do not fit into an answer are left out, and then none of them is certain") {
    MailServer server;
    server.hostname = std::string(10'000, 'h');
    MailAccount account{"account1", "imap", {}, {server}};
    const ProfileAccounts profile{"p", ProxyUse::none, std::vector<MailAccount>(60, account)};
    const auto text = accounts_response("a", {true, {profile, profile}});
    CHECK(text.size() <= max_frame_out);
    const auto answer = json::parse(text);
    CHECK(answer["profiles"].size() == 1);
    CHECK(answer["certain"] == false);
}

TEST_CASE("heard words are read as an array and as JSON Lines") {
    const std::string one = R"({"protocol":"pop3","lines":["-ERR bad bob@example.org"],"tls":true})";
    for (const std::string& text : {"[" + one + "," + one + "]", one + "\r\n\n" + one + "\n"}) {
        const auto heard = parse_heard(text, Protocol::imap);
        REQUIRE(heard);
        CHECK(heard->size() == 2);
        CHECK((*heard)[1].protocol == Protocol::pop3);
        CHECK((*heard)[1].lines[0] == "-ERR bad bob@example.org");
    }
    CHECK_FALSE(parse_heard("[1]", Protocol::imap));
    const auto wrong = parse_heard(one + "\n{\"lines\":", Protocol::imap);
    REQUIRE_FALSE(wrong);
    CHECK(wrong.error().starts_with("line 2: "));
}
