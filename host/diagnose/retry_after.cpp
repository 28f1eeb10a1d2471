// SPDX-License-Identifier: MPL-2.0
#include "diagnose/retry_after.hpp"

#include <algorithm>
#include <array>

namespace reprompt {
namespace {

constexpr long longest = 6L * 3600;

struct Unit {
    std::string_view stem;
    long seconds;
};
// Stems, so that plurals and cases count too. Longer stems before their own beginnings.
constexpr std::array<Unit, 22> units{
    {{"second", 1}, {"sekund", 1},  {"segundo", 1}, {"secondi", 1},   {"sec", 1},      {"minut", 60},
     {"min", 60},   {"hour", 3600}, {"hr", 3600},   {"stunde", 3600}, {"heure", 3600}, {"hora", 3600},
     {"ora", 3600}, {"ore", 3600},  {"час", 3600},  {"мин", 60},      {"сек", 1},      {"分钟", 60},
     {"分", 60},    {"秒", 1},      {"小时", 3600}, {"時間", 3600}}};
// A time counts only where one of these stands before it.
constexpr std::array<std::string_view, 19> lead_ins{
    "again in", "again after", "retry in", "retry after", "wait",       "after", " in ",
    "nach",     "dans",        "après",    "en ",         "dentro de",  "tra ",  "fra ",
    "через",    "请在",        "後",       "for ",        "blocked for"};

}  // namespace

std::optional<int> retry_after(std::string_view words) {
    for (std::size_t at = 0; at < words.size(); ++at) {
        if (words[at] < '0' || words[at] > '9') continue;
        const auto start = at;
        long number = 0;
        while (at < words.size() && words[at] >= '0' && words[at] <= '9') {
            number = std::min(number * 10 + (words[at] - '0'), 1'000'000L);
            ++at;
        }
        if (start > 0 && words[start - 1] != ' ' && static_cast<unsigned char>(words[start - 1]) < 0x80)
            continue;
        auto rest = words.substr(at);
        if (rest.starts_with(" ")) rest.remove_prefix(1);
        const auto unit = std::find_if(units.begin(), units.end(),
                                       [&](const Unit& each) { return rest.starts_with(each.stem); });
        if (unit == units.end()) continue;
        const auto before = words.substr(start < 40 ? 0 : start - 40, std::min<std::size_t>(start, 40));
        const bool led = std::any_of(lead_ins.begin(), lead_ins.end(), [&](std::string_view each) {
            return before.find(each) != std::string_view::npos;
        });
        if (led && number > 0) return static_cast<int>(std::min(number * unit->seconds, longest));
    }
    return std::nullopt;
}

}  // namespace reprompt
