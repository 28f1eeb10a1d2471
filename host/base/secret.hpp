// SPDX-License-Identifier: MPL-2.0
// Secret: bytes that must not outlive their use. Move-only, kept in locked memory where the system allows,
// overwritten when they end, and readable through one door only. Belongs here: nothing that knows what the
// bytes mean.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <string_view>

namespace reprompt {

/// A password, token, key or a message made from one. Never copied, never printed (base/log refuses it at
/// compile time). Contents may hold any octets, NUL included.
class Secret {
  public:
    Secret() noexcept = default;
    /// Copies `bytes`; the caller wipes its own copy (see `wipe`).
    explicit Secret(std::string_view bytes);
    Secret(Secret&& other) noexcept;
    Secret& operator=(Secret&& other) noexcept;
    Secret(const Secret&) = delete;
    Secret& operator=(const Secret&) = delete;
    ~Secret();

    /// The one door. The view dies with this object; do not store it.
    [[nodiscard]] std::string_view reveal() const noexcept { return {bytes_, size_}; }
    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    /// A second, independent copy, for the rare place that needs one.
    [[nodiscard]] Secret clone() const { return Secret(reveal()); }

    /// The pieces one after the other, put together inside locked memory.
    [[nodiscard]] static Secret join(std::initializer_list<std::string_view> pieces);
    /// `size` octets that `fill(char*)` writes in place; they are zero before.
    template <class Fill>
    [[nodiscard]] static Secret of_size(std::size_t size, Fill&& fill) {
        Secret made;
        made.reserve(size);
        if (size != 0) fill(made.bytes_);
        return made;
    }

  private:
    void reserve(std::size_t size);
    void clear() noexcept;
    char* bytes_ = nullptr;
    std::size_t size_ = 0;
};

/// True if every block of ours and of OpenSSL's that goes back to the heap is overwritten first
/// (base/wiping_heap.cpp); false under sanitizers.
bool heap_is_wiped() noexcept;

/// Overwrites `size` bytes at `bytes`; the compiler cannot drop it.
void wipe(void* bytes, std::size_t size) noexcept;

}  // namespace reprompt
