// SPDX-License-Identifier: MPL-2.0
// FactWords: the facts behind a verdict, and notes about a run, in Japanese. They are made in English,
// because they are also data (`--json`, reports to a help desk). Belongs here: sentences. Does not belong
// here: which fact is told (diagnose/), layout (report_text).
#pragma once

#include <string>
#include <string_view>

#include "app/verdict_words.hpp"

namespace reprompt::app {

/// `fact` (of Verdict::because or Result::notes) in `language`; as it is if this program has no words for it,
/// which is so for a system's own error texts inside of it too.
std::string fact_words(std::string_view fact, Language language);

}  // namespace reprompt::app
