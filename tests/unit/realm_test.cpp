// SPDX-License-Identifier: MPL-2.0
// Realms: which servers share one login.
#include <doctest/doctest.h>

#include <cstdlib>

#include "diagnose/rules.hpp"
#include "ledger/ledger.hpp"

using namespace reprompt;
using reprompt::ledger::realm_of;

TEST_CASE("the servers of one provider share a realm") {
    const RuleBook& rules = RuleBook::built_in();
    CHECK(realm_of("imap.gmail.com", rules) == "provider:gmail");
    CHECK(realm_of("SMTP.Gmail.COM.", rules) == "provider:gmail");
}

TEST_CASE("without a provider the registrable domain is the realm") {
    const RuleBook none;
    CHECK(realm_of("imap.example.org", none) == "example.org");
    CHECK(realm_of("SMTP.Example.ORG", none) == "example.org");
    CHECK(realm_of("example.org.", none) == "example.org");
    CHECK(realm_of("mail.a.example.co.uk", none) == "example.co.uk");
    CHECK(realm_of("mail.dept.u-tokyo.ac.jp", none) == "u-tokyo.ac.jp");
    // Two customers below one public suffix have nothing in common.
    CHECK(realm_of("a.github.io", none) != realm_of("b.github.io", none));
}

TEST_CASE("names without a registrable domain and addresses are their own realm") {
    const RuleBook none;
    CHECK(realm_of("localhost", none) == "localhost");
    CHECK(realm_of("MailServer", none) == "mailserver");
    CHECK(realm_of("192.0.2.1", none) == "192.0.2.1");
    CHECK(realm_of("2001:DB8::0:1", none) == "2001:db8::1");
    CHECK(realm_of("[2001:db8::1]", none) == "2001:db8::1");
    CHECK(realm_of("", none).empty());
    CHECK(realm_of("co.uk", none) == "co.uk");
}
