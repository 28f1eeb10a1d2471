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

constexpr std::size_t longest_message = 65'535;  // over TCP, RFC 1035 section 4.2.2

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
std::string note_of(const std::optional<DnsReply>& reply, bool readable) {
    if (!reply) return "The DNS did not answer in time.";
    switch (reply->outcome) {
        case DnsOutcome::answered:
            return readable ? "" : "The DNS gave an answer that cannot be read.";
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
    DnsReply reply;
    reply.octets.resize(longest_message);
    const int size = ::res_nquery(&state, name.c_str(), ns_c_in, type, reply.octets.data(),
                                  static_cast<int>(reply.octets.size()));
    reply.outcome = size < 0 ? outcome_of(state.res_h_errno) : DnsOutcome::answered;
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
      shared_(std::make_shared<Shared>(1 + services_.size())) {
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
    start(0, domain_, ns_t_mx);
    for (std::size_t i = 0; i < services_.size(); ++i)
        start(1 + i, srv_name(services_[i], domain_), ns_t_srv);
}

DomainRecords DnsLookup::wait(Deadline deadline, const Cancel& cancel,
                              const std::function<bool(const DomainRecords&)>& enough) {
    for (;;) {
        const auto replies = shared_->so_far();
        DomainRecords records;
        records.name = domain_;
        bool readable = false;
        if (const auto& mx = replies[0]; mx && mx->outcome == DnsOutcome::answered) {
            if (auto hosts = read_mx(mx->octets, domain_)) {
                readable = true;
                records.mx = std::move(*hosts);
            }
        }
        for (std::size_t i = 0; i < services_.size(); ++i) {
            const auto& srv = replies[1 + i];
            if (!srv || srv->outcome != DnsOutcome::answered) continue;
            auto found = read_srv(srv->octets, srv_name(services_[i], domain_), services_[i]);
            if (found) std::move(found->begin(), found->end(), std::back_inserter(records.srv));
        }
        records.note = note_of(replies[0], readable);
        const bool all =
            std::all_of(replies.begin(), replies.end(), [](const auto& reply) { return reply.has_value(); });
        if (all || (enough && enough(records))) return records;
        if (wait_for(shared_->fd(), POLLIN, deadline, cancel) != Waited::ready) return records;
    }
}

}  // namespace reprompt::net
