// SPDX-License-Identifier: MPL-2.0
//
//   failure of the first connection                 second connection
//   no common TLS version or cipher                 the same with everything OpenSSL still knows: which are
//   they? in clear, no greeting                           TLS: is this a port for TLS? If a web server
//   answers: GET in TLS, no greeting                             TLS, then GET: is this a web server? a
//   certificate of another name or unknown issuer TLS whatever the certificate; a greeting? If none: GET a
//   web server spoke                              GET: where does it send browsers?
#include "probe/second_look.hpp"

#include "base/text.hpp"
#include "protocol/greeting.hpp"
#include "protocol/http_answer.hpp"

namespace reprompt::probe {
namespace {

constexpr Milliseconds whole_limit{5'000};
constexpr Milliseconds greeting_limit{2'000};
constexpr std::size_t longest_head = 8 * 1024;
constexpr std::size_t longest_location = 200;

/// Nothing secret is said on a second connection, so nobody has to be who they say they are.
class AnyCertificate final : public net::TrustOracle {
  public:
    bool trusts(const net::Chain&, Deadline, const Cancel&) override { return true; }
};

class Onlooker {
  public:
    explicit Onlooker(const Visitor& visitor)
        : endpoint_(visitor.request.endpoint),
          context_{visitor.context.rules, nullptr, visitor.context.trust, &anybody_, {}},
          visitor_{visitor.request, context_, visitor.whole.clip(whole_limit), visitor.cancel} {}

    SecondLook obsolete_tls() {
        context_.trust.obsolete_tls = true;
        Evidence seen = blank_evidence(visitor_.request);
        if (auto channel = reach(visitor_, endpoint_, seen))
            converse(visitor_, endpoint_, std::move(*channel), nullptr, seen);
        look_.tls = seen.tls.established;
        look_.tls_version = seen.tls.version;
        look_.tls_cipher = seen.tls.cipher;
        return look_;
    }

    SecondLook tls_where_clear_was_expected() {
        Evidence seen = blank_evidence(visitor_.request);
        if (auto channel = reach(visitor_, endpoint_, seen)) start_tls(*channel, seen);
        if (!seen.tls.plain_words.empty()) look_.words = {seen.tls.plain_words};
        if (is_web(look_.words)) ask_in_clear();
        return look_;
    }

    SecondLook inside_tls(bool greeting_known_missing) {
        Evidence seen = blank_evidence(visitor_.request);
        auto channel = reach(visitor_, endpoint_, seen);
        if (!channel || !start_tls(*channel, seen)) return look_;
        if (!greeting_known_missing && greets(*channel)) return look_;
        // A channel ends with a wait in vain.
        if (!greeting_known_missing) {
            channel = reach(visitor_, endpoint_, seen);
            if (!channel || !start_tls(*channel, seen)) return look_;
        }
        ask(*channel);
        return look_;
    }

    SecondLook web_in_clear() {
        ask_in_clear();
        return look_;
    }

    static bool is_web(const std::vector<std::string>& words) {
        return !words.empty() && protocol::speaker_of(words.front()) == protocol::Speaker::web;
    }

  private:
    bool start_tls(net::Channel& channel, Evidence& seen) {
        const auto started = channel.upgrade(endpoint_.host, endpoint_.port, context_.trust, &anybody_,
                                             seen.tls, visitor_.whole, visitor_.cancel);
        look_.tls = seen.tls.established;
        return started.has_value();
    }

    bool greets(net::Channel& channel) {
        const auto bytes = channel.read(visitor_.whole.clip(greeting_limit), visitor_.cancel);
        if (!bytes) return bytes.error().failure != Failure::timeout;
        note_words(*bytes);
        return true;
    }

    void ask_in_clear() {
        Evidence seen = blank_evidence(visitor_.request);
        if (auto channel = reach(visitor_, endpoint_, seen)) ask(*channel);
    }

    void ask(net::Channel& channel) {
        if (!channel.write(protocol::http_question(endpoint_.host), visitor_.whole, visitor_.cancel)) return;
        std::string head;
        while (head.size() < longest_head && !protocol::is_whole_head(head)) {
            const auto bytes = channel.read(visitor_.whole, visitor_.cancel);
            if (!bytes) break;
            head += *bytes;
        }
        if (!head.empty()) note_words(head);
        const auto answer = protocol::read_http_answer(head);
        look_.http_status = answer.status;
        look_.http_location = escape_server_words(answer.location, longest_location);
    }

    void note_words(std::string_view bytes) {
        const auto line = bytes.substr(0, bytes.find_first_of("\r\n"));
        look_.words = {escape_server_words(mask_identity(line, visitor_.request.user), 160)};
    }

    AnyCertificate anybody_;
    const Endpoint& endpoint_;
    Context context_;
    Visitor visitor_;
    SecondLook look_;
};

bool said_nothing(const Evidence& evidence) {
    return evidence.stage == Stage::greeting && evidence.greeting.empty() && evidence.unsolicited.empty() &&
           (evidence.failure == Failure::timeout || evidence.failure == Failure::connection_closed);
}

std::optional<SecondLook> look(Onlooker& onlooker, const Evidence& evidence) {
    const bool implicit = evidence.tls_mode == TlsMode::implicit;
    if (said_nothing(evidence))
        return implicit ? onlooker.inside_tls(true) : onlooker.tls_where_clear_was_expected();
    const Failure failure = evidence.failure;
    if (failure == Failure::tls_version || failure == Failure::tls_cipher) return onlooker.obsolete_tls();
    if (failure == Failure::certificate_name || failure == Failure::certificate_issuer) {
        if (implicit) return onlooker.inside_tls(false);
    }
    if (failure == Failure::tls_not_spoken && Onlooker::is_web({evidence.tls.plain_words}))
        return onlooker.web_in_clear();
    if (failure == Failure::wrong_protocol && Onlooker::is_web(evidence.greeting))
        return implicit ? onlooker.inside_tls(true) : onlooker.web_in_clear();
    return std::nullopt;
}

}  // namespace

void look_again(const Visitor& visitor, Evidence& evidence) {
    if (evidence.attempt || evidence.failure == Failure::none || visitor.cancel.cancelled()) return;
    // What the configured port says explains nothing about another one (unencrypted.hpp).
    if (evidence.port != visitor.request.endpoint.port) return;
    Onlooker onlooker(visitor);
    evidence.second_look = look(onlooker, evidence);
}

}  // namespace reprompt::probe
