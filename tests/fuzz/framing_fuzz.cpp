// SPDX-License-Identifier: MPL-2.0
// Fuzzes the frame reader: whatever the chunks, the frames are the same, and never longer than the limit.
// Covers: host/app/framing.cpp
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "app/framing.hpp"

using namespace reprompt::app;

namespace {

std::vector<std::string> frames_of(std::string_view stream, std::size_t step) {
    FrameReader reader;
    std::vector<std::string> frames;
    while (!stream.empty() && !reader.too_long()) {
        const auto room = reader.room();
        const std::size_t count = std::min({step, stream.size(), room.size()});
        if (count == 0) std::abort();
        std::copy_n(stream.begin(), count, room.begin());
        reader.filled(count);
        stream.remove_prefix(count);
        while (const auto frame = reader.frame()) {
            if (frame->size() > max_frame_in) std::abort();
            frames.emplace_back(frame->begin(), frame->end());
            reader.done();
        }
    }
    return frames;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const std::string_view stream(reinterpret_cast<const char*>(bytes), size);
    const auto whole = frames_of(stream, size + 1);
    if (frames_of(stream, 1) != whole || frames_of(stream, 7) != whole) std::abort();
    return 0;
}
