// SPDX-License-Identifier: MPL-2.0
#include "app/framing.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstring>

#include "base/unique_fd.hpp"

using namespace reprompt;
using namespace reprompt::app;

namespace {

struct Pipe {
    UniqueFd out, in;
    Pipe() {
        int ends[2] = {-1, -1};
        REQUIRE(::pipe(ends) == 0);
        out.reset(ends[0]);
        in.reset(ends[1]);
    }
};

/// As much of `octets` as there is room for; what was taken is cut off.
void feed_some(FrameReader& reader, std::string_view& octets) {
    const auto room = reader.room();
    const std::size_t count = std::min(octets.size(), room.size());
    REQUIRE(count > 0);
    std::copy_n(octets.begin(), count, room.begin());
    reader.filled(count);
    octets.remove_prefix(count);
}

/// One frame at most.
void feed(FrameReader& reader, std::string_view octets) {
    while (!octets.empty())
        feed_some(reader, octets);
}

std::string framed(std::string_view payload) {
    return frame_header(payload.size()) + std::string(payload);
}

std::string read_all(int fd) {
    std::string text;
    char block[4096];
    for (ssize_t count; (count = ::read(fd, block, sizeof block)) > 0;)
        text.append(block, static_cast<std::size_t>(count));
    return text;
}

}  // namespace

TEST_CASE("frames come out whole, however the octets arrive") {
    const std::string stream = framed("{\"a\":1}") + framed("") + framed(std::string(max_frame_in, 'x'));
    for (const std::size_t step : {std::size_t{1}, std::size_t{2}, std::size_t{7}, std::size_t{5000}}) {
        FrameReader reader;
        std::vector<std::string> frames;
        for (std::size_t at = 0; at < stream.size(); at += step) {
            auto octets = std::string_view(stream).substr(at, step);
            while (!octets.empty()) {
                feed_some(reader, octets);
                const auto frame = reader.frame();
                if (!frame) continue;
                frames.emplace_back(frame->begin(), frame->end());
                reader.done();
            }
        }
        REQUIRE(frames.size() == 3);
        CHECK(frames[0] == "{\"a\":1}");
        CHECK(frames[1].empty());
        CHECK(frames[2].size() == max_frame_in);
        CHECK_FALSE(reader.too_long());
    }
}

TEST_CASE("nothing of the next frame is taken before this one is done") {
    FrameReader reader;
    CHECK(reader.room().size() == 4);
    feed(reader, frame_header(7));
    CHECK(reader.room().size() == 7);
    feed(reader, "1234567");
    CHECK(reader.room().empty());
    REQUIRE(reader.frame());
    reader.done();
    CHECK(reader.room().size() == 4);
}

TEST_CASE("a length above 64 KiB ends the stream") {
    FrameReader reader;
    feed(reader, frame_header(max_frame_in + 1));
    CHECK_FALSE(reader.frame());
    CHECK(reader.too_long());
    CHECK(reader.room().empty());
}

TEST_CASE("a frame is overwritten when it is done") {
    FrameReader reader;
    feed(reader, framed("hunter2"));
    const auto frame = reader.frame();
    REQUIRE(frame);
    reader.done();
    CHECK(std::string_view(frame->data(), frame->size()).find("hunter") == std::string_view::npos);
    const auto octets = reader.room();
    CHECK(std::all_of(octets.begin(), octets.end(), [](char c) { return c == 0; }));
}

TEST_CASE("what is sent arrives whole and in order") {
    Pipe pipe;
    std::string got;
    std::thread receiver([&] { got = read_all(pipe.out.get()); });
    const std::string large(300'000, 'y');
    {
        FrameWriter writer(pipe.in.get());
        writer.send("first");
        writer.send(large);
        writer.send("last");
        CHECK(writer.drain(Milliseconds(10'000)));
    }
    pipe.in.reset();
    receiver.join();
    CHECK(got == framed("first") + framed(large) + framed("last"));
}

TEST_CASE("a reader that went away is noticed and nobody waits for it") {
    std::signal(SIGPIPE, SIG_IGN);
    Pipe pipe;
    pipe.out.reset();
    FrameWriter writer(pipe.in.get());
    writer.send("hello");
    CHECK_FALSE(writer.drain(Milliseconds(10'000)));
    CHECK(writer.broken());
}

TEST_CASE("a reader that reads nothing never makes the sender wait") {
    Pipe pipe;
    FrameWriter writer(pipe.in.get());
    for (int i = 0; i < 20 && !writer.broken(); ++i)
        writer.send(std::string(1'000'000, 'z'));
    CHECK(writer.broken());
}
