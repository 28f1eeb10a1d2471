// SPDX-License-Identifier: MPL-2.0
// PermittedCredential: the door between a session and the credential. It opens once, for one mechanism, when
// nothing else decides and the ledger gave a Permit (DESIGN section 3). Belongs here: that decision, and the
// octets of each slot. Does not belong here: I/O (net/drive).
//
//   the ledger knows this credential as refused -> Deny, its verdict
//   what was heard and seen already decides     -> Deny, that verdict ("zero attempts first")
//   no fitting mechanism, no ledger, no Permit  -> Deny, a note says why
//   else                                        -> Grant
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "probe/probe.hpp"

namespace reprompt::probe {

class PermittedCredential final : public net::CredentialDoor {
  public:
    /// The references must outlive this object, and so must `cancel` (may be null). `evidence` is what the
    /// session fills. `whole` limits the wait for another run that is sending the same credential.
    PermittedCredential(const Request& request, const Context& context, const Evidence& evidence,
                        Deadline whole = Deadline::after(Milliseconds(0)), const Cancel* cancel = nullptr);
    PermittedCredential(const PermittedCredential&) = delete;
    PermittedCredential& operator=(const PermittedCredential&) = delete;
    ~PermittedCredential() override;

    /// Before any connection: a live refusal on record, or heard words that suffice. Then `verdict()` holds
    /// it.
    bool decides_without_connection();

    std::variant<protocol::Grant, protocol::Deny> decide(const std::vector<Mechanism>& offered,
                                                         const net::Channel& channel) override;
    Expected<Secret, std::string> fill(const protocol::Slot& slot) override;

    /// What was decided instead of an attempt.
    [[nodiscard]] const std::optional<Verdict>& verdict() const noexcept { return verdict_; }
    /// English, for the user; empty if there is nothing to say.
    [[nodiscard]] const std::string& note() const noexcept { return note_; }
    /// Why the ledger gave no Permit; nullopt if it gave one or was not asked.
    [[nodiscard]] const std::optional<ledger::Denial>& denied() const noexcept { return denied_; }
    /// The password or token was handed out, in whatever form. LOGIN's user name alone does not count.
    [[nodiscard]] bool handed_out() const noexcept { return handed_out_; }
    /// Tells the ledger how the attempt ended, if there was a Permit.
    void record(const Verdict& verdict);

  private:
    bool refused_before();
    bool decided_by_facts();
    /// Whether what Thunderbird heard is a refusal of this very password, whatever the protocol.
    [[nodiscard]] bool judges_the_password(const Verdict& heard) const;
    Expected<ledger::Permit, ledger::Denial> ask_for_permit(const net::ChannelProof& proof);
    protocol::Deny deny(std::string why);

    const Request& request_;
    const Context& context_;
    const Evidence& evidence_;
    Deadline whole_;
    const Cancel* cancel_;
    ledger::Account account_;
    std::optional<Verdict> verdict_;
    std::string note_;
    std::optional<ledger::Permit> permit_;
    std::optional<ledger::Denial> denied_;
    std::unique_ptr<sasl::Client> client_;
    Mechanism mechanism_ = Mechanism::plain;  ///< as granted
    int answers_ = 0;                         ///< responses to challenges so far
    bool handed_out_ = false;
};

}  // namespace reprompt::probe
