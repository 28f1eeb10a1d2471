// SPDX-License-Identifier: MPL-2.0
#include "protocol/line_buffer.hpp"

#include <doctest/doctest.h>

#include <vector>

#include "protocol/session.hpp"

using namespace reprompt::protocol;
using Next = LineBuffer::Next;

namespace {

std::vector<std::string> lines_of(std::string_view bytes, std::size_t chunk) {
    LineBuffer buffer;
    std::vector<std::string> lines;
    std::string line;
    for (std::size_t at = 0; at < bytes.size(); at += chunk) {
        buffer.append(bytes.substr(at, chunk));
        while (buffer.next(line) == Next::line)
            lines.push_back(line);
    }
    return lines;
}

}  // namespace

TEST_CASE("lines come out the same however the octets come in") {
    const std::string bytes("one\r\n\r\ntwo \r x\r\nNUL \0 in\r\nrest", 29);
    for (const auto chunk : {std::size_t{1}, std::size_t{2}, std::size_t{7}, std::size_t{100}}) {
        CAPTURE(chunk);
        CHECK(lines_of(bytes, chunk) ==
              std::vector<std::string>{"one", "", "two \r x", std::string("NUL \0 in", 8)});
    }
}

TEST_CASE("quirk bare_lf: LF alone ends a line") {
    CHECK(lines_of("a\nb\r\n\nc\n", 1) == std::vector<std::string>{"a", "b", "", "c"});
}

TEST_CASE("what waits is known and can be taken") {
    LineBuffer buffer;
    std::string line;
    CHECK(buffer.empty());
    buffer.append("a\r\nb");
    CHECK(buffer.next(line) == Next::line);
    CHECK_FALSE(buffer.empty());
    CHECK(buffer.next(line) == Next::more);
    CHECK(buffer.take_rest() == "b");
    CHECK(buffer.empty());
    buffer.append("c\n");
    CHECK(buffer.next(line) == Next::line);
    CHECK(line == "c");
    CHECK(buffer.empty());
}

TEST_CASE("a line of 64 KiB fits, a longer one is refused, with and without its end") {
    LineBuffer fits;
    std::string line;
    fits.append(std::string(max_line - 2, 'x') + "\r\n");
    CHECK(fits.next(line) == Next::line);
    CHECK(line.size() == max_line - 2);

    LineBuffer ended;
    ended.append(std::string(max_line - 1, 'x') + "\r\n");
    CHECK(ended.next(line) == Next::too_long);

    LineBuffer endless;
    for (int i = 0; i < 64; ++i)
        endless.append(std::string(1024, 'x'));
    CHECK(endless.next(line) == Next::more);
    endless.append("x");
    CHECK(endless.next(line) == Next::too_long);
    endless.append("x");
    CHECK(endless.next(line) == Next::too_long);
}
