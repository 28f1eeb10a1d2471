// SPDX-License-Identifier: MPL-2.0
#include "app/messages.hpp"

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <utility>

#include "app/framing.hpp"
#include "app/json_fields.hpp"
#include "app/strict_json.hpp"
#include "base/text.hpp"
#include "evidence/heard_json.hpp"

namespace reprompt::app {

namespace {

using nlohmann::json;

constexpr const char* protocol_words = "\"imap\", \"pop3\" or \"smtp\"";
constexpr std::size_t max_host = 255;  // RFC 1035 section 2.3.4
constexpr std::size_t max_user = 1024;
constexpr std::size_t most_names = 64;
constexpr std::size_t longest_key = 64;       // of accounts and identities in Thunderbird
constexpr std::size_t longest_address = 320;  // RFC 3696 section 3
constexpr Milliseconds default_limit{30'000};

enum class Type {
    hello,
    probe,
    trust,
    cancel,
    explain,
    vault_store,
    vault_list,
    vault_restore,
    ledger_forget,
    accounts
};

std::optional<Type> type_from(std::string_view name) noexcept {
    constexpr std::pair<std::string_view, Type> types[] = {{"hello", Type::hello},
                                                           {"probe", Type::probe},
                                                           {"trust", Type::trust},
                                                           {"cancel", Type::cancel},
                                                           {"explain", Type::explain},
                                                           {"vault_store", Type::vault_store},
                                                           {"vault_list", Type::vault_list},
                                                           {"vault_restore", Type::vault_restore},
                                                           {"ledger_forget", Type::ledger_forget},
                                                           {"accounts", Type::accounts}};
    for (const auto& [word, type] : types) {
        if (word == name) return type;
    }
    return std::nullopt;
}

std::optional<std::string> auth_from(std::string_view name) {
    if (name == "password" || name == "password_encrypted" || name == "oauth2") return std::string(name);
    return std::nullopt;
}

std::optional<probe::CredentialKind> kind_from(std::string_view name) noexcept {
    if (name == "password") return probe::CredentialKind::password;
    if (name == "token") return probe::CredentialKind::token;
    return std::nullopt;
}

net::Proxy proxy_from(Fields proxy) {
    net::Proxy read;
    read.kind = proxy.word("type", net::proxy_kind_from, "\"socks5\" or \"http\"");
    read.host = proxy.text("host", 1, max_host);
    read.port = static_cast<std::uint16_t>(proxy.whole("port", 1, 65535));
    if (proxy.has("resolves_names")) read.resolves_names = proxy.flag("resolves_names");
    return read;
}

/// The secret that was lifted from `path`; an error if there is none.
Secret take_secret(std::vector<LiftedSecret>& secrets, const char* path, Fields& fields, const char* name) {
    const auto found =
        std::find_if(secrets.begin(), secrets.end(), [&](const auto& secret) { return secret.path == path; });
    if (found != secrets.end()) return std::move(found->value);
    fields.fail(name, "a string");
    return {};
}

Secret take_seal_key(std::vector<LiftedSecret>& secrets, Fields& fields) {
    const Secret text = take_secret(secrets, "/seal_key", fields, "seal_key");
    auto octets = base64_decode(text.reveal());
    if (!octets || octets->size() != 32) {
        if (octets) wipe(octets->data(), octets->size());
        fields.fail("seal_key", "base64 of 32 octets");
        return {};
    }
    Secret key(*octets);
    wipe(octets->data(), octets->size());
    return key;
}

ProbeRequest probe_from(Fields& fields, std::vector<LiftedSecret>& secrets, std::string& error) {
    ProbeRequest probe;
    auto& request = probe.request;
    Fields account(fields.object("account"), "/account", error);
    request.endpoint.protocol = account.word("protocol", protocol_from, protocol_words);
    request.endpoint.host = account.text("host", 1, max_host);
    request.endpoint.port = static_cast<std::uint16_t>(account.whole("port", 1, 65535));
    request.endpoint.tls = account.word("tls", tls_mode_from, "\"implicit\", \"starttls\" or \"none\"");
    request.user = account.text("user", 0, max_user);
    if (account.has("mail_domain")) request.mail_domain = account.text("mail_domain", 0, max_host);
    request.configured_auth =
        account.word("auth", auth_from, "\"password\", \"password_encrypted\" or \"oauth2\"");
    if (fields.has("credential")) {
        Fields credential(fields.object("credential"), "/credential", error);
        request.kind = credential.word("kind", kind_from, "\"password\" or \"token\"");
        request.credential = take_secret(secrets, "/credential/secret", credential, "secret");
        if (credential.has("saved_at")) {
            const std::int64_t saved_at = credential.whole("saved_at", 0, 9'000'000'000'000);
            request.saved_at = ledger::WallClock::time_point(
                std::chrono::duration_cast<ledger::WallClock::duration>(Milliseconds(saved_at)));
        }
    }
    if (fields.has("proxy")) request.proxy = proxy_from(Fields(fields.object("proxy"), "/proxy", error));
    if (fields.has("heard"))
        request.heard = heard_from_json(fields.array("heard"), request.endpoint.protocol, error);
    request.limit =
        fields.has("limit_ms") ? Milliseconds(fields.whole("limit_ms", 1000, 60'000)) : default_limit;
    if (fields.has("again")) request.again = fields.flag("again");
    request.repair = !fields.has("repair") || fields.flag("repair");
    return probe;
}

HelloRequest hello_from(Fields& fields) {
    HelloRequest hello{fields.text("version", 1, 64), ""};
    if (fields.has("organisation_rules"))
        hello.organisation_rules = fields.text("organisation_rules", 0, max_frame_in);
    return hello;
}

ExplainRequest explain_from(Fields& fields, std::vector<LiftedSecret>& secrets, std::string& error) {
    ExplainRequest explain{
        fields.object("line").dump(-1, ' ', false, json::error_handler_t::replace), {}, {}};
    if (fields.has("credential")) {
        Fields credential(fields.object("credential"), "/credential", error);
        explain.secret = take_secret(secrets, "/credential/secret", credential, "secret");
    }
    if (!fields.has("names") && !fields.has("hide_server")) return explain;
    Redaction& redaction = explain.redaction.emplace();
    if (fields.has("hide_server")) redaction.hide_server = fields.flag("hide_server");
    if (!fields.has("names")) return explain;
    for (const auto& name : fields.array("names")) {
        if (name.is_string() && redaction.names.size() < most_names) {
            redaction.names.push_back(name.get<std::string>());
        } else {
            fields.fail("names", "at most 64 strings");
        }
    }
    return explain;
}

VaultStoreRequest vault_store_from(Fields& fields, std::vector<LiftedSecret>& secrets, std::string& error) {
    VaultStoreRequest store;
    Fields account(fields.object("account"), "/account", error);
    store.account.protocol = account.word("protocol", protocol_from, protocol_words);
    store.account.host = account.text("host", 1, max_host);
    store.account.port = static_cast<std::uint16_t>(account.whole("port", 1, 65535));
    store.account.user = account.text("user", 0, max_user);
    store.secret = take_secret(secrets, "/secret", fields, "secret");
    store.seal_key = take_seal_key(secrets, fields);
    return store;
}

LedgerForgetRequest ledger_forget_from(Fields& fields, std::string& error) {
    Fields account(fields.object("account"), "/account", error);
    LedgerForgetRequest forget;
    forget.host = account.text("host", 1, max_host);
    forget.user = account.text("user", 0, max_user);
    return forget;
}

AccountsRequest accounts_from(Fields& fields, std::string& error) {
    AccountsRequest request;
    for (const auto& item : fields.array("known")) {
        const std::string path = "/known/" + std::to_string(request.known.size());
        if (request.known.size() == most_accounts) {
            fields.fail("known", "at most 256 accounts");
            break;
        }
        Fields account(item, path, error);
        auto& known = request.known.emplace_back();
        known.id = account.text("id", 1, longest_key);
        known.type = account.text("type", 1, longest_key);
        for (const auto& one : account.array("identities")) {
            if (known.identities.size() == most_names) {
                account.fail("identities", "at most 64 identities");
                break;
            }
            Fields identity(one, path + "/identities/" + std::to_string(known.identities.size()), error);
            known.identities.push_back(
                {identity.text("id", 1, longest_key), identity.text("email", 0, longest_address)});
        }
    }
    return request;
}

/// Fills `message.request`; what is wrong goes to `error`.
void read_request(Message& message, Type type, Fields& fields, std::vector<LiftedSecret>& secrets,
                  std::string& error) {
    switch (type) {
        case Type::hello:
            message.request = hello_from(fields);
            return;
        case Type::probe:
            message.request = probe_from(fields, secrets, error);
            return;
        case Type::trust:
            message.request = TrustRequest{fields.text("probe", 1, 128), fields.flag("trusted")};
            return;
        case Type::cancel:
            message.request = CancelRequest{fields.text("probe", 1, 128)};
            return;
        case Type::explain:
            message.request = explain_from(fields, secrets, error);
            return;
        case Type::vault_store:
            message.request = vault_store_from(fields, secrets, error);
            return;
        case Type::vault_list:
            message.request = VaultListRequest{};
            return;
        case Type::vault_restore:
            message.request =
                VaultRestoreRequest{fields.text("entry", 1, 128), take_seal_key(secrets, fields)};
            return;
        case Type::ledger_forget:
            message.request = ledger_forget_from(fields, error);
            return;
        case Type::accounts:
            message.request = accounts_from(fields, error);
            return;
    }
}

}  // namespace

const char* name_of(ErrorCode code) noexcept {
    switch (code) {
        case ErrorCode::bad_json:
            return "bad_json";
        case ErrorCode::bad_message:
            return "bad_message";
        case ErrorCode::unsupported_version:
            return "unsupported_version";
        case ErrorCode::unsupported_type:
            return "unsupported_type";
        case ErrorCode::bad_settings:
            return "bad_settings";
        case ErrorCode::no_keyring:
            return "no_keyring";
        case ErrorCode::keyring_locked:
            return "keyring_locked";
        case ErrorCode::not_found:
            return "not_found";
        case ErrorCode::busy:
            return "busy";
        case ErrorCode::cancelled:
            return "cancelled";
        case ErrorCode::internal:
            return "internal";
    }
    return "internal";
}

Expected<Message, MessageError> parse_message(std::span<char> frame) {
    json root;
    auto secrets = parse_strict(frame, root);
    if (!secrets) return Unexpected<MessageError>({std::nullopt, ErrorCode::bad_json, secrets.error()});

    std::string error;
    Fields fields(root, "", error);
    Message message;
    message.id = fields.text("id", 1, 128);
    const std::optional<std::string> id = error.empty() ? std::optional(message.id) : std::nullopt;
    const auto refuse = [&](ErrorCode code, std::string text) {
        return Unexpected<MessageError>({id, code, std::move(text)});
    };

    if (error.empty() && (!fields.has("v") || !root["v"].is_number_integer()))
        fields.fail("v", "a whole number");
    const std::string type_name = fields.text("type", 1, 64);
    if (!error.empty()) return refuse(ErrorCode::bad_message, error);
    if (root["v"] != protocol_version)
        return refuse(ErrorCode::unsupported_version, "this program speaks version 1 of the messages");
    const auto type = type_from(type_name);
    if (!type) return refuse(ErrorCode::unsupported_type, "this program does not know messages of this type");

    read_request(message, *type, fields, *secrets, error);
    if (!error.empty()) return refuse(ErrorCode::bad_message, error);
    return message;
}

Expected<std::vector<Heard>, std::string> parse_heard(std::string_view text, Protocol protocol) {
    json list = json::array();
    const auto add = [&](std::string_view part) -> std::string {
        json root;
        std::string copy(part);
        const auto parsed = parse_strict(copy, root);
        if (!parsed) return parsed.error();
        if (root.is_array()) {
            list.insert(list.end(), root.begin(), root.end());
        } else {
            list.push_back(std::move(root));
        }
        return {};
    };
    std::string error;
    if (trim(text).starts_with('[')) {
        error = add(text);
    } else {
        for (std::size_t number = 1; !text.empty() && error.empty(); ++number) {
            const auto end = text.find('\n');
            const auto line = text.substr(0, end);
            text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
            if (trim(line).empty()) continue;
            error = add(line);
            if (!error.empty()) error.insert(0, "line " + std::to_string(number) + ": ");
        }
    }
    if (!error.empty()) return Unexpected<std::string>(error);
    auto heard = heard_from_json(list, protocol, error);
    if (!error.empty()) return Unexpected<std::string>(error);
    return heard;
}

}  // namespace reprompt::app
