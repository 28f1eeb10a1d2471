// SPDX-License-Identifier: MPL-2.0
// ReportWords: the words of a probe's report beside the verdict, in English and Japanese. Belongs here:
// sentences. Does not belong here: layout (report_text), verdicts and advice (verdict_words).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "app/verdict_words.hpp"
#include "evidence/evidence.hpp"

namespace reprompt::app {

/// How one step of a probe went.
enum class Outcome : std::uint8_t { well, failed, refused, unanswered, untried };

struct ReportWords {
    const char *dns, *connect, *tls, *starttls, *greeting, *login;  ///< steps
    const char *well, *failed, *refused, *unanswered, *untried;     ///< outcomes, see Outcome
    const char *server_said, *next, *organisation_says, *own_rule, *why, *notes, *more;  ///< headings
    const char *quote, *unquote;
    const char* unsure;                                    ///< behind a verdict that is a guess
    const char *nothing_wrong, *give_user;                 ///< `--no-auth` with nothing wrong
    const char *no_starttls, *slipped_in, *no_encryption;  ///< tls_required, by its failure
    const char *no_sign_in, *other_port;                   ///< the server lists no way to sign in at all
    const char *used_up, *check_elsewhere;  ///< the attempts of this account and day are used up
    const char* no_connection;              ///< nothing was contacted
    const char *nothing_sent, *password_sent, *token_sent;
    const char *verified, *unverified, *unencrypted, *this_computer;
    const char* named_time;  ///< before a duration
    const char *seconds, *minutes;
    const char* last_line;  ///< before "--json"
};
const ReportWords& report_words(Language language) noexcept;

/// What went wrong, a few words without full stop; "" for none.
const char* failure_words(Failure failure, Language language) noexcept;

/// LC_ALL, LC_MESSAGES, LANG as given (null = not set), the first that is not empty: Japanese for "ja…"
/// unless it names an encoding that is not UTF-8.
Language language_of(const char* lc_all, const char* lc_messages, const char* lang) noexcept;

}  // namespace reprompt::app
