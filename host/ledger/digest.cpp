// SPDX-License-Identifier: MPL-2.0
// See digest.hpp.
#include "ledger/digest.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <stdexcept>

namespace reprompt::ledger {

namespace {

struct Free {
    void operator()(EVP_MAC_CTX* context) const noexcept { EVP_MAC_CTX_free(context); }
    void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
};

const unsigned char* octets_of(std::string_view text) noexcept {
    return reinterpret_cast<const unsigned char*>(text.data());
}

std::array<char, 4> length_octets(std::size_t length) {
    if (length > 0xffffffffU) throw std::length_error("a field of 4 GiB");
    return {static_cast<char>(length >> 24U), static_cast<char>(length >> 16U),
            static_cast<char>(length >> 8U), static_cast<char>(length)};
}

void require(bool worked) {
    if (!worked) throw std::runtime_error("OpenSSL refuses a basic operation");
}

/// Looked up in OpenSSL's providers once: that takes longer than a digest of a line does.
const EVP_MD* sha256() {
    static const EVP_MD* const method = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    require(method != nullptr);
    return method;
}

EVP_MAC* hmac_method() {
    static EVP_MAC* const method = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
    require(method != nullptr);
    return method;
}

}  // namespace

std::string random_octets(std::size_t count) {
    std::string octets(count, '\0');
    require(RAND_bytes(reinterpret_cast<unsigned char*>(octets.data()), static_cast<int>(count)) == 1);
    return octets;
}

Secret random_secret(std::size_t count) {
    std::string octets = random_octets(count);
    Secret secret(octets);
    wipe(octets.data(), octets.size());
    return secret;
}

std::string hex(std::string_view octets) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    text.reserve(octets.size() * 2);
    for (const char octet : octets) {
        const auto value = static_cast<unsigned char>(octet);
        text += digits[value >> 4U];
        text += digits[value & 15U];
    }
    return text;
}

bool is_hex(std::string_view text, std::size_t digits) noexcept {
    return text.size() == digits && std::all_of(text.begin(), text.end(), [](char digit) {
               return (digit >= '0' && digit <= '9') || (digit >= 'a' && digit <= 'f');
           });
}

std::string checksum(std::string_view text) {
    thread_local const std::unique_ptr<EVP_MD_CTX, Free> context(EVP_MD_CTX_new());
    std::array<char, EVP_MAX_MD_SIZE> digest{};
    require(context != nullptr && EVP_DigestInit_ex2(context.get(), sha256(), nullptr) == 1 &&
            EVP_DigestUpdate(context.get(), text.data(), text.size()) == 1 &&
            EVP_DigestFinal_ex(context.get(), reinterpret_cast<unsigned char*>(digest.data()), nullptr) == 1);
    return hex(std::string_view(digest.data(), 4));
}

namespace {

std::array<char, 32> hmac(std::string_view key, std::initializer_list<std::string_view> fields) {
    const std::unique_ptr<EVP_MAC_CTX, Free> context(EVP_MAC_CTX_new(hmac_method()));
    require(context != nullptr);
    std::array<char, 7> name{"SHA256"};
    const std::array<OSSL_PARAM, 2> parameters{
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name.data(), 0), OSSL_PARAM_construct_end()};
    require(EVP_MAC_init(context.get(), octets_of(key), key.size(), parameters.data()) == 1);
    for (const std::string_view field : fields) {
        const auto length = length_octets(field.size());
        require(EVP_MAC_update(context.get(), octets_of({length.data(), length.size()}), length.size()) == 1);
        require(EVP_MAC_update(context.get(), octets_of(field), field.size()) == 1);
    }
    std::array<char, 32> result{};
    std::size_t size = 0;
    require(EVP_MAC_final(context.get(), reinterpret_cast<unsigned char*>(result.data()), &size,
                          result.size()) == 1 &&
            size == result.size());
    return result;
}

}  // namespace

std::string hmac_hex(std::string_view key, std::initializer_list<std::string_view> fields) {
    const auto result = hmac(key, fields);
    return hex({result.data(), result.size()});
}

std::uint64_t hmac_number(std::string_view key, std::initializer_list<std::string_view> fields) {
    std::uint64_t number = 0;
    const auto result = hmac(key, fields);
    std::memcpy(&number, result.data(), sizeof number);
    return number;
}

std::string length_prefixed(std::initializer_list<std::string_view> fields) {
    std::string joined;
    for (const std::string_view field : fields) {
        const auto length = length_octets(field.size());
        joined.append(length.data(), length.size());
        joined += field;
    }
    return joined;
}

bool same_octets(std::string_view left, std::string_view right) noexcept {
    return left.size() == right.size() && CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0;
}

}  // namespace reprompt::ledger
