// SPDX-License-Identifier: MPL-2.0
#include "probe/visit.hpp"

#include "base/text.hpp"
#include "net/clock.hpp"

namespace reprompt::probe {

Evidence blank_evidence(const Request& request) {
    Evidence evidence;
    evidence.protocol = request.endpoint.protocol;
    evidence.host = request.endpoint.host;
    evidence.port = request.endpoint.port;
    evidence.tls_mode = request.endpoint.tls;
    evidence.tls_mode_known = true;
    evidence.configured_auth = request.configured_auth;
    evidence.clock = net::clock_facts();
    evidence.heard = request.heard;
    for (Heard& heard : evidence.heard) {
        heard.mechanism = escape_server_words(heard.mechanism, 32);
        for (std::string& line : heard.lines) {
            // The secret first: it may hold the user's name, or look like an address.
            line = escape_server_words(mask_identity(mask_secret(line, request.credential), request.user));
        }
    }
    return evidence;
}

std::optional<net::Channel> reach(const Visitor& visitor, const Endpoint& endpoint, Evidence& evidence,
                                  const net::AddressRule& allowed) {
    const auto& proxy = visitor.request.proxy;
    auto channel = proxy ? net::dial_through(*proxy, endpoint.host, endpoint.port, evidence, visitor.whole,
                                             visitor.cancel, visitor.context.report)
                         : net::dial(endpoint.host, endpoint.port, evidence, visitor.whole, visitor.cancel,
                                     visitor.context.report, allowed);
    if (channel) return std::move(*channel);
    evidence.failure = channel.error().failure;
    evidence.failure_detail = channel.error().detail;
    return std::nullopt;
}

void converse(const Visitor& visitor, const Endpoint& endpoint, net::Channel channel,
              net::CredentialDoor* door, Evidence& evidence) {
    protocol::SessionSettings settings;
    settings.tls = endpoint.tls;
    settings.user = visitor.request.user;
    settings.authenticate = door != nullptr;
    settings.hide_secret = [&credential = visitor.request.credential](std::string_view words) {
        return mask_secret(words, credential);
    };
    const auto session = protocol::make_session(settings, evidence);
    net::drive(*session, std::move(channel), endpoint, visitor.context.trust, visitor.context.oracle, door,
               net::Limits{}, evidence, visitor.whole, visitor.cancel, visitor.context.report);
}

}  // namespace reprompt::probe
