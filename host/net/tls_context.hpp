// SPDX-License-Identifier: MPL-2.0
// TlsContext: one SSL_CTX per process and policy, made at first use. Belongs here: protocol versions, modes,
// and where trusted certificates come from. Does not belong here: one connection (tls.hpp), what a
// certificate says (certificate.hpp).
#pragma once

#include <openssl/types.h>

#include <string>

#include "net/channel.hpp"

namespace reprompt::net {

/// The context for `policy`; lives until the process ends. Certificates come from the first of: `ca_file`;
/// SSL_CERT_FILE and SSL_CERT_DIR if the policy honours them; the system's certificate directory if it holds
/// hash links (0.01 ms); the system's bundle (26 ms). Error: one English line, a file that was named cannot
/// be loaded.
Expected<SSL_CTX*, std::string> tls_context(const TrustPolicy& policy);

}  // namespace reprompt::net
