// SPDX-License-Identifier: MPL-2.0
// AnsweredIds: a set of ids that may have millions of members. Belongs here: the set, and reading it from the
// answers of an earlier run (`--resume`).
#pragma once

#include <string>
#include <string_view>

#include "base/expected.hpp"
#include "base/secret.hpp"
#include "base/spill_table.hpp"

namespace reprompt::app {

class AnsweredIds {
  public:
    AnsweredIds();
    /// `id` as JSON, so that 1 and "1" are two. False if it was there already.
    bool add(std::string_view id);
    [[nodiscard]] bool has(std::string_view id) const;
    [[nodiscard]] std::size_t size() const noexcept { return ids_.size(); }

    /// The ids of the lines of `path` that have a verdict. A line with an error is none, nor is what was cut
    /// off by the end of an earlier run. Error: one English line.
    static Expected<AnsweredIds, std::string> read(const std::string& path);

  private:
    struct Entry {
        std::uint64_t key;
    };
    [[nodiscard]] std::uint64_t number_of(std::string_view id) const;
    Secret key_;  ///< no list of ids can be made whose places collide
    mutable SpillTable<Entry> ids_;
};

}  // namespace reprompt::app
