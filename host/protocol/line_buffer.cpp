// SPDX-License-Identifier: MPL-2.0
// LineBuffer: every octet is looked at once, however small the chunks are.
#include "protocol/line_buffer.hpp"

#include "protocol/session.hpp"

namespace reprompt::protocol {

void LineBuffer::append(std::string_view bytes) {
    if (begin_ > 0) {
        buffer_.erase(0, begin_);
        scanned_ -= begin_;
        begin_ = 0;
    }
    buffer_.append(bytes);
}

LineBuffer::Next LineBuffer::next(std::string& line) {
    const auto line_feed = buffer_.find('\n', scanned_);
    if (line_feed == std::string::npos) {
        scanned_ = buffer_.size();
        return buffer_.size() - begin_ > max_line ? Next::too_long : Next::more;
    }
    if (line_feed + 1 - begin_ > max_line) return Next::too_long;
    std::size_t end = line_feed;
    if (end > begin_ && buffer_[end - 1] == '\r') --end;
    line.assign(buffer_, begin_, end - begin_);
    begin_ = scanned_ = line_feed + 1;
    return Next::line;
}

std::string LineBuffer::take_rest() {
    std::string rest = buffer_.substr(begin_);
    buffer_.clear();
    begin_ = scanned_ = 0;
    return rest;
}

}  // namespace reprompt::protocol
