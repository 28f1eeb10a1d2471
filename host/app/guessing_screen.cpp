// SPDX-License-Identifier: MPL-2.0
#include "app/guessing_screen.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "ledger/digest.hpp"

namespace reprompt::app {

const char* words_for(Guessing guessing) noexcept {
    switch (guessing) {
        case Guessing::none:
            return "";
        case Guessing::shared_password:
            return "more than 3 users of this list have the same password";
        case Guessing::many_passwords:
            return "a user of this list has more than 2 passwords";
    }
    return "";
}

GuessingScreen::GuessingScreen() : key_(ledger::random_secret(32)) {}

Guessing GuessingScreen::see(std::string_view realm, std::string_view user, const Secret& password) {
    std::string name = to_lower(trim(user));
    if (name.find('@') == std::string::npos) name.append("@").append(realm);
    const auto who = ledger::hmac_number(key_.reveal(), {"user", name});
    const auto what = ledger::hmac_number(key_.reveal(), {"password", password.reveal()});
    const auto login = ledger::hmac_number(key_.reveal(), {"login", user, password.reveal()});
    if (!add(users_of_, what, who, most_sharing)) return Guessing::shared_password;
    if (!add(passwords_of_, who, login, most_passwords)) return Guessing::many_passwords;
    return Guessing::none;
}

bool GuessingScreen::add(SpillTable<Group>& groups, std::uint64_t key, std::uint64_t member,
                         std::size_t most) {
    using Next = SpillTable<Group>::Next;
    bool found = false, fits = true;
    groups.visit(key, [&](Group& group) {
        found = true;
        const auto end = group.members.begin() + static_cast<std::ptrdiff_t>(group.count);
        if (std::find(group.members.begin(), end, member) != end) return Next::keep;
        fits = group.count < most;
        if (!fits) return Next::keep;
        group.members[group.count++] = member;
        return Next::change;
    });
    if (!found) groups.insert({key, 1, {member}});
    return fits;
}

}  // namespace reprompt::app
