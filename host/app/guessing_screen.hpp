// SPDX-License-Identifier: MPL-2.0
// GuessingScreen: tells a list of accounts from a list of guesses. Belongs here: who shares which password,
// kept as keyed digests. Does not belong here: reading the list (batch_intake), what a refused list leads to
// (batch_command).
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/secret.hpp"
#include "base/spill_table.hpp"

namespace reprompt::app {

/// What is wrong with a list.
enum class Guessing : std::uint8_t {
    none,
    shared_password,  ///< more than `most_sharing` users have the same password
    many_passwords,   ///< one user has more than `most_passwords`
};

inline constexpr std::size_t most_sharing = 3;
inline constexpr std::size_t most_passwords = 2;

/// One English line without names.
const char* words_for(Guessing) noexcept;

/// Remembers 64 bits of HMAC-SHA-256 of each user and password, under a random key that lives as long as this
/// object: nothing else could be read from its tables, which leave the memory when they grow.
class GuessingScreen {
  public:
    GuessingScreen();

    /// Takes note of a login; what it makes of the list. The same login again changes nothing. A user is an
    /// address ("alice@example.org" at several servers is one; "alice" in the realm example.org is the same),
    /// else the name in its `realm`; case and blanks around it do not count. The same password under another
    /// spelling of the name counts as another one, because the record of attempts goes by the spelling.
    Guessing see(std::string_view realm, std::string_view user, const Secret& password);

  private:
    struct Group {
        std::uint64_t key;
        std::uint64_t count;
        std::array<std::uint64_t, most_sharing> members;
    };
    static bool add(SpillTable<Group>& groups, std::uint64_t key, std::uint64_t member, std::size_t most);

    Secret key_;
    SpillTable<Group> passwords_of_, users_of_;
};

}  // namespace reprompt::app
