// SPDX-License-Identifier: MPL-2.0
#include "app/work_pool.hpp"

#include <system_error>

namespace reprompt::app {

WorkPool::WorkPool(std::size_t threads, std::size_t outstanding)
    : max_threads_(threads), max_outstanding_(outstanding) {}

WorkPool::~WorkPool() {
    {
        const std::lock_guard lock(mutex_);
        stop_ = true;
        queue_.clear();
    }
    changed_.notify_all();
    for (auto& thread : threads_)
        thread.join();
}

bool WorkPool::submit(Job job) {
    const std::lock_guard lock(mutex_);
    if (running_ + queue_.size() >= max_outstanding_) return false;
    queue_.push_back(std::move(job));
    if (threads_.size() < max_threads_ && running_ + queue_.size() > threads_.size()) {
        try {
            threads_.emplace_back([this] { run(); });
        } catch (const std::system_error&) {  // no thread to be had: those that there are do it
            if (threads_.empty()) {
                queue_.pop_back();
                return false;
            }
        }
    }
    changed_.notify_one();
    return true;
}

void WorkPool::run() {
    std::unique_lock lock(mutex_);
    for (;;) {
        changed_.wait(lock, [this] { return stop_ || !queue_.empty(); });
        if (stop_) return;
        Job job = std::move(queue_.front());
        queue_.pop_front();
        ++running_;
        lock.unlock();
        job();
        job = Job();  // what the job owned ends here, not under the lock
        lock.lock();
        --running_;
    }
}

}  // namespace reprompt::app
