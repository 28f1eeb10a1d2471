// SPDX-License-Identifier: MPL-2.0
// See file_lock.hpp.
#include "ledger/file_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>
#include <chrono>
#include <thread>

#include "base/system_words.hpp"

namespace reprompt::ledger {

Expected<FileLock, std::string> FileLock::take(const std::filesystem::path& path, Deadline deadline) {
    UniqueFd file(open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!file) {
        return Unexpected<std::string>("cannot open " + path.string() + ": " + system_words(errno));
    }
    // flock(2) knows no time limit, and an alarm would disturb other threads; so ask again, up to 200 times a
    // second.
    while (flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK && errno != EINTR) {
            return Unexpected<std::string>("cannot lock " + path.string() + ": " + system_words(errno));
        }
        if (deadline.passed()) {
            return Unexpected<std::string>("another program keeps " + path.string() + " locked");
        }
        std::this_thread::sleep_for(Milliseconds(5));
    }
    return FileLock(std::move(file));
}

}  // namespace reprompt::ledger
