// SPDX-License-Identifier: MPL-2.0
#include "app/framing.hpp"

#include <poll.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/secret.hpp"

namespace reprompt::app {

namespace {

constexpr std::size_t header_size = sizeof(std::uint32_t);
constexpr std::size_t max_waiting = 16 * 1024 * 1024;
/// POSIX promises that a pipe reported writable takes this much without blocking.
constexpr std::size_t chunk_size = 4096;

}  // namespace

FrameReader::FrameReader() : buffer_(header_size + max_frame_in) {
    ::mlock(buffer_.data(), buffer_.size());  // best effort: a small RLIMIT_MEMLOCK is no reason to stop
}

FrameReader::~FrameReader() {
    wipe(buffer_.data(), buffer_.size());
    ::munlock(buffer_.data(), buffer_.size());
}

std::optional<std::uint32_t> FrameReader::announced() const noexcept {
    if (used_ < header_size) return std::nullopt;
    std::uint32_t length = 0;
    std::memcpy(&length, buffer_.data(), header_size);
    return length;
}

std::span<char> FrameReader::room() noexcept {
    if (too_long_) return {};
    const std::size_t payload = std::min<std::size_t>(announced().value_or(0), max_frame_in);
    return std::span(buffer_).subspan(used_, header_size + payload - used_);
}

void FrameReader::filled(std::size_t octets) noexcept {
    used_ += std::min(octets, buffer_.size() - used_);
}

std::optional<std::span<char>> FrameReader::frame() noexcept {
    const auto length = announced();
    if (!length) return std::nullopt;
    if (*length > max_frame_in) {
        too_long_ = true;
        return std::nullopt;
    }
    if (used_ < header_size + *length) return std::nullopt;
    return std::span(buffer_).subspan(header_size, *length);
}

void FrameReader::done() noexcept {
    wipe(buffer_.data(), used_);
    used_ = 0;
}

std::string frame_header(std::size_t payload_size) {
    const auto length = static_cast<std::uint32_t>(payload_size);
    std::string header(header_size, '\0');
    std::memcpy(header.data(), &length, header_size);
    return header;
}

FrameWriter::FrameWriter(int fd) : fd_(fd), thread_([this] { run(); }) {}

FrameWriter::~FrameWriter() {
    {
        const std::lock_guard lock(mutex_);
        stop_.cancel();
    }
    changed_.notify_all();
    thread_.join();
    for (auto& payload : queue_)
        wipe(payload.data(), payload.size());
}

void FrameWriter::send(std::string payload) {
    const std::lock_guard lock(mutex_);
    if (broken_.cancelled()) {
        wipe(payload.data(), payload.size());
        return;
    }
    waiting_ += payload.size();
    queue_.push_back(std::move(payload));
    if (waiting_ > max_waiting) broken_.cancel();
    changed_.notify_all();
}

bool FrameWriter::drain(Milliseconds limit) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, limit, [this] { return waiting_ == 0 || broken_.cancelled(); }) &&
           waiting_ == 0;
}

void FrameWriter::run() {
    std::unique_lock lock(mutex_);
    for (;;) {
        changed_.wait(lock, [this] { return stop_.cancelled() || broken_.cancelled() || !queue_.empty(); });
        if (stop_.cancelled() || broken_.cancelled()) return;
        std::string payload = std::move(queue_.front());
        queue_.pop_front();
        lock.unlock();
        const bool sent = write_all(frame_header(payload.size())) && write_all(payload);
        const std::size_t size = payload.size();
        wipe(payload.data(), payload.size());
        lock.lock();
        if (sent) {
            waiting_ -= size;
        } else {
            broken_.cancel();
        }
        changed_.notify_all();
    }
}

bool FrameWriter::write_all(std::string_view octets) {
    while (!octets.empty()) {
        pollfd waits[] = {{fd_, POLLOUT, 0}, {stop_.fd(), POLLIN, 0}};
        if (::poll(waits, 2, -1) < 0) {
            if (errno == EINTR) continue;
            return false;
        }
        if (stop_.cancelled()) return false;
        if (waits[0].revents == 0) continue;
        const ssize_t count = ::write(fd_, octets.data(), std::min(octets.size(), chunk_size));
        if (count > 0) {
            octets.remove_prefix(static_cast<std::size_t>(count));
        } else if (count < 0 && errno != EINTR && errno != EAGAIN) {
            return false;
        }
    }
    return true;
}

}  // namespace reprompt::app
