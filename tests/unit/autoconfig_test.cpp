// SPDX-License-Identifier: MPL-2.0
// The XML in which a domain names its mail servers.
#include "protocol/autoconfig.hpp"

#include <doctest/doctest.h>

using namespace reprompt;
using namespace reprompt::protocol;

namespace {

std::string server(const char* type, const char* host, const char* port, const char* socket) {
    const std::string element = std::string(type) == "smtp" ? "outgoingServer" : "incomingServer";
    return "<" + element + " type=\"" + type + "\"><hostname>" + host + "</hostname><port>" + port +
           "</port><socketType>" + socket + "</socketType></" + element + ">";
}

std::string provider(const std::string& inside) {
    return "<emailProvider id=\"example.org\"><domain>example.org</domain>" + inside + "</emailProvider>";
}

std::string config(const std::string& inside) {
    return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<clientConfig version=\"1.1\">" + inside +
           "</clientConfig>\n";
}

std::vector<std::string> hosts(const std::string& xml) {
    std::vector<std::string> out;
    const auto servers = read_autoconfig(xml, "example.org");
    if (!servers) return {"error: " + servers.error()};
    for (const auto& each : *servers)
        out.push_back(each.host);
    return out;
}

bool is_refused(const std::string& xml) {
    return !read_autoconfig(xml, "example.org").has_value();
}

using Hosts = std::vector<std::string>;

}  // namespace

TEST_CASE("servers are read in their order, with the domain put in") {
    const auto servers =
        read_autoconfig(config(provider(server("imap", " IMAP.example.org\n", "993", "SSL") +
                                        server("pop3", "pop.%EMAILDOMAIN%", "110", "STARTTLS") +
                                        server("smtp", "smtp.example.org", "465", "ssl"))),
                        "example.org");
    REQUIRE(servers);
    REQUIRE(servers->size() == 3);
    CHECK((*servers)[0].host == "imap.example.org");
    CHECK((*servers)[0].protocol == Protocol::imap);
    CHECK((*servers)[0].port == 993);
    CHECK((*servers)[0].tls == TlsMode::implicit);
    CHECK((*servers)[1].host == "pop.example.org");
    CHECK((*servers)[1].tls == TlsMode::starttls);
    CHECK((*servers)[2].protocol == Protocol::smtp);
}

TEST_CASE("what Mozilla's own example holds beside servers is passed over") {
    CHECK(hosts(config(
              provider("<displayName>Example &amp; Co</displayName><displayShortName>E</displayShortName>" +
                       server("imap", "imap.example.org", "993", "SSL") +
                       "<documentation url=\"https://example.org/\"><descr "
                       "lang=\"en\">Help</descr></documentation>") +
              "<webMail><loginPage url=\"https://example.org/\"/></webMail>")) == Hosts{"imap.example.org"});
}

TEST_CASE("a server without encryption, without a usable port or of another kind is left out") {
    for (const auto& bad :
         {server("imap", "h.example.org", "143", "plain"), server("imap", "h.example.org", "0", "SSL"),
          server("imap", "h.example.org", "70000", "SSL"), server("imap", "h.example.org", "99 3", "SSL"),
          server("imap", "h.example.org", "-993", "SSL"), server("imap", "h.example.org", "", "SSL"),
          server("imap", "", "993", "SSL"), server("exchange", "h.example.org", "443", "SSL"),
          server("imap", "%EMAILLOCALPART%.example.org", "993", "SSL"),
          server("imap", "%EMAILADDRESS%", "993", "SSL"), server("imap", "h.example.org", "993", ""),
          std::string("<incomingServer "
                      "type=\"smtp\"><hostname>h</hostname><port>465</port><socketType>SSL</socketType></"
                      "incomingServer>"),
          std::string("<outgoingServer "
                      "type=\"imap\"><hostname>h</hostname><port>993</port><socketType>SSL</socketType></"
                      "outgoingServer>")}) {
        INFO(bad);
        CHECK(hosts(config(provider(bad + server("imap", "good.example.org", "993", "SSL")))) ==
              Hosts{"good.example.org"});
    }
}

TEST_CASE("only the first provider counts, and only its servers") {
    const auto one = server("imap", "one.example.org", "993", "SSL");
    const auto two = server("imap", "two.example.org", "993", "SSL");
    CHECK(hosts(config(provider(one) + provider(two))) == Hosts{"one.example.org"});
    CHECK(hosts(config(two + provider(one))) == Hosts{"one.example.org"});
    CHECK(hosts(config("")).empty());
    std::string many;
    for (int i = 0; i < 40; ++i)
        many += one;
    CHECK(hosts(config(provider(many))).size() == most_autoconfig_servers);
}

TEST_CASE("a document type is refused, and with it every entity but XML's own") {
    const auto inside = provider(server("imap", "&host;", "993", "SSL"));
    CHECK(
        is_refused("<!DOCTYPE clientConfig [<!ENTITY host \"evil.example\">]>" + config(inside).substr(39)));
    CHECK(is_refused("<!DOCTYPE clientConfig SYSTEM \"file:///etc/passwd\"><clientConfig/>"));
    CHECK(is_refused("<!DOCTYPE clientConfig><clientConfig/>"));
    CHECK(is_refused(config(inside)));  // an entity nobody declared
    CHECK(hosts(config(provider(server("imap", "h&#46;example.org", "993", "SSL")))) ==
          Hosts{"h.example.org"});
}

TEST_CASE("what is no such document is refused") {
    for (const std::string bad :
         {"", "hello", "<html></html>", "<clientConfig>", "<clientConfig></html>",
          "<clientConfig/><clientConfig/>", "<?xml version=\"1.0\" encoding=\"no-such\"?><clientConfig/>"}) {
        INFO(bad);
        CHECK(is_refused(bad));
    }
    CHECK(is_refused(std::string("<clientConfig/>\0", 16)));
    CHECK(is_refused(config(std::string(max_autoconfig, ' '))));
    std::string deep;
    for (int i = 0; i < 20; ++i)
        deep += "<a>";
    CHECK(is_refused(config(deep)));
    CHECK(is_refused(config(provider(server("imap", "h\xFF", "993", "SSL")))));
}

TEST_CASE("a text that never ends fills no memory, and its server is no host") {
    const std::string endless(60'000, 'a');
    const auto servers =
        read_autoconfig(config(provider(server("imap", endless.c_str(), "993", "SSL"))), "example.org");
    REQUIRE(servers);
    for (const auto& each : *servers)
        CHECK(each.host.size() <= 512);
}
