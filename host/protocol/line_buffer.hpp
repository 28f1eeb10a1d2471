// SPDX-License-Identifier: MPL-2.0
// LineBuffer: octets in, lines out. Belongs here: line ends and the length limit of invariant 5. What a line
// means is known elsewhere. No I/O.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace reprompt::protocol {

class LineBuffer {
  public:
    enum class Next : std::uint8_t { line, more, too_long };

    void append(std::string_view bytes);

    /// Puts the next whole line, without its end, into `line`. A line ends with CRLF or, as a named quirk
    /// (`bare_lf`: old POP3 servers and filters in between), with LF alone; a lone CR is part of the line.
    /// `too_long` once a line exceeds max_line; it stays so.
    Next next(std::string& line);

    /// Nothing is waiting, not even the beginning of a line.
    [[nodiscard]] bool empty() const noexcept { return begin_ == buffer_.size(); }
    /// What waits, which may be the beginning of a line; the buffer is empty then.
    std::string take_rest();

  private:
    std::string buffer_;
    std::size_t begin_ = 0;    // the octets before were handed out
    std::size_t scanned_ = 0;  // no LF between begin_ and here
};

}  // namespace reprompt::protocol
