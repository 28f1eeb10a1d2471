// SPDX-License-Identifier: MPL-2.0
#include "net/host_name.hpp"

#include <doctest/doctest.h>

using reprompt::net::ascii_host;

TEST_CASE("a name as people write it becomes its A-label, as in a browser") {
    CHECK(ascii_host("münchen.example").value() == "xn--mnchen-3ya.example");
    CHECK(ascii_host("MÜNCHEN.Example").value() == "xn--mnchen-3ya.example");
    CHECK(ascii_host("mu\xCC\x88nchen.example").value() ==
          "xn--mnchen-3ya.example");                                         // u and a combining diaeresis
    CHECK(ascii_host("straße.example").value() == "xn--strae-oqa.example");  // non-transitional
    CHECK(ascii_host("メール.example").value() == "xn--4dkua4c.example");
    CHECK(ascii_host("mail。例え.example").value() ==
          "mail.xn--r8jz45g.example");  // the ideographic full stop
}

TEST_CASE("a name in ASCII, or an address, stays as it is") {
    for (const char* host : {"imap.example.org", "IMAP.Example.org", "xn--mnchen-3ya.example",
                             "under_score.example", "192.0.2.1", "2001:db8::1", "fe80::1%eth0", ""})
        CHECK(ascii_host(host).value() == host);
}

TEST_CASE("what no name can be is refused without repeating it") {
    for (const std::string host :
         {"\xff\xfe", "m\xC3", "mün chen.example", "-ü.example", "a\u202E\u00FC.example"}) {
        const auto name = ascii_host(host);
        if (name) {
            CHECK_MESSAGE(name->find(' ') != std::string::npos,
                          host);  // libidn2 lets a blank pass: settings_check does not
        } else {
            CHECK(name.error().find("example") == std::string::npos);
        }
    }
    CHECK_FALSE(ascii_host(std::string("m\xC3\xBC\0.example", 12)));
}
