// SPDX-License-Identifier: MPL-2.0
#include "probe/domain_hint.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "diagnose/recognition.hpp"
#include "net/dns_answer.hpp"
#include "net/host_name.hpp"

namespace reprompt::probe {
namespace {

bool is_public(std::string_view domain) {
    constexpr std::string_view never[] = {"local", "localhost", "invalid", "onion", "internal", "arpa"};
    const auto dot = domain.rfind('.');
    if (dot == std::string_view::npos) return false;
    const auto top = domain.substr(dot + 1);
    const bool number =
        std::all_of(top.begin(), top.end(), [](char octet) { return octet >= '0' && octet <= '9'; });
    return !number && std::find(std::begin(never), std::end(never), top) == std::end(never);
}

/// Whether a provider's rules or advice could change this verdict: somebody judged a credential.
bool could_change(const Verdict& verdict, const Evidence& evidence) noexcept {
    switch (verdict.code) {
        case VerdictCode::stale_password:
        case VerdictCode::password_expired:
        case VerdictCode::app_password_required:
        case VerdictCode::oauth2_required:
        case VerdictCode::web_login_required:
        case VerdictCode::account_locked:
        case VerdictCode::protocol_disabled:
        case VerdictCode::username_format:
            return true;
        case VerdictCode::inconclusive:
            return (evidence.attempt && evidence.attempt->complete) || !evidence.heard.empty();
        case VerdictCode::oauth2_token_expired:
        case VerdictCode::rate_limited:
        case VerdictCode::mechanism_unsupported:
        case VerdictCode::tls_required:
        case VerdictCode::tls_obsolete:
        case VerdictCode::certificate_untrusted:
        case VerdictCode::server_unreachable:
        case VerdictCode::offline:
        case VerdictCode::temporary_failure:
        case VerdictCode::not_auth:
        case VerdictCode::password_accepted:
            return false;
    }
    return false;
}

}  // namespace

std::string mail_domain_of(const Request& request) {
    std::string_view domain = request.mail_domain;
    if (domain.empty()) {
        const auto at = request.user.rfind('@');
        if (at == std::string::npos) return {};
        domain = std::string_view(request.user).substr(at + 1);
    }
    auto ascii = net::ascii_host(domain);
    if (!ascii) return {};
    std::string name = to_lower(*ascii);
    if (name.ends_with('.')) name.pop_back();
    return net::is_domain_name(name) && is_public(name) ? name : std::string();
}

DomainHint::DomainHint(const Request& request, const Context& context) : rules_(context.rules) {
    const bool nothing_to_judge = request.kind == CredentialKind::none && request.heard.empty();
    if (nothing_to_judge || !rules_.provider_of(request.endpoint.host).empty()) return;
    known_.name = mail_domain_of(request);
    if (known_.name.empty() || provider_of_domain(known_, rules_.content()) != nullptr) return;
    if (request.proxy) {
        known_.note = "The account uses a proxy, so the DNS was not asked about the mail domain.";
        return;
    }
    lookup_.emplace(known_.name, request.endpoint.protocol, context.dns);
}

void DomainHint::settle(Evidence& evidence, const Verdict& so_far, Deadline whole, const Cancel& cancel) {
    if (!could_change(so_far, evidence)) return;
    if (lookup_) {
        if (!patience_) patience_ = Deadline::after(domain_patience);
        known_ = lookup_->wait(whole.clip(patience_->left()), cancel, [&](const DomainRecords& records) {
            return provider_of_domain(records, rules_.content()) != nullptr;
        });
    }
    evidence.domain = known_;
}

}  // namespace reprompt::probe
