// SPDX-License-Identifier: MPL-2.0
// BatchProgress: how far a batch is, in words. Belongs here: texts. Pure. Does not belong here: when they are
// shown (batch_command).
#pragma once

#include <cstdint>
#include <string>

#include "app/batch_answers.hpp"
#include "base/deadline.hpp"

namespace reprompt::app {

/// To the beginning of a terminal's line, which is empty then (ECMA-48, CR and EL).
inline constexpr const char* erase_line = "\r\x1b[K";

struct BatchProgress {
    std::uint64_t done = 0;    ///< answered in this run, errors included
    std::uint64_t before = 0;  ///< answered before (`--resume`)
    std::uint64_t total = 0;   ///< lines in all, those before included; 0 if nobody knows
    std::size_t under_way = 0;
    Milliseconds elapsed{0};
};

/// "342 of 1000 answered, 64 under way, 35 a second, about 19 s left"
std::string progress_line(const BatchProgress& progress);

/// The same behind a bar, at most `columns` wide: "[########............] 342 of 1000 answered, …".
std::string progress_bar(const BatchProgress& progress, std::size_t columns);

/// "1000 answered in 31 s: 900 stale_password, 100 password_accepted; 3 lines could not be used"
std::string summary_line(const BatchTally& tally, Milliseconds elapsed);

}  // namespace reprompt::app
