// SPDX-License-Identifier: MPL-2.0
#include "net/resolver.hpp"

#include <poll.h>
#include <sys/eventfd.h>

#include <cstring>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>

#include "net/wait.hpp"

namespace reprompt::net {
namespace {

struct Answer {
    int status = EAI_AGAIN;
    std::vector<Address> addresses;
};

Answer look_up(const Lookup& lookup, const std::string& host, std::uint16_t port, int flags) {
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    // Without AI_ADDRCONFIG: it hides "localhost" where only loopback is configured.
    hints.ai_flags = AI_NUMERICSERV | flags;
    addrinfo* found = nullptr;
    Answer answer;
    answer.status = lookup(host.c_str(), std::to_string(port).c_str(), &hints, &found);
    if (answer.status != 0) return answer;
    const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(found, ::freeaddrinfo);
    for (const addrinfo* item = found; item != nullptr; item = item->ai_next) {
        if (item->ai_family != AF_INET && item->ai_family != AF_INET6) continue;
        if (item->ai_addrlen > sizeof(sockaddr_storage)) continue;
        Address address;
        std::memcpy(&address.storage, item->ai_addr, item->ai_addrlen);
        address.size = item->ai_addrlen;
        answer.addresses.push_back(address);
    }
    return answer;
}

/// What the caller and the worker share; the last of the two frees it.
class Shared {
  public:
    Shared() : event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
    [[nodiscard]] int fd() const noexcept { return event_.get(); }
    void put(Answer answer) {
        {
            const std::lock_guard lock(mutex_);
            answer_ = std::move(answer);
        }
        const std::uint64_t one = 1;
        [[maybe_unused]] const auto written = ::write(event_.get(), &one, sizeof one);
    }
    Answer take() {
        const std::lock_guard lock(mutex_);
        return std::move(answer_);
    }

  private:
    UniqueFd event_;
    std::mutex mutex_;
    Answer answer_;
};

Expected<std::vector<Address>, IoError> judged(Answer answer) {
    const auto because = [&answer] { return std::string("name look-up: ") + ::gai_strerror(answer.status); };
    switch (answer.status) {
        case 0:
            if (!answer.addresses.empty()) return std::move(answer.addresses);
            return fail(Failure::dns_no_address, "name look-up: no address");
        case EAI_NONAME:
            return fail(Failure::dns_not_found, because());
        case EAI_NODATA:
        case EAI_ADDRFAMILY:
            return fail(Failure::dns_no_address, because());
        case EAI_AGAIN:
            if (!has_route()) return fail(Failure::network_down, because() + "; this machine has no network");
            return fail(Failure::dns_temporary, because());
        default:
            return fail(Failure::dns_temporary, because());
    }
}

}  // namespace

Expected<std::vector<Address>, IoError> resolve(const std::string& host, std::uint16_t port,
                                                Deadline deadline, const Cancel& cancel,
                                                const Lookup& lookup) {
    if (cancel.cancelled()) return Unexpected<IoError>(error_of(Waited::cancelled, {}));
    if (is_numeric_address(host)) return judged(look_up(::getaddrinfo, host, port, AI_NUMERICHOST));
    const auto shared = std::make_shared<Shared>();
    if (shared->fd() < 0) return fail(Failure::dns_temporary, with_errno("name look-up", errno));
    try {
        std::thread([shared, lookup, host, port] {
            // Nobody above this frame can catch; an exception here is only ever out-of-memory.
            try {
                shared->put(look_up(lookup, host, port, 0));
            } catch (const std::exception&) {
                shared->put({EAI_MEMORY, {}});
            }
        }).detach();
    } catch (const std::system_error& error) {
        return fail(Failure::dns_temporary, std::string("name look-up: ") + error.what());
    }
    const Waited waited = wait_for(shared->fd(), POLLIN, deadline, cancel);
    if (waited != Waited::ready) return Unexpected<IoError>(error_of(waited, "name look-up: no answer"));
    return judged(shared->take());
}

}  // namespace reprompt::net
