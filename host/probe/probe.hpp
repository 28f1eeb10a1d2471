// SPDX-License-Identifier: MPL-2.0
// Probe: one endpoint end to end: dial, TLS, session, at most one credential, verdict. The only caller of
// ledger::Ledger::permit.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/cancel.hpp"
#include "diagnose/diagnose.hpp"
#include "ledger/ledger.hpp"
#include "net/dns_lookup.hpp"
#include "net/drive.hpp"
#include "net/proxy.hpp"
#include "probe/settings_proposal.hpp"

namespace reprompt::probe {

enum class CredentialKind : std::uint8_t { none, password, token };

struct Request {
    Endpoint endpoint;
    std::optional<net::Proxy> proxy;  ///< if there is one, the only way to the server
    std::string user;
    std::string mail_domain;  ///< of the account's address, if known; empty: the user name may tell it
    CredentialKind kind = CredentialKind::none;
    Secret credential;
    std::optional<ledger::WallClock::time_point> saved_at;  ///< when Thunderbird saved the login
    std::string configured_auth;                            ///< as Evidence::configured_auth
    std::optional<Mechanism> only;                          ///< `--auth M`
    std::vector<Heard> heard;
    bool again = false;          ///< the user asked to check again
    bool repair = false;         ///< look for settings that work, where settings can explain the verdict
    Milliseconds limit{60'000};  ///< whole run
};

struct Context {
    const RuleBook& rules;
    ledger::Ledger* ledger = nullptr;  ///< null = no credential is ever sent
    net::TrustPolicy trust;
    net::TrustOracle* oracle = nullptr;
    net::StageReport report;
    net::DnsQuery dns = net::ask_system_dns;
};

struct Result {
    Verdict verdict;
    Evidence evidence;
    int attempts = 0;                             ///< credentials that left: 0 or 1
    std::vector<std::string> notes;               ///< e.g. that there is no keyring; English
    std::optional<SettingsProposal> settings{};   ///< found working without a password
    std::optional<Milliseconds> settings_time{};  ///< what looking for them took; nullopt = nobody looked
    std::optional<ledger::Denial> denied{};       ///< why the ledger gave no Permit, if it was asked for one
};

/// Checks the settings (invariant 4), then runs. An account without encryption: STARTTLS and implicit TLS of
/// the same host are tried first, and only a verified one carries the password (DESIGN section 3). Error: one
/// line, bad settings, nothing was sent.
Expected<Result, std::string> run(Request request, const Context& context, const Cancel& cancel);

/// As `probe --json` prints: verdict_to_json + `attempts, evidence, timings_ms (with `settings`, if they were
/// looked for), notes[, settings]`.
nlohmann::json result_to_json(const Result& result);

}  // namespace reprompt::probe
