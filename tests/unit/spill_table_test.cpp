// SPDX-License-Identifier: MPL-2.0
#include "base/spill_table.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <random>

using namespace reprompt;

namespace {

struct Entry {
    std::uint64_t key;
    std::uint64_t value;
};
using Table = SpillTable<Entry>;
using Next = Table::Next;

std::multimap<std::uint64_t, std::uint64_t> contents(Table& table) {
    std::multimap<std::uint64_t, std::uint64_t> all;
    table.visit_all([&](const Entry& entry) {
        all.emplace(entry.key, entry.value);
        return Next::keep;
    });
    return all;
}

}  // namespace

TEST_CASE("a table behaves like a multimap, in memory and on disk") {
    for (const std::size_t memory : {std::size_t{1} << 30U, std::size_t{0}}) {
        Table table(memory);
        CHECK(table.on_disk() == (memory == 0));
        std::multimap<std::uint64_t, std::uint64_t> expected;
        std::mt19937_64 random(7);
        for (std::uint64_t step = 0; step < 6000; ++step) {
            // Few different keys, which all begin at few places: long runs with holes in them.
            const std::uint64_t key = random() % 300 * 64;
            if (random() % 3 != 0) {
                table.insert({key, step});
                expected.emplace(key, step);
            } else {
                table.visit(
                    key, [](const Entry& entry) { return entry.value % 2 == 0 ? Next::erase : Next::keep; });
                std::erase_if(expected,
                              [&](const auto& each) { return each.first == key && each.second % 2 == 0; });
            }
            if (step % 500 == 0) {
                table.visit(key, [](Entry& entry) {
                    entry.value |= 1U;
                    return Next::change;
                });
                for (auto [at, end] = expected.equal_range(key); at != end; ++at)
                    at->second |= 1U;
            }
        }
        CHECK(table.size() == expected.size());
        const auto found = contents(table);
        CHECK(std::is_permutation(found.begin(), found.end(), expected.begin(), expected.end()));
        table.clear();
        CHECK(contents(table).empty());
    }
}

TEST_CASE("a table that grows leaves the memory and keeps every record") {
    Table table(4096);
    for (std::uint64_t i = 0; i < 10'000; ++i)
        table.insert({i * 0x9E3779B97F4A7C15U, i});
    CHECK(table.on_disk());
    std::uint64_t found = 0;
    for (std::uint64_t i = 0; i < 10'000; ++i) {
        table.visit(i * 0x9E3779B97F4A7C15U, [&](const Entry& entry) {
            found += entry.value == i ? 1 : 0;
            return Next::keep;
        });
    }
    CHECK(found == 10'000);
}
