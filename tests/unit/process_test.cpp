// SPDX-License-Identifier: MPL-2.0
#include "app/process.hpp"

#include <doctest/doctest.h>
#include <pthread.h>

#include <iostream>
#include <latch>
#include <system_error>
#include <thread>
#include <vector>

#include "unit/child.hpp"
#include "unit/session_bus.hpp"

using namespace reprompt;
using namespace reprompt::test;

/// As under `ulimit -s 1048576`: every thread's stack is 1 GiB.
const ChildBodyName confined_with_large_stacks("confined with large stacks", [] {
    pthread_attr_t large;
    REQUIRE(::pthread_getattr_default_np(&large) == 0);
    REQUIRE(::pthread_attr_setstacksize(&large, std::size_t{1} << 30) == 0);
    REQUIRE(::pthread_setattr_default_np(&large) == 0);
    ::pthread_attr_destroy(&large);
    app::confine_native_host();
    constexpr std::ptrdiff_t most = 4;
    std::latch all(most);
    std::vector<std::thread> threads;
    try {
        while (threads.size() < most)
            threads.emplace_back([&all] { all.arrive_and_wait(); });
    } catch (const std::system_error&) {  // the rest are told apart by the count
        all.count_down(most - static_cast<std::ptrdiff_t>(threads.size()));
    }
    for (auto& thread : threads)
        thread.join();
    std::cout << threads.size() << " threads" << std::endl;
});

TEST_CASE("a confined host has its threads however large a stack the user's limits allow") {
    Child child;
    start(child, {"/proc/self/exe", "--child", "confined with large stacks"}, environment_with({}));
    CHECK(read_from(child, true) == "4 threads");
}
