// SPDX-License-Identifier: MPL-2.0
// Any octets as the answer of a name server: no crash, and what comes out are at most so many names of hosts.
// Covers: host/net/dns_answer.cpp
#include <cstdint>
#include <cstdlib>

#include "base/text.hpp"
#include "net/dns_answer.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    using namespace reprompt;
    const auto require = [](bool holds) {
        if (!holds) std::abort();
    };
    const auto is_host = [](const std::string& name) {
        return net::is_domain_name(name) && to_lower(name) == name;
    };
    const std::span<const unsigned char> message(bytes, size);
    if (const auto hosts = net::read_mx(message, "firm.example")) {
        require(hosts->size() <= net::most_records);
        for (const auto& host : *hosts)
            require(is_host(host));
    }
    if (const auto records = net::read_srv(message, "_imaps._tcp.firm.example", "imaps")) {
        require(records->size() <= net::most_records);
        for (const auto& record : *records)
            require(is_host(record.host) && record.port != 0 && record.service == "imaps");
    }
    return 0;
}
