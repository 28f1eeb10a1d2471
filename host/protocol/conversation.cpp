// SPDX-License-Identifier: MPL-2.0
// Conversation: the pump under the three sessions.
#include "protocol/conversation.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "protocol/greeting.hpp"

namespace reprompt::protocol {
namespace {

constexpr std::size_t most_lines_kept = 50;
constexpr std::size_t most_capabilities_kept = 256;
constexpr std::size_t most_unsolicited = 200;
constexpr std::size_t most_lines = 16'384;  ///< of a reply: empty lines take more room here than on the way
/// Of one line: what is kept of it is 512 octets at most. Masking looks for a secret in many spellings, which
/// takes some microseconds an octet: a reply of 1 MiB must not cost seconds after its deadline.
constexpr std::size_t most_octets_read = 1024;
constexpr std::string_view cut_mark = "\u2026";  ///< tells the masks that a secret may be cut here
/// Of a line that is longer, the last octets that were read: half of a secret may stand there in a spelling
/// that is recognised only whole ("%63%6F%72…").
constexpr std::size_t octets_in_doubt = 512;

/// Without the last `octets`, and without half a character of UTF-8.
void drop_last(std::string& words, std::size_t octets) {
    std::size_t size = words.size() - std::min(words.size(), octets);
    while (size > 0 && size < words.size() && (static_cast<unsigned char>(words[size]) & 0xC0U) == 0x80U)
        --size;
    words.resize(size);
}

}  // namespace

Action Conversation::resume(const Input& input) {
    if (awaited_ == Awaited::nothing) return Done{};
    return std::visit([this](const auto& one) { return on_input(one); }, input);
}

Action Conversation::on_input(const Start&) {
    if (awaited_ != Awaited::start) return wrong_input("Start");
    on_start();
    // Invariant 4, checked again where the commands are made.
    if (has_control(settings_.user)) {
        evidence_.failure_detail = "the user name contains a control character; nothing was sent";
        return finish();
    }
    if (has_control(settings_.ehlo_name) || settings_.ehlo_name.find(' ') != std::string::npos) {
        evidence_.failure_detail = "the EHLO name contains a blank or a control character; nothing was sent";
        return finish();
    }
    awaited_ = Awaited::bytes;
    return NeedBytes{};
}

Action Conversation::on_input(const Bytes& input) {
    if (awaited_ != Awaited::bytes) return wrong_input("Bytes");
    reply_bytes_ += input.bytes.size();
    buffer_.append(input.bytes);
    return pump();
}

Action Conversation::on_input(const Written&) {
    if (awaited_ != Awaited::written) return wrong_input("Written");
    return pump();
}

Action Conversation::on_input(const TlsReady&) {
    if (awaited_ != Awaited::tls) return wrong_input("TlsReady");
    upgraded_ = true;
    return on_tls_ready();
}

Action Conversation::on_input(const Grant& grant) {
    if (awaited_ != Awaited::decision) return wrong_input("Grant");
    if (std::find(offered_.begin(), offered_.end(), grant.mechanism) == offered_.end()) {
        evidence_.failure_detail =
            std::string("the server does not offer ") + reprompt::name_of(grant.mechanism);
        return finish();
    }
    Attempt attempt;
    attempt.mechanism = reprompt::name_of(grant.mechanism);
    attempt.complete = false;
    evidence_.attempt = std::move(attempt);
    return on_grant(grant);
}

Action Conversation::on_input(const Deny& deny) {
    if (awaited_ != Awaited::decision) return wrong_input("Deny");
    evidence_.failure_detail = deny.why;
    return finish();
}

Action Conversation::on_input(const IoFailure& failure) {
    // The beginning of a line is words too: some servers are cut off in the middle.
    std::string line;
    while (buffer_.next(line) == LineBuffer::Next::line)
        record_unsolicited(line);
    const std::string rest = buffer_.take_rest();
    if (!rest.empty()) {
        if (evidence_.stage == Stage::greeting) {
            record_greeting(rest);
        } else {
            record_unsolicited(rest);
        }
    }
    // A handshake that fails is a matter of TLS, not of the STARTTLS command before it.
    if (awaited_ == Awaited::tls && failure.failure != Failure::starttls_injection)
        evidence_.stage = Stage::tls;
    return fail(failure.failure, failure.detail);
}

Action Conversation::wrong_input(const char* input) {
    evidence_.failure_detail = std::string("mistake in the program: the session did not wait for ") + input;
    return finish();
}

Action Conversation::pump() {
    std::string line;
    for (;;) {
        switch (buffer_.next(line)) {
            case LineBuffer::Next::more:
                if (reply_bytes_ > max_reply)
                    return fail(Failure::protocol_error, "a reply is longer than 1 MiB");
                awaited_ = Awaited::bytes;
                return NeedBytes{};
            case LineBuffer::Next::too_long:
                return fail(Failure::protocol_error, "a line is longer than 64 KiB");
            case LineBuffer::Next::line:
                break;
        }
        if (++reply_lines_ > most_lines)
            return fail(Failure::protocol_error, "a reply has more than 16384 lines");
        if (std::exchange(stale_beginning_, false)) {
            record_unsolicited(line);
        } else if (auto action = on_line(line)) {
            return std::move(*action);
        }
        if (unsolicited_ > most_unsolicited) {
            return fail(Failure::protocol_error, "the server keeps sending lines that nobody asked for");
        }
    }
}

Action Conversation::write(std::string before, Slot slot) {
    if (has_control(before))
        return fail(Failure::protocol_error, "mistake in the program: a command with a control character");
    while (const auto line = take_waiting_line())
        record_unsolicited(*line);
    stale_beginning_ = !buffer_.empty();
    reply_bytes_ = reply_lines_ = 0;
    awaited_ = Awaited::written;
    return Write{std::move(before), std::move(slot), "\r\n"};
}

Action Conversation::upgrade_tls() {
    if (!buffer_.empty()) {
        record_unsolicited(buffer_.take_rest());
        return fail(Failure::starttls_injection, "bytes in clear came together with the answer to STARTTLS");
    }
    awaited_ = Awaited::tls;
    return UpgradeTls{};
}

Action Conversation::ask_credential(std::vector<Mechanism> offered) {
    if (offered.empty()) {
        evidence_.failure_detail = "the server offers no way to sign in that this program knows";
        return finish();
    }
    offered_ = offered;
    awaited_ = Awaited::decision;
    return WantCredential{std::move(offered)};
}

Action Conversation::finish() {
    while (const auto line = take_waiting_line())
        record_unsolicited(*line);
    awaited_ = Awaited::nothing;
    return Done{};
}

Action Conversation::finish_at(Stage stage) {
    evidence_.stage = stage;
    return finish();
}

Action Conversation::fail(Failure failure, std::string detail) {
    evidence_.failure = failure;
    evidence_.failure_detail = std::move(detail);
    record_unfinished();
    return finish();
}

Action Conversation::end_attempt(bool accepted) {
    evidence_.attempt->complete = true;
    evidence_.attempt->accepted = accepted;
    return finish_at(accepted ? Stage::done : Stage::auth);
}

Action Conversation::foreign_greeting(std::string_view line) {
    record_greeting(line);
    const Speaker speaker = speaker_of(line);
    if (speaker == Speaker::unknown || speaker == speaker_for(evidence_.protocol)) {
        return fail(Failure::protocol_error, "the first line is no greeting");
    }
    return fail(Failure::wrong_protocol, std::string("the greeting is that of ") + name_of(speaker));
}

void Conversation::record_greeting(std::string_view line) {
    keep(evidence_.greeting, line, 0, most_lines_kept);
}

void Conversation::record_unsolicited(std::string_view line, std::size_t frame) {
    ++unsolicited_;
    keep(evidence_.unsolicited, line, frame, most_lines_kept);
}

void Conversation::record_response(std::string_view line, std::size_t frame) {
    keep(evidence_.attempt->response, line, frame, most_lines_kept);
}

void Conversation::record_capability(std::string_view line) {
    keep(in_clear_before_tls() ? evidence_.offered_before_tls : evidence_.offered, line, 0,
         most_capabilities_kept);
}

std::optional<std::string> Conversation::take_waiting_line() {
    std::string line;
    if (buffer_.next(line) != LineBuffer::Next::line) return std::nullopt;
    return line;
}

void Conversation::keep(std::vector<std::string>& lines, std::string_view line, std::size_t frame,
                        std::size_t most) {
    if (lines.size() >= most) return;
    const auto protocol = line.substr(0, frame);
    line.remove_prefix(std::min(frame, line.size()));
    std::string words(line.substr(0, most_octets_read));
    const bool is_cut = line.size() > most_octets_read;
    if (is_cut) words += cut_mark;
    if (settings_.hide_secret) words = settings_.hide_secret(words);
    // Masked before it is cut, so that no half of an address survives the cut.
    words = mask_identity(words, settings_.user);
    if (is_cut) {
        drop_last(words, octets_in_doubt);
        words += cut_mark;
    }
    lines.push_back(escape_server_words(std::string(protocol) + words));
}

}  // namespace reprompt::protocol
