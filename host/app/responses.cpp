// SPDX-License-Identifier: MPL-2.0
#include "app/responses.hpp"

#include <chrono>
#include <nlohmann/json.hpp>

#include "app/framing.hpp"
#include "base/text.hpp"
#include "evidence/evidence_json.hpp"

namespace reprompt::app {

namespace {

using nlohmann::json;

constexpr std::size_t max_chain = 512 * 1024;
constexpr std::size_t max_evidence_lines = 100;

json envelope(const std::optional<std::string>& id, const char* type) {
    json message = {{"v", protocol_version}, {"type", type}};
    message["id"] = id ? json(*id) : json(nullptr);
    return message;
}

std::string text_of(const json& message) {
    return message.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::int64_t epoch_ms(std::chrono::system_clock::time_point at) {
    return std::chrono::duration_cast<Milliseconds>(at.time_since_epoch()).count();
}

/// Cuts every long array below `node` (capability lists, replies of thousands of lines).
void cut_arrays(json& node) {
    if (node.is_array() && node.size() > max_evidence_lines)
        node.erase(node.begin() + max_evidence_lines, node.end());
    if (node.is_structured()) {
        for (auto& child : node)
            cut_arrays(child);
    }
}

json mail_server_to_json(const MailServer& server) {
    return {{"kind", server.outgoing ? "outgoing" : "incoming"},
            {"key", server.key},
            {"type", server.type},
            {"hostname", server.hostname},
            {"port", server.port},
            {"socket_type", server.socket_type},
            {"auth_method", server.auth_method},
            {"username", server.username},
            {"mail_domain", server.mail_domain},
            {"name", server.name}};
}

std::string fitted(json message) {
    std::string text = text_of(message);
    if (text.size() <= max_frame_out) return text;
    cut_arrays(message);
    text = text_of(message);
    if (text.size() <= max_frame_out) return text;
    message.erase("evidence");
    return text_of(message);
}

}  // namespace

const char* may_clear_word(const Verdict& verdict) noexcept {
    if (may_clear_at_once(verdict)) return "at_once";
    return may_clear_on_click(verdict) ? "on_click" : "never";
}

std::string hello_response(const std::string& id, const std::vector<std::string>& rule_complaints) {
    json message = envelope(id, "hello");
    message["version"] = REPROMPT_VERSION;
    message["protocol"] = protocol_version;
    if (!rule_complaints.empty()) message["rule_complaints"] = rule_complaints;
    return text_of(message);
}

std::string progress_response(const std::string& id, Stage stage, Milliseconds elapsed) {
    json message = envelope(id, "progress");
    message["stage"] = name_of(stage);
    message["elapsed_ms"] = elapsed.count();
    return text_of(message);
}

std::string chain_response(const std::string& id, const net::Chain& chain) {
    json message = envelope(id, "chain");
    message["host"] = chain.host;
    message["port"] = chain.port;
    message["failure"] = name_of(chain.system_failure);
    json& certificates = message["certificates"] = json::array();
    std::size_t size = 0;
    for (const auto& der : chain.der) {
        size += der.size() * 4 / 3 + 8;
        if (!certificates.empty() && size > max_chain) break;
        certificates.push_back(base64_encode(std::string_view(der)));
    }
    return text_of(message);
}

std::string verdict_response(const std::string& id, const probe::Result& result) {
    json message = envelope(id, "verdict");
    message.update(probe::result_to_json(result));
    message["may_clear"] = may_clear_word(result.verdict);
    return fitted(std::move(message));
}

std::string explained_response(const std::string& id, const Verdict& verdict, const Evidence& evidence) {
    json message = envelope(id, "verdict");
    message.update(verdict_to_json(verdict));
    message["may_clear"] = may_clear_word(verdict);
    message["attempts"] = 0;
    message["evidence"] = evidence_to_json(evidence);
    message["timings_ms"] = evidence.timings_ms;
    message["notes"] = json::array();
    return fitted(std::move(message));
}

json vault_entry_to_json(const ledger::VaultEntry& entry) {
    return {{"entry", entry.id},
            {"account",
             {{"protocol", name_of(entry.account.protocol)},
              {"host", entry.account.host},
              {"port", entry.account.port},
              {"user", entry.account.user}}},
            {"stored_at", epoch_ms(entry.stored_at)},
            {"expires_at", epoch_ms(entry.expires_at)}};
}

std::string vault_response(const std::string& id, const std::vector<ledger::VaultEntry>& entries) {
    json message = envelope(id, "vault");
    json& list = message["entries"] = json::array();
    for (const auto& entry : entries)
        list.push_back(vault_entry_to_json(entry));
    return text_of(message);
}

std::optional<std::string> restored_response(const std::string& id, const ledger::VaultEntry& entry,
                                             const Secret& secret) {
    if (!is_utf8(secret.reveal())) return std::nullopt;
    json message = envelope(id, "vault");
    message["entries"] = json::array({vault_entry_to_json(entry)});
    const std::string open = text_of(message);
    std::string text;
    text.reserve(open.size() + secret.size() * 6 +
                 16);  // one allocation: a grown string would leave a copy behind
    text.append(open, 0, open.size() - 1).append(",\"secret\":\"");
    for (const char c : secret.reveal()) {
        const auto octet = static_cast<unsigned char>(c);
        if (octet < 0x20) {
            constexpr const char* digits = "0123456789abcdef";
            text.append("\\u00").push_back(digits[octet >> 4]);
            text.push_back(digits[octet & 15]);
        } else {
            if (c == '"' || c == '\\') text.push_back('\\');
            text.push_back(c);
        }
    }
    text.append("\"}");
    return text;
}

std::string accounts_response(const std::string& id, const AccountSearch& search) {
    json message = envelope(id, "accounts");
    message["certain"] = search.certain;
    json& profiles = message["profiles"] = json::array();
    std::size_t size = 0;
    for (const auto& profile : search.profiles) {
        json accounts = json::array();
        for (const auto& account : profile.accounts) {
            json servers = json::array();
            for (const auto& server : account.servers)
                servers.push_back(mail_server_to_json(server));
            accounts.push_back({{"id", account.id}, {"servers", std::move(servers)}});
        }
        json one = {
            {"name", profile.name}, {"proxy", name_of(profile.proxy)}, {"accounts", std::move(accounts)}};
        size += text_of(one).size() + 1;
        if (size > max_frame_out - 1024) {
            message["certain"] = false;
            break;
        }
        profiles.push_back(std::move(one));
    }
    return text_of(message);
}

std::string forgotten_response(const std::string& id) {
    return text_of(envelope(id, "forgotten"));
}

std::string cancelled_response(const std::string& id) {
    return text_of(envelope(id, "cancelled"));
}

std::string error_response(const std::optional<std::string>& id, ErrorCode code, std::string_view message) {
    json answer = envelope(id, "error");
    answer["code"] = name_of(code);
    answer["message"] = escape_server_words(message);
    return text_of(answer);
}

}  // namespace reprompt::app
