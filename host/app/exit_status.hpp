// SPDX-License-Identifier: MPL-2.0
// Exit statuses of the program (DESIGN section 5; from 64 on as in sysexits.h).
#pragma once

#include "diagnose/verdict.hpp"

namespace reprompt::app {

inline constexpr int exit_ok = 0;             ///< the login works; or: done
inline constexpr int exit_user_must_act = 1;  ///< also: doctor found something to mend
inline constexpr int exit_later = 2;
inline constexpr int exit_inconclusive = 3;
inline constexpr int exit_usage = 64;
inline constexpr int exit_bad_input = 65;
inline constexpr int exit_internal = 70;
inline constexpr int exit_no_keyring = 74;

/// The status of `probe`.
int exit_status_of(VerdictCode code) noexcept;

}  // namespace reprompt::app
