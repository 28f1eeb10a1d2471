// SPDX-License-Identifier: MPL-2.0
#include "net/tls.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>

#include "base/text.hpp"
#include "net/address.hpp"
#include "net/certificate.hpp"
#include "net/tls_context.hpp"
#include "net/tls_failure.hpp"
#include "net/wait.hpp"

namespace reprompt::net {
namespace {

/// RFC 6066 section 3: the name in SNI has no trailing dot.
std::string reference_name(std::string host) {
    if (host.size() > 1 && host.back() == '.') host.pop_back();
    return host;
}

/// The words of a server that speaks no TLS: what OpenSSL already took and what waits behind it.
std::string words_without_tls(const SocketTap& tap) {
    std::array<char, 256> rest{};
    const auto count = ::recv(tap.fd, rest.data(), rest.size(), MSG_DONTWAIT);
    std::string words = tap.first;
    if (count > 0) words.append(rest.data(), static_cast<std::size_t>(count));
    words.resize(std::min(words.size(), words.find_first_of("\r\n")));
    return escape_server_words(words, 160);
}

}  // namespace

TlsStream::~TlsStream() = default;

Expected<std::unique_ptr<TlsStream>, IoError> TlsStream::open(int socket, const Peer& peer,
                                                              const TrustPolicy& policy, TrustOracle* oracle,
                                                              TlsFacts& facts, Deadline deadline,
                                                              const Cancel& cancel) {
    const auto context = tls_context(policy);
    if (!context) return fail(Failure::certificate_other, context.error());
    std::unique_ptr<TlsStream> stream(new TlsStream(socket));
    if (auto prepared = stream->prepare(peer, *context); !prepared)
        return Unexpected<IoError>(prepared.error());
    auto shaken = stream->shake_hands(facts, deadline, cancel);
    stream->note_facts(facts, shaken.has_value());
    if (!shaken) return Unexpected<IoError>(shaken.error());
    if (auto judged = stream->judge(peer, policy, oracle, facts, deadline, cancel); !judged) {
        stream->say_goodbye();
        return Unexpected<IoError>(judged.error());
    }
    facts.verified = true;
    return stream;
}

Expected<void, IoError> TlsStream::prepare(const Peer& peer, SSL_CTX* context) {
    ERR_clear_error();
    ssl_ = {SSL_new(context), SSL_free};
    BIO* bio = ssl_ ? make_socket_bio(tap_) : nullptr;
    if (bio == nullptr) return fail(Failure::tls_handshake, "cannot prepare TLS: " + last_reason());
    SSL_set_bio(ssl_.get(), bio, bio);
    SSL_set_connect_state(ssl_.get());

    X509_VERIFY_PARAM* expected = SSL_get0_param(ssl_.get());
    // RFC 9525: a name counts only in subjectAltName, and a wildcard only as the whole left-most label.
    // Thunderbird decides alike.
    X509_VERIFY_PARAM_set_hostflags(
        expected, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    const std::string name = reference_name(peer.host);
    bool set = false;
    if (is_numeric_address(name)) {
        set = X509_VERIFY_PARAM_set1_ip_asc(expected, name.substr(0, name.find('%')).c_str()) == 1;
    } else {
        set = X509_VERIFY_PARAM_set1_host(expected, name.c_str(), name.size()) == 1 &&
              SSL_set_tlsext_host_name(ssl_.get(), name.c_str()) == 1;
    }
    if (!set || name.empty())
        return fail(Failure::tls_handshake, "cannot check a certificate for this host name");
    return {};
}

Expected<void, IoError> TlsStream::go_on(int result, const std::string& what, Deadline deadline,
                                         const Cancel& cancel) {
    const int wanted = SSL_get_error(ssl_.get(), result);
    if (wanted == SSL_ERROR_WANT_READ || wanted == SSL_ERROR_WANT_WRITE) {
        // A peer that always has something to say keeps the socket ready.
        if (deadline.passed()) return Unexpected<IoError>(error_of(Waited::timeout, what));
        const short events = wanted == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT;
        const Waited waited = wait_for(tap_.fd, events, deadline, cancel);
        if (waited == Waited::ready) return {};
        return Unexpected<IoError>(error_of(waited, what));
    }
    if (wanted == SSL_ERROR_ZERO_RETURN) {
        return fail(Failure::connection_closed, "the server closed the connection");
    }
    return Unexpected<IoError>(handshake_failure(ssl_.get(), tap_));
}

Expected<void, IoError> TlsStream::shake_hands(TlsFacts& facts, Deadline deadline, const Cancel& cancel) {
    for (;;) {
        ERR_clear_error();
        const int result = SSL_do_handshake(ssl_.get());
        if (result == 1) return {};
        auto waited = go_on(result, "TLS: no answer", deadline, cancel);
        if (waited) continue;
        if (waited.error().failure == Failure::tls_not_spoken) {
            facts.plain_words = words_without_tls(tap_);
            waited.error().detail = "the server's answer is not TLS: " + facts.plain_words;
        }
        return waited;
    }
}

void TlsStream::note_facts(TlsFacts& facts, bool established) const {
    facts.established = established;
    if (const X509* leaf = SSL_get0_peer_certificate(ssl_.get()); leaf != nullptr) {
        describe(leaf, facts);
        facts.top_issuer = top_issuer_of(ssl_.get());
    }
    const SSL_CIPHER* cipher = SSL_get_current_cipher(ssl_.get());
    if (cipher == nullptr) return;
    facts.cipher = SSL_CIPHER_get_name(cipher);
    facts.version = SSL_get_version(ssl_.get());
}

Expected<void, IoError> TlsStream::judge(const Peer& peer, const TrustPolicy& policy, TrustOracle* oracle,
                                         TlsFacts& facts, Deadline deadline, const Cancel& cancel) const {
    if (SSL_get0_peer_certificate(ssl_.get()) == nullptr) {
        return fail(Failure::certificate_other, "the server showed no certificate");
    }
    const long result = SSL_get_verify_result(ssl_.get());
    const Failure failure = certificate_failure(result);
    if (failure == Failure::none) {
        facts.trusted_by = policy.ca_file.empty() ? "system" : "ca-file";
        return {};
    }
    if (!facts.sha256.empty() && normalised_fingerprint(policy.accept_sha256) == facts.sha256) {
        facts.trusted_by = "accepted";
        return {};
    }
    if (oracle != nullptr &&
        oracle->trusts(Chain{peer.host, peer.port, chain_of(ssl_.get()), failure}, deadline, cancel)) {
        facts.trusted_by = "thunderbird";
        return {};
    }
    if (cancel.cancelled()) return Unexpected<IoError>(error_of(Waited::cancelled, {}));
    return fail(failure, X509_verify_cert_error_string(result));
}

Expected<std::size_t, IoError> TlsStream::read(char* out, std::size_t size, Deadline deadline,
                                               const Cancel& cancel) {
    for (;;) {
        ERR_clear_error();
        std::size_t count = 0;
        const int result = SSL_read_ex(ssl_.get(), out, size, &count);
        if (result == 1) return count;
        if (auto waited = go_on(result, "no reply", deadline, cancel); !waited) {
            return Unexpected<IoError>(waited.error());
        }
    }
}

Expected<void, IoError> TlsStream::write(std::string_view bytes, Deadline deadline, const Cancel& cancel) {
    // Without SSL_MODE_ENABLE_PARTIAL_WRITE a success means all of it; a retry repeats the same buffer.
    while (!bytes.empty()) {
        ERR_clear_error();
        std::size_t count = 0;
        const int result = SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &count);
        if (result == 1) return {};
        if (auto waited = go_on(result, "cannot send", deadline, cancel); !waited) {
            return Unexpected<IoError>(waited.error());
        }
    }
    return {};
}

void TlsStream::say_goodbye() noexcept {
    ERR_clear_error();
    if (tap_.error_number == 0) SSL_shutdown(ssl_.get());
    ERR_clear_error();
}

}  // namespace reprompt::net
