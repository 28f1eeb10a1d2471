// SPDX-License-Identifier: MPL-2.0
// Ledger: which credentials were refused, and the only maker of Permits. `$XDG_STATE_HOME/reprompt/ledger`
// (folder 0700, file 0600, append-only, flock, fdatasync, compacted where that halves it). Keys: realm + user
// + HMAC-SHA-256 of the credential. No password ever reaches the disk.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/deadline.hpp"
#include "base/expected.hpp"
#include "base/secret.hpp"
#include "diagnose/verdict.hpp"
#include "ledger/keyring.hpp"
#include "net/channel.hpp"

namespace reprompt {
class RuleBook;
}

namespace reprompt::ledger {

using WallClock = std::chrono::system_clock;

/// Whose login: realm = provider id if a rule names the host, else the registrable domain (libpsl), else the
/// address or the name itself.
struct Account {
    std::string realm;
    std::string user;
};
/// "provider:gmail", "example.org", "192.0.2.1" or "localhost"; lower case. `host` as in Endpoint.
std::string realm_of(std::string_view host, const RuleBook& rules);

/// Leave to send one credential once on one channel. Only a Ledger makes it; move-only; it is on disk before
/// it exists.
class Permit {
  public:
    Permit(Permit&&) noexcept = default;
    Permit& operator=(Permit&&) noexcept = default;
    ~Permit() = default;
    Permit(const Permit&) = delete;
    Permit& operator=(const Permit&) = delete;

  private:
    friend class Ledger;
    Permit() = default;
    std::string attempt_, account_key_;
    std::string fingerprint_;         ///< empty without keyring
    std::string memory_fingerprint_;  ///< under a key of this process; only without keyring
};

/// A refusal on record.
struct Rejection {
    /// As decided then: code, rule, stage, provider, advice, the first 200 octets of the words; confidence at
    /// most likely. No links: those come from rules only (invariant 6), so the caller asks its own rule book
    /// again.
    Verdict verdict;
    WallClock::time_point at;
};

/// in_progress: the same credential is out on another channel, and its answer is not in yet.
enum class DenialReason { rejected_before, in_progress, budget_spent, no_proof, ledger_unusable };
struct Denial {
    DenialReason reason = DenialReason::ledger_unusable;
    std::string detail;  ///< English
};

/// How long another program that holds the ledger is waited for.
struct LockWaits {
    Milliseconds decision{5000};
    Milliseconds result{15'000};  ///< of an attempt: nobody else knows it
};

/// One per program; every function may be called from any thread, and other programs may use the same folder.
class Ledger {
  public:
    /// Opens or creates. A corrupt file is moved aside (name.corrupt-N), what can be read of it is kept, and
    /// `notes()` says so. `keyring` (which must outlive this) gives the HMAC key, made at first need; without
    /// one only counts are on disk, and refusals are remembered as long as this object lives. What has ended
    /// at `now` is dropped from the file if that is half of it.
    static Expected<Ledger, std::string> open(const std::filesystem::path& folder, Keyring& keyring,
                                              WallClock::time_point now = WallClock::now(),
                                              LockWaits waits = {});
    /// Begins to look for the key while the caller waits for the network. Once, right after open(); whoever
    /// needs the key before it is there waits for it, at most 2 s, and so does the destructor.
    void ask_keyring_ahead();
    /// $XDG_STATE_HOME/reprompt, or ~/.local/state/reprompt.
    static std::filesystem::path default_folder();

    /// The live refusal of exactly this credential, if any (without keyring: only what this object saw
    /// itself). `saved_at`: when the login was saved; later than the entry lowers it to guess.
    std::optional<Rejection> rejected(const Account&, const Secret& credential, WallClock::time_point now,
                                      std::optional<WallClock::time_point> saved_at);
    /// Writes the attempt (an attempt whose result never comes counts as one) and gives the Permit. `again`
    /// (the user's "check again") overlooks an entry, not the budget of 3 a day, and not an attempt with the
    /// same credential whose result is to come (in any program; taken for dead after 60 s). An account with
    /// an entry gets no Permit while the keyring that would tell which credential it was does not answer;
    /// waits for it at most 2 s.
    Expected<Permit, Denial> permit(const Account&, const Secret& credential, const net::ChannelProof&,
                                    WallClock::time_point now, bool again);
    /// The result of a permitted attempt. Codes that make an entry: stale_password, password_expired,
    /// app_password_required, oauth2_required, username_format, oauth2_token_expired (1 h); password_accepted
    /// removes entries and the count; others only end the attempt. The count is given back where nobody
    /// judged the credential: tls_*, certificate_untrusted, mechanism_unsupported, server_unreachable,
    /// offline, temporary_failure, not_auth.
    /// What cannot be written now is known to this object, and is written before its next decision.
    void record(Permit permit, const Verdict& verdict, WallClock::time_point now);
    /// A refusal that Thunderbird met with this credential: makes the same entry as an attempt of ours, and
    /// counts as none. Waits for the keyring at most 2 s.
    void record_heard(const Account&, const Secret& credential, const Verdict& verdict,
                      WallClock::time_point now);
    /// Removes the entries of this account (undo, "check again").
    Expected<void, std::string> forget(const Account&);
    /// What the user should know (no keyring, a damaged or unwritable file); English, each once.
    [[nodiscard]] std::vector<std::string> notes() const;

    Ledger(const Ledger&) = delete;
    Ledger& operator=(const Ledger&) = delete;
    Ledger(Ledger&&) noexcept;
    Ledger& operator=(Ledger&&) noexcept;
    ~Ledger();

  private:
    struct State;
    explicit Ledger(std::unique_ptr<State>);
    std::unique_ptr<State> state_;
};

}  // namespace reprompt::ledger
