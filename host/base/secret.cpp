// SPDX-License-Identifier: MPL-2.0
// Secret: its memory. Each secret has pages of its own, so that locking one never unlocks a neighbour.
#include "base/secret.hpp"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <new>
#include <utility>

namespace reprompt {
namespace {

std::size_t whole_pages(std::size_t size) noexcept {
    static const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    return (size + page - 1) / page * page;
}

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
    void* pages =
        ::mmap(nullptr, whole_pages(size), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED) throw std::bad_alloc();
    // Both are a bonus: RLIMIT_MEMLOCK may be small, and a run must not fail for it.
    static_cast<void>(::mlock(pages, size));
    static_cast<void>(::madvise(pages, whole_pages(size), MADV_DONTDUMP));
    bytes_ = static_cast<char*>(pages);
    size_ = size;
}

void Secret::clear() noexcept {
    if (bytes_ == nullptr) return;
    wipe(bytes_, size_);
    static_cast<void>(::munmap(bytes_, whole_pages(size_)));
    bytes_ = nullptr;
    size_ = 0;
}

}  // namespace reprompt
