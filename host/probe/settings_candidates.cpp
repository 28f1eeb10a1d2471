// SPDX-License-Identifier: MPL-2.0
#include "probe/settings_candidates.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "diagnose/capability_facts.hpp"
#include "diagnose/rule_content.hpp"
#include "net/address.hpp"
#include "net/dns_answer.hpp"
#include "net/host_name.hpp"
#include "net/registrable_domain.hpp"

namespace reprompt::probe {
namespace {

struct MailPorts {
    std::uint16_t implicit, starttls;
};

/// RFC 8314 section 3; RFC 6409 for 587.
MailPorts ports_of(Protocol protocol) noexcept {
    switch (protocol) {
        case Protocol::imap:
            return {993, 143};
        case Protocol::pop3:
            return {995, 110};
        case Protocol::smtp:
            return {465, 587};
    }
    return {};
}

bool is_mail_port(Protocol protocol, std::uint16_t port) noexcept {
    const auto [implicit, starttls] = ports_of(protocol);
    return port == implicit || port == starttls;
}

bool same(const Endpoint& left, const Endpoint& right) {
    return iequals(left.host, right.host) && left.port == right.port && left.tls == right.tls;
}

class List {
  public:
    explicit List(const Endpoint& configured) : configured_(configured) {}
    void add(const std::string& host, std::uint16_t port, TlsMode tls, SettingsSource source) {
        const Endpoint endpoint{configured_.protocol, host, port, tls};
        if (same(endpoint, configured_)) return;
        const auto known = [&](const Candidate& each) { return same(each.endpoint, endpoint); };
        if (std::none_of(all_.begin(), all_.end(), known)) all_.push_back({endpoint, source});
    }
    std::vector<Candidate> best_first() && {
        std::stable_partition(all_.begin(), all_.end(),
                              [](const Candidate& each) { return each.endpoint.tls == TlsMode::implicit; });
        return std::move(all_);
    }

  private:
    const Endpoint& configured_;
    std::vector<Candidate> all_;
};

/// What an encrypted channel to a server lets an account do, in the words of Evidence::configured_auth.
std::vector<std::string> ways_in(Protocol protocol, const std::vector<std::string>& offered) {
    const auto facts = read_capabilities(protocol, offered);
    const bool sasl = facts.lists("PLAIN") || facts.lists("LOGIN");
    // IMAP's LOGIN needs no listing (RFC 3501 section 6.2.3).
    const bool command = facts.user_pass || facts.auth_without_list ||
                         (protocol == Protocol::imap && !offered.empty() && !facts.login_disabled &&
                          !facts.lists_token() && !facts.lists("CRAM-MD5"));
    std::vector<std::string> ways;
    if (sasl || command) ways.emplace_back("password");
    if (facts.lists("CRAM-MD5")) ways.emplace_back("password_encrypted");
    if (facts.lists("XOAUTH2")) ways.emplace_back("oauth2");  // Thunderbird knows no OAUTHBEARER
    return ways;
}

}  // namespace

std::vector<Candidate> same_host_candidates(const Endpoint& configured) {
    const auto [implicit, starttls] = ports_of(configured.protocol);
    const auto& [protocol, host, port, tls] = configured;
    const bool old_submission = protocol == Protocol::smtp && port == 25;  // never TLS from the first octet
    List list(configured);
    list.add(host, implicit, TlsMode::implicit, SettingsSource::port);
    if (port != starttls && !old_submission) list.add(host, port, TlsMode::implicit, SettingsSource::port);
    list.add(host, starttls, TlsMode::starttls, SettingsSource::port);
    if (port != implicit) list.add(host, port, TlsMode::starttls, SettingsSource::port);
    return std::move(list).best_first();
}

std::vector<Candidate> rule_candidates(const Endpoint& configured, const Provider& provider) {
    const auto [implicit, starttls] = ports_of(configured.protocol);
    List list(configured);
    const auto servers = provider.servers.find(configured.protocol);
    if (servers == provider.servers.end()) return {};
    for (const auto& host : servers->second) {
        list.add(host, implicit, TlsMode::implicit, SettingsSource::rule);
        list.add(host, starttls, TlsMode::starttls, SettingsSource::rule);
    }
    return std::move(list).best_first();
}

std::vector<Candidate> srv_candidates(const Endpoint& configured, const std::vector<ServiceRecord>& records) {
    List list(configured);
    for (const auto& record : records) {
        // RFC 2782: the target is a name.
        if (!is_mail_port(configured.protocol, record.port) || net::is_numeric_address(record.host)) continue;
        const auto tls = record.service.ends_with('s') ? TlsMode::implicit : TlsMode::starttls;
        list.add(record.host, record.port, tls, SettingsSource::srv);
    }
    return std::move(list).best_first();
}

std::vector<Candidate> autoconfig_candidates(const Endpoint& configured,
                                             const std::vector<Endpoint>& servers) {
    List list(configured);
    for (const auto& server : servers) {
        if (server.protocol != configured.protocol || server.tls == TlsMode::none ||
            !is_mail_port(server.protocol, server.port))
            continue;
        const auto host = net::ascii_host(server.host);
        if (!host || !net::is_domain_name(*host) || net::is_numeric_address(*host)) continue;
        list.add(to_lower(*host), server.port, server.tls, SettingsSource::autoconfig);
    }
    return std::move(list).best_first();
}

void append(std::vector<Candidate>& candidates, std::vector<Candidate> named,
            const std::vector<Candidate>& signed_names) {
    const auto find = [](const std::vector<Candidate>& list, const Endpoint& endpoint) {
        return std::find_if(list.begin(), list.end(),
                            [&](const Candidate& each) { return same(each.endpoint, endpoint); });
    };
    for (auto& each : named) {
        if (find(candidates, each.endpoint) != candidates.end()) continue;
        const auto vouched = find(signed_names, each.endpoint);
        if (vouched == signed_names.end()) {
            candidates.push_back(std::move(each));
        } else {
            candidates.push_back(*vouched);
        }
    }
}

bool must_confirm(const Candidate& candidate, const Endpoint& configured, const std::string& mail_domain,
                  const RuleBook& rules) {
    const auto& host = candidate.endpoint.host;
    if (net::same_owner(host, to_lower(configured.host))) return false;
    if (!mail_domain.empty() && net::same_owner(host, mail_domain)) return false;
    if (candidate.by_dns_alone) return true;
    for (const auto& provider : rules.content().providers) {
        for (const auto& [protocol, servers] : provider.servers) {
            if (std::find(servers.begin(), servers.end(), host) != servers.end()) return false;
        }
    }
    return true;
}

std::string working_auth(Protocol protocol, const std::vector<std::string>& offered,
                         const std::string& configured_auth) {
    const auto ways = ways_in(protocol, offered);
    if (std::find(ways.begin(), ways.end(), configured_auth) != ways.end()) return configured_auth;
    if (ways.empty() || configured_auth == "oauth2") return {};
    return ways.front();
}

std::string other_auth(Protocol protocol, const std::vector<std::string>& offered,
                       const std::string& configured_auth) {
    for (auto& way : ways_in(protocol, offered)) {
        if (way != configured_auth) return way;
    }
    return {};
}

}  // namespace reprompt::probe
