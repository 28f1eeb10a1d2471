// SPDX-License-Identifier: MPL-2.0
#include "net/dns_memory.hpp"

#include <doctest/doctest.h>

using namespace reprompt::net;

TEST_CASE("what the DNS answered is asked once, what failed again") {
    int asked = 0;
    auto outcome = DnsOutcome::failed;
    const auto ask = remembered([&](const std::string& name, int) {
        ++asked;
        return DnsReply{outcome, {static_cast<unsigned char>(name.size())}};
    });
    for (int i = 0; i < 3; ++i)
        CHECK(ask("example.org", 15).outcome == DnsOutcome::failed);
    CHECK(asked == 3);
    outcome = DnsOutcome::no_records;
    for (int i = 0; i < 3; ++i)
        CHECK(ask("example.org", 15).outcome == DnsOutcome::no_records);
    CHECK(asked == 4);
    CHECK(ask("example.org", 33).octets == std::vector<unsigned char>{11});
    CHECK(ask("a.example.org", 15).octets == std::vector<unsigned char>{13});
    CHECK(asked == 6);
}
