// SPDX-License-Identifier: MPL-2.0
#include "probe/permitted_credential.hpp"

#include <poll.h>

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "probe/mechanism_choice.hpp"

namespace reprompt::probe {
namespace {

using ledger::WallClock;

constexpr std::chrono::seconds heard_lasts{120};  ///< the add-on keeps what it hears that long
/// After a wait for another run no sign-in begins that would have less; of a short run, a quarter.
constexpr Milliseconds enough_to_sign_in{15'000};

/// RFC 3501 section 9, quoted: TEXT-CHAR but CR and LF, 7 bit. Control characters go as a literal too.
bool is_quotable(std::string_view password) noexcept {
    return std::all_of(password.begin(), password.end(),
                       [](char octet) { return octet >= 0x20 && octet <= 0x7e; });
}

Secret quoted(const Secret& password) {
    std::string text;
    text.reserve(2 * password.size() + 2);  // one allocation, wiped below
    text += '"';
    for (const char octet : password.reveal()) {
        if (octet == '"' || octet == '\\') text += '\\';
        text += octet;
    }
    text += '"';
    Secret result(text);
    wipe(text.data(), text.size());
    return result;
}

Secret literal_size(const Secret& password) {
    return Secret("{" + std::to_string(password.size()) + "}");
}

/// The client gives up (RFC 4422 section 3.5, RFC 3501 section 6.2.2).
Secret give_up() {
    return Secret("*");
}

}  // namespace

PermittedCredential::PermittedCredential(const Request& request, const Context& context,
                                         const Evidence& evidence, Deadline whole, const Cancel* cancel)
    : request_(request),
      context_(context),
      evidence_(evidence),
      whole_(whole),
      cancel_(cancel),
      account_{ledger::realm_of(request.endpoint.host, context.rules), request.user} {}

PermittedCredential::~PermittedCredential() = default;

bool PermittedCredential::refused_before() {
    if (request_.again || context_.ledger == nullptr) return false;
    auto rejection =
        context_.ledger->rejected(account_, request_.credential, WallClock::now(), request_.saved_at);
    if (!rejection) return false;
    verdict_ = std::move(rejection->verdict);
    advise_again(*verdict_, request_.endpoint.host, context_.rules);
    verdict_->rule = "ledger";
    verdict_->because = {"the server refused this very login before, so it was not sent again"};
    return true;
}

bool PermittedCredential::decided_by_facts() {
    Evidence facts = evidence_;
    // "Check again" asks for a new answer: what was heard about the old attempt does not count.
    if (request_.again) facts.heard.clear();
    Verdict verdict = diagnose_without_attempt(facts, context_.rules);
    if (verdict.code == VerdictCode::inconclusive) return false;
    verdict_ = std::move(verdict);
    return true;
}

bool PermittedCredential::decides_without_connection() {
    // What was heard just now counts more than what is on record.
    if (request_.again || request_.heard.empty() || !decided_by_facts()) return refused_before();
    // What Thunderbird's attempt met is not tried again over another protocol of the same provider.
    if (context_.ledger != nullptr && judges_the_password(*verdict_))
        context_.ledger->record_heard(account_, request_.credential, *verdict_, WallClock::now());
    return true;
}

bool PermittedCredential::judges_the_password(const Verdict& heard) const {
    if (heard.confidence == Confidence::guess || request_.kind != CredentialKind::password) return false;
    if (heard.code != VerdictCode::stale_password && heard.code != VerdictCode::password_expired &&
        heard.code != VerdictCode::app_password_required)
        return false;
    // A login saved after the words were heard is another one. Only the mechanisms that carry the password
    // itself: a server may keep it in a form that CRAM-MD5 cannot use.
    if (request_.saved_at && *request_.saved_at > WallClock::now() - heard_lasts) return false;
    return std::all_of(request_.heard.begin(), request_.heard.end(), [](const auto& words) {
        return words.mechanism == "PLAIN" || words.mechanism == "LOGIN" || words.mechanism == "USER/PASS";
    });
}

protocol::Deny PermittedCredential::deny(std::string why) {
    note_ = why;
    return {std::move(why)};
}

/// IMAP, POP3 and SMTP of one provider often fail together. While another run is sending this very
/// credential, its answer is waited for: it is ours too. One that was killed never gives any; when it is
/// taken for dead there may be little time left, and an attempt cut off in the middle would count for
/// nothing.
Expected<ledger::Permit, ledger::Denial> PermittedCredential::ask_for_permit(const net::ChannelProof& proof) {
    constexpr Milliseconds look_again(100);
    const Milliseconds enough = std::min(enough_to_sign_in, request_.limit / 4);
    for (;;) {
        auto permit =
            context_.ledger->permit(account_, request_.credential, proof, WallClock::now(), request_.again);
        const bool under_way = !permit && permit.error().reason == ledger::DenialReason::in_progress;
        const bool cancelled = cancel_ != nullptr && cancel_->cancelled();
        if (!under_way || cancelled || whole_.passed()) return permit;
        pollfd ended{cancel_ != nullptr ? cancel_->fd() : -1, POLLIN, 0};
        ::poll(&ended, 1, static_cast<int>(whole_.clip(look_again).left().count()));
        if (whole_.left() < enough) return permit;
    }
}

std::variant<protocol::Grant, protocol::Deny> PermittedCredential::decide(
    const std::vector<Mechanism>& offered, const net::Channel& channel) {
    if (permit_) return deny("one attempt per run");
    if (refused_before()) return protocol::Deny{"this credential was refused before and is not sent again"};
    if (decided_by_facts()) return protocol::Deny{"the server's words suffice without an attempt"};
    const auto mechanism = choose_mechanism(request_, offered);
    if (!mechanism)
        return deny("The server offers no sign-in method that fits this account; nothing was sent.");
    if (context_.ledger == nullptr) return deny("No attempt can be put on record, so nothing was sent.");
    const auto proof = channel.proof();
    if (!proof) return deny("The connection is not protected, so nothing was sent.");
    auto permit = ask_for_permit(*proof);
    if (!permit) {
        denied_ = permit.error();
        // Another run may have put a refusal on record since we looked.
        if (denied_->reason == ledger::DenialReason::rejected_before ||
            denied_->reason == ledger::DenialReason::in_progress)
            refused_before();
        return deny(denied_->detail);
    }
    denied_.reset();
    permit_ = std::move(*permit);
    mechanism_ = *mechanism;
    client_ = sasl::make_client(*mechanism, request_.user, request_.credential, request_.endpoint.host,
                                request_.endpoint.port);
    return protocol::Grant{*mechanism, is_quotable(request_.credential.reveal())};
}

Expected<Secret, std::string> PermittedCredential::fill(const protocol::Slot& slot) {
    if (!permit_) return Unexpected<std::string>("a credential was asked for without a permit");
    const bool is_sasl =
        slot.kind == protocol::SlotKind::sasl_initial || slot.kind == protocol::SlotKind::sasl_response;
    if (is_sasl && !client_) return Unexpected<std::string>("this way of signing in has no SASL messages");
    switch (slot.kind) {
        case protocol::SlotKind::none:
            return Unexpected<std::string>("nothing was asked for");
        case protocol::SlotKind::sasl_initial: {
            const auto response = client_->initial_response();
            if (!response) return Unexpected<std::string>("this mechanism waits for the server's challenge");
            handed_out_ = true;
            return response->empty() ? Secret("=") : base64_encode(*response);
        }
        case protocol::SlotKind::sasl_response: {
            const auto challenge = base64_decode(slot.challenge);
            if (!challenge) return give_up();
            const auto response = client_->respond(*challenge);
            if (!response) return give_up();
            ++answers_;
            // LOGIN answers with the user name first: a refusal of that says nothing about the password.
            if (mechanism_ != Mechanism::login || answers_ >= 2) handed_out_ = true;
            return base64_encode(*response);
        }
        case protocol::SlotKind::password_quoted:
            handed_out_ = true;
            return quoted(request_.credential);
        case protocol::SlotKind::password_literal_size:
            return literal_size(request_.credential);
        case protocol::SlotKind::password_raw:
            handed_out_ = true;
            return request_.credential.clone();
    }
    return Unexpected<std::string>("an unknown part of the credential was asked for");
}

void PermittedCredential::record(const Verdict& verdict) {
    if (!permit_) return;
    // Only a final answer to the credential itself judges it. Anything else counts as an attempt and no more.
    Verdict outcome;
    if (handed_out_ && evidence_.attempt && evidence_.attempt->complete) {
        outcome = verdict;
        if (evidence_.attempt->accepted) outcome.code = VerdictCode::password_accepted;
    }
    context_.ledger->record(std::move(*permit_), outcome, WallClock::now());
    permit_.reset();
}

}  // namespace reprompt::probe
