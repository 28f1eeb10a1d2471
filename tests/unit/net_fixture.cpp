// SPDX-License-Identifier: MPL-2.0
#include "unit/net_fixture.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <array>
#include <stdexcept>

#include "net/address.hpp"

namespace reprompt::test {
namespace {

using Key = std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)>;
using Certificate = std::unique_ptr<X509, void (*)(X509*)>;

void require(bool condition, const char* what) {
    if (!condition) throw std::runtime_error(what);
}

Key make_key() {
    return {EVP_EC_gen("P-256"), EVP_PKEY_free};
}

void add_extension(X509* certificate, int kind, const std::string& value) {
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, kind, value.c_str());
    require(extension != nullptr, "extension");
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
}

Certificate make_certificate(EVP_PKEY* key, const std::string& common_name, long from, long to, long serial) {
    Certificate certificate(X509_new(), X509_free);
    X509_set_version(certificate.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), serial);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), from);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), to);
    X509_set_pubkey(certificate.get(), key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(common_name.c_str()), -1, -1, 0);
    return certificate;
}

}  // namespace

Authority::Authority() : key_(make_key()), certificate_(nullptr, X509_free) {
    certificate_ = make_certificate(key_.get(), "Authority of a test", -86400, 86400, 1);
    X509_set_issuer_name(certificate_.get(), X509_get_subject_name(certificate_.get()));
    add_extension(certificate_.get(), NID_basic_constraints, "critical,CA:TRUE");
    require(X509_sign(certificate_.get(), key_.get(), EVP_sha256()) > 0, "sign");
    file_ = (std::filesystem::temp_directory_path() / "reprompt-ca-XXXXXX").string();
    const int fd = ::mkstemp(file_.data());
    require(fd >= 0, "temporary file");
    FILE* out = ::fdopen(fd, "w");
    PEM_write_X509(out, certificate_.get());
    ::fclose(out);
}

Authority::~Authority() {
    ::unlink(file_.c_str());
}

net::TrustPolicy Authority::policy() const {
    return {file_, {}, false};
}

Identity::Identity(const Authority& authority, const CertificateWish& wish)
    : key_(make_key()),
      certificate_(make_certificate(key_.get(), "Server of a test", wish.valid_from, wish.valid_to, 2)) {
    X509_set_issuer_name(certificate_.get(), X509_get_subject_name(authority.certificate_.get()));
    std::string names;
    if (!wish.name.empty()) names = "DNS:" + wish.name;
    if (!wish.address.empty()) names += (names.empty() ? "IP:" : ",IP:") + wish.address;
    if (!names.empty()) add_extension(certificate_.get(), NID_subject_alt_name, names);
    require(X509_sign(certificate_.get(), authority.key_.get(), EVP_sha256()) > 0, "sign");
}

Peer::Peer(int socket, int stop)
    : socket_(socket), stop_(stop), context_(nullptr, SSL_CTX_free), ssl_(nullptr, SSL_free) {}

Peer::~Peer() {
    if (ssl_) SSL_shutdown(ssl_.get());
    ERR_clear_error();
}

bool Peer::readable() {
    if (ssl_ && SSL_pending(ssl_.get()) > 0) return true;
    std::array<pollfd, 2> waits{{{socket_, POLLIN, 0}, {stop_, POLLIN, 0}}};
    while (::poll(waits.data(), waits.size(), -1) < 0) {
    }
    return waits[1].revents == 0;
}

bool Peer::alive() const {
    std::array<pollfd, 2> waits{{{socket_, POLLRDHUP, 0}, {stop_, POLLIN, 0}}};
    return ::poll(waits.data(), waits.size(), 0) == 0;
}

bool Peer::start_tls(const TlsTaste& taste) {
    context_.reset(SSL_CTX_new(TLS_server_method()));
    SSL_CTX_use_certificate(context_.get(), taste.identity->certificate());
    SSL_CTX_use_PrivateKey(context_.get(), taste.identity->key());
    // The server's own taste, not this machine's policy; level 0 is what lets it speak TLS 1.1.
    SSL_CTX_set_min_proto_version(context_.get(), taste.min_version);
    SSL_CTX_set_max_proto_version(context_.get(), taste.max_version);
    const std::string ciphers = taste.ciphers.empty() ? "DEFAULT:@SECLEVEL=0" : taste.ciphers;
    require(SSL_CTX_set_cipher_list(context_.get(), ciphers.c_str()) == 1, "ciphers");
    ssl_.reset(SSL_new(context_.get()));
    tap_.fd = socket_;
    BIO* bio = net::make_socket_bio(tap_);
    SSL_set_bio(ssl_.get(), bio, bio);
    const bool spoken = readable() && SSL_accept(ssl_.get()) == 1;
    ERR_clear_error();
    return spoken;
}

void Peer::send_tickets_without_end() {
    // OpenSSL does not mind who reads them (RFC 8446 section 6.1); the socket does.
    while (tap_.error_number == 0 && SSL_new_session_ticket(ssl_.get()) == 1 &&
           SSL_do_handshake(ssl_.get()) == 1)
        continue;
    ERR_clear_error();
}

void Peer::ask_for_new_handshake() {
    SSL_renegotiate(ssl_.get());
    SSL_do_handshake(ssl_.get());
    char octet = 0;
    SSL_peek(ssl_.get(), &octet, 1);
    ERR_clear_error();
}

void Peer::send(std::string_view bytes) {
    if (ssl_) {
        SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()));
        ERR_clear_error();
    } else {
        [[maybe_unused]] const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    }
}

int Peer::receive(char* out, int size) {
    if (!readable()) return 0;
    const int count = ssl_ ? SSL_read(ssl_.get(), out, size)
                           : static_cast<int>(::recv(socket_, out, static_cast<std::size_t>(size), 0));
    ERR_clear_error();
    return count;
}

std::string Peer::line() {
    for (;;) {
        if (const auto end = pending_.find('\n'); end != std::string::npos) {
            std::string result = pending_.substr(0, end);
            pending_.erase(0, end + 1);
            if (!result.empty() && result.back() == '\r') result.pop_back();
            return result;
        }
        std::array<char, 1024> some{};
        const int count = receive(some.data(), static_cast<int>(some.size()));
        if (count <= 0) return {};
        pending_.append(some.data(), static_cast<std::size_t>(count));
    }
}

void Peer::wait_for_end() {
    std::array<char, 1024> some{};
    while (receive(some.data(), static_cast<int>(some.size())) > 0) {
    }
}

void Peer::reset() {
    const linger hard{1, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
}

Server::Server(std::function<void(Peer&)> script, const char* address, std::uint16_t port)
    : script_(std::move(script)),
      listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)),
      stop_(::eventfd(0, EFD_CLOEXEC)) {
    const int on = 1;
    ::setsockopt(listener_.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in own{};
    own.sin_family = AF_INET;
    own.sin_port = htons(port);
    ::inet_pton(AF_INET, address, &own.sin_addr);
    require(::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&own), sizeof own) == 0, "bind");
    require(::listen(listener_.get(), 16) == 0, "listen");
    socklen_t size = sizeof own;
    ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&own), &size);
    port_ = ntohs(own.sin_port);
    thread_ = std::thread([this] { serve(); });
}

Server::~Server() {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(stop_.get(), &one, sizeof one);
    thread_.join();
}

void Server::serve() {
    for (;;) {
        std::array<pollfd, 2> waits{{{listener_.get(), POLLIN, 0}, {stop_.get(), POLLIN, 0}}};
        if (::poll(waits.data(), waits.size(), -1) < 0) continue;
        if (waits[1].revents != 0) return;
        const UniqueFd client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
        if (!client) continue;
        ++clients_;
        Peer peer(client.get(), stop_.get());
        script_(peer);
    }
}

std::uint16_t closed_port() {
    const UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in own{};
    own.sin_family = AF_INET;
    own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    require(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&own), sizeof own) == 0, "bind");
    socklen_t size = sizeof own;
    ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&own), &size);
    return ntohs(own.sin_port);
}

net::Channel connect_to(std::uint16_t port, bool loopback) {
    UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in server{};
    server.sin_family = AF_INET;
    server.sin_port = htons(port);
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    require(::connect(socket.get(), reinterpret_cast<const sockaddr*>(&server), sizeof server) == 0,
            "connect");
    ::fcntl(socket.get(), F_SETFL, O_NONBLOCK);
    return {std::move(socket), loopback};
}

}  // namespace reprompt::test
