// SPDX-License-Identifier: MPL-2.0
#include "app/answered_ids.hpp"

#include <fcntl.h>

#include <nlohmann/json.hpp>

#include "app/batch_input.hpp"
#include "ledger/digest.hpp"

namespace reprompt::app {

namespace {

using nlohmann::json;

/// An answer with all of its evidence; the servers' words in it are bounded.
constexpr std::size_t longest_answer = 512 * 1024;

}  // namespace

AnsweredIds::AnsweredIds() : key_(ledger::random_secret(32)) {}

std::uint64_t AnsweredIds::number_of(std::string_view id) const {
    return ledger::hmac_number(key_.reveal(), {id});
}

bool AnsweredIds::add(std::string_view id) {
    if (has(id)) return false;
    ids_.insert({number_of(id)});
    return true;
}

bool AnsweredIds::has(std::string_view id) const {
    bool found = false;
    if (ids_.size() == 0) return false;
    ids_.visit(number_of(id), [&](const Entry&) {
        found = true;
        return SpillTable<Entry>::Next::keep;
    });
    return found;
}

Expected<AnsweredIds, std::string> AnsweredIds::read(const std::string& path) {
    const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    BatchInput input(file.get(), longest_answer);
    if (!file || !input.is_file()) return Unexpected<std::string>("cannot be read, or is no file");
    AnsweredIds answered;
    BatchInput::Line line;
    for (;;) {
        const auto got = input.next(line);
        if (got == BatchInput::Got::broken) return Unexpected<std::string>("cannot be read");
        if (got != BatchInput::Got::line) return answered;
        if (line.too_long) continue;
        const auto answer = json::parse(line.text.begin(), line.text.end(), nullptr, false);
        if (!answer.is_object() || !answer.contains("verdict")) continue;
        const auto id = answer.find("id");
        if (id != answer.end() && (id->is_string() || id->is_number_integer()))
            answered.add(id->dump(-1, ' ', false, json::error_handler_t::replace));
    }
}

}  // namespace reprompt::app
