// SPDX-License-Identifier: MPL-2.0
#include <doctest/doctest.h>
#include <poll.h>
#include <unistd.h>

#include <string>
#include <thread>

#include "base/cancel.hpp"
#include "base/deadline.hpp"
#include "base/log.hpp"
#include "base/unique_fd.hpp"

using namespace reprompt;

namespace {

/// What `act` writes to stderr.
template <class Act>
std::string stderr_of(Act act) {
    int ends[2] = {};
    REQUIRE(::pipe(ends) == 0);
    const UniqueFd saved(::dup(STDERR_FILENO));
    ::dup2(ends[1], STDERR_FILENO);
    ::close(ends[1]);
    act();
    ::dup2(saved.get(), STDERR_FILENO);
    const UniqueFd reader(ends[0]);
    std::string text(4096, '\0');
    const auto size = ::read(reader.get(), text.data(), text.size());
    text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    return text;
}

}  // namespace

TEST_CASE("cancelling ends a wait in poll, from another thread and for ever") {
    Cancel cancel;
    CHECK_FALSE(cancel.cancelled());
    std::thread other([&] { cancel.cancel(); });
    pollfd wait{cancel.fd(), POLLIN, 0};
    CHECK(::poll(&wait, 1, 10'000) == 1);
    other.join();
    CHECK(cancel.cancelled());
    cancel.cancel();
    CHECK(::poll(&wait, 1, 0) == 1);
}

TEST_CASE("a stage's deadline is clipped by the whole run's") {
    const auto whole = Deadline::after(Milliseconds(1000));
    CHECK(whole.clip(Milliseconds(60'000)).left() <= Milliseconds(1000));
    CHECK(whole.clip(Milliseconds(10)).left() <= Milliseconds(10));
    const auto past = Deadline::after(Milliseconds(-5));
    CHECK(past.passed());
    CHECK(past.left() == Milliseconds(0));
}

TEST_CASE("a descriptor is closed once, by its last owner") {
    int ends[2] = {};
    REQUIRE(::pipe(ends) == 0);
    UniqueFd reader(ends[0]);
    const UniqueFd writer(ends[1]);
    UniqueFd moved = std::move(reader);
    CHECK_FALSE(reader);  // NOLINT: what a moved-from owner holds is the point
    CHECK(moved.get() == ends[0]);
    moved.reset();
    char octet = 0;
    CHECK(::read(ends[0], &octet, 1) == -1);
}

TEST_CASE("a log line is one line whatever it holds") {
    CHECK(stderr_of([] {
              log::warning("server said ", std::string("a\nreprompt: forged\x1B[2J"), ", port ", 993);
          }) == "reprompt: warning: server said a\\x0Areprompt: forged\\x1B[2J, port 993\n");
    CHECK(stderr_of([] { log::note("ready ", true); }) == "reprompt: ready true\n");
    CHECK(stderr_of([] { log::error(std::string(5000, 'x')); }).size() < 2200);
}
