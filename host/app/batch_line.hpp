// SPDX-License-Identifier: MPL-2.0
// BatchLine: one line of `reprompt batch` -> an account to check. Belongs here: which members a line has.
// Does not belong here: where lines come from (batch_input), when their turn comes (batch_queue).
//
//   {"id":"1","url":"imaps://imap.example.org","user":"alice@example.org","password":"…"}
//
// `id`: a string of at most 512 octets or a whole number of 64 bits, needed. Where: `url` as `reprompt probe`
// takes it, or `protocol`, `host` and perhaps `port` and `tls` (implicit if it is not given). Who: `user`
// with `password` or `token` (of OAuth2), perhaps `auth` (as `--auth`) and `mail_domain`. `heard`: as in the
// messages (manifests/protocol). Other members are ignored, and named.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/expected.hpp"
#include "probe/probe.hpp"

namespace reprompt::app {

struct BatchAccount {
    std::string id;            ///< as JSON
    std::uint64_t number = 0;  ///< of the line, from 1
    probe::Request request;
    std::vector<std::string> unread;  ///< members without effect, at most 8, escaped
};
/// The member that `name` was probably meant to be, or empty.
std::string_view meant_member(std::string_view name);

struct LineError {
    std::string id = "null";  ///< as JSON, as far as it could be read
    std::string message;      ///< one English line; nothing of the line in it but names of members
};

/// What all lines of a run have in common.
struct BatchTerms {
    bool no_auth = false;              ///< passwords are read and dropped
    const Secret* password = nullptr;  ///< of lines with a user and without a credential, or null
    std::optional<net::Proxy> proxy;
    Milliseconds limit{60'000};  ///< for each account
};

inline constexpr std::size_t longest_batch_line = 64 * 1024;  // octets, as a native message

/// Reads `text`, one line without its end, which is overwritten where it held a secret.
Expected<BatchAccount, LineError> read_batch_line(std::span<char> text, const BatchTerms& terms);

}  // namespace reprompt::app
