// SPDX-License-Identifier: MPL-2.0
// Stand-ins for the network tests: certificates made on the spot, and a server on loopback that plays a
// script in a thread. Belongs here: what more than one of net_, dial_, tls_, drive_ and probe_ tests needs.
#pragma once

#include <openssl/types.h>

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "base/unique_fd.hpp"
#include "net/channel.hpp"
#include "net/socket_bio.hpp"

namespace reprompt::test {

using namespace std::chrono_literals;

struct CertificateWish {
    std::string name = "localhost";            ///< dNSName; empty = none
    std::string address = "127.0.0.1";         ///< iPAddress; empty = none
    long valid_from = -3600, valid_to = 3600;  ///< seconds from now
};

/// A certificate authority made for one test, with its certificate in a file.
class Authority {
  public:
    Authority();
    ~Authority();
    Authority(const Authority&) = delete;
    Authority& operator=(const Authority&) = delete;
    [[nodiscard]] const std::string& file() const noexcept { return file_; }
    /// A policy that trusts this authority alone.
    [[nodiscard]] net::TrustPolicy policy() const;

  private:
    friend class Identity;
    std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> key_;
    std::unique_ptr<X509, void (*)(X509*)> certificate_;
    std::string file_;
};

/// A server's key and certificate, signed by an authority.
class Identity {
  public:
    explicit Identity(const Authority& authority, const CertificateWish& wish = {});
    [[nodiscard]] EVP_PKEY* key() const noexcept { return key_.get(); }
    [[nodiscard]] X509* certificate() const noexcept { return certificate_.get(); }

  private:
    std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> key_;
    std::unique_ptr<X509, void (*)(X509*)> certificate_;
};

/// How a scripted server speaks TLS.
struct TlsTaste {
    const Identity* identity = nullptr;
    int min_version = 0;
    int max_version = 0;    ///< 0 = OpenSSL's own
    std::string ciphers{};  ///< TLS 1.2 list; empty = OpenSSL's own
};

/// The server's end of one connection. Blocking; every wait ends when the server object ends.
class Peer {
  public:
    Peer(int socket, int stop);
    ~Peer();
    Peer(const Peer&) = delete;
    Peer& operator=(const Peer&) = delete;
    /// False if the handshake failed.
    bool start_tls(const TlsTaste& taste);
    /// Session tickets (RFC 8446 section 4.6.1) until the other side is gone. After start_tls.
    void send_tickets_without_end();
    /// Asks for another handshake (TLS 1.2), and waits for what comes. After start_tls.
    void ask_for_new_handshake();
    void send(std::string_view bytes);
    /// Without the line's end; empty at the end of the stream.
    std::string line();
    /// Returns when the client has closed, or the server ends.
    void wait_for_end();
    /// False once the client has closed or the server ends.
    [[nodiscard]] bool alive() const;
    void reset();  ///< closes with RST

  private:
    int receive(char* out, int size);
    bool readable();
    int socket_, stop_;
    net::SocketTap tap_;  // OpenSSL's own socket BIO would raise SIGPIPE
    std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context_;
    std::unique_ptr<SSL, void (*)(SSL*)> ssl_;
    std::string pending_;
};

/// Listens on an address of this machine and plays `script` to each client, one after the other.
class Server {
  public:
    explicit Server(std::function<void(Peer&)> script, const char* address = "127.0.0.1",
                    std::uint16_t port = 0);
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;
    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
    /// Clients that came. Call after the client's run ended.
    [[nodiscard]] int clients() const noexcept { return clients_.load(); }

  private:
    void serve();
    std::function<void(Peer&)> script_;
    UniqueFd listener_, stop_;
    std::uint16_t port_ = 0;
    std::atomic<int> clients_{0};
    std::thread thread_;
};

/// A port of 127.0.0.1 where nobody listens.
std::uint16_t closed_port();

/// Connected to a Server.
net::Channel connect_to(std::uint16_t port, bool loopback = true);

}  // namespace reprompt::test
