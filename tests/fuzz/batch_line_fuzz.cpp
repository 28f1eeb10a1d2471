// SPDX-License-Identifier: MPL-2.0
// Any line of a batch, and any octets as a list: an error text is clean, an id is JSON, and no octet is lost
// or read twice.
// Covers: host/app/batch_line.cpp host/app/batch_input.cpp host/app/auth_choice.cpp host/app/strict_json.cpp
// Dictionary: json.dict
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>

#include "app/batch_input.hpp"
#include "app/batch_line.hpp"
#include "base/text.hpp"
#include "base/unique_fd.hpp"

using namespace reprompt;
using namespace reprompt::app;

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

void read_line(std::string line, const BatchTerms& terms) {
    const auto account = read_batch_line(line, terms);
    if (account) {
        require(nlohmann::json::accept(account->id) && !has_control(account->request.user));
        require(account->request.endpoint.port > 0 && !account->request.endpoint.host.empty());
        return;
    }
    const auto& error = account.error();
    require(nlohmann::json::accept(error.id) && !error.message.empty());
    require(!has_control(error.message) && is_utf8(error.message));
}

void read_list(const std::string& list) {
    int ends[2] = {-1, -1};
    require(::pipe(ends) == 0);
    const UniqueFd out(ends[0]);
    {
        const UniqueFd in(ends[1]);
        require(::write(in.get(), list.data(), list.size()) == static_cast<ssize_t>(list.size()));
    }
    BatchInput input(out.get(), 32);
    BatchInput::Line line;
    std::uint64_t last = 0;
    while (input.next(line) == BatchInput::Got::line) {
        require(line.at.number > last && line.text.size() <= 32 && line.at.offset <= list.size());
        last = line.at.number;
        const std::string text(line.text.begin(), line.text.end());
        require(line.too_long || list.compare(line.at.offset, text.size(), text) == 0);
    }
    require(input.place().offset == list.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const std::string text(reinterpret_cast<const char*>(bytes), size);
    BatchTerms terms;
    read_line(text, terms);
    const Secret common("common");
    terms.password = &common;
    read_line(text, terms);
    constexpr std::size_t fits_a_pipe = 32 * 1024;
    read_list(text.substr(0, fits_a_pipe));
    return 0;
}
