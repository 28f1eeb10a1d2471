// SPDX-License-Identifier: MPL-2.0
#include "app/batch_answers.hpp"

#include <nlohmann/json.hpp>
#include <ostream>

#include "app/batch_progress.hpp"

namespace reprompt::app {

namespace {

using nlohmann::json;

std::string line_of(const json& object) {
    return object.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
}

std::string line_of(const LineError& error, std::uint64_t line) {
    return line_of({{"id", json::parse(error.id)}, {"error", error.message}, {"line", line}});
}

}  // namespace

void BatchAnswers::verdict(const std::string& id, const probe::Result& result) {
    json answer = probe::result_to_json(result);
    answer["id"] = json::parse(id);
    print(line_of(answer));
    const std::lock_guard lock(counting_);
    ++tally_.answered;
    ++tally_.verdicts.at(static_cast<std::size_t>(result.verdict.code));
}

void BatchAnswers::error(const LineError& error, std::uint64_t line) {
    print(line_of(error, line));
    const std::lock_guard lock(counting_);
    ++tally_.errors;
}

void BatchAnswers::internal_error(const LineError& error, std::uint64_t line) {
    print(line_of(error, line));
    const std::lock_guard lock(counting_);
    ++tally_.internal;
}

/// At once and in one piece: what was answered counts even if the program is killed.
void BatchAnswers::print(const std::string& line) {
    const std::lock_guard lock(printing_);
    out_ << (under_bar_ ? std::string(erase_line) + line : line) << std::flush;
    if (!out_) broken_ = true;
}

BatchTally BatchAnswers::tally() const {
    const std::lock_guard lock(counting_);
    return tally_;
}

}  // namespace reprompt::app
