// SPDX-License-Identifier: MPL-2.0
// Framing: octets <-> native messages (4 octets length in host byte order, then that many octets of JSON;
// Mozilla, "Native messaging", section "App side"). Belongs here: lengths and limits, and the one thread that
// writes. Does not belong here: what a message means (messages.hpp).
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/cancel.hpp"
#include "base/deadline.hpp"

namespace reprompt::app {

/// The longest message we accept, and the longest that Thunderbird accepts from us (it takes 1,048,576; we
/// stay below).
inline constexpr std::size_t max_frame_in = 64 * 1024;
inline constexpr std::size_t max_frame_out = 1'000'000;

/// Collects octets into frames. No I/O: the caller reads into room(), says how much with filled(), then takes
/// the frame if there is one. The buffer may hold passwords: it is locked in memory where the system allows,
/// and every frame is overwritten by done(). There is never more in it than one frame, so that none is moved
/// (memmove leaves what it moved in the processor's registers, and a new thread saves those to its stack).
class FrameReader {
  public:
    FrameReader();
    ~FrameReader();
    FrameReader(const FrameReader&) = delete;
    FrameReader& operator=(const FrameReader&) = delete;

    /// Where to put the next octets, as many as this frame still needs; empty only if too_long() or the frame
    /// is complete and not done.
    [[nodiscard]] std::span<char> room() noexcept;
    void filled(std::size_t octets) noexcept;
    /// The next complete frame without its length, or nullopt if octets are missing or too_long(). Writable,
    /// so that a parser can blank secrets in place; valid until done().
    [[nodiscard]] std::optional<std::span<char>> frame() noexcept;
    /// Overwrites and drops the frame last returned.
    void done() noexcept;
    /// A length above max_frame_in was announced: the stream is unusable from here.
    [[nodiscard]] bool too_long() const noexcept { return too_long_; }

  private:
    [[nodiscard]] std::optional<std::uint32_t> announced() const noexcept;
    std::vector<char> buffer_;
    std::size_t used_ = 0;
    bool too_long_ = false;
};

/// The four octets that go before a payload of this size.
std::string frame_header(std::size_t payload_size);

/// Sends frames whole and in order from a thread of its own, so that nobody who reports a stage ever waits
/// for the reader on the other side. Payloads are overwritten after they were sent.
class FrameWriter {
  public:
    /// Writes to `fd`, which stays the caller's.
    explicit FrameWriter(int fd);
    /// Drops what was not sent.
    ~FrameWriter();
    FrameWriter(const FrameWriter&) = delete;
    FrameWriter& operator=(const FrameWriter&) = delete;

    /// Queues one payload. Thread-safe. Does nothing once broken.
    void send(std::string payload);
    /// Waits until everything queued has left, at most `limit`. False if something stayed behind.
    bool drain(Milliseconds limit);
    /// Readable for ever once the other side is gone (EPIPE) or reads nothing although 16 MiB wait.
    [[nodiscard]] int broken_fd() const noexcept { return broken_.fd(); }
    [[nodiscard]] bool broken() const noexcept { return broken_.cancelled(); }

  private:
    void run();
    bool write_all(std::string_view octets);

    int fd_;
    Cancel broken_, stop_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::string> queue_;
    std::size_t waiting_ = 0;  ///< octets queued or being written
    std::thread thread_;
};

}  // namespace reprompt::app
