// SPDX-License-Identifier: MPL-2.0
#include "app/trust_exchange.hpp"

#include <poll.h>

#include <cerrno>

namespace reprompt::app {

bool TrustExchange::trusts(const net::Chain& chain, Deadline deadline, const Cancel& cancel) {
    if (chain.der.empty()) return false;
    State expected = State::idle;
    if (!state_.compare_exchange_strong(expected, State::asked))
        return expected == State::trusted && chain.der.front() == asked_leaf_;
    asked_leaf_ = chain.der.front();
    ask_(chain);
    while (!answered_.cancelled() && !cancel.cancelled() && !deadline.passed()) {
        pollfd waits[] = {{answered_.fd(), POLLIN, 0}, {cancel.fd(), POLLIN, 0}};
        if (::poll(waits, 2, static_cast<int>(deadline.left().count())) < 0 && errno != EINTR) break;
    }
    State unanswered = State::asked;
    state_.compare_exchange_strong(unanswered, State::refused);  // an answer from now on comes too late
    return state_.load() == State::trusted && !cancel.cancelled();
}

bool TrustExchange::answer(bool trusted) noexcept {
    State expected = State::asked;
    if (!state_.compare_exchange_strong(expected, trusted ? State::trusted : State::refused)) return false;
    answered_.cancel();
    return true;
}

}  // namespace reprompt::app
