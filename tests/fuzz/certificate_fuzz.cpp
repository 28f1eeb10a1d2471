// SPDX-License-Identifier: MPL-2.0
// Any certificate that OpenSSL can read: what it says of itself comes out as printable words within bounds.
// Covers: host/net/certificate.cpp
#include "net/certificate.hpp"

#include <openssl/x509.h>

#include <cstdint>
#include <cstdlib>
#include <memory>

#include "base/text.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const unsigned char* at = data;
    const std::unique_ptr<X509, decltype(&X509_free)> certificate(
        d2i_X509(nullptr, &at, static_cast<long>(size)), X509_free);
    if (!certificate) return 0;
    reprompt::TlsFacts facts;
    reprompt::net::describe(certificate.get(), facts);
    const auto check = [](const std::string& words) {
        if (words.size() > 512 || !reprompt::is_utf8(words) || reprompt::has_control(words)) std::abort();
    };
    for (const auto* words : {&facts.subject, &facts.issuer, &facts.not_before, &facts.not_after})
        check(*words);
    if (facts.sha256.size() != 64 || facts.names.size() > 20) std::abort();
    for (const auto& name : facts.names)
        check(name);
    return 0;
}
