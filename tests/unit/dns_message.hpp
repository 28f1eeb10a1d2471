// SPDX-License-Identifier: MPL-2.0
// DnsMessage: answers of a name server, octet by octet, for the tests of net/dns_*.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace reprompt::test {

using Octets = std::vector<unsigned char>;

inline void put16(Octets& out, unsigned value) {
    out.push_back(static_cast<unsigned char>(value >> 8));
    out.push_back(static_cast<unsigned char>(value));
}

/// A name without compression; labels are taken as they are.
inline Octets dns_name(std::string_view name) {
    Octets out;
    while (!name.empty()) {
        const auto label = name.substr(0, name.find('.'));
        out.push_back(static_cast<unsigned char>(label.size()));
        out.insert(out.end(), label.begin(), label.end());
        name.remove_prefix(std::min(name.size(), label.size() + 1));
    }
    out.push_back(0);
    return out;
}

struct DnsRecord {
    std::string owner;
    unsigned type;  ///< 5 CNAME, 15 MX, 33 SRV
    Octets data;
};

inline DnsRecord mx_record(std::string owner, unsigned preference, std::string_view host) {
    DnsRecord record{std::move(owner), 15, {}};
    put16(record.data, preference);
    for (const auto octet : dns_name(host))
        record.data.push_back(octet);
    return record;
}

inline DnsRecord srv_record(std::string owner, unsigned priority, unsigned weight, unsigned port,
                            std::string_view host) {
    DnsRecord record{std::move(owner), 33, {}};
    for (const auto number : {priority, weight, port})
        put16(record.data, number);
    for (const auto octet : dns_name(host))
        record.data.push_back(octet);
    return record;
}

inline DnsRecord cname_record(std::string owner, std::string_view target) {
    return {std::move(owner), 5, dns_name(target)};
}

/// A response with these records in its answer section; `flags` as in RFC 1035 section 4.1.1.
inline Octets dns_message(std::string_view question, unsigned type, const std::vector<DnsRecord>& records,
                          unsigned flags = 0x8180) {
    Octets out;
    for (const auto number : {0x1234U, flags, 1U, static_cast<unsigned>(records.size()), 0U, 0U})
        put16(out, number);
    const auto add = [&](const Octets& octets) { out.insert(out.end(), octets.begin(), octets.end()); };
    add(dns_name(question));
    put16(out, type);
    put16(out, 1);
    for (const auto& record : records) {
        add(dns_name(record.owner));
        for (const auto number : {record.type, 1U, 0U, 60U, static_cast<unsigned>(record.data.size())})
            put16(out, number);
        add(record.data);
    }
    return out;
}

}  // namespace reprompt::test
