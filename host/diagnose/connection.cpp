// SPDX-License-Identifier: MPL-2.0
#include "diagnose/connection.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "diagnose/connection_words.hpp"
#include "diagnose/words.hpp"

namespace reprompt {
namespace {

/// "https://portal.example:8443/login" -> "portal.example"; empty for a path on the same server.
std::string host_of(std::string_view url) {
    if (url.starts_with("//")) {
        url.remove_prefix(2);
    } else {
        // RFC 3986 section 3.1; a "://" further back belongs to a path or a query of the same server.
        const auto scheme = url.find("://");
        if (scheme == std::string_view::npos || url.find_first_of("/?#") < scheme) return {};
        url.remove_prefix(scheme + 3);
    }
    url = url.substr(0, url.find_first_of("/?#"));
    if (const auto user = url.rfind('@'); user != std::string_view::npos) url.remove_prefix(user + 1);
    if (url.starts_with("[")) return to_lower(url.substr(1, url.find(']') - 1));
    return to_lower(url.substr(0, url.find(':')));
}

/// The last two labels: too short for names below co.uk, so that strangers there count as one house and no
/// portal is claimed; never the other way.
std::string_view house_of(std::string_view host) {
    const auto last = host.rfind('.');
    if (last == std::string_view::npos || last == 0) return host;
    const auto before = host.rfind('.', last - 1);
    return before == std::string_view::npos ? host : host.substr(before + 1);
}

/// A web server on its own ports, or one with a valid certificate, is no stranger: the setting is wrong.
bool is_web_by_right(const Evidence& evidence) {
    const auto at = evidence.port;
    return evidence.tls.verified || at == 80 || at == 443 || at == 8080 || at == 8443;
}

/// RFC 6585 section 6 says so by its code; otherwise a redirect away from the account's own server
/// (RFC 8952 section 1).
bool is_captive_portal(const Evidence& evidence) {
    if (!evidence.second_look || is_web_by_right(evidence)) return false;
    const auto& look = *evidence.second_look;
    if (look.http_status == 511) return true;
    if (look.http_status < 300 || look.http_status > 399) return false;
    const std::string target = host_of(look.http_location);
    return !target.empty() && evidence.host && house_of(target) != house_of(to_lower(*evidence.host));
}

bool is_clock_behind(const ClockFacts& clock) {
    // RFC 3339 in UTC sorts as text.
    return !clock.now.empty() && !clock.known_past.empty() && clock.now < clock.known_past;
}

const Interceptor* interceptor_of(const TlsFacts& tls, const std::vector<Interceptor>& interceptors) {
    for (const auto& name : {fold_words(tls.issuer), fold_words(tls.top_issuer)}) {
        for (const auto& each : interceptors) {
            if (std::any_of(each.issuers.begin(), each.issuers.end(), [&](const std::string& issuer) {
                    return name.find(issuer) != std::string::npos;
                })) {
                return &each;
            }
        }
    }
    return nullptr;
}

/// An IPv6 address to which there was a way and that did not work, while an IPv4 address did.
std::string broken_six(const std::vector<AddressTried>& addresses) {
    const auto is_six = [](const AddressTried& each) { return each.address.find(':') != std::string::npos; };
    const auto used = std::find_if(addresses.begin(), addresses.end(),
                                   [](const AddressTried& each) { return each.failure == Failure::none; });
    const auto six = std::find_if(addresses.begin(), addresses.end(), [&](const AddressTried& each) {
        return is_six(each) && each.failure != Failure::none && each.failure != Failure::network_down;
    });
    if (used == addresses.end() || six == addresses.end() || is_six(*used)) return {};
    return "IPv6 does not work to this server (" + six->address + ": " + six->detail + "); IPv4 does (" +
           used->address + ")";
}

}  // namespace

Connection read_connection(const Evidence& evidence, const std::vector<Interceptor>& interceptors) {
    Connection out;
    const bool behind = is_clock_behind(evidence.clock);
    const bool portal = is_captive_portal(evidence);
    const Interceptor* interceptor = interceptor_of(evidence.tls, interceptors);
    if (behind) out.findings.push_back(Finding::clock_behind);
    if (interceptor != nullptr) out.findings.push_back(Finding::intercepted);
    if (portal) out.findings.push_back(Finding::captive_portal);

    const auto say = [&](std::string sentence) {
        if (!sentence.empty()) out.words.push_back(std::move(sentence));
    };
    if (portal) say(words_about_portal(evidence));
    if (interceptor != nullptr) say(words_about_interceptor(evidence, *interceptor));
    // By a clock that is behind, what has expired has expired all the more.
    if (behind && evidence.failure == Failure::certificate_not_yet_valid)
        say(words_about_clock(evidence.clock));
    if (!portal) say(words_about_failure(evidence));
    if (evidence.proxy.empty()) say(broken_six(evidence.addresses));
    return out;
}

}  // namespace reprompt
