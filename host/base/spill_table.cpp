// SPDX-License-Identifier: MPL-2.0
#include "base/spill_table.hpp"

#include <fcntl.h>
#include <stdlib.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <system_error>

namespace reprompt {
namespace {

/// A file of nobody but this process: it has no name (O_TMPFILE), or loses it at once.
UniqueFd nameless_file(const char* folder) {
    if (folder == nullptr || *folder != '/') return {};
    UniqueFd file(::open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
    if (file) return file;
    std::string name = std::string(folder) + "/reprompt-XXXXXX";
    file.reset(::mkostemp(name.data(), O_CLOEXEC));
    if (file) ::unlink(name.c_str());
    return file;
}

}  // namespace

SpillSpace::SpillSpace(std::size_t octets, std::size_t most_in_memory) : octets_(octets) {
    if (octets > most_in_memory) {
        for (const char* folder : {static_cast<const char*>(::secure_getenv("TMPDIR")), "/var/tmp", "/tmp"}) {
            file_ = nameless_file(folder);
            if (file_ && ::ftruncate(file_.get(), static_cast<off_t>(octets)) == 0) return;
            file_.reset();
        }
    }
    memory_.assign(octets, '\0');
}

void SpillSpace::read(std::size_t at, void* to, std::size_t size) const {
    if (!on_disk()) {
        std::memcpy(to, memory_.data() + at, size);
        return;
    }
    auto* out = static_cast<char*>(to);
    while (size > 0) {
        const ssize_t count = ::pread(file_.get(), out, size, static_cast<off_t>(at));
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) throw std::system_error(count == 0 ? EIO : errno, std::generic_category(), "pread");
        out += count;
        at += static_cast<std::size_t>(count);
        size -= static_cast<std::size_t>(count);
    }
}

void SpillSpace::write(std::size_t at, const void* from, std::size_t size) {
    const auto* in = static_cast<const char*>(from);
    while (size > 0 && on_disk()) {
        const ssize_t count = ::pwrite(file_.get(), in, size, static_cast<off_t>(at));
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) {  // no room on the disk
            bring_back();
            break;
        }
        in += count;
        at += static_cast<std::size_t>(count);
        size -= static_cast<std::size_t>(count);
    }
    if (size > 0) std::memcpy(memory_.data() + at, in, size);
}

void SpillSpace::bring_back() {
    std::vector<char> all(octets_);
    read(0, all.data(), all.size());
    memory_ = std::move(all);
    file_.reset();
}

}  // namespace reprompt
