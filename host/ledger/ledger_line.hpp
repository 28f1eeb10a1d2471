// SPDX-License-Identifier: MPL-2.0
// LedgerLine: the text of the ledger file, one event a line, and back. Pure. Belongs here: the format. Does
// not belong here: reading and writing files (ledger_file.hpp), what the events amount to (ledger_book.hpp).
//
//   reprompt-ledger 1 SALT                                                       first line; SALT = 32 hex
//   digits begin    TIME ATTEMPT ACCOUNT FINGERPRINT                                    a permit was given
//   rejected TIME ATTEMPT ACCOUNT FINGERPRINT VERDICT CONFIDENCE STAGE RULE PROVIDER ADVICE WORDS
//   accepted TIME ATTEMPT ACCOUNT                                                the credential works
//   unjudged TIME ATTEMPT ACCOUNT                                                nobody judged the
//   credential: gives the attempt back refused  TIME ATTEMPT ACCOUNT ended without an entry, counts forget
//   TIME - ACCOUNT                                                      the user asked to check again, or
//   undid
//
// Each line is preceded by 8 hex digits of SHA-256 over the rest of it, and a blank. TIME is milliseconds
// since 1970 UTC; ATTEMPT 16 hex digits; ACCOUNT and FINGERPRINT as in fingerprint.hpp; RULE, PROVIDER,
// ADVICE (joined by commas) and WORDS (lines joined by LF) base64; "-" stands for nothing.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "diagnose/verdict.hpp"

namespace reprompt::ledger {

enum class EventKind : std::uint8_t { begin, rejected, accepted, unjudged, refused, forget };

struct Event {
    EventKind kind = EventKind::begin;
    std::chrono::system_clock::time_point at;
    std::string attempt;  ///< empty for forget, and for a refusal of an attempt that was not ours
    std::string account_key;
    std::string fingerprint;  ///< empty without keyring
    Verdict verdict;  ///< rejected only: code, confidence, rule, stage, provider, advice, server_words (200
                      ///< bytes)
};

inline constexpr std::size_t attempt_digits = 16;
inline constexpr std::size_t salt_digits = 32;
inline constexpr std::size_t longest_line = 4096;

/// With line end.
std::string header_line(std::string_view salt);
/// With line end; texts too long for a line are cut.
std::string event_line(const Event& event);

struct LedgerText {
    std::string salt;           ///< empty if the first line is unreadable
    std::vector<Event> events;  ///< every readable line
    std::size_t damaged = 0;    ///< lines that are not
    std::size_t complete =
        0;  ///< octets up to the last line end; what follows is the rest of a write that was cut off
};
/// Reads a whole file, or with `with_header` false what was appended to it since. Any octets will do.
LedgerText parse_ledger(std::string_view octets, bool with_header);

}  // namespace reprompt::ledger
