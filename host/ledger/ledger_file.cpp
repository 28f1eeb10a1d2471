// SPDX-License-Identifier: MPL-2.0
// See ledger_file.hpp.
#include "ledger/ledger_file.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <utility>

#include "base/system_words.hpp"
#include "ledger/digest.hpp"

namespace reprompt::ledger {

namespace {

constexpr const char* file_name = "ledger";
constexpr const char* new_name = "ledger.new";
/// A ledger of a person's accounts has a few kilobytes, a help desk's with 100,000 refusals 60 MiB; one this
/// long is not ours.
constexpr std::size_t largest_file = std::size_t{1} << 30U;
constexpr std::size_t block_size = 64 * 1024;
/// Kept free behind an attempt: as many as 256 may be out, and each of their results is worth more than a new
/// one.
constexpr std::size_t room_for_results = 256 * 1536;

Unexpected<std::string> failure(const std::string& what) {
    return Unexpected<std::string>(what + ": " + system_words(errno));
}

/// No events, for replace().
void nothing(const std::function<void(const Event&)>&) {}

bool write_all(int file, std::string_view octets) {
    while (!octets.empty()) {
        const ssize_t written = write(file, octets.data(), octets.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return false;
        octets.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

/// True if `size` octets at `at` can be written, as far as one can know: some file systems cannot tell, and
/// fallocate(2) looks at the disk, not at RLIMIT_FSIZE. Else errno says why.
bool has_room(int file, std::size_t at, std::size_t size) {
    rlimit longest{};
    // A file that refresh() would put aside would take its refusals with it.
    if (at + size > largest_file ||
        (::getrlimit(RLIMIT_FSIZE, &longest) == 0 && at + size > longest.rlim_cur)) {
        errno = EFBIG;
        return false;
    }
    while (::fallocate(file, FALLOC_FL_KEEP_SIZE, static_cast<off_t>(at), static_cast<off_t>(size)) != 0) {
        if (errno != EINTR) return errno != ENOSPC && errno != EDQUOT && errno != EFBIG;
    }
    return true;
}

}  // namespace

void make_private_folders(const std::filesystem::path& folder) {
    std::filesystem::path so_far;
    for (const auto& part : folder) {
        so_far /= part;
        mkdir(so_far.c_str(), 0700);
    }
}

Expected<LedgerFile, std::string> LedgerFile::open(const std::filesystem::path& folder) {
    if (folder.empty() || !folder.is_absolute()) {
        return Unexpected<std::string>("no folder for the ledger: neither XDG_STATE_HOME nor HOME is set");
    }
    const std::filesystem::path path = folder.has_filename() ? folder : folder.parent_path();
    make_private_folders(path);
    UniqueFd directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!directory) return failure("cannot open the folder " + path.string());
    struct stat status {};
    if (fstat(directory.get(), &status) != 0) return failure("cannot read the folder " + path.string());
    if (status.st_uid != geteuid()) {
        return Unexpected<std::string>("the folder " + path.string() + " belongs to another user");
    }
    if ((status.st_mode & 077U) != 0 && fchmod(directory.get(), 0700) != 0) {
        return failure("cannot close the folder " + path.string() + " to others");
    }
    return LedgerFile(path, std::move(directory));
}

Expected<FileLock, std::string> LedgerFile::lock(Milliseconds most) const {
    return FileLock::take(folder_ / "ledger.lock", Deadline::after(most));
}

/// Nothing is forgotten before there is a file to read.
Expected<void, std::string> LedgerFile::reopen(const Listener& listener) {
    UniqueFd file(::openat(directory_.get(), file_name, O_RDWR | O_APPEND | O_NOFOLLOW | O_CLOEXEC));
    if (file) {
        file_ = std::move(file);
        offset_ = 0;
        salt_.clear();
    } else {
        if (errno != ENOENT) return failure("cannot open the ledger in " + folder_.string());
        const std::string before = std::exchange(salt_, hex(random_octets(salt_digits / 2)));
        if (auto done = replace(nothing); !done) {
            salt_ = before;
            return done;
        }
    }
    lost_ = false;
    listener.start_again();
    return {};
}

Expected<std::size_t, std::string> LedgerFile::read_on(const std::function<void(const Event&)>& take) {
    std::string octets;
    std::size_t damaged = 0;
    std::size_t skipped = 0;    ///< of a line that is longer than any of ours, and not at its end yet
    std::size_t wanted = 4096;  // mostly a line or two are new
    for (bool more = true; more;) {
        const std::size_t kept = octets.size();
        octets.resize(kept + wanted);
        const auto at = static_cast<off_t>(offset_ + skipped + kept);
        const ssize_t count = pread(file_.get(), octets.data() + kept, wanted, at);
        const auto read = static_cast<std::size_t>(std::max<ssize_t>(count, 0));
        octets.resize(kept + read);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return failure("cannot read the ledger in " + folder_.string());
        more = read == wanted;
        wanted = block_size;
        const std::size_t end = skipped == 0 ? 0 : octets.find('\n');
        if (skipped > 0 && end != std::string::npos) {
            offset_ += skipped + end + 1;
            octets.erase(0, end + 1);
            skipped = 0;
        }
        if (skipped == 0) {
            const LedgerText text = parse_ledger(octets, offset_ == 0);
            if (offset_ == 0 && text.complete > 0) salt_ = text.salt;
            damaged += text.damaged;
            for (const Event& event : text.events)
                take(event);
            offset_ += text.complete;
            octets.erase(0, text.complete);
        }
        if (octets.size() > longest_line) {
            if (skipped == 0) ++damaged;
            skipped += octets.size();
            octets.clear();
        }
    }
    return damaged;
}

template <class Take>
Expected<std::string, std::string> LedgerFile::put_aside(Take&& take) const {
    for (int number = 1; number < 1000; ++number) {
        std::string name = std::string(file_name) + ".corrupt-" + std::to_string(number);
        if (take(name.c_str()) == 0) return name;
        if (errno != EEXIST) break;
    }
    return failure("cannot move the damaged ledger in " + folder_.string() + " aside");
}

Expected<std::string, std::string> LedgerFile::begin_anew(const std::string& why, const Listener& listener) {
    const auto aside = put_aside([this](const char* name) {
        return renameat2(directory_.get(), file_name, directory_.get(), name, RENAME_NOREPLACE);
    });
    if (!aside) return Unexpected<std::string>(aside.error());
    if (auto done = reopen(listener); !done) return Unexpected<std::string>(done.error());
    return "The ledger " + why + "; it was moved to " + (folder_ / *aside).string() +
           " and a new one was begun.";
}

/// What can be read is kept: a refused password must not be sent again because a neighbouring line is broken.
/// Lines without their salt belong to nobody.
Expected<std::string, std::string> LedgerFile::mend(std::size_t damaged, const Listener& listener) {
    // A second name, so that the old one stays until replace() takes it; one that is taken is not
    // overwritten.
    const auto aside = put_aside(
        [this](const char* name) { return linkat(directory_.get(), file_name, directory_.get(), name, 0); });
    if (!aside) return Unexpected<std::string>(aside.error());
    offset_ = 0;
    const bool nobodys = salt_.empty();
    if (nobodys) salt_ = hex(random_octets(salt_digits / 2));
    listener.start_again();
    const std::string salt = salt_;
    std::string trouble;
    const auto done = replace([&](const std::function<void(const Event&)>& write) {
        if (nobodys) return;
        const auto read = read_on([&](const Event& event) {
            listener.take(event);
            write(event);
        });
        if (!read) trouble = read.error();
        salt_ = salt;
    });
    if (!done || !trouble.empty()) {
        unlinkat(directory_.get(), aside->c_str(), 0);
        return Unexpected<std::string>(done ? trouble : done.error());
    }
    return "The ledger was damaged (" + std::to_string(damaged) + " unreadable lines); it was moved to " +
           (folder_ / *aside).string() + " and what could be read was kept.";
}

Expected<std::string, std::string> LedgerFile::refresh(const Listener& listener) {
    struct stat named {};
    struct stat opened {};
    const bool exists = fstatat(directory_.get(), file_name, &named, AT_SYMLINK_NOFOLLOW) == 0;
    if (exists && !S_ISREG(named.st_mode)) return begin_anew("was no file", listener);
    if (exists && static_cast<std::size_t>(named.st_size) > largest_file)
        return begin_anew("was larger than 1 GiB", listener);
    const bool same = exists && file_ && !lost_ && fstat(file_.get(), &opened) == 0 &&
                      named.st_ino == opened.st_ino && named.st_dev == opened.st_dev &&
                      static_cast<std::size_t>(opened.st_size) >= offset_;
    if (!same) {
        if (auto done = reopen(listener); !done) return Unexpected<std::string>(done.error());
        if (!exists) return std::string();  // made just now
    }
    const bool from_start = offset_ == 0;
    const std::string salt = salt_;
    const auto damaged = read_on(listener.take);
    if (!damaged) return Unexpected<std::string>(damaged.error());
    if (*damaged > 0) {
        if (!from_start) salt_ = salt;
        return mend(*damaged, listener);
    }
    if (offset_ == 0) {  // empty, or its first write was cut off
        salt_ = hex(random_octets(salt_digits / 2));
        if (auto done = replace(nothing); !done) return Unexpected<std::string>(done.error());
    }
    return std::string();
}

Expected<void, std::string> LedgerFile::append(const Event& event) {
    struct stat status {};
    if (!file_ || fstat(file_.get(), &status) != 0) return failure("cannot use the ledger");
    const auto end = static_cast<off_t>(offset_);
    // The rest of a write that a crash cut off: nobody else writes now.
    if (status.st_size > end && ftruncate(file_.get(), end) != 0) return failure("cannot write the ledger");
    const std::string line = event_line(event);
    if ((event.kind == EventKind::begin && !has_room(file_.get(), offset_, line.size() + room_for_results)) ||
        !write_all(file_.get(), line)) {
        auto problem = failure("cannot write the ledger in " + folder_.string());
        // If even this fails, the next append or reader drops the half line.
        [[maybe_unused]] const int cut = ftruncate(file_.get(), end);
        return problem;
    }
    offset_ += line.size();
    return {};
}

UniqueFd LedgerFile::for_sync() const {
    return UniqueFd(::fcntl(file_.get(), F_DUPFD_CLOEXEC, 0));
}

Expected<void, std::string> LedgerFile::replace(const Events& events) {
    unlinkat(directory_.get(), new_name, 0);
    UniqueFd fresh(::openat(directory_.get(), new_name,
                            O_RDWR | O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    std::string octets = header_line(salt_);
    std::size_t written = 0;
    bool well = static_cast<bool>(fresh);
    const auto flush = [&] {
        well = well && write_all(fresh.get(), octets);
        written += octets.size();
        octets.clear();
    };
    events([&](const Event& event) {
        octets += event_line(event);
        if (octets.size() >= block_size) flush();
    });
    flush();
    if (!well || fsync(fresh.get()) != 0 ||
        renameat(directory_.get(), new_name, directory_.get(), file_name) != 0) {
        auto problem = failure("cannot write the ledger in " + folder_.string());
        unlinkat(directory_.get(), new_name, 0);
        return problem;
    }
    if (fsync(directory_.get()) != 0) return failure("cannot write the folder " + folder_.string());
    file_ = std::move(fresh);
    offset_ = written;
    return {};
}

}  // namespace reprompt::ledger
