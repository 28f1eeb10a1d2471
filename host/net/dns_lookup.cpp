// SPDX-License-Identifier: MPL-2.0
#include "net/dns_lookup.hpp"

#include <arpa/nameser.h>
#include <netdb.h>
#include <poll.h>
#include <resolv.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>

#include "base/unique_fd.hpp"
#include "net/dns_answer.hpp"
#include "net/wait.hpp"

namespace reprompt::net {
namespace {

constexpr std::size_t longest_message = 65'535;  // of UDP; name servers send less

/// The bit TC of a DNS message (RFC 1035 section 4.1.1); `octets` may be all zero.
bool is_cut_off(std::span<const unsigned char> octets) noexcept {
    constexpr unsigned tc = 0x02;
    return octets.size() > 2 && (octets[2] & tc) != 0;
}

DnsOutcome outcome_of(int error) noexcept {
    switch (error) {
        case HOST_NOT_FOUND:
            return DnsOutcome::no_name;
        case NO_DATA:
            return DnsOutcome::no_records;
        default:
            return DnsOutcome::failed;
    }
}

std::vector<std::string> services_of(Protocol protocol) {
    switch (protocol) {
        case Protocol::imap:
            return {"imaps", "imap"};
        case Protocol::pop3:
            return {"pop3s", "pop3"};
        case Protocol::smtp:
            return {"submissions", "submission"};
    }
    return {};
}

std::string srv_name(const std::string& service, const std::string& domain) {
    return "_" + service + "._tcp." + domain;
}

/// Why there is no MX, in our words; empty if the answer tells.
std::string note_of(DnsOutcome outcome, bool readable) {
    switch (outcome) {
        case DnsOutcome::answered:
            return readable ? "" : "The DNS gave an answer that cannot be read.";
        case DnsOutcome::cut_off:
            return "The DNS gave an answer that was cut off.";
        case DnsOutcome::no_name:
            return "The DNS knows no such mail domain.";
        case DnsOutcome::no_records:
            return "The mail domain has no MX record.";
        case DnsOutcome::failed:
            return "The DNS could not answer.";
    }
    return {};
}

}  // namespace

DnsReply ask_system_dns(const std::string& name, int type) {
    struct __res_state state {};
    if (::res_ninit(&state) != 0) return {};
    const std::unique_ptr<struct __res_state, void (*)(res_state)> owner(&state, ::res_nclose);
    state.retrans = 1;  // seconds
    state.retry = 3;
    // The C library waits for an answer over TCP without any limit (glibc 2.36, resolv/res_send.c, send_vc):
    // a name server that accepts and stays silent would hold this thread for ever. So never TCP, whatever
    // resolv.conf says; EDNS (RFC 6891) makes room enough for a mail domain's records in one datagram.
    state.options |= RES_IGNTC | RES_USE_EDNS0;
    state.options &= ~static_cast<unsigned long>(RES_USEVC);
    DnsReply reply;
    reply.octets.resize(longest_message);
    const int size = ::res_nquery(&state, name.c_str(), ns_c_in, type, reply.octets.data(),
                                  static_cast<int>(reply.octets.size()));
    reply.outcome = size < 0 ? outcome_of(state.res_h_errno) : DnsOutcome::answered;
    // Without a record in it the C library takes it for "no such records".
    if (is_cut_off(reply.octets)) reply.outcome = DnsOutcome::cut_off;
    reply.octets.resize(size < 0 ? 0 : std::min(static_cast<std::size_t>(size), longest_message));
    reply.octets.shrink_to_fit();
    return reply;
}

/// What the look-up and its threads share; the last of them frees it.
class DnsLookup::Shared {
  public:
    explicit Shared(std::size_t questions)
        : event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)), replies_(questions) {}
    [[nodiscard]] int fd() const noexcept { return event_.get(); }
    void put(std::size_t question, DnsReply reply) {
        {
            const std::lock_guard lock(mutex_);
            replies_[question] = std::move(reply);
        }
        const std::uint64_t one = 1;
        [[maybe_unused]] const auto written = ::write(event_.get(), &one, sizeof one);
    }
    /// Every reply so far; the descriptor is readable again after the next one.
    std::vector<std::optional<DnsReply>> so_far() {
        std::uint64_t count = 0;
        [[maybe_unused]] const auto red = ::read(event_.get(), &count, sizeof count);
        const std::lock_guard lock(mutex_);
        return replies_;
    }

  private:
    UniqueFd event_;
    std::mutex mutex_;
    std::vector<std::optional<DnsReply>> replies_;
};

DnsLookup::DnsLookup(std::string domain, Protocol protocol, const DnsQuery& query)
    : domain_(std::move(domain)),
      services_(services_of(protocol)),
      shared_(std::make_shared<Shared>(services_.size() + 1)) {
    const auto start = [&](std::size_t question, const std::string& name, int type) {
        try {
            std::thread([shared = shared_, query, question, name, type] {
                // Nobody above this frame can catch; an exception here is only ever out-of-memory.
                try {
                    shared->put(question, query(name, type));
                } catch (const std::exception&) {
                    shared->put(question, {});
                }
            }).detach();
        } catch (const std::system_error&) {  // no thread to be had
            shared_->put(question, {});
        }
    };
    for (std::size_t i = 0; i < services_.size(); ++i)
        start(i, srv_name(services_[i], domain_), ns_t_srv);
    start(services_.size(), domain_, ns_t_mx);
}

DomainRecords DnsLookup::read(std::span<const std::optional<DnsReply>> replies) const {
    DomainRecords records;
    records.name = domain_;
    for (std::size_t i = 0; i < replies.size(); ++i) {
        const auto& reply = replies[i];
        if (!reply) continue;
        const bool answered = reply->outcome == DnsOutcome::answered;
        if (i < services_.size()) {
            if (!answered) continue;
            auto found = read_srv(reply->octets, srv_name(services_[i], domain_), services_[i]);
            if (found) std::move(found->begin(), found->end(), std::back_inserter(records.srv));
        } else {
            auto hosts = answered ? read_mx(reply->octets, domain_)
                                  : Expected<std::vector<std::string>, std::string>();
            records.note = note_of(reply->outcome, hosts.has_value());
            if (hosts) records.mx = std::move(*hosts);
        }
    }
    return records;
}

DomainRecords DnsLookup::wait(Deadline deadline, const Cancel& cancel,
                              const std::function<bool(const DomainRecords&)>& enough) {
    for (;;) {
        const auto replies = shared_->so_far();
        const auto missing = std::find(replies.begin(), replies.end(), std::nullopt);
        auto in_order = read({replies.begin(), missing});
        if (missing == replies.end() || (enough && enough(in_order))) return in_order;
        const auto waited = wait_for(shared_->fd(), POLLIN, deadline, cancel);
        if (waited == Waited::ready) continue;
        auto records = read(replies);
        if (waited == Waited::timeout && !replies.back()) records.note = "The DNS did not answer in time.";
        return records;
    }
}

}  // namespace reprompt::net
