// SPDX-License-Identifier: MPL-2.0
// Which endpoints are tried in place of the configured one, in which order, and which ones never.
#include "probe/settings_candidates.hpp"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "diagnose/rule_content.hpp"

using namespace reprompt;
using namespace reprompt::probe;

namespace {

Endpoint imap(const char* host, std::uint16_t port = 993, TlsMode tls = TlsMode::implicit) {
    return {Protocol::imap, host, port, tls};
}

/// "host:port/tls", in order.
std::vector<std::string> texts(const std::vector<Candidate>& candidates) {
    std::vector<std::string> out;
    for (const auto& [endpoint, source, by_dns] : candidates)
        out.push_back(endpoint.host + ":" + std::to_string(endpoint.port) + "/" + name_of(endpoint.tls));
    return out;
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("on the configured host the documented ports are tried, TLS from the first octet before STARTTLS") {
    const auto of = [](Protocol protocol, std::uint16_t port, TlsMode tls) {
        return texts(same_host_candidates({protocol, "m", port, tls}));
    };
    CHECK(of(Protocol::imap, 143, TlsMode::none) == Texts{"m:993/implicit", "m:143/starttls"});
    CHECK(of(Protocol::imap, 143, TlsMode::starttls) == Texts{"m:993/implicit"});
    CHECK(of(Protocol::imap, 993, TlsMode::implicit) == Texts{"m:143/starttls"});
    CHECK(of(Protocol::imap, 993, TlsMode::starttls) == Texts{"m:993/implicit", "m:143/starttls"});
    CHECK(of(Protocol::pop3, 110, TlsMode::none) == Texts{"m:995/implicit", "m:110/starttls"});
    CHECK(of(Protocol::smtp, 587, TlsMode::starttls) == Texts{"m:465/implicit"});
    CHECK(of(Protocol::smtp, 465, TlsMode::implicit) == Texts{"m:587/starttls"});
}

TEST_CASE("port 25 is tried with STARTTLS if it is configured, and never otherwise") {
    const auto of = [](std::uint16_t port, TlsMode tls) {
        return texts(same_host_candidates({Protocol::smtp, "m", port, tls}));
    };
    CHECK(of(25, TlsMode::none) == Texts{"m:465/implicit", "m:587/starttls", "m:25/starttls"});
    CHECK(of(25, TlsMode::starttls) == Texts{"m:465/implicit", "m:587/starttls"});
    CHECK(of(2525, TlsMode::none) ==
          Texts{"m:465/implicit", "m:2525/implicit", "m:587/starttls", "m:2525/starttls"});
    CHECK(srv_candidates({Protocol::smtp, "m", 465, TlsMode::implicit}, {{"submission", "n", 25}}).empty());
}

TEST_CASE("no candidate is unencrypted or the configured endpoint, whatever is configured") {
    for (const auto protocol : {Protocol::imap, Protocol::pop3, Protocol::smtp}) {
        for (const int number : {25, 110, 143, 465, 587, 993, 995, 1143, 65535}) {
            const auto port = static_cast<std::uint16_t>(number);
            for (const auto tls : {TlsMode::none, TlsMode::starttls, TlsMode::implicit}) {
                for (const auto& [endpoint, source, by_dns] :
                     same_host_candidates({protocol, "m", port, tls})) {
                    CHECK(endpoint.tls != TlsMode::none);
                    CHECK_FALSE((endpoint.port == port && endpoint.tls == tls));
                    CHECK(endpoint.protocol == protocol);
                }
            }
        }
    }
}

TEST_CASE("the rules name a provider's servers for each protocol") {
    const auto& rules = RuleBook::built_in().content();
    const auto* const gmail = rules.provider("gmail");
    REQUIRE(gmail != nullptr);
    CHECK(texts(rule_candidates(imap("old.gmail.com"), *gmail)) ==
          Texts{"imap.gmail.com:993/implicit", "imap.gmail.com:143/starttls"});
    const auto* const microsoft = rules.provider("microsoft");
    REQUIRE(microsoft != nullptr);
    CHECK(texts(rule_candidates({Protocol::smtp, "smtp.live.com", 25, TlsMode::none}, *microsoft)) ==
          Texts{"smtp-mail.outlook.com:465/implicit", "smtp.office365.com:465/implicit",
                "smtp-mail.outlook.com:587/starttls", "smtp.office365.com:587/starttls"});
    const auto* const hey = rules.provider("hey");
    REQUIRE(hey != nullptr);
    CHECK(rule_candidates(imap("imap.hey.com"), *hey).empty());
}

TEST_CASE("SRV: the service says how TLS begins, and only names and mail ports count") {
    const std::vector<ServiceRecord> records{{"imap", "b.example.org", 143},
                                             {"imaps", "a.example.org", 993},
                                             {"imaps", "a.example.org", 443},
                                             {"imaps", "a.example.org", 22},
                                             {"imaps", "203.0.113.2", 993}};
    CHECK(texts(srv_candidates(imap("old.example.org"), records)) ==
          Texts{"a.example.org:993/implicit", "b.example.org:143/starttls"});
    CHECK(srv_candidates(imap("a.example.org"), {{"imaps", "A.example.org", 993}}).empty());
}

TEST_CASE("autoconfig: other protocols, clear text, addresses and names that are none are left out") {
    const std::vector<Endpoint> servers{{Protocol::imap, "imap.example.org", 143, TlsMode::starttls},
                                        {Protocol::imap, "imap.example.org", 993, TlsMode::implicit},
                                        {Protocol::imap, "imap.example.org", 993, TlsMode::implicit},
                                        {Protocol::imap, "plain.example.org", 143, TlsMode::none},
                                        {Protocol::imap, "web.example.org", 8993, TlsMode::implicit},
                                        {Protocol::imap, "192.0.2.1", 993, TlsMode::implicit},
                                        {Protocol::imap, "::1", 993, TlsMode::implicit},
                                        {Protocol::imap, "a b", 993, TlsMode::implicit},
                                        {Protocol::imap,
                                         "b\xC3\xBC"
                                         "cher.example.org",
                                         993, TlsMode::implicit},
                                        {Protocol::pop3, "pop.example.org", 995, TlsMode::implicit}};
    CHECK(texts(autoconfig_candidates(imap("old.example.org"), servers)) ==
          Texts{"imap.example.org:993/implicit", "xn--bcher-kva.example.org:993/implicit",
                "imap.example.org:143/starttls"});
}

TEST_CASE("a host is confirmed once more unless it belongs to the account's domains or the rules name it") {
    const auto& rules = RuleBook::built_in();
    const auto confirm = [&](const char* host, const char* mail_domain = "example.co.uk") {
        return must_confirm({imap(host), SettingsSource::srv}, imap("mail.Provider.example"), mail_domain,
                            rules);
    };
    CHECK_FALSE(confirm("mail.provider.example"));
    CHECK_FALSE(confirm("imap2.provider.example"));
    CHECK_FALSE(confirm("imap.example.co.uk"));
    CHECK_FALSE(confirm("imap.gmail.com"));
    CHECK(confirm("other.co.uk"));                  // a public suffix is nobody's domain
    CHECK(confirm("imap.gmail.com.evil.example"));  // no suffix of a name
    CHECK(confirm("evilprovider.example"));
    CHECK(confirm("customer7.your-server.de"));  // hosts of many owners: only servers named one by one
    CHECK(confirm("imap.example.co.uk", ""));
    CHECK(must_confirm({imap("192.0.2.2")}, imap("192.0.2.1"), "", rules));
    // A provider recognised by unsigned records is not surely the account's.
    const auto by_dns = [&](const char* host) {
        return must_confirm({imap(host), SettingsSource::rule, true}, imap("mail.provider.example"),
                            "example.co.uk", rules);
    };
    CHECK(by_dns("imap.gmail.com"));
    CHECK_FALSE(by_dns("imap.example.co.uk"));
}

TEST_CASE("what the domain's page names too is taken as the page has it, in its place; nothing comes twice") {
    const Candidate by_srv{imap("mail.hoster.example"), SettingsSource::srv};
    const Candidate by_mx{imap("imap.gmail.com"), SettingsSource::rule, true};
    const std::vector<Candidate> page{{imap("MAIL.hoster.example"), SettingsSource::autoconfig},
                                      {imap("imap.gmail.com"), SettingsSource::autoconfig}};
    std::vector<Candidate> all{{imap("tried.example")}};
    append(all, {by_mx, {imap("tried.example"), SettingsSource::srv}}, page);
    append(all, {by_srv}, page);
    append(all, page);
    REQUIRE(all.size() == 3);
    CHECK(all[0].source == SettingsSource::port);
    CHECK(all[1].endpoint.host == "imap.gmail.com");
    CHECK_FALSE(all[1].by_dns_alone);
    CHECK(all[2].source == SettingsSource::autoconfig);
    append(all, {{imap("other.example"), SettingsSource::srv}}, page);
    CHECK(all.back().source == SettingsSource::srv);
}

TEST_CASE("a way to sign in: the configured one, else one that the account can use") {
    const auto at = [](Protocol protocol, const char* offer, const char* configured) {
        return working_auth(protocol, {offer}, configured);
    };
    const char* const both = "* CAPABILITY IMAP4rev1 AUTH=PLAIN AUTH=XOAUTH2";
    CHECK(at(Protocol::imap, both, "password") == "password");
    CHECK(at(Protocol::imap, both, "oauth2") == "oauth2");
    CHECK(at(Protocol::imap, both, "password_encrypted") == "password");
    CHECK(at(Protocol::imap, both, "") == "password");
    CHECK(at(Protocol::imap, "* CAPABILITY IMAP4rev1 LOGINDISABLED AUTH=XOAUTH2", "password") == "oauth2");
    CHECK(at(Protocol::imap, "* CAPABILITY IMAP4rev1", "password") == "password");  // the LOGIN command
    CHECK(at(Protocol::imap, "* CAPABILITY IMAP4rev1 LOGINDISABLED", "password").empty());
    CHECK(at(Protocol::imap, "* CAPABILITY IMAP4rev1 AUTH=PLAIN", "oauth2").empty());  // has no password
    CHECK(at(Protocol::imap, "* CAPABILITY IMAP4rev1 AUTH=GSSAPI LOGINDISABLED", "password").empty());
    CHECK(at(Protocol::smtp, "250-AUTH CRAM-MD5", "password") == "password_encrypted");
    CHECK(at(Protocol::smtp, "250 SIZE 1000", "password").empty());
    CHECK(at(Protocol::pop3, "USER", "password") == "password");
    CHECK(working_auth(Protocol::imap, {}, "password").empty());
    CHECK(working_auth(Protocol::pop3, {}, "password").empty());
}

TEST_CASE("a refused method is never its own replacement") {
    CHECK(other_auth(Protocol::imap, {"* CAPABILITY AUTH=PLAIN"}, "password").empty());
    CHECK(other_auth(Protocol::imap, {"* CAPABILITY AUTH=PLAIN AUTH=CRAM-MD5"}, "password") ==
          "password_encrypted");
    CHECK(other_auth(Protocol::smtp, {"250-AUTH PLAIN LOGIN"}, "oauth2") == "password");
    CHECK(other_auth(Protocol::smtp, {"250-AUTH XOAUTH2"}, "password") == "oauth2");
}

TEST_CASE("what is proposed names its changes in a fixed order, and nothing that stays") {
    SettingsProposal proposal;
    proposal.endpoint = imap("imap.example.org");
    proposal.source = SettingsSource::srv;
    proposal.confirm_host = true;
    note_changes(proposal, imap("old.example.org", 143, TlsMode::none));
    CHECK(settings_to_json(proposal) == nlohmann::json({{"host", "imap.example.org"},
                                                        {"port", 993},
                                                        {"tls", "implicit"},
                                                        {"source", "srv"},
                                                        {"changes", {"host", "port", "tls"}},
                                                        {"confirm_host", true}}));
    proposal.auth = "oauth2";
    note_changes(proposal, imap("IMAP.example.org"));
    CHECK(proposal.changes == std::vector<std::string>{"auth"});
    CHECK(settings_to_json(proposal)["auth"] == "oauth2");
}
