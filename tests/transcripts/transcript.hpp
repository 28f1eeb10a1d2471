// SPDX-License-Identifier: MPL-2.0
// Transcripts: a conversation as text (README.md beside says how it is written) and its player. Belongs here:
// reading the file and playing it against a session. What a transcript must show is compared by
// transcripts_test.cpp.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "evidence/evidence.hpp"
#include "protocol/session.hpp"

namespace reprompt::transcripts {

enum class StepKind : std::uint8_t { server, client, tls, failure };

struct Step {
    StepKind kind = StepKind::server;
    std::string text;  ///< server: octets; client: the line without its end
    Failure failure = Failure::none;
};

struct Transcript {
    std::string name;
    Protocol protocol = Protocol::imap;
    std::string host = "mail.example.org";
    protocol::SessionSettings settings;
    std::optional<std::string> grant;  ///< name of the mechanism the door chooses; else the first offered
    std::optional<std::string> deny;
    bool password_quotable = true;
    bool whole_only = false;  ///< what arrives in one piece matters (STARTTLS injection)
    std::vector<Step> steps;
    std::vector<std::pair<std::string, std::string>> expected;  ///< the "=" lines in order
};

/// Throws std::runtime_error with file and line if the file is not a transcript.
Transcript read_transcript(const std::string& path);

/// Every *.txt in tests/transcripts, sorted.
std::vector<std::string> transcript_paths();

struct Outcome {
    Evidence evidence;
    std::vector<std::string> mistakes;  ///< where the session left the transcript
    std::vector<std::string> offered;   ///< what the door was asked
    std::size_t inputs = 0;             ///< how often the session was resumed
    bool failed_on_purpose = false;
    bool done = false;
};

/// Plays in pieces of `chunk` octets (0 = whole). At input number `fail_at` (from 0; Start is 0) the driver
/// reports a timeout instead.
Outcome play(const Transcript& transcript, std::size_t chunk,
             std::optional<std::size_t> fail_at = std::nullopt);

}  // namespace reprompt::transcripts
