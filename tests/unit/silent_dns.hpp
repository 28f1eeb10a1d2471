// SPDX-License-Identifier: MPL-2.0
// SilentDns: a name server that keeps everybody waiting, for the tests of look-ups.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>

#include "net/dns_lookup.hpp"

namespace reprompt::test {

/// A name server that answers nobody until it is let go, at the end of the test.
class SilentDns {
  public:
    SilentDns() : state_(std::make_shared<State>()) {}
    ~SilentDns() {
        const std::lock_guard lock(state_->mutex);
        state_->over = true;
        state_->changed.notify_all();
    }
    SilentDns(const SilentDns&) = delete;
    SilentDns& operator=(const SilentDns&) = delete;
    [[nodiscard]] net::DnsQuery query() const {
        return [state = state_](const std::string&, int) {
            std::unique_lock lock(state->mutex);
            state->changed.wait(lock, [&] { return state->over; });
            return net::DnsReply{};
        };
    }

  private:
    struct State {
        std::mutex mutex;
        std::condition_variable changed;
        bool over = false;
    };
    std::shared_ptr<State> state_;
};

}  // namespace reprompt::test
