// SPDX-License-Identifier: MPL-2.0
// TlsFailure: OpenSSL's errors -> our closed list of failures. Belongs here: mapping only.
#pragma once

#include <openssl/types.h>

#include <string>

#include "net/channel.hpp"
#include "net/socket_bio.hpp"

namespace reprompt::net {

/// OpenSSL's text for the oldest error of this thread ("unsupported protocol"); empties the queue. "no reason
/// given" if there is none.
std::string last_reason();

/// Why a handshake (or a later read or write) failed, from this thread's error queue and what went through
/// the socket. Empties the queue.
IoError handshake_failure(const SSL* ssl, const SocketTap& tap);

/// X509_V_ERR_* -> none or certificate_*.
Failure certificate_failure(long verify_result) noexcept;

/// True if these first octets cannot be a TLS record of a server's handshake (RFC 8446 section 5.1: type
/// alert or handshake, major version 3).
bool is_not_tls(const std::string& first) noexcept;

}  // namespace reprompt::net
