// SPDX-License-Identifier: MPL-2.0
#include "base/secret.hpp"

#include <doctest/doctest.h>

#include <cstring>
#include <new>
#include <string>
#include <type_traits>

#include "base/log.hpp"

using namespace reprompt;
using namespace std::string_view_literals;

static_assert(!std::is_copy_constructible_v<Secret> && !std::is_copy_assignable_v<Secret>);
static_assert(std::is_nothrow_move_constructible_v<Secret>);
static_assert(!std::is_convertible_v<Secret, std::string_view>);

template <class T>
concept CanBeLogged = requires(const T& value) {
    log::note(value);
};
static_assert(CanBeLogged<std::string> && CanBeLogged<char[4]> && CanBeLogged<int>);
static_assert(!CanBeLogged<Secret>, "a Secret must never reach the log");
static_assert(!CanBeLogged<Secret*>, "nor a pointer to one");

TEST_CASE("a secret keeps any octets and moves instead of being copied") {
    Secret first("a\0b"sv);
    CHECK(first.reveal() == "a\0b"sv);
    Secret second = std::move(first);
    CHECK(second.reveal() == "a\0b"sv);
    CHECK(first.empty());  // NOLINT: what a moved-from secret holds is the point
    Secret third("other");
    third = std::move(second);
    CHECK(third.reveal() == "a\0b"sv);
    CHECK(third.clone().reveal() == third.reveal());
}

TEST_CASE("an empty secret is empty") {
    CHECK(Secret().empty());
    CHECK(Secret("").reveal().empty());
    CHECK(Secret("").clone().empty());
    CHECK(Secret::join({}).empty());
}

TEST_CASE("a secret is put together in place, larger than a page if need be") {
    CHECK(Secret::join({"a", "", "\0"sv, "bc"}).reveal() == "a\0bc"sv);
    const std::string large(10'000, 'x');
    CHECK(Secret::join({large, large}).size() == 20'000);
    CHECK(Secret::of_size(3, [](char* to) { std::memcpy(to, "xyz", 3); }).reveal() == "xyz");
}

TEST_CASE("wiping overwrites") {
    char bytes[] = "secret";
    wipe(bytes, sizeof bytes);
    for (const char c : bytes)
        CHECK(c == 0);
    wipe(nullptr, 0);
}

TEST_CASE("the replaced heap serves every form of new and delete") {
    delete new int(1);
    delete[] new char[100];
    auto* nothrow = new (std::nothrow) char[3];
    delete[] nothrow;
    struct alignas(128) Wide {
        char bytes[128];
    };
    auto* wide = new Wide;
    CHECK(reinterpret_cast<std::uintptr_t>(wide) % 128 == 0);
    delete wide;
    if (!heap_is_wiped()) return;  // a sanitizer's heap aborts instead
    const std::size_t impossible = static_cast<std::size_t>(-1) / 2;
    CHECK_THROWS_AS(static_cast<void>(::operator new(impossible)), std::bad_alloc);
}

TEST_CASE("what is freed does not stay readable in the heap") {
    if (!heap_is_wiped()) return;  // sanitizers bring their own heap
    // The block is small enough to stay in the allocator's own lists, so reading it after the free is
    // harmless without a sanitizer.
    auto* text = new char[64];
    std::memset(text, 'P', 64);
    volatile const char* after = text;
    delete[] text;
    int left = 0;
    for (int i = 16; i < 64; ++i)  // glibc links its free list through the first 16 octets
        left += after[i] == 'P' ? 1 : 0;
    CHECK(left == 0);
}
