// SPDX-License-Identifier: MPL-2.0
// BatchInput: lines from a descriptor, without waiting, in one buffer that is overwritten line by line.
// Belongs here: octets and line ends. Does not belong here: what a line says (batch_line).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace reprompt::app {

class BatchInput {
  public:
    /// The beginning of a line: its offset in octets, and its number from 1.
    struct Place {
        std::uint64_t offset = 0, number = 1;
        friend bool operator==(const Place&, const Place&) = default;
    };
    struct Line {
        std::span<char> text;  ///< without its end (LF or CR LF); until the next call
        Place at;
        bool too_long = false;  ///< `text` is empty then
    };
    /// broken: it cannot be read any more, or a file ends before the end that it had.
    enum class Got : std::uint8_t { line, nothing_yet, end, broken };

    /// Reads `fd`, which stays the caller's: a regular file from where it stands now, up to where it ends now
    /// and without moving its offset; anything else as it comes.
    BatchInput(int fd, std::size_t longest_line);
    ~BatchInput();
    BatchInput(const BatchInput&) = delete;
    BatchInput& operator=(const BatchInput&) = delete;

    /// The next line that is not blank and no comment ("#"); overwrites the last one. A last line needs no
    /// end. `nothing_yet`: the descriptor would have to be waited for (POLLIN).
    Got next(Line& line);
    /// Of the line after the last one.
    [[nodiscard]] Place place() const noexcept { return next_; }
    [[nodiscard]] bool is_file() const noexcept { return is_file_; }
    /// Files only.
    void go_to(Place place) noexcept;

  private:
    Got next_raw(Line& line);
    Got fill();
    void forget_last() noexcept;

    const int fd_;
    const std::size_t longest_;
    bool is_file_ = false;
    std::uint64_t file_end_ = 0;
    Place next_;
    std::vector<char> buffer_;
    std::size_t begin_ = 0, end_ = 0;  ///< what was read and not given out
    std::size_t last_ = 0;             ///< where the line last given out begins
    bool skipping_ = false;            ///< inside a line that is too long
    bool ended_ = false;
};

}  // namespace reprompt::app
