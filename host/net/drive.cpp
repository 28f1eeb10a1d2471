// SPDX-License-Identifier: MPL-2.0
//
// One run: [TLS] -> Start -> the session asks, this file does, until Done.
//
//   NeedBytes       read, within the limit of the reply that is awaited
//   Write           before + slot + after in one piece; the slot is filled by the door, and only here
//   UpgradeTls      handshake and judgement of the certificate; TlsReady only if it is trusted
//   WantCredential  proof of the channel first, then the door decides
//
// A limit belongs to an awaited reply, not to one read: a server that dribbles gains no time. Any failure
// closes the channel, the session hears IoFailure once and ends.
#include "net/drive.hpp"

#include "net/wait.hpp"

namespace reprompt::net {
namespace {

using Clock = Deadline::Clock;

std::int64_t since(Clock::time_point start) {
    return std::chrono::duration_cast<Milliseconds>(Clock::now() - start).count();
}

/// A message that holds a secret: one allocation, overwritten at the end.
class WipedMessage {
  public:
    WipedMessage(std::string_view before, const Secret& slot, std::string_view after) {
        bytes_.reserve(before.size() + slot.size() + after.size());
        bytes_.append(before).append(slot.reveal()).append(after);
    }
    WipedMessage(const WipedMessage&) = delete;
    WipedMessage& operator=(const WipedMessage&) = delete;
    ~WipedMessage() { wipe(bytes_.data(), bytes_.size()); }
    [[nodiscard]] std::string_view bytes() const noexcept { return bytes_; }

  private:
    std::string bytes_;
};

struct Run {
    protocol::Session& session;
    Channel channel;
    const Endpoint& endpoint;
    const TrustPolicy& policy;
    TrustOracle* oracle;
    CredentialDoor* door;
    const Limits& limits;
    Evidence& evidence;
    Deadline whole;
    const Cancel& cancel;
    const StageReport& report;
};

class Driver {
  public:
    explicit Driver(Run run) : run_(std::move(run)), reply_until_(run_.whole) {}

    void go() {
        if (run_.endpoint.tls == TlsMode::implicit) {
            if (auto ready = upgrade(); !ready) {
                note_failure(ready.error());
                return;
            }
        }
        enter(Stage::greeting);
        reply_until_ = run_.whole.clip(run_.limits.greeting);
        protocol::Action action = resume(protocol::Start{});
        while (!std::holds_alternative<protocol::Done>(action)) {
            action = std::visit([this](const auto& asked) { return perform(asked); }, action);
        }
    }

  private:
    using Outcome = Expected<void, IoError>;

    /// The stage as the session wrote it, told to whoever listens.
    void report_stage() {
        if (reported_ == run_.evidence.stage) return;
        reported_ = run_.evidence.stage;
        if (run_.report) run_.report(run_.evidence.stage);
    }
    void enter(Stage stage) {
        run_.evidence.stage = stage;
        report_stage();
    }
    void charge(Stage stage, Clock::time_point start) {
        run_.evidence.timings_ms[name_of(stage)] += since(start);
    }

    protocol::Action resume(const protocol::Input& input) {
        protocol::Action action = run_.session.resume(input);
        if (secret_sent_ && !waits_for_more(action)) note_final_reply();
        report_stage();
        return action;
    }

    /// The exchange goes on: another part of the reply is awaited or another part of the credential leaves.
    static bool waits_for_more(const protocol::Action& action) noexcept {
        const auto* write = std::get_if<protocol::Write>(&action);
        return std::holds_alternative<protocol::NeedBytes>(action) ||
               (write != nullptr && write->slot.kind != protocol::SlotKind::none);
    }

    void note_final_reply() {
        auto& attempt = run_.evidence.attempt;
        if (!attempt || !attempt->complete)
            return;  // e.g. the empty answer to an error of XOAUTH2: not final
        if (attempt->elapsed_ms < 0) attempt->elapsed_ms = since(*secret_sent_);
        secret_sent_.reset();
    }

    void note_failure(const IoError& error) {
        if (run_.evidence.failure != Failure::none) return;
        run_.evidence.failure = error.failure;
        run_.evidence.failure_detail = error.detail;
    }

    /// The channel is gone: the session closes its books. What it does not name itself is named here; a close
    /// after the end is no failure.
    protocol::Action broken(const IoError& error) {
        secret_sent_.reset();
        protocol::Action action = run_.session.resume(protocol::IoFailure{error.failure, error.detail});
        if (run_.evidence.stage != Stage::done) note_failure(error);
        report_stage();
        return std::holds_alternative<protocol::Done>(action) ? action : protocol::Done{};
    }

    protocol::Action perform(const protocol::Done& done) { return done; }

    protocol::Action perform(const protocol::NeedBytes&) {
        const Stage stage = run_.evidence.stage;
        const auto start = Clock::now();
        const auto bytes = run_.channel.read(reply_until_, run_.cancel);
        charge(stage, start);
        if (!bytes) return broken(bytes.error());
        return resume(protocol::Bytes{*bytes});
    }

    protocol::Action perform(const protocol::Write& write) {
        const bool secret = write.slot.kind != protocol::SlotKind::none;
        const Stage stage = run_.evidence.stage;
        const auto start = Clock::now();
        const Outcome sent = secret ? send_secret(write) : send_plain(write);
        charge(stage, start);
        if (!sent) return broken(sent.error());
        if (secret) secret_sent_ = Clock::now();
        reply_until_ = run_.whole.clip(secret_sent_ ? run_.limits.auth : run_.limits.reply);
        return resume(protocol::Written{});
    }

    Outcome send_plain(const protocol::Write& write) {
        return run_.channel.write(write.before + write.after, run_.whole.clip(run_.limits.reply),
                                  run_.cancel);
    }

    /// Invariant 1 once more, whatever session and door believe: no Grant or no proof, no secret.
    Outcome send_secret(const protocol::Write& write) {
        if (!granted_ || run_.door == nullptr || !run_.channel.proof()) {
            return fail(Failure::plaintext_forbidden,
                        "a credential was held back: the channel is not proved");
        }
        const auto filled = run_.door->fill(write.slot);
        if (!filled) return fail(Failure::protocol_error, filled.error());
        const WipedMessage message(write.before, *filled, write.after);
        return run_.channel.write(message.bytes(), run_.whole.clip(run_.limits.reply), run_.cancel);
    }

    protocol::Action perform(const protocol::UpgradeTls&) {
        const Stage asked_in = run_.evidence.stage;
        if (auto ready = upgrade(); !ready) {
            const IoError error = ready.error();
            auto action = broken(error);
            run_.evidence.stage = error.failure == Failure::starttls_injection ? asked_in : Stage::tls;
            return action;
        }
        granted_ = false;
        run_.evidence.stage = asked_in;
        reply_until_ = run_.whole.clip(run_.limits.reply);
        return resume(protocol::TlsReady{});
    }

    Outcome upgrade() {
        enter(Stage::tls);
        const auto start = Clock::now();
        auto ready = run_.channel.upgrade(run_.endpoint.host, run_.endpoint.port, run_.policy, run_.oracle,
                                          run_.evidence.tls, run_.whole.clip(run_.limits.tls), run_.cancel);
        charge(Stage::tls, start);
        return ready;
    }

    protocol::Action perform(const protocol::WantCredential& wanted) {
        if (!run_.channel.proof()) {
            auto action = resume(protocol::Deny{"the channel is neither encrypted nor local"});
            note_failure({Failure::plaintext_forbidden, "no credential is sent without encryption"});
            return action;
        }
        if (run_.door == nullptr) return resume(protocol::Deny{"no credential was given"});
        const auto decision = run_.door->decide(wanted.offered, run_.channel);
        if (const auto* grant = std::get_if<protocol::Grant>(&decision)) {
            granted_ = true;
            return resume(*grant);
        }
        return resume(std::get<protocol::Deny>(decision));
    }

    Run run_;
    Deadline reply_until_;
    std::optional<Stage> reported_;
    bool granted_ = false;
    std::optional<Clock::time_point> secret_sent_;  ///< until the final reply to it
};

}  // namespace

void drive(protocol::Session& session, Channel channel, const Endpoint& endpoint, const TrustPolicy& policy,
           TrustOracle* oracle, CredentialDoor* door, const Limits& limits, Evidence& evidence,
           Deadline whole, const Cancel& cancel, const StageReport& report) {
    Driver({session, std::move(channel), endpoint, policy, oracle, door, limits, evidence, whole, cancel,
            report})
        .go();
}

}  // namespace reprompt::net
