// SPDX-License-Identifier: MPL-2.0
// Conversation: the pump under the three sessions. It turns bytes into lines, keeps the limits of invariant
// 5, records the server's words, and remembers which input must come next. Does not belong here: anything
// that only one protocol knows.
//
// Rules that hold for all three:
//  * A line that came before a command was written cannot be its reply: whatever waits when a Write is made
//  is recorded as
//    unsolicited, also the rest of a line whose beginning was already there.
//  * After the end (Done) every input is answered by Done.
//  * An input that does not fit the last action is a mistake of the driver; the conversation ends, and says
//  so.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/line_buffer.hpp"
#include "protocol/session.hpp"

namespace reprompt::protocol {

class Conversation : public Session {
  public:
    Action resume(const Input& input) final;

  protected:
    Conversation(const SessionSettings& settings, Evidence& evidence)
        : settings_(settings), evidence_(evidence) {}

    // ---- what a protocol adds ----
    /// The channel is open, the greeting is awaited: enter that state.
    virtual void on_start() = 0;
    /// One line of the server. nullopt: nothing to do but wait for the next.
    virtual std::optional<Action> on_line(std::string_view line) = 0;
    virtual Action on_tls_ready() = 0;
    /// The grant is for a mechanism that was offered; the attempt has begun.
    virtual Action on_grant(const Grant& grant) = 0;
    /// The end came in the middle of a reply: what was collected of it is recorded.
    virtual void record_unfinished() {}

    // ---- actions ----
    /// `before` + slot + CRLF. From here on a reply is awaited.
    Action write(std::string before, Slot slot = {});
    /// Upgrades, or ends with starttls_injection if anything came with the server's consent (invariant 3).
    Action upgrade_tls();
    /// Asks the door; ends if the list is empty, because then nothing can be tried.
    Action ask_credential(std::vector<Mechanism> offered);
    /// The end without a failure of network or protocol; the stage stays what it is unless the session came
    /// to its end.
    Action finish();
    Action finish_at(Stage stage);
    Action fail(Failure failure, std::string detail);
    /// The reply to the credential is there.
    Action end_attempt(bool accepted);
    /// Judges a first line that is not this protocol's own greeting; it is recorded.
    Action foreign_greeting(std::string_view line);

    // ---- records; `frame` octets at the beginning are protocol (tag, code) and kept unmasked ----
    void record_greeting(std::string_view line);
    void record_unsolicited(std::string_view line, std::size_t frame = 0);
    void record_response(std::string_view line, std::size_t frame);
    /// Into offered or offered_before_tls, as the channel is now.
    void record_capability(std::string_view line);

    /// A whole line that is already here, for what follows a final reply.
    std::optional<std::string> take_waiting_line();
    /// STARTTLS is wanted and not done yet.
    [[nodiscard]] bool in_clear_before_tls() const noexcept {
        return settings_.tls == TlsMode::starttls && !upgraded_;
    }

    const SessionSettings settings_;
    Evidence& evidence_;

  private:
    enum class Awaited : std::uint8_t { start, bytes, written, tls, decision, nothing };

    Action on_input(const Start&);
    Action on_input(const Bytes&);
    Action on_input(const Written&);
    Action on_input(const TlsReady&);
    Action on_input(const Grant&);
    Action on_input(const Deny&);
    Action on_input(const IoFailure&);
    Action wrong_input(const char* input);
    Action pump();
    void keep(std::vector<std::string>& lines, std::string_view line, std::size_t frame, std::size_t most);

    LineBuffer buffer_;
    Awaited awaited_ = Awaited::start;
    std::vector<Mechanism> offered_;
    std::size_t reply_bytes_ = 0;
    std::size_t reply_lines_ = 0;
    std::size_t unsolicited_ = 0;
    bool stale_beginning_ = false;  // the line that is arriving began before the last command was written
    bool upgraded_ = false;
};

}  // namespace reprompt::protocol
