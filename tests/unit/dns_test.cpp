// SPDX-License-Identifier: MPL-2.0
#include <doctest/doctest.h>

#include <algorithm>
#include <mutex>
#include <optional>

#include "diagnose/recognition.hpp"
#include "diagnose/rules.hpp"
#include "net/dns_answer.hpp"
#include "net/dns_lookup.hpp"
#include "unit/dns_message.hpp"
#include "unit/silent_dns.hpp"

using namespace reprompt;
using namespace reprompt::net;
using namespace reprompt::test;

namespace {

using Hosts = std::vector<std::string>;

Expected<Hosts, std::string> mx_of(const std::vector<DnsRecord>& records, unsigned flags = 0x8180) {
    return read_mx(dns_message("firm.example", 15, records, flags), "firm.example");
}

/// Answers MX with `host`, and SRV with nothing.
DnsReply mx_only(const std::string& name, int type, std::string_view host) {
    if (type != 15) return {DnsOutcome::no_records, {}};
    return {DnsOutcome::answered, dns_message(name, 15, {mx_record(name, 10, host)})};
}
DnsReply srv_only(const std::string& name, std::string_view host) {
    return {DnsOutcome::answered, dns_message(name, 33, {srv_record(name, 0, 1, 993, host)})};
}

}  // namespace

TEST_CASE("mail exchangers come in the order of their preference, in lower case") {
    const auto hosts = mx_of({mx_record("firm.example", 20, "Second.Example"),
                              mx_record("FIRM.example", 10, "ASPMX.L.Google.com")});
    REQUIRE(hosts.has_value());
    CHECK(*hosts == Hosts{"aspmx.l.google.com", "second.example"});
}

TEST_CASE("records of another name, another type or a name that no host has do not count") {
    const auto hosts = mx_of(
        {mx_record("other.example", 1, "aspmx.l.google.com"), mx_record("firm.example", 2, ""),  // null MX
         mx_record("firm.example", 3, "<b>.google.com"), mx_record("firm.example", 4, "a b.google.com"),
         srv_record("firm.example", 0, 0, 993, "imap.gmail.com"),
         mx_record("firm.example", 5, "mx.firm.example")});
    REQUIRE(hosts.has_value());
    CHECK(*hosts == Hosts{"mx.firm.example"});
}

TEST_CASE("a question is no answer, whatever stands in it") {
    CHECK_FALSE(mx_of({mx_record("firm.example", 1, "mx.firm.example")}, 0x0100).has_value());
}

TEST_CASE("aliases are followed from the name that was asked for, and a loop of them ends") {
    CHECK(*mx_of({mx_record("c.example", 1, "mx.c.example"), cname_record("b.example", "c.example"),
                  cname_record("firm.example", "b.example")}) == Hosts{"mx.c.example"});
    CHECK(mx_of({cname_record("firm.example", "a.example"), cname_record("a.example", "firm.example"),
                 mx_record("b.example", 1, "aspmx.l.google.com")})
              ->empty());
}

TEST_CASE("what is no DNS message, or one cut off, is an error and never a record") {
    const auto whole = dns_message("firm.example", 15, {mx_record("firm.example", 10, "aspmx.l.google.com")});
    for (std::size_t size = 0; size < whole.size(); ++size) {
        const auto part = read_mx(std::span(whole).first(size), "firm.example");
        CHECK_FALSE(part.has_value());
    }
    CHECK_FALSE(mx_of({mx_record("firm.example", 10, "aspmx.l.google.com")}, 0x8380).has_value());
    // A name that points at itself, and one that points behind the end.
    for (const Octets& name : {Octets{0, 10, 0xC0, 12}, Octets{0, 10, 0xC0, 42}, Octets{0, 10, 0xFF, 0xFF}}) {
        const auto hosts = mx_of({{"firm.example", 15, name}, mx_record("firm.example", 20, "mx.example")});
        if (!hosts) continue;
        for (const auto& host : *hosts)
            CHECK(is_domain_name(host));
    }
}

TEST_CASE("of very many records only so many are used") {
    std::vector<DnsRecord> records;
    for (unsigned i = 0; i < 200; ++i)
        records.push_back(mx_record("firm.example", i, "mx" + std::to_string(i) + ".example"));
    CHECK(mx_of(records)->size() == most_records);
}

TEST_CASE("SRV records come by priority and weight, and port 0 does not count") {
    const std::string name = "_imaps._tcp.firm.example";
    const auto message =
        dns_message(name, 33,
                    {srv_record(name, 10, 0, 993, "c.example"), srv_record(name, 0, 1, 993, "b.example"),
                     srv_record(name, 0, 5, 1993, "a.example"), srv_record(name, 0, 9, 0, "none.example")});
    const auto records = read_srv(message, name, "imaps");
    REQUIRE(records.has_value());
    REQUIRE(records->size() == 3);
    CHECK((*records)[0].host == "a.example");
    CHECK((*records)[0].port == 1993);
    CHECK((*records)[0].service == "imaps");
    CHECK((*records)[1].host == "b.example");
    CHECK((*records)[2].host == "c.example");
}

TEST_CASE("a look-up asks for MX and for the protocol's own services") {
    std::mutex mutex;
    std::vector<std::string> asked;
    const DnsQuery query = [&](const std::string& name, int type) {
        const std::lock_guard lock(mutex);
        asked.push_back(name + " " + std::to_string(type));
        return DnsReply{DnsOutcome::no_name, {}};
    };
    const Cancel never;
    DnsLookup lookup("firm.example", Protocol::smtp, query);
    const auto records = lookup.wait(Deadline::after(Milliseconds(10'000)), never);
    const std::lock_guard lock(mutex);
    std::sort(asked.begin(), asked.end());
    CHECK(asked == std::vector<std::string>{"_submission._tcp.firm.example 33",
                                            "_submissions._tcp.firm.example 33", "firm.example 15"});
    CHECK(records.name == "firm.example");
    CHECK(records.note == "The DNS knows no such mail domain.");
}

TEST_CASE("each way of not knowing has its note, and no records") {
    const Cancel never;
    const auto note = [&](const DnsReply& reply) {
        DnsLookup lookup("firm.example", Protocol::imap, [reply](const std::string&, int) { return reply; });
        const auto records = lookup.wait(Deadline::after(Milliseconds(10'000)), never);
        CHECK(records.mx.empty());
        CHECK(records.srv.empty());
        return records.note;
    };
    CHECK(note({DnsOutcome::failed, {}}) == "The DNS could not answer.");
    CHECK(note({DnsOutcome::no_records, {}}) == "The mail domain has no MX record.");
    CHECK(note({DnsOutcome::cut_off, {}}) == "The DNS gave an answer that was cut off.");
    CHECK(note({DnsOutcome::answered, {1, 2, 3}}) == "The DNS gave an answer that cannot be read.");
}

TEST_CASE("a silent name server is left behind at the deadline") {
    const SilentDns server;
    const Cancel never;
    DnsLookup lookup("firm.example", Protocol::imap, server.query());
    const auto begin = Deadline::Clock::now();
    const auto records = lookup.wait(Deadline::after(Milliseconds(50)), never);
    CHECK(Deadline::Clock::now() - begin < std::chrono::seconds(5));
    CHECK(records.note == "The DNS did not answer in time.");
}

TEST_CASE("a cancelled wait ends at once") {
    const SilentDns server;
    Cancel cancel;
    cancel.cancel();
    DnsLookup lookup("firm.example", Protocol::imap, server.query());
    const auto begin = Deadline::Clock::now();
    CHECK(lookup.wait(Deadline::after(Milliseconds(60'000)), cancel).note.empty());
    CHECK(Deadline::Clock::now() - begin < std::chrono::seconds(20));
}

TEST_CASE("what is enough is not waited beyond, and what was not waited for is not called late") {
    const SilentDns server;
    const Cancel never;
    const auto silent = server.query();
    DnsLookup lookup("firm.example", Protocol::imap, [silent](const std::string& name, int type) {
        return name.starts_with("_imaps.") ? srv_only(name, "imap.gmail.com") : silent(name, type);
    });
    const auto records = lookup.wait(Deadline::after(Milliseconds(60'000)), never,
                                     [](const DomainRecords& known) { return !known.srv.empty(); });
    REQUIRE(records.srv.size() == 1);
    CHECK(records.srv[0].host == "imap.gmail.com");
    CHECK(records.note.empty());
}

TEST_CASE("what arrived counts at the deadline, although an answer that comes before it is missing") {
    const SilentDns server;
    const Cancel never;
    const auto silent = server.query();
    DnsLookup lookup("firm.example", Protocol::imap, [silent](const std::string& name, int type) {
        return type == 15 ? mx_only(name, type, "aspmx.l.google.com") : silent(name, type);
    });
    DomainRecords records;
    while (records.mx.empty())
        records = lookup.wait(Deadline::after(Milliseconds(20)), never);
    CHECK(records.mx == Hosts{"aspmx.l.google.com"});
    CHECK(records.note.empty());
}

TEST_CASE("SRV comes before MX, whichever answer arrives first") {
    const Cancel never;
    for (const bool mx_first : {true, false}) {
        CAPTURE(mx_first);
        std::optional<SilentDns> late(std::in_place);
        const auto silent = late->query();
        DnsLookup lookup("firm.example", Protocol::imap, [=](const std::string& name, int type) {
            if ((type == 15) != mx_first) silent(name, type);
            return type == 15 ? mx_only(name, type, "firm-example.mail.protection.outlook.com")
                              : srv_only(name, "imap.gmail.com");
        });
        DomainRecords first;
        while (mx_first ? first.mx.empty() : first.srv.size() < 2)
            first = lookup.wait(Deadline::after(Milliseconds(20)), never);
        const auto& rules = RuleBook::built_in().content();
        const auto records =
            lookup.wait(Deadline::after(Milliseconds(60'000)), never, [&](const DomainRecords& known) {
                late.reset();  // now the other answer comes too
                return provider_of_domain(known, rules) != nullptr;
            });
        REQUIRE(provider_of_domain(records, rules) != nullptr);
        CHECK(provider_of_domain(records, rules)->id == "gmail");
    }
}
