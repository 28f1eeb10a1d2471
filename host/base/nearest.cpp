// SPDX-License-Identifier: MPL-2.0
#include "base/nearest.hpp"

#include <algorithm>
#include <vector>

namespace reprompt {

namespace {

constexpr std::size_t longest_name = 64;

}  // namespace

std::size_t edit_distance(std::string_view left, std::string_view right) {
    std::vector<std::size_t> before, row(right.size() + 1), next(right.size() + 1);
    for (std::size_t j = 0; j <= right.size(); ++j)
        row[j] = j;
    for (std::size_t i = 1; i <= left.size(); ++i) {
        next[0] = i;
        for (std::size_t j = 1; j <= right.size(); ++j) {
            const bool same = left[i - 1] == right[j - 1];
            next[j] = std::min({row[j] + 1, next[j - 1] + 1, row[j - 1] + (same ? 0 : 1)});
            const bool swapped = i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1];
            if (swapped) next[j] = std::min(next[j], before[j - 2] + 1);
        }
        before = row;
        std::swap(row, next);
    }
    return row[right.size()];
}

std::string_view nearest(std::string_view given, std::span<const std::string_view> known) {
    if (given.empty() || given.size() > longest_name) return {};
    std::string_view best;
    std::size_t least = given.size() / 3 + 1;
    for (const auto name : known) {
        // No distance is less than that of the lengths, and most names end here.
        const auto longer = std::max(given.size(), name.size()) - std::min(given.size(), name.size());
        if (longer >= least) continue;
        const auto distance = edit_distance(given, name);
        if (distance < least) {
            least = distance;
            best = name;
        }
    }
    return best;
}

}  // namespace reprompt
