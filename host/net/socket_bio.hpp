// SPDX-License-Identifier: MPL-2.0
// SocketBio: OpenSSL's way to a non-blocking socket that never raises SIGPIPE (send with MSG_NOSIGNAL) and
// remembers the first octets that came, so that a server that speaks no TLS can be quoted.
#pragma once

#include <openssl/bio.h>

#include <string>

namespace reprompt::net {

/// What went through; outlives the BIO.
struct SocketTap {
    int fd = -1;           ///< not owned
    std::string first;     ///< the first octets received, at most 16
    bool ended = false;    ///< the peer closed its side
    int error_number = 0;  ///< of the last failed call
};

/// A BIO on `tap.fd`. The caller owns it (SSL_set_bio takes it over). Null when out of memory.
BIO* make_socket_bio(SocketTap& tap);

}  // namespace reprompt::net
