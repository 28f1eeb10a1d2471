// SPDX-License-Identifier: MPL-2.0
#include "app/work_pool.hpp"

#include <doctest/doctest.h>
#include <pthread.h>

#include <future>

using namespace reprompt::app;

namespace {

/// New threads ask for a stack larger than the address space, so that there are none.
class NoMoreThreads {
  public:
    NoMoreThreads() {
        REQUIRE(::pthread_getattr_default_np(&before_) == 0);
        pthread_attr_t huge;
        REQUIRE(::pthread_getattr_default_np(&huge) == 0);
        REQUIRE(::pthread_attr_setstacksize(&huge, std::size_t{1} << 60) == 0);
        REQUIRE(::pthread_setattr_default_np(&huge) == 0);
        ::pthread_attr_destroy(&huge);
    }
    ~NoMoreThreads() {
        ::pthread_setattr_default_np(&before_);
        ::pthread_attr_destroy(&before_);
    }
    NoMoreThreads(const NoMoreThreads&) = delete;
    NoMoreThreads& operator=(const NoMoreThreads&) = delete;

  private:
    pthread_attr_t before_;
};

}  // namespace

TEST_CASE("without any thread a pool refuses a job, and takes one when there are threads again") {
    WorkPool pool(2, 8);
    bool done = false;
    {
        const NoMoreThreads now;
        CHECK_FALSE(pool.submit(WorkPool::Job([&] { done = true; })));
    }
    WorkPool::Job job([] {});
    auto ended = job.get_future();
    CHECK(pool.submit(std::move(job)));
    ended.wait();
    CHECK_FALSE(done);
}

TEST_CASE("where no second thread is to be had, the first one does all jobs") {
    WorkPool pool(2, 8);
    std::promise<void> go_on;
    WorkPool::Job first([&] { go_on.get_future().wait(); }), second([] {});
    auto ended = second.get_future();
    REQUIRE(pool.submit(std::move(first)));
    const NoMoreThreads now;
    CHECK(pool.submit(std::move(second)));
    go_on.set_value();
    ended.wait();
}
