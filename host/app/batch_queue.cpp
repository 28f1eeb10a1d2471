// SPDX-License-Identifier: MPL-2.0
#include "app/batch_queue.hpp"

#include <utility>

namespace reprompt::app {

void BatchQueue::line_up(const std::string& name, Host& host) {
    if (host.ready || host.waiting.empty() || host.under_way >= most_per_host) return;
    host.ready = true;
    ready_.push_back(name);
}

void BatchQueue::add(BatchAccount account) {
    const std::string name = account.request.endpoint.host;
    Host& host = hosts_[name];
    host.waiting.push_back(std::move(account));
    ++waiting_;
    line_up(name, host);
}

std::optional<BatchAccount> BatchQueue::begin() {
    if (!can_begin()) return std::nullopt;
    const std::string name = std::move(ready_.front());
    ready_.pop_front();
    Host& host = hosts_.at(name);
    host.ready = false;
    BatchAccount account = std::move(host.waiting.front());
    host.waiting.pop_front();
    ++host.under_way;
    --waiting_;
    ++under_way_;
    line_up(name, host);
    if (host.waiting.empty()) emptied_.push_back(name);
    return account;
}

void BatchQueue::ended(const std::string& name) {
    const auto found = hosts_.find(name);
    if (found == hosts_.end()) return;
    --found->second.under_way;
    --under_way_;
    line_up(name, found->second);
    if (found->second.under_way == 0 && found->second.waiting.empty()) hosts_.erase(found);
}

void BatchQueue::drop_waiting() {
    ready_.clear();
    waiting_ = 0;
    for (auto at = hosts_.begin(); at != hosts_.end();) {
        at->second.waiting.clear();
        at->second.ready = false;
        at = at->second.under_way == 0 ? hosts_.erase(at) : std::next(at);
    }
}

bool BatchQueue::has_share(const std::string& name) const {
    const auto found = hosts_.find(name);
    return found == hosts_.end() || found->second.waiting.size() < limits_.host_share;
}

}  // namespace reprompt::app
