// SPDX-License-Identifier: MPL-2.0
//
// The order of one run: settings -> the ledger and heard words, which may make a connection needless ->
// connect -> converse, with at most one credential -> verdict -> ledger -> settings that work, if they are
// the trouble.
#include "probe/probe.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "net/host_name.hpp"
#include "net/tls_context.hpp"
#include "probe/domain_hint.hpp"
#include "probe/permitted_credential.hpp"
#include "probe/second_look.hpp"
#include "probe/settings_check.hpp"
#include "probe/settings_search.hpp"
#include "probe/unencrypted.hpp"
#include "probe/visit.hpp"

namespace reprompt::probe {
namespace {

void visit(const Visitor& visitor, net::CredentialDoor* door, Result& result) {
    const Endpoint& endpoint = visitor.request.endpoint;
    auto channel = reach(visitor, endpoint, result.evidence);
    if (!channel) return;
    if (endpoint.tls == TlsMode::none && !channel->loopback() && door != nullptr) {
        visit_unencrypted(visitor, std::move(*channel), door, result.evidence, result.notes);
    } else {
        converse(visitor, endpoint, std::move(*channel), door, result.evidence);
    }
    look_again(visitor, result.evidence);
}

/// An answer that came before the password left says nothing about the password; it must not make anybody
/// clear it (invariant 7).
void doubt_answer_to_nothing(Result& result) {
    const bool accepted = result.verdict.code == VerdictCode::password_accepted;
    if (!accepted && !may_clear_at_once(result.verdict) && !may_clear_on_click(result.verdict)) return;
    Verdict doubtful;
    doubtful.rule = "none";
    doubtful.stage = result.verdict.stage;
    doubtful.server_words = result.verdict.server_words;
    doubtful.provider = result.verdict.provider;
    doubtful.because = {accepted ? "the server accepted before the credential was sent"
                                 : "the server refused before the credential was sent"};
    result.verdict = std::move(doubtful);
}

/// The verdict, sharpened by what the DNS says of the mail domain, if that is waited for.
Verdict diagnose_with(DomainHint& hint, const Visitor& visitor, Evidence& evidence) {
    hint.settle(evidence, diagnose(evidence, visitor.context.rules), visitor.whole, visitor.cancel);
    return diagnose(evidence, visitor.context.rules);
}

void conclude(PermittedCredential& door, DomainHint& hint, const Visitor& visitor, Result& result) {
    result.attempts = door.handed_out() ? 1 : 0;
    if (!door.note().empty()) result.notes.push_back(door.note());
    const auto& evidence = result.evidence;
    const bool never_asked = door.note().empty() && !door.verdict() && result.attempts == 0;
    if (never_asked && evidence.stage == Stage::auth && evidence.failure == Failure::none &&
        !evidence.attempt && !evidence.failure_detail.empty())
        result.notes.push_back("Nothing was sent: " + evidence.failure_detail + ".");
    if (door.verdict()) {
        result.verdict = *door.verdict();
        return;
    }
    result.denied = door.denied();
    result.evidence.attempts_used_up =
        result.denied && result.denied->reason == ledger::DenialReason::budget_spent;
    result.verdict = diagnose_with(hint, visitor, result.evidence);
    if (result.evidence.attempt && result.attempts == 0) doubt_answer_to_nothing(result);
    door.record(result.verdict);
}

Expected<void, std::string> use_ascii_names(Request& request) {
    auto host = net::ascii_host(request.endpoint.host);
    if (!host) return Unexpected<std::string>(host.error());
    request.endpoint.host = std::move(*host);
    if (!request.proxy) return {};
    auto proxy = net::ascii_host(request.proxy->host);
    if (!proxy) return Unexpected<std::string>("the proxy: " + proxy.error());
    request.proxy->host = std::move(*proxy);
    return {};
}

/// Settings that work, where the verdict may be about settings.
void repair(const Visitor& visitor, Result& result) {
    if (!visitor.request.repair || !settings_may_help(result.verdict, result.evidence)) return;
    const auto start = Deadline::Clock::now();
    result.settings = search_settings(visitor, result.verdict, result.evidence);
    result.settings_time = std::chrono::duration_cast<Milliseconds>(Deadline::Clock::now() - start);
}

}  // namespace

Expected<Result, std::string> run(Request request, const Context& context, const Cancel& cancel) {
    if (auto named = use_ascii_names(request); !named) return Unexpected<std::string>(named.error());
    if (auto settings = check_settings(request); !settings) return Unexpected<std::string>(settings.error());
    if (auto store = net::tls_context(context.trust); !store) return Unexpected<std::string>(store.error());

    const Visitor visitor{request, context, Deadline::after(request.limit), cancel};
    Result result;
    result.evidence = blank_evidence(request);
    DomainHint hint(request, context);
    if (request.kind == CredentialKind::none) {
        visit(visitor, nullptr, result);
        result.verdict = diagnose_with(hint, visitor, result.evidence);
        repair(visitor, result);
        return result;
    }
    PermittedCredential door(request, context, result.evidence, visitor.whole, &cancel);
    // Heard words may decide at once; then the domain's hint has to be there before.
    if (!request.again && !request.heard.empty()) diagnose_with(hint, visitor, result.evidence);
    if (!door.decides_without_connection()) visit(visitor, &door, result);
    conclude(door, hint, visitor, result);
    repair(visitor, result);
    if (context.ledger != nullptr) {
        const auto notes =
            context.ledger->notes();  // asked last: the ledger learns of a missing keyring on the way
        result.notes.insert(result.notes.begin(), notes.begin(), notes.end());
    }
    return result;
}

}  // namespace reprompt::probe
