// SPDX-License-Identifier: MPL-2.0
// Certificate: what a peer's certificates say, as text and bytes. Belongs here: reading X.509. Does not
// belong here: trust (tls.cpp).
#pragma once

#include <openssl/types.h>

#include <string>
#include <vector>

#include "evidence/evidence.hpp"

namespace reprompt::net {

/// Fills subject, issuer, not_before, not_after, sha256 and names.
void describe(const X509* certificate, TlsFacts& facts);

/// The issuer of the last certificate that the peer sent, one line; empty if it sent none.
std::string top_issuer_of(const SSL* ssl);

/// Each certificate the peer sent as DER, leaf first. Empty if it sent none.
std::vector<std::string> chain_of(const SSL* ssl);

/// "AB:cd:…" -> "abcd…": the form of TlsFacts::sha256.
std::string normalised_fingerprint(const std::string& text);

}  // namespace reprompt::net
