// SPDX-License-Identifier: MPL-2.0
// Secret: its memory. Small ones share pages that stay locked as long as the program runs, because mapping,
// locking and unmapping a page for each costs more than the rest of a probe's work; a large one has pages of
// its own.
#include "base/secret.hpp"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <mutex>
#include <new>
#include <utility>

namespace reprompt {
namespace {

std::size_t whole_pages(std::size_t size) noexcept {
    static const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    return (size + page - 1) / page * page;
}

/// Zeroed memory that is not swapped and not in a core dump. Both are a bonus: RLIMIT_MEMLOCK may be small,
/// and a run must not fail for it.
void* locked_pages(std::size_t size) {
    void* const pages =
        ::mmap(nullptr, whole_pages(size), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED) throw std::bad_alloc();
    static_cast<void>(::mlock(pages, size));
    static_cast<void>(::madvise(pages, whole_pages(size), MADV_DONTDUMP));
    return pages;
}

/// A place for a small secret: a password, a key, or a login made from them. Never destroyed, so that a
/// static Secret may outlive everything else.
class Slots {
  public:
    static constexpr std::size_t size = 256;

    static Slots& all() {
        static Slots& slots = *new Slots;
        return slots;
    }
    /// Zeroed.
    char* take() {
        const std::lock_guard lock(mutex_);
        if (free_ == nullptr) add();
        Slot* const slot = free_;
        free_ = slot->next;
        slot->next = nullptr;
        return reinterpret_cast<char*>(slot);
    }
    /// `place` is zeroed already.
    void give_back(char* place) noexcept {
        const std::lock_guard lock(mutex_);
        free_ = new (place) Slot{free_};
    }

  private:
    struct Slot {
        Slot* next;
    };

    void add() {
        constexpr std::size_t together = 64;
        char* const pages = static_cast<char*>(locked_pages(size * together));
        for (std::size_t at = together; at-- > 0;)
            free_ = new (pages + at * size) Slot{free_};
    }

    std::mutex mutex_;
    Slot* free_ = nullptr;
};

}  // namespace

void wipe(void* bytes, std::size_t size) noexcept {
    if (size != 0) ::explicit_bzero(bytes, size);
}

Secret::Secret(std::string_view bytes) {
    reserve(bytes.size());
    if (!bytes.empty()) std::memcpy(bytes_, bytes.data(), bytes.size());
}

Secret::Secret(Secret&& other) noexcept
    : bytes_(std::exchange(other.bytes_, nullptr)), size_(std::exchange(other.size_, 0)) {}

Secret& Secret::operator=(Secret&& other) noexcept {
    if (this != &other) {
        clear();
        bytes_ = std::exchange(other.bytes_, nullptr);
        size_ = std::exchange(other.size_, 0);
    }
    return *this;
}

Secret::~Secret() {
    clear();
}

Secret Secret::join(std::initializer_list<std::string_view> pieces) {
    std::size_t total = 0;
    for (const auto piece : pieces)
        total += piece.size();
    return of_size(total, [&](char* to) {
        for (const auto piece : pieces) {
            if (piece.empty()) continue;
            std::memcpy(to, piece.data(), piece.size());
            to += piece.size();
        }
    });
}

void Secret::reserve(std::size_t size) {
    // Names the heap's wiping, so that wherever a Secret is linked, so is that (it sits in a static library).
    static_cast<void>(heap_is_wiped());
    if (size == 0) return;
    bytes_ = size <= Slots::size ? Slots::all().take() : static_cast<char*>(locked_pages(size));
    size_ = size;
}

void Secret::clear() noexcept {
    if (bytes_ == nullptr) return;
    wipe(bytes_, size_);
    if (size_ <= Slots::size) {
        Slots::all().give_back(bytes_);
    } else {
        static_cast<void>(::munmap(bytes_, whole_pages(size_)));
    }
    bytes_ = nullptr;
    size_ = 0;
}

}  // namespace reprompt
