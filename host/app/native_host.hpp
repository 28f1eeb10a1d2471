// SPDX-License-Identifier: MPL-2.0
// NativeHost: one native-messaging connection from the first frame to the end of stdin. Belongs here:
// reading, and giving each request to the part that answers it. Does not belong here: probes
// (probe_desk.hpp), the vault (vault_desk.hpp), the shape of messages.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "app/messages.hpp"
#include "app/probe_desk.hpp"

namespace reprompt::app {

/// True if Thunderbird started us: the first argument is the absolute path of a native manifest, the second
/// one of our add-on ids (DESIGN section 6).
std::optional<AddOn> native_caller(std::span<const char* const> arguments) noexcept;

/// What ends a host besides the end of its input.
struct Ending {
    int asked = -1;  ///< readable when it is asked to end (a signal); -1: never
    /// Told the exit status when the end has come, before what still runs is cancelled and waited for; it may
    /// set a limit to that. May be null.
    void (*at_last)(int status) noexcept = nullptr;
};

/// Serves frames from `in`, answers on `out` (both stay the caller's) until end of file or until it is asked
/// to end: exit status 0; 65 after a frame above the limit. What `caller` has no use for is answered as a
/// type that is not known.
int run_native_host(int in, int out, AddOn caller, const Workplace& workplace, const Ending& ending = {});

}  // namespace reprompt::app
