// SPDX-License-Identifier: MPL-2.0
#include "app/password_source.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>
#include <vector>

#include "base/system_words.hpp"

namespace reprompt::app {

namespace {

constexpr std::size_t max_password = 64 * 1024;

/// A buffer that is locked where the system allows and overwritten at the end.
class WipedBuffer {
  public:
    WipedBuffer() : bytes(max_password + 2) { ::mlock(bytes.data(), bytes.size()); }
    ~WipedBuffer() {
        wipe(bytes.data(), bytes.size());
        ::munlock(bytes.data(), bytes.size());
    }
    WipedBuffer(const WipedBuffer&) = delete;
    WipedBuffer& operator=(const WipedBuffer&) = delete;
    std::vector<char> bytes;
};

}  // namespace

Expected<Secret, std::string> read_password(int fd) {
    const std::string name = fd == STDIN_FILENO ? "standard input" : "descriptor " + std::to_string(fd);
    const auto refuse = [&](const std::string& why) {
        return Unexpected<std::string>("the password cannot be read: " + name + " " + why);
    };
    const int flags = ::fcntl(fd, F_GETFL);
    if (flags < 0) return refuse("is closed");
    if ((flags & O_ACCMODE) == O_WRONLY) return refuse("is open for writing only");
    if (::isatty(fd) == 1)
        return refuse("is a terminal; give a file or a pipe, for example --password-fd 3 3<FILE");

    WipedBuffer buffer;
    std::size_t size = 0;
    while (size < buffer.bytes.size()) {
        const ssize_t count = ::read(fd, buffer.bytes.data() + size, buffer.bytes.size() - size);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return refuse("fails: " + system_words(errno));
        if (count == 0) break;
        size += static_cast<std::size_t>(count);
    }
    std::string_view password(buffer.bytes.data(), size);
    if (password.ends_with('\n')) {
        password.remove_suffix(1);
        if (password.ends_with('\r')) password.remove_suffix(1);
    }
    if (password.size() > max_password) return refuse("gives more than 64 KiB");
    if (password.empty()) return refuse("gives an empty password");
    return Secret(password);
}

}  // namespace reprompt::app
