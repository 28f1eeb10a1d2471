// SPDX-License-Identifier: MPL-2.0
// Fuzzes the reader of the ledger file: any octets are read without harm, what is read can be written, and is
// the same when read again.
// Covers: host/ledger/ledger_line.cpp host/ledger/ledger_book.cpp
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "ledger/digest.hpp"
#include "ledger/ledger_book.hpp"
#include "ledger/ledger_line.hpp"

using namespace reprompt::ledger;

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

void read_and_write(std::string_view octets) {
    const LedgerText first = parse_ledger(octets, true);
    require(first.complete <= octets.size());
    std::string text = header_line(std::string(salt_digits, '0'));
    LedgerBook book;
    for (const Event& event : first.events) {
        text += event_line(event);
        book.apply(event);
    }
    const LedgerText second = parse_ledger(text, true);
    require(second.damaged == 0 && second.events.size() == first.events.size());
    const std::chrono::system_clock::time_point now{std::chrono::hours(24 * 365 * 50)};
    std::size_t live = 0;
    book.each_live_event(now, [&](const Event& event) {
        require(parse_ledger(event_line(event), false).damaged == 0);
        ++live;
    });
    require(live <= 2 * first.events.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view octets(reinterpret_cast<const char*>(data), size);
    read_and_write(octets);
    // The same with right checksums, so that the fields behind them are reached.
    std::string sealed;
    for (std::size_t at = 0; at < octets.size();) {
        const std::size_t end = std::min(octets.find('\n', at), octets.size());
        const std::string_view content = octets.substr(at, end - at);
        sealed += checksum(content) + ' ' + std::string(content) + '\n';
        at = end + 1;
    }
    read_and_write(sealed);
    return 0;
}
