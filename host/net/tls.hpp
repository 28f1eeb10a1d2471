// SPDX-License-Identifier: MPL-2.0
// TlsStream: TLS on one connected socket: the handshake with its judgement of the certificate, then reading
// and writing. The certificate never aborts the handshake: the chain is collected, judged by our own store,
// by the fingerprint the user named, or by the TrustOracle, and only then is the stream given out. Belongs
// here: one connection. Does not belong here: the certificate store (tls_context.hpp), names of failures
// (tls_failure.hpp).
#pragma once

#include <openssl/types.h>

#include <memory>

#include "net/channel.hpp"
#include "net/socket_bio.hpp"

namespace reprompt::net {

class TlsStream {
  public:
    struct Peer {
        const std::string& host;  ///< name or address, as the user configured it
        std::uint16_t port;
    };

    /// A stream whose certificate is trusted. `facts` is filled as far as the handshake came. `socket` stays
    /// the caller's and must live longer. Errors: tls_*, certificate_*, connection_closed, timeout,
    /// cancelled.
    static Expected<std::unique_ptr<TlsStream>, IoError> open(int socket, const Peer& peer,
                                                              const TrustPolicy& policy, TrustOracle* oracle,
                                                              TlsFacts& facts, Deadline deadline,
                                                              const Cancel& cancel);
    /// At least one octet into `out`; the number of them.
    Expected<std::size_t, IoError> read(char* out, std::size_t size, Deadline deadline, const Cancel& cancel);
    Expected<void, IoError> write(std::string_view bytes, Deadline deadline, const Cancel& cancel);
    /// Sends close_notify if the socket takes it at once.
    void say_goodbye() noexcept;

    TlsStream(const TlsStream&) = delete;
    TlsStream& operator=(const TlsStream&) = delete;
    ~TlsStream();

  private:
    explicit TlsStream(int socket) { tap_.fd = socket; }
    Expected<void, IoError> prepare(const Peer& peer, SSL_CTX* context);
    Expected<void, IoError> shake_hands(TlsFacts& facts, Deadline deadline, const Cancel& cancel);
    void note_facts(TlsFacts& facts, bool established) const;
    Expected<void, IoError> judge(const Peer& peer, const TrustPolicy& policy, TrustOracle* oracle,
                                  TlsFacts& facts, Deadline deadline, const Cancel& cancel) const;
    /// After a call that gave `result`: waits for what OpenSSL wants, or says why there is no going on.
    Expected<void, IoError> go_on(int result, const std::string& what, Deadline deadline,
                                  const Cancel& cancel);

    SocketTap tap_;
    std::unique_ptr<SSL, void (*)(SSL*)> ssl_{nullptr, nullptr};
};

}  // namespace reprompt::net
