// SPDX-License-Identifier: MPL-2.0
#include "net/certificate.hpp"

#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <arpa/inet.h>

#include <array>
#include <cctype>
#include <ctime>
#include <memory>

#include "base/text.hpp"

namespace reprompt::net {
namespace {

std::string one_line(const X509_NAME* name) {
    const std::unique_ptr<BIO, decltype(&BIO_free)> text(BIO_new(BIO_s_mem()), BIO_free);
    // RFC 2253, but with UTF-8 left as it is; escape_server_words makes it safe.
    const unsigned long form = XN_FLAG_RFC2253 & ~static_cast<unsigned long>(ASN1_STRFLGS_ESC_MSB);
    if (!text || X509_NAME_print_ex(text.get(), name, 0, form) < 0) return {};
    char* bytes = nullptr;
    const long size = BIO_get_mem_data(text.get(), &bytes);
    if (size <= 0) return {};
    return escape_server_words({bytes, static_cast<std::size_t>(size)});
}

std::string rfc3339(const ASN1_TIME* time) {
    std::tm parts{};
    if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) return {};
    std::array<char, 32> text{};
    const std::size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
    return {text.data(), size};
}

std::string fingerprint(const X509* certificate) {
    static constexpr std::string_view digits = "0123456789abcdef";
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int size = 0;
    if (X509_digest(certificate, EVP_sha256(), digest.data(), &size) != 1) return {};
    std::string hex;
    for (unsigned int i = 0; i < size; ++i) {
        hex += digits[digest[i] >> 4U];
        hex += digits[digest[i] & 15U];
    }
    return hex;
}

std::string octets_of(const ASN1_STRING* text) {
    const auto* bytes = reinterpret_cast<const char*>(ASN1_STRING_get0_data(text));
    return {bytes, static_cast<std::size_t>(ASN1_STRING_length(text))};
}

std::string address_text(const ASN1_STRING* octets) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    const int size = ASN1_STRING_length(octets);
    if (size != 4 && size != 16) return {};
    ::inet_ntop(size == 4 ? AF_INET : AF_INET6, ASN1_STRING_get0_data(octets), text.data(), text.size());
    return text.data();
}

constexpr std::size_t most_names = 20;

/// The names that count for a server (RFC 9525 section 6.1): DNS names and addresses.
std::vector<std::string> names_of(const X509* certificate) {
    std::vector<std::string> names;
    auto* all =
        static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
    const std::unique_ptr<GENERAL_NAMES, decltype(&GENERAL_NAMES_free)> owner(all, GENERAL_NAMES_free);
    for (int i = 0; i < sk_GENERAL_NAME_num(all) && names.size() < most_names; ++i) {
        const GENERAL_NAME* name = sk_GENERAL_NAME_value(all, i);
        std::string text;
        if (name->type == GEN_DNS) text = octets_of(name->d.dNSName);
        if (name->type == GEN_IPADD) text = address_text(name->d.iPAddress);
        if (!text.empty()) names.push_back(escape_server_words(text, 253));
    }
    return names;
}

}  // namespace

void describe(const X509* certificate, TlsFacts& facts) {
    facts.subject = one_line(X509_get_subject_name(certificate));
    facts.issuer = one_line(X509_get_issuer_name(certificate));
    facts.not_before = rfc3339(X509_get0_notBefore(certificate));
    facts.not_after = rfc3339(X509_get0_notAfter(certificate));
    facts.sha256 = fingerprint(certificate);
    facts.names = names_of(certificate);
}

std::string top_issuer_of(const SSL* ssl) {
    const STACK_OF(X509)* chain = SSL_get_peer_cert_chain(ssl);
    const int size = sk_X509_num(chain);
    return size > 0 ? one_line(X509_get_issuer_name(sk_X509_value(chain, size - 1))) : std::string();
}

std::vector<std::string> chain_of(const SSL* ssl) {
    std::vector<std::string> result;
    const STACK_OF(X509)* chain = SSL_get_peer_cert_chain(ssl);
    for (int i = 0; i < sk_X509_num(chain); ++i) {
        const X509* certificate = sk_X509_value(chain, i);
        const int size = i2d_X509(certificate, nullptr);
        if (size <= 0) continue;
        std::string der(static_cast<std::size_t>(size), '\0');
        auto* out = reinterpret_cast<unsigned char*>(der.data());
        i2d_X509(certificate, &out);
        result.push_back(std::move(der));
    }
    return result;
}

std::string normalised_fingerprint(const std::string& text) {
    std::string result;
    for (const char octet : text) {
        if (std::isxdigit(static_cast<unsigned char>(octet)) != 0) result += octet;
    }
    return to_lower(result);
}

}  // namespace reprompt::net
