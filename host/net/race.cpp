// SPDX-License-Identifier: MPL-2.0
#include "net/race.hpp"

#include <netinet/tcp.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <limits>

#include "base/system_words.hpp"
#include "net/wait.hpp"

namespace reprompt::net {
namespace {

struct Runner {
    UniqueFd socket;
    Address address;
};

struct Fall {
    int error_number = 0;
    std::string where;
};

/// A socket on its way to `address`, or errno. connect(2) may also have succeeded already: poll says so.
Expected<Runner, int> started(const Address& address) {
    UniqueFd socket(::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP));
    if (!socket) return Unexpected<int>(errno);
    const int on = 1;
    ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (::connect(socket.get(), address.get(), address.size) != 0 && errno != EINPROGRESS && errno != EINTR) {
        return Unexpected<int>(errno);
    }
    return Runner{std::move(socket), address};
}

int error_on(int socket) noexcept {
    int error = 0;
    socklen_t size = sizeof error;
    return ::getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

/// What the peer really is, not what was asked for.
bool peer_is_loopback(int socket) noexcept {
    Address peer;
    peer.size = sizeof peer.storage;
    if (::getpeername(socket, reinterpret_cast<sockaddr*>(&peer.storage), &peer.size) != 0) return false;
    return is_loopback(peer);
}

bool no_route(int error) noexcept {
    return error == ENETUNREACH || error == EADDRNOTAVAIL || error == EAFNOSUPPORT;
}

/// One address that did not work although this machine has a way to it.
Failure fall_of(int error) noexcept {
    if (error == ECONNREFUSED || error == ECONNRESET) return Failure::connection_refused;
    return error == ETIMEDOUT ? Failure::timeout : Failure::host_unreachable;
}

/// All addresses fell. The most telling error decides: a refusal proves that the host lives, a missing route
/// of one family says nothing while another family was tried.
IoError verdict_of(const std::vector<Fall>& falls) {
    const auto rank = [](int error) {
        if (error == ECONNREFUSED || error == ECONNRESET) return 4;
        if (error == ETIMEDOUT) return 3;
        return no_route(error) ? 1 : 2;
    };
    const Fall* telling = nullptr;
    for (const Fall& fall : falls) {
        if (telling == nullptr || rank(fall.error_number) > rank(telling->error_number)) telling = &fall;
    }
    if (telling == nullptr) return {Failure::dns_no_address, "no address to connect to"};
    IoError error{Failure::host_unreachable,
                  with_errno("connect to " + telling->where, telling->error_number)};
    switch (rank(telling->error_number)) {
        case 4:
            error.failure = Failure::connection_refused;
            break;
        case 3:
            error.failure = Failure::timeout;
            break;
        case 1:
            error.failure = has_route() ? Failure::host_unreachable : Failure::network_down;
            break;
        default:
            break;
    }
    return error;
}

class Race {
  public:
    Race(const std::vector<Address>& addresses, Deadline deadline, const Cancel& cancel,
         std::vector<AddressTried>* tried)
        : addresses_(addresses), deadline_(deadline), cancel_(cancel), tried_(tried) {}

    Expected<Channel, IoError> run() {
        for (;;) {
            start_what_is_due();
            if (runners_.empty()) return Unexpected<IoError>(verdict_of(falls_));
            if (const Waited waited = wait(); waited != Waited::ready) {
                return Unexpected<IoError>(
                    error_of(waited, "connect to " + to_text(runners_.front().address) + ": no answer"));
            }
            if (auto winner = settled()) {
                const bool loopback = peer_is_loopback(winner->get());
                return Channel(std::move(*winner), loopback);
            }
        }
    }

  private:
    void tell(const std::string& address, Failure failure, std::string detail) {
        if (tried_ == nullptr) return;
        const auto known = std::find_if(tried_->begin(), tried_->end(),
                                        [&](const AddressTried& each) { return each.address == address; });
        if (known == tried_->end()) {
            tried_->push_back({address, failure, std::move(detail)});
        } else {
            *known = {address, failure, std::move(detail)};
        }
    }

    void start_what_is_due() {
        while (next_ < addresses_.size() && (runners_.empty() || next_start_.passed())) {
            const Address& address = addresses_[next_++];
            auto runner = started(address);
            tell(to_text(address), Failure::timeout, "no answer");
            if (runner) {
                runners_.push_back(std::move(*runner));
                next_start_ = Deadline::after(attempt_delay);
            } else {
                falls_.push_back({runner.error(), to_text(address)});
                const auto fallen =
                    no_route(runner.error()) ? Failure::network_down : fall_of(runner.error());
                tell(to_text(address), fallen, system_words(runner.error()));
            }
        }
    }

    /// Until a runner moves, the next start is due (also "ready"), or the race ends.
    Waited wait() {
        std::vector<pollfd> waits{{cancel_.fd(), POLLIN, 0}};
        for (const Runner& runner : runners_) {
            waits.push_back({runner.socket.get(), POLLOUT, 0});
        }
        auto span = deadline_.left();
        if (next_ < addresses_.size()) span = std::min(span, next_start_.left());
        const auto limit = std::min<Milliseconds::rep>(span.count(), std::numeric_limits<int>::max());
        if (!cancel_.cancelled()) ::poll(waits.data(), waits.size(), static_cast<int>(limit));
        if (cancel_.cancelled()) return Waited::cancelled;
        moved_.clear();
        for (std::size_t i = 1; i < waits.size(); ++i) {
            moved_.push_back(waits[i].revents != 0);
        }
        const bool any = std::find(moved_.begin(), moved_.end(), true) != moved_.end();
        return !any && deadline_.passed() ? Waited::timeout : Waited::ready;
    }

    /// The first runner that stands; those that fell leave the race and make the next start due.
    std::optional<UniqueFd> settled() {
        std::vector<Runner> running;
        std::optional<UniqueFd> winner;
        for (std::size_t i = 0; i < runners_.size(); ++i) {
            Runner& runner = runners_[i];
            if (!moved_[i] || winner) {
                running.push_back(std::move(runner));
            } else if (const int error = error_on(runner.socket.get()); error == 0) {
                winner = std::move(runner.socket);
                tell(to_text(runner.address), Failure::none, "");
            } else {
                falls_.push_back({error, to_text(runner.address)});
                tell(to_text(runner.address), fall_of(error), system_words(error));
                next_start_ = Deadline::after(Milliseconds(0));
            }
        }
        runners_ = std::move(running);
        return winner;
    }

    const std::vector<Address>& addresses_;
    Deadline deadline_;
    const Cancel& cancel_;
    std::vector<AddressTried>* tried_;
    std::size_t next_ = 0;
    Deadline next_start_ = Deadline::after(Milliseconds(0));
    std::vector<Runner> runners_;
    std::vector<bool> moved_;
    std::vector<Fall> falls_;
};

}  // namespace

Expected<Channel, IoError> connect_first(const std::vector<Address>& addresses, Deadline deadline,
                                         const Cancel& cancel, std::vector<AddressTried>* tried) {
    return Race(addresses, deadline, cancel, tried).run();
}

}  // namespace reprompt::net
