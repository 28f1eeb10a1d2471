// SPDX-License-Identifier: MPL-2.0
//
// resolve: the server's name, if that is ours to do, and the proxy's. connect: proxy -> [SOCKS5 method] ->
// "connect me to" -> the socket is the server's. Each address of the server needs a new visit to the proxy.
#include "net/proxy.hpp"

#include "net/proxy_reply.hpp"
#include "net/race.hpp"
#include "net/resolver.hpp"
#include "net/wait.hpp"

namespace reprompt::net {
namespace {

using Clock = Deadline::Clock;
using Reader = ProxyReply (*)(std::string_view);

class Visit {
  public:
    Visit(const Proxy& proxy, Deadline deadline, const Cancel& cancel)
        : proxy_(proxy), name_(to_text(proxy)), deadline_(deadline), cancel_(cancel) {}

    Expected<std::vector<Address>, IoError> find_proxy() const {
        auto found = resolve(proxy_.host, proxy_.port, deadline_.clip(resolve_limit), cancel_);
        if (!found) return Unexpected<IoError>(unreached(found.error()));
        return interleaved(*found);
    }

    Expected<Channel, IoError> tunnel(const std::vector<Address>& to_proxy, const std::string& host,
                                      std::uint16_t port) const {
        auto channel = connect_first(to_proxy, deadline_.clip(connect_limit), cancel_);
        if (!channel) return Unexpected<IoError>(unreached(channel.error()));
        const Deadline until = deadline_.clip(proxy_limit);
        Expected<void, IoError> open;
        switch (proxy_.kind) {
            case ProxyKind::socks5:
                open = ask(*channel, socks5_greeting(), read_socks5_method, until);
                if (open) open = ask(*channel, socks5_request(host, port), read_socks5_connect, until);
                break;
            case ProxyKind::http:
                open = ask(*channel, http_connect_request(host, port), read_http_connect, until);
                break;
        }
        if (!open) return Unexpected<IoError>(open.error());
        return Channel(channel->give_socket_away(), false);
    }

  private:
    Expected<void, IoError> ask(Channel& channel, const std::string& request, Reader read,
                                Deadline until) const {
        if (auto sent = channel.write(request, until, cancel_); !sent) return broken(sent.error());
        std::string octets;
        for (;;) {
            const ProxyReply reply = read(octets);
            switch (reply.state) {
                case ProxyReply::State::accepted:
                    return {};
                case ProxyReply::State::refused:
                    return fail(Failure::proxy_refused, "the proxy " + name_ + " refused: " + reply.words);
                case ProxyReply::State::needs_login:
                    return fail(Failure::proxy_login_required,
                                "the proxy " + name_ + " wants a login of its own: " + reply.words);
                case ProxyReply::State::garbage:
                    return fail(Failure::proxy_failed, "what answers at " + name_ + " is no such proxy");
                case ProxyReply::State::incomplete:
                    break;
            }
            const auto more = channel.read(until, cancel_, reply.wanted);
            if (!more) return broken(more.error());
            octets += *more;
        }
    }

    [[nodiscard]] IoError unreached(const IoError& error) const {
        if (error.failure == Failure::cancelled || error.failure == Failure::network_down) return error;
        return {Failure::proxy_failed, "the proxy " + name_ + " cannot be reached: " + error.detail};
    }

    [[nodiscard]] Unexpected<IoError> broken(const IoError& error) const {
        if (error.failure == Failure::cancelled) return Unexpected<IoError>(error);
        return fail(Failure::proxy_failed,
                    "the proxy " + name_ +
                        (error.failure == Failure::timeout ? " gave no answer within the time limit"
                                                           : " closed the connection instead of an answer"));
    }

    const Proxy& proxy_;
    std::string name_;
    Deadline deadline_;
    const Cancel& cancel_;
};

/// What the proxy is asked for, one after the other: the name, or the addresses that we found for it.
Expected<std::vector<std::string>, IoError> destinations(const Proxy& proxy, const std::string& host,
                                                         std::uint16_t port, Deadline deadline,
                                                         const Cancel& cancel) {
    const bool theirs = proxy.resolves_names || proxy.kind == ProxyKind::http;
    if (theirs || is_numeric_address(host)) return std::vector{host};
    const auto addresses = resolve(host, port, deadline.clip(resolve_limit), cancel);
    if (!addresses) return Unexpected<IoError>(addresses.error());
    std::vector<std::string> texts;
    for (const Address& address : interleaved(*addresses))
        texts.push_back(to_text(address));
    return texts;
}

std::int64_t since(Clock::time_point start) {
    return std::chrono::duration_cast<Milliseconds>(Clock::now() - start).count();
}

}  // namespace

const char* name_of(ProxyKind kind) noexcept {
    switch (kind) {
        case ProxyKind::socks5:
            return "socks5";
        case ProxyKind::http:
            return "http";
    }
    return "";
}

std::optional<ProxyKind> proxy_kind_from(std::string_view name) noexcept {
    for (const ProxyKind kind : {ProxyKind::socks5, ProxyKind::http}) {
        if (name == name_of(kind)) return kind;
    }
    return std::nullopt;
}

std::string to_text(const Proxy& proxy) {
    const bool six = proxy.host.find(':') != std::string::npos;
    return std::string(name_of(proxy.kind)) + "://" + (six ? "[" + proxy.host + "]" : proxy.host) + ":" +
           std::to_string(proxy.port);
}

Expected<Channel, IoError> dial_through(const Proxy& proxy, const std::string& host, std::uint16_t port,
                                        Evidence& evidence, Deadline deadline, const Cancel& cancel,
                                        const StageReport& report) {
    const auto begin = [&](Stage stage) {
        evidence.stage = stage;
        if (report) report(stage);
        return Clock::now();
    };
    evidence.proxy = to_text(proxy);
    const auto resolving = begin(Stage::resolve);
    const auto wanted = destinations(proxy, host, port, deadline, cancel);
    const Visit visit(proxy, deadline, cancel);
    const auto to_proxy = wanted ? visit.find_proxy() : Unexpected<IoError>(wanted.error());
    evidence.timings_ms[name_of(Stage::resolve)] = since(resolving);
    if (!to_proxy) return Unexpected<IoError>(to_proxy.error());

    const auto connecting = begin(Stage::connect);
    Expected<Channel, IoError> channel = fail(Failure::dns_no_address, "no address to connect to");
    for (const std::string& destination : *wanted) {
        channel = visit.tunnel(*to_proxy, destination, port);
        if (channel || channel.error().failure != Failure::proxy_refused) break;
    }
    evidence.timings_ms[name_of(Stage::connect)] = since(connecting);
    return channel;
}

}  // namespace reprompt::net
