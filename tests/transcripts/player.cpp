// SPDX-License-Identifier: MPL-2.0
// The player: a driver without sockets, which answers a session from a transcript.
#include <algorithm>

#include "transcripts/transcript.hpp"

namespace reprompt::transcripts {
namespace {

using namespace protocol;

std::string shown(const Slot& slot) {
    switch (slot.kind) {
        case SlotKind::none:
            return "";
        case SlotKind::sasl_initial:
            return "{sasl_initial}";
        case SlotKind::sasl_response:
            return "{sasl_response " + slot.challenge + "}";
        case SlotKind::password_quoted:
            return "{password_quoted}";
        case SlotKind::password_literal_size:
            return "{password_literal_size}";
        case SlotKind::password_raw:
            return "{password_raw}";
    }
    return "";
}

class Player {
  public:
    Player(const Transcript& transcript, std::size_t chunk, std::optional<std::size_t> fail_at)
        : transcript_(transcript), chunk_(chunk), fail_at_(fail_at) {
        Evidence& evidence = outcome_.evidence;
        evidence.protocol = transcript.protocol;
        evidence.host = transcript.host;
        evidence.tls_mode = transcript.settings.tls;
        evidence.tls_mode_known = true;
        if (transcript.settings.tls == TlsMode::implicit) tls_is_up();
        session_ = make_session(transcript.settings, evidence);
    }

    Outcome play() {
        Action action = resume(Start{});
        constexpr std::size_t most_inputs = 2'000'000;
        while (!outcome_.done && outcome_.inputs < most_inputs && outcome_.mistakes.empty()) {
            if (std::holds_alternative<Done>(action)) {
                outcome_.done = true;
                break;
            }
            action = std::visit([this](const auto& asked) { return perform(asked); }, action);
        }
        if (!outcome_.done) mistake("the session did not come to an end");
        if (!outcome_.failed_on_purpose && !transcript_.whole_only) expect_nothing_left();
        expect_silence();
        return std::move(outcome_);
    }

  private:
    Action resume(const Input& input) {
        if (outcome_.inputs++ == fail_at_) {
            outcome_.failed_on_purpose = true;
            return session_->resume(IoFailure{Failure::timeout, "made to fail"});
        }
        return session_->resume(input);
    }

    void mistake(std::string what) { outcome_.mistakes.push_back(std::move(what)); }
    Action give_up(std::string what) {
        mistake(std::move(what));
        return Done{};
    }

    const Step* step() const { return at_ < transcript_.steps.size() ? &transcript_.steps[at_] : nullptr; }

    Action perform(const NeedBytes&) {
        while (step() != nullptr && step()->kind == StepKind::server) {
            waiting_ += step()->text;
            ++at_;
        }
        if (!waiting_.empty()) {
            const std::size_t size = chunk_ == 0 ? waiting_.size() : std::min(chunk_, waiting_.size());
            const std::string piece = waiting_.substr(0, size);
            waiting_.erase(0, size);
            return resume(Bytes{piece});
        }
        if (step() != nullptr && step()->kind == StepKind::failure) {
            return resume(IoFailure{transcript_.steps[at_++].failure, "as the transcript says"});
        }
        return give_up("waits for the server, the transcript has: " + next());
    }

    Action perform(const Write& write) {
        const std::string line = write.before + shown(write.slot);
        if (write.after != "\r\n") mistake("a command does not end with CRLF");
        const auto is_break = [](char c) { return c == '\r' || c == '\n' || c == '\0'; };
        if (std::any_of(line.begin(), line.end(), is_break)) mistake("a command holds CR, LF or NUL");
        if (step() == nullptr || step()->kind != StepKind::client || step()->text != line) {
            return give_up("sends \"" + line + "\", the transcript has: " + next());
        }
        ++at_;
        return resume(Written{});
    }

    Action perform(const UpgradeTls&) {
        if (!waiting_.empty()) return give_up("goes to TLS while bytes in clear wait");
        if (step() != nullptr && step()->kind == StepKind::failure) {
            return resume(IoFailure{transcript_.steps[at_++].failure, "as the transcript says"});
        }
        if (step() == nullptr || step()->kind != StepKind::tls)
            return give_up("goes to TLS, the transcript has: " + next());
        ++at_;
        tls_is_up();
        return resume(TlsReady{});
    }

    Action perform(const WantCredential& wanted) {
        for (const auto mechanism : wanted.offered)
            outcome_.offered.emplace_back(name_of(mechanism));
        if (transcript_.deny) return resume(Deny{*transcript_.deny});
        if (!transcript_.grant) return resume(Grant{wanted.offered.front(), transcript_.password_quotable});
        // The LOGIN command and the LOGIN mechanism share a name; "LOGIN-COMMAND" means the command.
        for (const auto mechanism : wanted.offered) {
            const std::string name =
                mechanism == Mechanism::imap_login ? "LOGIN-COMMAND" : name_of(mechanism);
            if (name == *transcript_.grant) return resume(Grant{mechanism, transcript_.password_quotable});
        }
        return give_up("does not offer " + *transcript_.grant);
    }

    Action perform(const Done& done) { return done; }

    std::string next() const {
        if (step() == nullptr) return "its end";
        switch (step()->kind) {
            case StepKind::server:
                return "S: " + step()->text;
            case StepKind::client:
                return "C: " + step()->text;
            case StepKind::tls:
                return "~ tls";
            case StepKind::failure:
                return std::string("~ ") + name_of(step()->failure);
        }
        return "";
    }

    void expect_nothing_left() {
        if (step() != nullptr) mistake("ends, but the transcript goes on: " + next());
    }

    /// After its end a session answers everything with Done.
    void expect_silence() {
        const std::vector<Input> inputs = {Start{},
                                           Bytes{"* OK\r\n"},
                                           Written{},
                                           TlsReady{},
                                           Grant{Mechanism::plain, true},
                                           Deny{"no"},
                                           IoFailure{Failure::timeout, "again"}};
        for (const auto& input : inputs) {
            if (!std::holds_alternative<Done>(session_->resume(input))) mistake("speaks after its end");
        }
    }

    void tls_is_up() {
        outcome_.evidence.tls.established = true;
        outcome_.evidence.tls.verified = true;
        outcome_.evidence.tls.version = "TLSv1.3";
    }

    const Transcript& transcript_;
    const std::size_t chunk_;
    const std::optional<std::size_t> fail_at_;
    Outcome outcome_;
    std::unique_ptr<Session> session_;
    std::size_t at_ = 0;
    std::string waiting_;
};

}  // namespace

Outcome play(const Transcript& transcript, std::size_t chunk, std::optional<std::size_t> fail_at) {
    return Player(transcript, chunk, fail_at).play();
}

}  // namespace reprompt::transcripts
