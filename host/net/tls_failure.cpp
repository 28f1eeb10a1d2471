// SPDX-License-Identifier: MPL-2.0
#include "net/tls_failure.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <array>

#include "net/wait.hpp"

namespace reprompt::net {
namespace {

std::string text_of(unsigned long code) {
    if (code == 0) return "no reason given";
    if (const char* reason = ERR_reason_error_string(code); reason != nullptr) return reason;
    std::array<char, 256> text{};
    ERR_error_string_n(code, text.data(), text.size());
    return text.data();
}

/// `answered`: a ServerHello came. A handshake_failure alert before it means that nothing offered suited the
/// server (RFC 8446 section 4.1.1, RFC 5246 section 7.2.2).
Failure failure_of(unsigned long code, bool answered) noexcept {
    if (ERR_GET_LIB(code) != ERR_LIB_SSL) return Failure::tls_handshake;
    switch (ERR_GET_REASON(code)) {
        case SSL_R_UNSUPPORTED_PROTOCOL:
        case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
        case SSL_R_WRONG_SSL_VERSION:
        case SSL_R_UNKNOWN_SSL_VERSION:
        case SSL_R_VERSION_TOO_LOW:
        case SSL_R_VERSION_TOO_HIGH:
        case SSL_R_NO_PROTOCOLS_AVAILABLE:
        case SSL_R_TLSV1_ALERT_INAPPROPRIATE_FALLBACK:
            return Failure::tls_version;
        case SSL_R_NO_SHARED_CIPHER:
        case SSL_R_NO_CIPHERS_AVAILABLE:
        case SSL_R_TLSV1_ALERT_INSUFFICIENT_SECURITY:
        case SSL_R_DH_KEY_TOO_SMALL:
        case SSL_R_UNKNOWN_CIPHER_RETURNED:
        case SSL_R_WRONG_CIPHER_RETURNED:
            return Failure::tls_cipher;
        case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
            return answered ? Failure::tls_handshake : Failure::tls_cipher;
        case SSL_R_HTTP_REQUEST:
        case SSL_R_HTTPS_PROXY_REQUEST:
            return Failure::tls_not_spoken;
        default:
            return Failure::tls_handshake;
    }
}

}  // namespace

std::string last_reason() {
    const unsigned long code = ERR_get_error();
    ERR_clear_error();
    return text_of(code);
}

bool is_not_tls(const std::string& first) noexcept {
    if (first.empty()) return false;
    const bool handshake_or_alert = first[0] == 0x16 || first[0] == 0x15;
    return !handshake_or_alert || (first.size() > 1 && first[1] != 0x03);
}

IoError handshake_failure(const SSL* ssl, const SocketTap& tap) {
    const unsigned long code = ERR_get_error();
    ERR_clear_error();
    if (is_not_tls(tap.first)) return {Failure::tls_not_spoken, "the server's answer is not TLS"};
    if (tap.error_number != 0) {
        return {Failure::connection_closed, with_errno("TLS: connection lost", tap.error_number)};
    }
    if (tap.ended) return {Failure::connection_closed, "TLS: the server closed the connection"};
    return {failure_of(code, SSL_get_pending_cipher(ssl) != nullptr), "TLS: " + text_of(code)};
}

Failure certificate_failure(long verify_result) noexcept {
    switch (verify_result) {
        case X509_V_OK:
            return Failure::none;
        case X509_V_ERR_HOSTNAME_MISMATCH:
        case X509_V_ERR_IP_ADDRESS_MISMATCH:
            return Failure::certificate_name;
        case X509_V_ERR_CERT_HAS_EXPIRED:
            return Failure::certificate_expired;
        case X509_V_ERR_CERT_NOT_YET_VALID:
            return Failure::certificate_not_yet_valid;
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
        case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
        case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
        case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
        case X509_V_ERR_CERT_UNTRUSTED:
        case X509_V_ERR_CERT_SIGNATURE_FAILURE:
            return Failure::certificate_issuer;
        default:
            return Failure::certificate_other;
    }
}

}  // namespace reprompt::net
