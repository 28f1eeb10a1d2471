// SPDX-License-Identifier: MPL-2.0
#include "app/batch_progress.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace reprompt::app {

namespace {

/// "19 s", "3 min", "2 h 5 min"
std::string span_text(Milliseconds span) {
    const auto seconds = (span.count() + 999) / 1000;
    if (seconds < 120) return std::to_string(seconds) + " s";
    const auto minutes = (seconds + 59) / 60;
    if (minutes < 120) return std::to_string(minutes) + " min";
    return std::to_string(minutes / 60) + " h " + std::to_string(minutes % 60) + " min";
}

}  // namespace

std::string progress_line(const BatchProgress& progress) {
    const auto answered = progress.done + progress.before;
    std::string text = std::to_string(answered);
    if (progress.total > 0) text += " of " + std::to_string(progress.total);
    text += " answered, " + std::to_string(progress.under_way) + " under way";
    const auto elapsed = static_cast<std::uint64_t>(std::max<Milliseconds::rep>(progress.elapsed.count(), 0));
    if (progress.done == 0 || elapsed < 1000) return text;
    const auto a_minute = progress.done * 60'000 / elapsed;
    text += a_minute >= 120 ? ", " + std::to_string(a_minute / 60) + " a second"
                            : ", " + std::to_string(a_minute) + " a minute";
    if (progress.total > answered) {
        const auto left = (progress.total - answered) * elapsed / progress.done;
        text += ", about " + span_text(Milliseconds(left)) + " left";
    }
    return text;
}

std::string progress_bar(const BatchProgress& progress, std::size_t columns) {
    constexpr std::size_t widest = 24;
    const std::string line = progress_line(progress);
    if (progress.total == 0 || line.size() + 3 + 8 > columns) return line.substr(0, columns);
    const std::size_t width = std::min(widest, columns - line.size() - 3);
    const auto answered = std::min(progress.done + progress.before, progress.total);
    const auto full = static_cast<std::size_t>(answered * width / progress.total);
    return "[" + std::string(full, '#') + std::string(width - full, '.') + "] " + line;
}

std::string summary_line(const BatchTally& tally, Milliseconds elapsed) {
    std::string text = std::to_string(tally.answered) + " answered in " + span_text(elapsed);
    std::vector<std::pair<std::uint64_t, VerdictCode>> counts;
    for (std::size_t code = 0; code < BatchTally::codes; ++code) {
        if (tally.verdicts[code] > 0)
            counts.emplace_back(tally.verdicts[code], static_cast<VerdictCode>(code));
    }
    std::stable_sort(counts.begin(), counts.end(),
                     [](const auto& left, const auto& right) { return left.first > right.first; });
    std::string separator = ": ";
    for (const auto& [count, code] : counts) {
        text += separator + std::to_string(count) + " " + name_of(code);
        separator = ", ";
    }
    if (tally.errors == 1) text += "; 1 line could not be used";
    if (tally.errors > 1) text += "; " + std::to_string(tally.errors) + " lines could not be used";
    if (tally.internal > 0) text += "; " + std::to_string(tally.internal) + " ended by an internal error";
    return text;
}

}  // namespace reprompt::app
