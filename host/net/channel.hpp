// SPDX-License-Identifier: MPL-2.0
// Channel: one byte stream to a server, in clear first, TLS later. Every wait takes a Deadline and ends on
// Cancel.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/cancel.hpp"
#include "base/deadline.hpp"
#include "base/expected.hpp"
#include "base/unique_fd.hpp"
#include "evidence/evidence.hpp"

namespace reprompt::net {

struct IoError {
    Failure failure = Failure::none;
    std::string detail;  ///< English, for "Details"
};

/// Which certificates count. One SSL_CTX per process and policy, made at first use.
struct TrustPolicy {
    std::string ca_file;             ///< command line only
    std::string accept_sha256;       ///< command line only: the one leaf certificate the user named
    bool honour_environment = true;  ///< SSL_CERT_FILE, SSL_CERT_DIR; false in native mode
    /// Also versions and ciphers that protect nobody any more, to learn which ones a server has. Only for a
    /// connection that carries no credential (probe/second_look).
    bool obsolete_tls = false;
};

/// What the peer showed, for Thunderbird's judgement.
struct Chain {
    std::string host;
    std::uint16_t port = 0;
    std::vector<std::string> der;            ///< leaf first
    Failure system_failure = Failure::none;  ///< certificate_* as our own store sees it; none = valid
};

/// Asked once per handshake that our own store refuses, before any credential. True = Thunderbird (or the
/// user's exception) trusts it.
class TrustOracle {
  public:
    virtual ~TrustOracle() = default;
    virtual bool trusts(const Chain& chain, Deadline deadline, const Cancel& cancel) = 0;
};

/// Proof that bytes written now are readable by the verified server only, or stay on this machine. Only a
/// Channel makes one.
class ChannelProof {
  public:
    ~ChannelProof() = default;
    ChannelProof(const ChannelProof&) = default;
    ChannelProof& operator=(const ChannelProof&) = default;

  private:
    friend class Channel;
    ChannelProof() = default;
};

class Channel {
  public:
    /// Takes a connected, non-blocking socket.
    Channel(UniqueFd socket, bool loopback);
    ~Channel();
    Channel(const Channel&) = delete;
    Channel& operator=(const Channel&) = delete;
    Channel(Channel&&) noexcept;
    Channel& operator=(Channel&&) noexcept;

    /// TLS with SNI and verification of `host` (name or address). Facts are filled also on failure. A
    /// certificate that our store refuses is shown to `oracle` (may be null = no); if nobody trusts it the
    /// error is certificate_*.
    Expected<void, IoError> upgrade(const std::string& host, std::uint16_t port, const TrustPolicy& policy,
                                    TrustOracle* oracle, TlsFacts& facts, Deadline deadline,
                                    const Cancel& cancel);
    /// At least one octet, at most `most` and 16 KiB; the view lives until the next call. End of stream is
    /// connection_closed.
    Expected<std::string_view, IoError> read(Deadline deadline, const Cancel& cancel,
                                             std::size_t most = SIZE_MAX);
    /// All of it.
    Expected<void, IoError> write(std::string_view bytes, Deadline deadline, const Cancel& cancel);

    /// Ends this channel without closing its connection, which a proxy has just joined to the server. Before
    /// TLS only.
    [[nodiscard]] UniqueFd give_socket_away() noexcept;

    [[nodiscard]] bool encrypted() const noexcept;
    [[nodiscard]] bool loopback() const noexcept;
    /// nullopt unless TLS is up and verified, or the peer is loopback (invariant 1).
    [[nodiscard]] std::optional<ChannelProof> proof() const noexcept;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace reprompt::net
