// SPDX-License-Identifier: MPL-2.0
// SpillTable: a hash table of small records that may have millions of them without taking more memory than a
// few hundred KiB: what does not fit is in a temporary file without a name. Belongs here: finding, adding and
// removing records by a 64-bit key. Does not belong here: what the records mean, and secrets: the file is on
// disk, so only what may lie there in clear (keyed digests, times) may be in a record.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <type_traits>
#include <vector>

#include "base/unique_fd.hpp"

namespace reprompt {

/// Octets at places, zero at first: in memory if they are few, else in an unlinked file below $TMPDIR,
/// /var/tmp or /tmp, and in memory after all where no such file can be made or filled.
class SpillSpace {
  public:
    SpillSpace() = default;
    SpillSpace(std::size_t octets, std::size_t most_in_memory);
    /// Throws std::system_error if the file cannot be read any more.
    void read(std::size_t at, void* to, std::size_t size) const;
    void write(std::size_t at, const void* from, std::size_t size);
    [[nodiscard]] bool on_disk() const noexcept { return file_.get() >= 0; }

  private:
    void bring_back();
    std::size_t octets_ = 0;
    std::vector<char> memory_;
    UniqueFd file_;
};

/// Several records may have the same key. Record: trivially copyable, with a member `std::uint64_t key` whose
/// bits are as good as random (a digest). Not for several threads at once.
template <class Record>
class SpillTable {
    static_assert(std::is_trivially_copyable_v<Record>);

  public:
    static constexpr std::size_t default_memory = 256 * 1024;
    explicit SpillTable(std::size_t most_in_memory = default_memory) : most_in_memory_(most_in_memory) {
        clear();
    }

    enum class Next : std::uint8_t { keep, change, erase };
    /// Calls `look(Record&)` for every record of `key`; its answer says what becomes of that record.
    template <class Look>
    void visit(std::uint64_t key, Look&& look) {
        walk(key, [&](std::size_t at, Slot& slot) {
            if (slot.state == State::free) return false;
            if (slot.state == State::used && slot.record.key == key) settle(at, slot, look(slot.record));
            return true;
        });
    }
    /// The same for all records, in no order.
    template <class Look>
    void visit_all(Look&& look) {
        std::array<Slot, batch> slots{};
        for (std::size_t at = 0; at < slots_; at += batch) {
            const auto count = std::min(batch, slots_ - at);
            space_.read(at * sizeof(Slot), slots.data(), count * sizeof(Slot));
            for (std::size_t i = 0; i < count; ++i) {
                if (slots[i].state == State::used) settle(at + i, slots[i], look(slots[i].record));
            }
        }
    }
    void insert(const Record& record) {
        if ((used_ + erased_ + 1) * 4 > slots_ * 3) rebuild();
        put(record);
    }
    void clear() {
        used_ = erased_ = 0;
        slots_ = fewest;
        space_ = SpillSpace(slots_ * sizeof(Slot), most_in_memory_);
    }
    [[nodiscard]] std::size_t size() const noexcept { return used_; }
    [[nodiscard]] bool on_disk() const noexcept { return space_.on_disk(); }

  private:
    enum class State : std::uint64_t { free, used, erased };
    struct Slot {
        State state;
        Record record;
    };
    static constexpr std::size_t fewest = 64;  ///< a power of two, as all sizes
    static constexpr std::size_t batch = 8;    ///< slots read at a time

    /// From the key's place on, until `step(at, slot)` gives false; there is always a free slot.
    template <class Step>
    void walk(std::uint64_t key, Step&& step) {
        std::array<Slot, batch> slots{};
        for (std::size_t at = key & (slots_ - 1);;) {
            const auto count = std::min(batch, slots_ - at);
            space_.read(at * sizeof(Slot), slots.data(), count * sizeof(Slot));
            for (std::size_t i = 0; i < count; ++i) {
                if (!step(at + i, slots[i])) return;
            }
            at = (at + count) & (slots_ - 1);
        }
    }
    void settle(std::size_t at, Slot& slot, Next next) {
        if (next == Next::keep) return;
        if (next == Next::erase) {
            slot.state = State::erased;
            --used_;
            ++erased_;
        }
        space_.write(at * sizeof(Slot), &slot, sizeof(Slot));
    }
    void put(const Record& record) {
        std::optional<std::size_t> place;
        walk(record.key, [&](std::size_t at, const Slot& slot) {
            if (slot.state == State::used) return true;
            if (slot.state == State::erased) --erased_;
            place = at;
            return false;
        });
        const Slot slot{State::used, record};
        space_.write(*place * sizeof(Slot), &slot, sizeof(Slot));
        ++used_;
    }
    /// Into a new space: larger if the records need it, else only without the erased ones.
    void rebuild() {
        SpillTable larger(*this, (used_ + 1) * 2 > slots_ ? slots_ * 2 : slots_);
        visit_all([&](const Record& record) {
            larger.put(record);
            return Next::keep;
        });
        *this = std::move(larger);
    }
    SpillTable(const SpillTable& like, std::size_t slots)
        : most_in_memory_(like.most_in_memory_),
          slots_(slots),
          space_(slots * sizeof(Slot), like.most_in_memory_) {}

    std::size_t most_in_memory_;
    std::size_t slots_ = 0, used_ = 0, erased_ = 0;
    SpillSpace space_;
};

}  // namespace reprompt
