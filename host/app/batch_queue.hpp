// SPDX-License-Identifier: MPL-2.0
// BatchQueue: whose turn it is. Belongs here: how many accounts are under way in all and at one server, and
// in which order hosts get their turns. Pure: no threads, no clock, no I/O. Does not belong here: reading
// lines (batch_intake), checking accounts (batch_command).
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "app/batch_line.hpp"

namespace reprompt::app {

/// Connections of one run to one server host, whatever the port: Dovecot and the large providers slow down
/// or lock out an address that opens many.
inline constexpr std::size_t most_per_host = 2;

struct BatchLimits {
    std::size_t jobs = 64;            ///< under way at once
    std::size_t most_waiting = 1024;  ///< read and not under way, in all
    std::size_t host_share = 8;       ///< of these for one host, where the input can be read again
};

class BatchQueue {
  public:
    explicit BatchQueue(BatchLimits limits) : limits_(limits) {}

    void add(BatchAccount account);
    /// The next account that may begin now, taken out and counted as under way; hosts take turns, the lines
    /// of one host keep their order.
    std::optional<BatchAccount> begin();
    /// An account of this host is no longer under way.
    void ended(const std::string& host);
    /// Forgets who waits.
    void drop_waiting();

    [[nodiscard]] bool full() const noexcept { return waiting_ >= limits_.most_waiting; }
    /// Whether this host has used up its share of the places.
    [[nodiscard]] bool has_share(const std::string& host) const;
    /// Hosts of which the last waiting account began since this was asked before.
    std::vector<std::string> take_emptied() { return std::exchange(emptied_, {}); }
    [[nodiscard]] bool can_begin() const noexcept { return under_way_ < limits_.jobs && !ready_.empty(); }
    [[nodiscard]] bool has_place() const noexcept { return under_way_ < limits_.jobs; }
    [[nodiscard]] std::size_t waiting() const noexcept { return waiting_; }
    [[nodiscard]] std::size_t under_way() const noexcept { return under_way_; }
    [[nodiscard]] std::size_t hosts() const noexcept { return hosts_.size(); }

  private:
    struct Host {
        std::deque<BatchAccount> waiting;
        std::size_t under_way = 0;
        bool ready = false;  ///< stands in `ready_`
    };
    void line_up(const std::string& name, Host& host);

    BatchLimits limits_;
    std::unordered_map<std::string, Host> hosts_;  ///< with something waiting or under way
    std::deque<std::string> ready_;                ///< with something waiting and a free place
    std::vector<std::string> emptied_;
    std::size_t waiting_ = 0, under_way_ = 0;
};

}  // namespace reprompt::app
