// SPDX-License-Identifier: MPL-2.0
#include "net/dns_answer.hpp"

#include <arpa/nameser.h>
#include <resolv.h>

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <tuple>

#include "base/text.hpp"

namespace reprompt::net {
namespace {

constexpr std::size_t most_aliases = 8;
constexpr int most_entries = 64;  // of the answer section; a mail domain has a handful

struct Entry {
    std::string owner;
    ns_type type = ns_t_invalid;
    std::vector<std::uint16_t> numbers;  ///< MX: preference; SRV: priority, weight, port
    std::string target;
};

/// How many 16-bit numbers stand before the name in the data of a record.
std::optional<std::size_t> numbers_before_name(ns_type type) noexcept {
    if (type == ns_t_cname) return 0;
    if (type == ns_t_mx) return 1;
    if (type == ns_t_srv) return 3;
    return std::nullopt;
}

/// nullopt: another kind of record, or one that is not well-formed.
std::optional<Entry> read_entry(ns_msg& message, const ns_rr& record) {
    const auto numbers = numbers_before_name(ns_rr_type(record));
    if (!numbers || ns_rr_class(record) != ns_c_in || ns_rr_rdlen(record) <= *numbers * 2)
        return std::nullopt;
    Entry entry;
    entry.owner = to_lower(ns_rr_name(record));
    entry.type = ns_rr_type(record);
    const unsigned char* at = ns_rr_rdata(record);
    const unsigned char* const end = at + ns_rr_rdlen(record);
    for (std::size_t i = 0; i < *numbers; ++i, at += 2)
        entry.numbers.push_back(static_cast<std::uint16_t>(at[0] << 8 | at[1]));
    std::array<char, NS_MAXDNAME> name{};
    const int used =
        ns_name_uncompress(ns_msg_base(message), ns_msg_end(message), at, name.data(), name.size());
    if (used < 0 || at + used != end) return std::nullopt;
    entry.target = to_lower(name.data());
    return entry;
}

/// The records of `type` that belong to `name`, CNAMEs followed.
Expected<std::vector<Entry>, std::string> entries_of(std::span<const unsigned char> octets,
                                                     std::string_view name, ns_type type) {
    ns_msg message{};
    if (octets.size() > std::numeric_limits<std::uint16_t>::max() ||
        ns_initparse(octets.data(), static_cast<int>(octets.size()), &message) != 0)
        return Unexpected<std::string>("no DNS message");
    if (ns_msg_getflag(message, ns_f_qr) == 0) return Unexpected<std::string>("no DNS answer");
    if (ns_msg_getflag(message, ns_f_tc) != 0) return Unexpected<std::string>("a DNS message cut off");
    std::vector<Entry> all;
    const int count = std::min<int>(ns_msg_count(message, ns_s_an), most_entries);
    for (int i = 0; i < count; ++i) {
        ns_rr record{};
        if (ns_parserr(&message, ns_s_an, i, &record) != 0) return Unexpected<std::string>("no DNS message");
        if (auto entry = read_entry(message, record)) all.push_back(std::move(*entry));
    }
    std::string owner = to_lower(name);
    for (std::size_t i = 0; i < most_aliases; ++i) {
        const auto alias = std::find_if(all.begin(), all.end(), [&](const Entry& entry) {
            return entry.type == ns_t_cname && entry.owner == owner;
        });
        if (alias == all.end()) break;
        owner = alias->target;
    }
    std::erase_if(all, [&](const Entry& entry) {
        return entry.type != type || entry.owner != owner || !is_domain_name(entry.target);
    });
    return all;
}

}  // namespace

bool is_domain_name(std::string_view name) noexcept {
    constexpr std::size_t longest_name = 253, longest_label = 63;
    std::size_t label = 0;
    for (const char octet : name) {
        const bool fits = (octet >= 'a' && octet <= 'z') || (octet >= 'A' && octet <= 'Z') ||
                          (octet >= '0' && octet <= '9') || octet == '-' || octet == '_';
        if (!fits && octet != '.') return false;
        if (octet == '.' && label == 0) return false;
        label = octet == '.' ? 0 : label + 1;
        if (label > longest_label) return false;
    }
    return label > 0 && name.size() <= longest_name;
}

Expected<std::vector<std::string>, std::string> read_mx(std::span<const unsigned char> message,
                                                        std::string_view name) {
    auto entries = entries_of(message, name, ns_t_mx);
    if (!entries) return Unexpected<std::string>(entries.error());
    std::stable_sort(entries->begin(), entries->end(), [](const Entry& left, const Entry& right) {
        return left.numbers[0] < right.numbers[0];
    });
    std::vector<std::string> hosts;
    for (auto& entry : *entries) {
        if (hosts.size() < most_records) hosts.push_back(std::move(entry.target));
    }
    return hosts;
}

Expected<std::vector<ServiceRecord>, std::string> read_srv(std::span<const unsigned char> message,
                                                           std::string_view name, std::string_view service) {
    auto entries = entries_of(message, name, ns_t_srv);
    if (!entries) return Unexpected<std::string>(entries.error());
    std::stable_sort(entries->begin(), entries->end(), [](const Entry& left, const Entry& right) {
        return std::tie(left.numbers[0], right.numbers[1]) < std::tie(right.numbers[0], left.numbers[1]);
    });
    std::vector<ServiceRecord> records;
    for (auto& entry : *entries) {
        if (records.size() < most_records && entry.numbers[2] != 0)
            records.push_back({std::string(service), std::move(entry.target), entry.numbers[2]});
    }
    return records;
}

}  // namespace reprompt::net
