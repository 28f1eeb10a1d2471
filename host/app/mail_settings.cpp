// SPDX-License-Identifier: MPL-2.0
#include "app/mail_settings.hpp"

#include <algorithm>
#include <set>

#include "base/text.hpp"

namespace reprompt::app {

namespace {

// mailnews.js of Thunderbird 153: mail.server.default.*, mail.smtpserver.default.*
constexpr int default_auth_method = 3;
constexpr int default_socket_type = 0;
constexpr int implicit_tls = 3;
constexpr std::size_t longest_domain = 253;  // RFC 1035 section 2.3.4, as text

std::string text_of(const Prefs& prefs, const std::string& name) {
    const auto found = prefs.find(name);
    const auto* const text = found == prefs.end() ? nullptr : std::get_if<std::string>(&found->second);
    return text == nullptr ? std::string() : *text;
}

int number_of(const Prefs& prefs, const std::string& name, int otherwise) {
    const auto found = prefs.find(name);
    const auto* const number = found == prefs.end() ? nullptr : std::get_if<std::int64_t>(&found->second);
    return number == nullptr ? otherwise : static_cast<int>(*number);
}

/// "account1,account2": each once, in order.
std::vector<std::string> keys_of(const Prefs& prefs, const std::string& name) {
    std::vector<std::string> keys;
    std::set<std::string> seen;
    const std::string list = text_of(prefs, name);
    for (std::size_t begin = 0; begin <= list.size();) {
        const auto end = std::min(list.find(',', begin), list.size());
        std::string key(trim(std::string_view(list).substr(begin, end - begin)));
        // A dot would reach into another branch.
        if (!key.empty() && key.find('.') == std::string::npos && seen.insert(key).second)
            keys.push_back(std::move(key));
        if (keys.size() == most_accounts) break;
        begin = end + 1;
    }
    return keys;
}

/// nsMsgIncomingServer::GetPort, and extension/api/LoginWatch/servers.js for SMTP.
int port_or_default(int port, const std::string& type, int socket_type) {
    if (port > 1 && port <= 65535) return port;
    const bool tls = socket_type == implicit_tls;
    if (type == "imap") return tls ? 993 : 143;
    if (type == "pop3") return tls ? 995 : 110;
    return tls ? 465 : 587;
}

std::string domain_of(const std::string& address) {
    const auto at = address.rfind('@');
    if (at == std::string::npos || address.size() - at - 1 > longest_domain) return {};
    return address.substr(at + 1);
}

MailServer incoming_server(const Prefs& prefs, const std::string& key) {
    const std::string branch = "mail.server." + key + ".";
    MailServer server;
    server.key = key;
    server.type = text_of(prefs, branch + "type");
    server.hostname = text_of(prefs, branch + "hostname");
    server.socket_type = number_of(prefs, branch + "socketType", default_socket_type);
    server.auth_method = number_of(prefs, branch + "authMethod", default_auth_method);
    server.port = port_or_default(number_of(prefs, branch + "port", -1), server.type, server.socket_type);
    server.username = text_of(prefs, branch + "userName");
    return server;
}

MailServer outgoing_server(const Prefs& prefs, const std::string& key) {
    const std::string branch = "mail.smtpserver." + key + ".";
    MailServer server;
    server.outgoing = true;
    server.key = key;
    server.type = text_of(prefs, branch + "type");
    if (server.type.empty()) server.type = "smtp";  // from before there were others
    server.hostname = text_of(prefs, branch + "hostname");
    server.socket_type = number_of(prefs, branch + "try_ssl", default_socket_type);
    server.auth_method = number_of(prefs, branch + "authMethod", default_auth_method);
    server.port = port_or_default(number_of(prefs, branch + "port", 0), server.type, server.socket_type);
    server.username = text_of(prefs, branch + "username");
    server.name = text_of(prefs, branch + "description");
    if (server.name.empty()) server.name = server.hostname;
    return server;
}

/// Where none is chosen, Thunderbird takes the first of its list (OutgoingServerService.sys.mjs).
std::string default_outgoing(const Prefs& prefs) {
    if (auto chosen = text_of(prefs, "mail.smtp.defaultserver"); !chosen.empty()) return chosen;
    const auto keys = keys_of(prefs, "mail.smtpservers");
    return keys.empty() ? std::string() : keys.front();
}

/// The account's outgoing servers, each once: an identity without one sends through the default.
void add_outgoing(const Prefs& prefs, MailAccount& account) {
    std::set<std::string> seen;
    for (const auto& identity : account.identities) {
        std::string key = text_of(prefs, "mail.identity." + identity.key + ".smtpServer");
        if (key.empty()) key = default_outgoing(prefs);
        if (key.empty() || key.find('.') != std::string::npos || !seen.insert(key).second) continue;
        MailServer server = outgoing_server(prefs, key);
        if (server.hostname.empty()) continue;
        if (server.username.find('@') == std::string::npos) server.mail_domain = domain_of(identity.email);
        account.servers.push_back(std::move(server));
    }
}

}  // namespace

std::vector<MailAccount> accounts_in(const Prefs& prefs) {
    std::vector<MailAccount> accounts;
    for (const auto& id : keys_of(prefs, "mail.accountmanager.accounts")) {
        const std::string key = text_of(prefs, "mail.account." + id + ".server");
        if (key.empty() || key.find('.') != std::string::npos) continue;
        MailServer server = incoming_server(prefs, key);
        if (server.hostname.empty() || (server.type != "imap" && server.type != "pop3")) continue;
        MailAccount account{id, server.type, {}, {}};
        for (const auto& identity : keys_of(prefs, "mail.account." + id + ".identities"))
            account.identities.push_back(
                {identity, text_of(prefs, "mail.identity." + identity + ".useremail")});
        if (!account.identities.empty() && server.username.find('@') == std::string::npos)
            server.mail_domain = domain_of(account.identities.front().email);
        account.servers.push_back(std::move(server));
        add_outgoing(prefs, account);
        accounts.push_back(std::move(account));
    }
    return accounts;
}

bool is_same(const MailAccount& account, const KnownAccount& known) {
    if (account.id != known.id || account.type != known.type) return false;
    if (account.identities.empty()) return known.identities.empty();
    bool any = false;
    for (const auto& one : known.identities) {
        const auto same = std::find_if(account.identities.begin(), account.identities.end(),
                                       [&](const MailIdentity& other) { return other.key == one.key; });
        if (same == account.identities.end()) continue;
        if (!iequals(same->email, one.email)) return false;
        any = true;
    }
    return any;
}

const char* name_of(ProxyUse use) noexcept {
    switch (use) {
        case ProxyUse::none:
            return "none";
        case ProxyUse::own:
            return "own";
        case ProxyUse::system:
            break;
    }
    return "system";
}

ProxyUse proxy_use(const Prefs& prefs) {
    switch (number_of(prefs, "network.proxy.type", 5)) {
        case 0:
        case 3:  // an old way to write 0 (nsIProtocolProxyService)
            return ProxyUse::none;
        case 5:
            return ProxyUse::system;
        default:  // by hand, PAC, WPAD, and whatever there will be
            return ProxyUse::own;
    }
}

}  // namespace reprompt::app
