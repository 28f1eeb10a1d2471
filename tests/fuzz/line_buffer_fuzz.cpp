// SPDX-License-Identifier: MPL-2.0
// Any octets in any pieces through the line buffer: whole and in pieces it gives the same lines, and loses
// nothing.
// Covers: host/protocol/line_buffer.cpp
#include "protocol/line_buffer.hpp"

#include <cstdlib>
#include <vector>

#include "protocol/session.hpp"

namespace {

using reprompt::protocol::LineBuffer;

std::vector<std::string> lines_of(std::string_view bytes, std::size_t piece) {
    LineBuffer buffer;
    std::vector<std::string> lines;
    std::string line;
    while (!bytes.empty()) {
        const auto part = bytes.substr(0, piece);
        bytes.remove_prefix(part.size());
        buffer.append(part);
        while (buffer.next(line) == LineBuffer::Next::line)
            lines.push_back(line);
    }
    lines.push_back(buffer.take_rest());
    return lines;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 1 || size > reprompt::protocol::max_line) return 0;
    const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
    const auto whole = lines_of(bytes, bytes.size() + 1);
    if (whole != lines_of(bytes, data[0] % 16 + 1)) std::abort();
    for (const auto& line : whole) {
        if (line.find('\n') != std::string::npos) std::abort();
    }
    return 0;
}
