// SPDX-License-Identifier: MPL-2.0
// The global operator new and delete of the program, and OpenSSL's allocator: what is freed is overwritten
// first, so that no parser buffer, no std::string that once held a password and no TLS record in which a
// server repeated one stays behind in the heap. Left out under sanitizers, which bring their own. Does not
// belong here: anything else; what is known to be secret lives in base/secret.
#include <malloc.h>
#include <openssl/crypto.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <new>

#include "base/sanitized.hpp"
#include "base/secret.hpp"

#ifdef REPROMPT_SANITIZED

bool reprompt::heap_is_wiped() noexcept {
    return false;
}

#else

namespace {

void wipe_and_free(void* block) noexcept {
    if (block == nullptr) return;
    reprompt::wipe(block, ::malloc_usable_size(block));
    std::free(block);
}

/// As [new.delete.single] asks: try, call the new-handler, try again.
template <class Allocate>
void* allocate_or_throw(Allocate allocate) {
    for (;;) {
        if (void* block = allocate()) return block;
        const std::new_handler handler = std::get_new_handler();
        if (handler == nullptr) throw std::bad_alloc();
        handler();
    }
}

// As OpenSSL's own allocator does it: nothing for no octets (CRYPTO_malloc(3)).
void* openssl_allocate(std::size_t size, const char*, int) {
    return size == 0 ? nullptr : std::malloc(size);
}

void openssl_free(void* block, const char*, int) {
    wipe_and_free(block);
}

/// Never realloc(3), which leaves the old block's contents where they were.
void* openssl_reallocate(void* block, std::size_t size, const char* file, int line) {
    const std::size_t before = block == nullptr ? 0 : ::malloc_usable_size(block);
    if (size != 0 && size <= before) return block;
    void* const larger = openssl_allocate(size, file, line);
    if (larger == nullptr && size != 0) return nullptr;  // the old block stays the caller's
    if (larger != nullptr && before != 0) std::memcpy(larger, block, before);
    wipe_and_free(block);
    return larger;
}

/// Before main, and so before OpenSSL's first block; later it would refuse.
const bool openssl_is_wiped =
    CRYPTO_set_mem_functions(openssl_allocate, openssl_reallocate, openssl_free) == 1;

}  // namespace

bool reprompt::heap_is_wiped() noexcept {
    return openssl_is_wiped;
}

// The array, nothrow and sized forms of the standard library end in these four.
void* operator new(std::size_t size) {
    return allocate_or_throw([size] { return std::malloc(size == 0 ? 1 : size); });
}

void* operator new(std::size_t size, std::align_val_t alignment) {
    const auto step = static_cast<std::size_t>(alignment);
    return allocate_or_throw([size, step]() -> void* {
        void* block = nullptr;
        const std::size_t least = step < sizeof(void*) ? sizeof(void*) : step;
        return ::posix_memalign(&block, least, size == 0 ? 1 : size) == 0 ? block : nullptr;
    });
}

void operator delete(void* block) noexcept {
    wipe_and_free(block);
}
void operator delete(void* block, std::size_t) noexcept {
    wipe_and_free(block);
}
void operator delete(void* block, std::align_val_t) noexcept {
    wipe_and_free(block);
}
void operator delete(void* block, std::size_t, std::align_val_t) noexcept {
    wipe_and_free(block);
}

#endif
