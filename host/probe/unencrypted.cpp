// SPDX-License-Identifier: MPL-2.0
#include "probe/unencrypted.hpp"

#include <utility>

namespace reprompt::probe {
namespace {

std::string outcome_of(const std::string& way, const Evidence& evidence) {
    std::string outcome = way + ": " + name_of(evidence.failure);
    if (!evidence.failure_detail.empty()) outcome += " (" + evidence.failure_detail + ")";
    return outcome;
}

}  // namespace

std::uint16_t implicit_tls_port(Protocol protocol) noexcept {
    switch (protocol) {
        case Protocol::imap:
            return 993;
        case Protocol::pop3:
            return 995;
        case Protocol::smtp:
            return 465;
    }
    return 0;
}

void visit_unencrypted(const Visitor& visitor, net::Channel channel, net::CredentialDoor* door,
                       Evidence& evidence, std::vector<std::string>& notes) {
    Endpoint endpoint = visitor.request.endpoint;
    endpoint.tls = TlsMode::starttls;
    converse(visitor, endpoint, std::move(channel), door, evidence);
    if (evidence.tls.verified) {
        notes.emplace_back("The account is set to no encryption; the check used STARTTLS on the same port.");
        return;
    }
    // Injection is a finding of its own (invariant 3).
    if (evidence.failure == Failure::cancelled || evidence.failure == Failure::starttls_injection) return;

    endpoint.tls = TlsMode::implicit;
    endpoint.port = implicit_tls_port(endpoint.protocol);
    // The door looks at this very object when it decides, so the second visit fills it too.
    Evidence configured = std::exchange(evidence, blank_evidence(visitor.request));
    if (auto second = reach(visitor, endpoint, evidence))
        converse(visitor, endpoint, std::move(*second), door, evidence);
    if (evidence.tls.verified) {
        evidence.port = endpoint.port;
        notes.push_back("The account is set to no encryption; the check used TLS on port " +
                        std::to_string(endpoint.port) + ".");
        return;
    }
    const Evidence secured = std::exchange(evidence, std::move(configured));
    if (secured.failure == Failure::cancelled) evidence.failure = Failure::cancelled;
    if (secured.failure == Failure::cancelled || evidence.greeting.empty())
        return;  // the configured listener said nothing: that is the finding
    evidence.failure_detail = "no verified encryption: " + outcome_of("STARTTLS", evidence) + "; " +
                              outcome_of("TLS on port " + std::to_string(endpoint.port), secured);
    evidence.failure = Failure::plaintext_forbidden;
    notes.emplace_back(
        "The account is set to no encryption and the server offers none that can be verified; the password "
        "was not sent.");
}

}  // namespace reprompt::probe
