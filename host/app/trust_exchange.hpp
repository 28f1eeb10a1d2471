// SPDX-License-Identifier: MPL-2.0
// TrustExchange: Thunderbird's judgement of a certificate chain, asked by `chain` and answered by `trust`
// (DESIGN section 3). One per probe.
#pragma once

#include <atomic>
#include <functional>
#include <string>

#include "base/cancel.hpp"
#include "net/channel.hpp"

namespace reprompt::app {

class TrustExchange final : public net::TrustOracle {
  public:
    /// `ask` sends the `chain` message; it must not block.
    explicit TrustExchange(std::function<void(const net::Chain&)> ask) : ask_(std::move(ask)) {}

    /// Sends the chain and waits for answer(), the deadline or `cancel`; both of the latter mean no. A probe
    /// asks once: the same chain again (STARTTLS and implicit TLS of one server) gets the same answer, any
    /// other chain is refused unasked.
    bool trusts(const net::Chain& chain, Deadline deadline, const Cancel& cancel) override;

    /// From another thread. False if nothing was asked or it was answered before.
    bool answer(bool trusted) noexcept;

  private:
    enum class State { idle, asked, trusted, refused };
    std::function<void(const net::Chain&)> ask_;
    std::atomic<State> state_{State::idle};
    Cancel answered_;         ///< used as an event
    std::string asked_leaf_;  ///< DER; only the probe's own thread touches it
};

}  // namespace reprompt::app
