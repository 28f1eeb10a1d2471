// SPDX-License-Identifier: MPL-2.0
#include "app/batch_input.hpp"

#include <poll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "base/secret.hpp"
#include "base/text.hpp"

namespace reprompt::app {

BatchInput::BatchInput(int fd, std::size_t longest_line)
    : fd_(fd), longest_(longest_line), buffer_(2 * longest_line) {
    static_cast<void>(::mlock(buffer_.data(), buffer_.size()));  // a bonus, as in base/secret
    struct stat status {};
    const off_t now = ::lseek(fd_, 0, SEEK_CUR);
    if (::fstat(fd_, &status) != 0 || !S_ISREG(status.st_mode) || now < 0) return;
    is_file_ = true;
    file_end_ = static_cast<std::uint64_t>(status.st_size);
    next_.offset = static_cast<std::uint64_t>(now);
}

BatchInput::~BatchInput() {
    wipe(buffer_.data(), buffer_.size());
    ::munlock(buffer_.data(), buffer_.size());
}

void BatchInput::go_to(Place place) noexcept {
    if (!skipping_ && place.offset >= next_.offset && place.offset - next_.offset < end_ - begin_) {
        begin_ += static_cast<std::size_t>(place.offset - next_.offset);  // it is in the buffer
        next_ = place;
        return;
    }
    wipe(buffer_.data(), end_);
    begin_ = end_ = last_ = 0;
    skipping_ = ended_ = false;
    next_ = place;
}

BatchInput::Got BatchInput::next(Line& line) {
    for (;;) {
        const Got got = next_raw(line);
        if (got != Got::line || line.too_long) return got;
        const auto text = trim(std::string_view(line.text.data(), line.text.size()));
        if (!text.empty() && !text.starts_with('#')) return got;
    }
}

void BatchInput::forget_last() noexcept {
    wipe(buffer_.data() + last_, begin_ - last_);
    last_ = begin_;
}

BatchInput::Got BatchInput::next_raw(Line& line) {
    forget_last();
    std::size_t searched = begin_;
    for (;;) {
        const auto from = buffer_.begin() + static_cast<std::ptrdiff_t>(searched);
        const auto until = buffer_.begin() + static_cast<std::ptrdiff_t>(end_);
        const auto found = std::find(from, until, '\n');
        const bool complete = found != until;
        const auto size = static_cast<std::size_t>(found - buffer_.begin()) - begin_;
        const bool too_long = skipping_ || size > longest_ + 1;  // with a CR
        if (complete || (ended_ && (size > 0 || skipping_))) {
            line = {{}, next_, too_long};
            if (!too_long) {
                line.text = std::span(buffer_).subspan(begin_, size);
                if (!line.text.empty() && line.text.back() == '\r') line.text = line.text.first(size - 1);
                line.too_long = line.text.size() > longest_;
                if (line.too_long) line.text = {};
            }
            begin_ += size + (complete ? 1 : 0);
            next_.offset += size + (complete ? 1 : 0);
            ++next_.number;
            skipping_ = false;
            return Got::line;
        }
        if (ended_) return Got::end;
        if (too_long) {  // nothing of it is kept
            skipping_ = true;
            next_.offset += size;
            begin_ = end_;
            forget_last();
        }
        if (begin_ > 0) {
            std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
            wipe(buffer_.data() + (end_ - begin_), begin_);
            end_ -= begin_;
            begin_ = last_ = 0;
        }
        searched = end_;
        if (const Got got = fill(); got != Got::line) return got;
    }
}

/// Got::line: there is more in the buffer, or `ended_`.
BatchInput::Got BatchInput::fill() {
    for (;;) {
        std::size_t room = buffer_.size() - end_;
        ssize_t count = 0;
        if (is_file_) {
            const std::uint64_t at = next_.offset + (end_ - begin_);
            room =
                static_cast<std::size_t>(std::min<std::uint64_t>(room, file_end_ - std::min(at, file_end_)));
            if (room > 0) {
                count = ::pread(fd_, buffer_.data() + end_, room, static_cast<off_t>(at));
                if (count == 0) return Got::broken;  // shorter than it was
            }
        } else {
            pollfd asked{fd_, POLLIN, 0};
            const int ready = ::poll(&asked, 1, 0);
            if (ready == 0) return Got::nothing_yet;
            if (ready > 0) count = ::read(fd_, buffer_.data() + end_, room);
            if (ready < 0) count = -1;
        }
        if (count < 0 && errno == EINTR) continue;
        if (count < 0 && errno == EAGAIN) return Got::nothing_yet;
        if (count < 0) return Got::broken;
        ended_ = count == 0;
        end_ += static_cast<std::size_t>(count);
        return Got::line;
    }
}

}  // namespace reprompt::app
