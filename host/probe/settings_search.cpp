// SPDX-License-Identifier: MPL-2.0
#include "probe/settings_search.hpp"

#include <poll.h>

#include <algorithm>
#include <future>
#include <system_error>
#include <thread>

#include "base/text.hpp"
#include "diagnose/recognition.hpp"
#include "net/registrable_domain.hpp"
#include "net/resolver.hpp"
#include "net/wait.hpp"
#include "probe/domain_hint.hpp"
#include "probe/domain_settings.hpp"
#include "probe/settings_candidates.hpp"

namespace reprompt::probe {
namespace {

constexpr Milliseconds candidate_limit{4'000};
constexpr Milliseconds autoconfig_limit{4'000};
constexpr Milliseconds dns_limit{3'000};
constexpr std::size_t most_at_once = 8;

/// A Cancel of ours that ends with the caller's, and that we may end earlier.
class Stop {
  public:
    Stop(const Cancel& outer, Deadline deadline)
        : relay_([this, &outer, deadline] {
              if (net::wait_for(inner_.fd(), POLLIN, deadline, outer) == net::Waited::cancelled)
                  inner_.cancel();
          }) {}
    ~Stop() {
        inner_.cancel();
        relay_.join();
    }
    Stop(const Stop&) = delete;
    Stop& operator=(const Stop&) = delete;
    Cancel& cancel() noexcept { return inner_; }

  private:
    Cancel inner_;
    std::thread relay_;
};

/// The account as far as a search needs it: without credential and without name.
Request anonymous(const Request& request) {
    Request bare;
    bare.endpoint = request.endpoint;
    bare.proxy = request.proxy;
    bare.configured_auth = request.configured_auth;
    return bare;
}

Context blind(const Context& context) {
    Context bare{context.rules, nullptr, context.trust, nullptr, {}, context.dns};
    bare.trust.accept_sha256.clear();  // the user named it for the configured endpoint
    bare.trust.obsolete_tls = false;
    return bare;
}

/// A gateway on this machine (Proton Bridge, DavMail, a tunnel): that it does not run makes no other server
/// the account's.
bool is_this_machine(const std::string& host) {
    const auto name = to_lower(host);
    return name == "localhost" || name.ends_with(".localhost") || name == "::1" ||
           (name.starts_with("127.") && net::is_numeric_address(name));
}

/// The domain that may name servers: the mail address's, else the registrable one of the host; or none.
std::string domain_to_ask(const Request& request) {
    if (is_this_machine(request.endpoint.host)) return {};
    if (auto domain = mail_domain_of(request); !domain.empty()) return domain;
    Request of_host;
    of_host.mail_domain = net::registrable_domain(to_lower(request.endpoint.host));
    return of_host.mail_domain.empty() ? std::string() : mail_domain_of(of_host);
}

class Search {
  public:
    Search(const Visitor& visitor, const Evidence& evidence)
        : request_(anonymous(visitor.request)),
          context_(blind(visitor.context)),
          configured_(visitor.request.endpoint),
          domain_(domain_to_ask(visitor.request)),
          whole_(visitor.whole.clip(search_limit)),
          stop_(visitor.cancel, whole_),
          host_is_gone_(evidence.failure == Failure::dns_not_found ||
                        evidence.failure == Failure::dns_no_address),
          private_allowed_(!host_is_gone_ && !request_.proxy && configured_is_private(evidence)) {}

    std::optional<SettingsProposal> run() {
        // Past a proxy nothing is asked of the DNS, and what a name leads to behind it cannot be checked:
        // only names that nobody else chose are tried there.
        const bool ask_domain = !domain_.empty() && !request_.proxy;
        std::optional<net::DnsLookup> records;
        std::future<std::vector<Endpoint>> pages;
        if (ask_domain) {
            records.emplace(domain_, configured_.protocol, context_.dns);
            pages = std::async(std::launch::async, [this] {
                return fetch_autoconfig(domain_, {context_.trust, {}, allowed_addresses()},
                                        whole_.clip(autoconfig_limit), stop_.cancel());
            });
        }
        // Only rounds that are over leave this function: whatever still runs is told to end first.
        const Ending ending{stop_};
        std::vector<Candidate> known;
        if (!host_is_gone_) known = same_host_candidates(configured_);
        if (const auto* provider = provider_by_name()) append(known, rule_candidates(configured_, *provider));
        if (auto found = best_of(known)) return found;
        if (!ask_domain) return std::nullopt;

        const auto dns = records->wait(whole_.clip(dns_limit), stop_.cancel());
        const auto page = autoconfig_candidates(configured_, pages.get());
        std::vector<Candidate> named = known;
        append(named, provider_servers(dns), page);
        append(named, srv_candidates(configured_, dns.srv), page);
        append(named, page);
        named.erase(named.begin(), named.begin() + static_cast<std::ptrdiff_t>(known.size()));
        return best_of(named);
    }

    /// The configured endpoint with another method, for a verdict that came without a connection.
    std::vector<std::string> offers_of_configured() {
        const auto seen = visit(configured_, configured_.host);
        return seen.tls.verified ? seen.offered : std::vector<std::string>();
    }

  private:
    struct Ending {
        Stop& stop;
        explicit Ending(Stop& one) : stop(one) {}
        Ending(const Ending&) = delete;
        Ending& operator=(const Ending&) = delete;
        ~Ending() { stop.cancel().cancel(); }
    };

    [[nodiscard]] bool configured_is_private(const Evidence& evidence) {
        std::vector<std::string> hosts;
        for (const auto& tried : evidence.addresses)
            hosts.push_back(tried.address);
        if (hosts.empty()) hosts.push_back(configured_.host);
        return std::any_of(hosts.begin(), hosts.end(), [&](const std::string& host) {
            const auto found = net::resolve(host, configured_.port, whole_.clip(dns_limit), stop_.cancel());
            return found && std::any_of(found->begin(), found->end(), net::is_private);
        });
    }

    [[nodiscard]] net::AddressRule allowed_addresses() const {
        if (private_allowed_) return {};
        return [](const net::Address& address) { return !net::is_private(address); };
    }

    [[nodiscard]] const Provider* provider_by_name() const {
        const auto& rules = context_.rules.content();
        if (const auto* provider = rules.provider_of_host(to_lower(configured_.host))) return provider;
        DomainRecords name_alone;
        name_alone.name = domain_;
        return domain_.empty() ? nullptr : provider_of_domain(name_alone, rules);
    }

    /// Where the domain's SRV or MX lead. An MX says where mail arrives, perhaps at somebody's filter only.
    [[nodiscard]] std::vector<Candidate> provider_servers(const DomainRecords& dns) const {
        const auto* provider = provider_of_domain(dns, context_.rules.content());
        if (provider == nullptr) return {};
        auto servers = rule_candidates(configured_, *provider);
        for (auto& each : servers)
            each.by_dns_alone = true;
        return servers;
    }

    /// Up to the capabilities, without a credential. The certificate counts for `name`.
    Evidence visit(const Endpoint& endpoint, const std::string& name) {
        Request request = anonymous(request_);
        request.endpoint = endpoint;
        request.endpoint.host = name;
        const Visitor visitor{request, context_, whole_.clip(candidate_limit), stop_.cancel()};
        Evidence seen = blank_evidence(request);
        auto channel = reach(visitor, endpoint, seen, allowed_addresses());
        if (channel) converse(visitor, request.endpoint, std::move(*channel), nullptr, seen);
        return seen;
    }

    /// RFC 6186 section 6: whoever can lie in the DNS must not choose the server.
    bool is_vouched_for(const Candidate& candidate) {
        if (candidate.source != SettingsSource::srv || net::same_owner(candidate.endpoint.host, domain_))
            return true;
        return visit(candidate.endpoint, domain_).tls.verified;
    }

    std::optional<SettingsProposal> tried(const Candidate& candidate) {
        const auto seen = visit(candidate.endpoint, candidate.endpoint.host);
        if (!seen.tls.verified || seen.failure != Failure::none || seen.stage != Stage::done)
            return std::nullopt;
        const auto auth = working_auth(configured_.protocol, seen.offered, request_.configured_auth);
        if (auth.empty() || !is_vouched_for(candidate)) return std::nullopt;
        SettingsProposal proposal;
        proposal.endpoint = candidate.endpoint;
        if (!request_.configured_auth.empty() && auth != request_.configured_auth) proposal.auth = auth;
        proposal.source = candidate.source;
        proposal.confirm_host = must_confirm(candidate, configured_, domain_, context_.rules);
        note_changes(proposal, configured_);
        return proposal;
    }

    /// All at once; the answers count in the order of the candidates.
    std::optional<SettingsProposal> best_of(std::vector<Candidate>& candidates) {
        candidates.resize(std::min(candidates.size(), most_at_once));
        std::vector<std::future<std::optional<SettingsProposal>>> running;
        running.reserve(candidates.size());
        for (const auto& candidate : candidates)
            running.push_back(std::async(std::launch::async, [this, candidate] { return tried(candidate); }));
        for (auto& each : running) {
            if (auto found = each.get()) {
                stop_.cancel().cancel();
                return found;
            }
        }
        return std::nullopt;
    }

    Request request_;
    Context context_;
    Endpoint configured_;
    std::string domain_;
    Deadline whole_;
    Stop stop_;
    bool host_is_gone_, private_allowed_;
};

/// The refused method is known, so only another one helps; on the channel that is configured and encrypted.
std::optional<SettingsProposal> other_method(const Visitor& visitor, const Evidence& evidence) {
    const auto& request = visitor.request;
    if (request.endpoint.tls == TlsMode::none || request.configured_auth.empty()) return std::nullopt;
    const bool seen = evidence.tls.verified && !evidence.offered.empty();
    const auto offered = seen ? evidence.offered : Search(visitor, evidence).offers_of_configured();
    SettingsProposal proposal;
    proposal.endpoint = request.endpoint;
    proposal.auth = other_auth(request.endpoint.protocol, offered, request.configured_auth);
    if (proposal.auth->empty()) return std::nullopt;
    note_changes(proposal, request.endpoint);
    return proposal;
}

std::optional<SettingsProposal> full_address(const Request& request) {
    const auto domain = mail_domain_of(request);
    const bool short_name = !request.user.empty() && request.user.find('@') == std::string::npos;
    if (!short_name || domain.empty() || request.endpoint.tls == TlsMode::none) return std::nullopt;
    SettingsProposal proposal;
    proposal.endpoint = request.endpoint;
    proposal.user = request.user + "@" + domain;
    note_changes(proposal, request.endpoint);
    return proposal;
}

}  // namespace

bool settings_may_help(const Verdict& verdict, const Evidence& evidence) noexcept {
    // A proxy, a resolver that cannot tell and a missing network fail every other server too.
    constexpr Failure everywhere[] = {Failure::proxy_failed,         Failure::proxy_refused,
                                      Failure::proxy_login_required, Failure::dns_temporary,
                                      Failure::network_down,         Failure::cancelled};
    if (std::find(std::begin(everywhere), std::end(everywhere), evidence.failure) != std::end(everywhere))
        return false;
    if (evidence.failure == Failure::timeout && evidence.stage == Stage::resolve) return false;
    return verdict.code == VerdictCode::tls_required || verdict.code == VerdictCode::tls_obsolete ||
           verdict.code == VerdictCode::certificate_untrusted ||
           verdict.code == VerdictCode::server_unreachable ||
           verdict.code == VerdictCode::mechanism_unsupported || verdict.code == VerdictCode::username_format;
}

std::optional<SettingsProposal> search_settings(const Visitor& visitor, const Verdict& verdict,
                                                const Evidence& evidence) {
    if (!settings_may_help(verdict, evidence) || visitor.cancel.cancelled() || visitor.whole.passed())
        return std::nullopt;
    if (verdict.code == VerdictCode::username_format) return full_address(visitor.request);
    try {
        if (verdict.code == VerdictCode::mechanism_unsupported && !offers_no_sign_in(verdict))
            return other_method(visitor, evidence);
        return Search(visitor, evidence).run();
    } catch (const std::system_error&) {  // no thread to be had: the verdict stands without settings
        return std::nullopt;
    }
}

}  // namespace reprompt::probe
