// SPDX-License-Identifier: MPL-2.0
//
// The order of one run: settings -> the ledger and heard words, which may make a connection needless ->
// connect -> converse, with at most one credential -> verdict -> ledger.
#include "probe/probe.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "net/tls_context.hpp"
#include "probe/permitted_credential.hpp"
#include "probe/settings_check.hpp"
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

void conclude(PermittedCredential& door, const RuleBook& rules, Result& result) {
    result.attempts = door.handed_out() ? 1 : 0;
    if (!door.note().empty()) result.notes.push_back(door.note());
    if (door.verdict()) {
        result.verdict = *door.verdict();
        return;
    }
    result.verdict = diagnose(result.evidence, rules);
    if (result.evidence.attempt && result.attempts == 0) doubt_answer_to_nothing(result);
    door.record(result.verdict);
}

}  // namespace

Expected<Result, std::string> run(Request request, const Context& context, const Cancel& cancel) {
    if (auto settings = check_settings(request); !settings) return Unexpected<std::string>(settings.error());
    if (auto store = net::tls_context(context.trust); !store) return Unexpected<std::string>(store.error());

    const Visitor visitor{request, context, Deadline::after(request.limit), cancel};
    Result result;
    result.evidence = blank_evidence(request);
    if (request.kind == CredentialKind::none) {
        visit(visitor, nullptr, result);
        result.verdict = diagnose(result.evidence, context.rules);
        return result;
    }
    PermittedCredential door(request, context, result.evidence, visitor.whole, &cancel);
    if (!door.decides_without_connection()) visit(visitor, &door, result);
    conclude(door, context.rules, result);
    if (context.ledger != nullptr) {
        const auto notes =
            context.ledger->notes();  // asked last: the ledger learns of a missing keyring on the way
        result.notes.insert(result.notes.begin(), notes.begin(), notes.end());
    }
    return result;
}

}  // namespace reprompt::probe
