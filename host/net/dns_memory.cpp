// SPDX-License-Identifier: MPL-2.0
#include "net/dns_memory.hpp"

#include <map>
#include <mutex>
#include <utility>

namespace reprompt::net {
namespace {

constexpr std::size_t most_kept = 512;

/// Shared with threads that were left behind (dns_lookup.hpp).
struct Kept {
    std::mutex mutex;
    std::map<std::pair<std::string, int>, DnsReply> replies;
};

}  // namespace

DnsQuery remembered(DnsQuery ask) {
    return [kept = std::make_shared<Kept>(), ask = std::move(ask)](const std::string& name, int type) {
        const std::pair question(name, type);
        {
            const std::lock_guard lock(kept->mutex);
            const auto found = kept->replies.find(question);
            if (found != kept->replies.end()) return found->second;
        }
        DnsReply reply = ask(name, type);
        const bool final = reply.outcome == DnsOutcome::answered || reply.outcome == DnsOutcome::no_name ||
                           reply.outcome == DnsOutcome::no_records;
        const std::lock_guard lock(kept->mutex);
        if (final && kept->replies.size() < most_kept) kept->replies.try_emplace(question, reply);
        return reply;
    };
}

}  // namespace reprompt::net
