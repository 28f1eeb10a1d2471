// SPDX-License-Identifier: MPL-2.0
// WorkPool: a few threads and a bounded queue. Belongs here: running jobs. Does not belong here: what they do
// or how they are cancelled.
#pragma once

#include <condition_variable>
#include <deque>
#include <future>
#include <mutex>
#include <thread>
#include <vector>

namespace reprompt::app {

class WorkPool {
  public:
    using Job = std::packaged_task<void()>;  ///< may own move-only things; must not throw

    /// At most `threads` jobs run at once (threads start when first needed); more than `outstanding` running
    /// and waiting together are refused.
    WorkPool(std::size_t threads, std::size_t outstanding);
    /// Drops what waits, joins what runs.
    ~WorkPool();
    WorkPool(const WorkPool&) = delete;
    WorkPool& operator=(const WorkPool&) = delete;

    /// False if the pool is full, or has no thread and gets none; the job is dropped then.
    bool submit(Job job);

  private:
    void run();
    const std::size_t max_threads_, max_outstanding_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Job> queue_;
    std::size_t running_ = 0;
    bool stop_ = false;
    std::vector<std::thread> threads_;
};

}  // namespace reprompt::app
