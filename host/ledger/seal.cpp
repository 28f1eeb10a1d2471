// SPDX-License-Identifier: MPL-2.0
// See seal.hpp.
#include "ledger/seal.hpp"

#include <openssl/evp.h>

#include <climits>
#include <memory>
#include <string>

#include "ledger/digest.hpp"

namespace reprompt::ledger {

namespace {

constexpr std::string_view magic = "RPV1";
constexpr std::size_t nonce_octets = 12;
constexpr std::size_t tag_octets = 16;
constexpr std::size_t overhead = magic.size() + nonce_octets + tag_octets;

struct FreeCipher {
    void operator()(EVP_CIPHER_CTX* context) const noexcept { EVP_CIPHER_CTX_free(context); }
};
using Cipher = std::unique_ptr<EVP_CIPHER_CTX, FreeCipher>;

const unsigned char* octets_of(std::string_view text) noexcept {
    return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* octets_of(std::string& text) noexcept {
    return reinterpret_cast<unsigned char*>(text.data());
}

/// A string that is overwritten when it ends.
struct Wiped {
    explicit Wiped(std::size_t size) : text(size, '\0') {}
    ~Wiped() { wipe(text.data(), text.size()); }
    Wiped(const Wiped&) = delete;
    Wiped& operator=(const Wiped&) = delete;
    std::string text;
};

}  // namespace

std::optional<Secret> seal(const Secret& key, const Secret& plain, std::string_view bound_to) {
    if (key.size() != seal_key_octets || plain.size() > INT_MAX / 2 || bound_to.size() > INT_MAX / 2) {
        return std::nullopt;
    }
    const Cipher cipher(EVP_CIPHER_CTX_new());
    const std::string nonce = random_octets(nonce_octets);
    Wiped body(plain.size());
    std::string tag(tag_octets, '\0');
    int size = 0;
    if (cipher == nullptr ||
        EVP_EncryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, octets_of(key.reveal()),
                           octets_of(nonce)) != 1 ||
        EVP_EncryptUpdate(cipher.get(), nullptr, &size, octets_of(bound_to),
                          static_cast<int>(bound_to.size())) != 1 ||
        EVP_EncryptUpdate(cipher.get(), octets_of(body.text), &size, octets_of(plain.reveal()),
                          static_cast<int>(plain.size())) != 1 ||
        EVP_EncryptFinal_ex(cipher.get(), octets_of(tag), &size) != 1 ||
        EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, tag_octets, tag.data()) != 1) {
        return std::nullopt;
    }
    std::string sealed(magic);
    sealed += nonce;
    sealed += body.text;
    sealed += tag;
    return Secret(sealed);
}

std::optional<Secret> unseal(const Secret& key, const Secret& sealed, std::string_view bound_to) {
    const std::string_view all = sealed.reveal();
    if (key.size() != seal_key_octets || all.size() < overhead || all.size() > INT_MAX / 2 ||
        bound_to.size() > INT_MAX / 2 || all.substr(0, magic.size()) != magic) {
        return std::nullopt;
    }
    const std::string_view nonce = all.substr(magic.size(), nonce_octets);
    const std::string_view body = all.substr(magic.size() + nonce_octets, all.size() - overhead);
    std::string tag(all.substr(all.size() - tag_octets));
    const Cipher cipher(EVP_CIPHER_CTX_new());
    Wiped plain(body.size());
    Wiped last(EVP_MAX_BLOCK_LENGTH);
    int size = 0;
    if (cipher == nullptr ||
        EVP_DecryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, octets_of(key.reveal()),
                           octets_of(nonce)) != 1 ||
        EVP_DecryptUpdate(cipher.get(), nullptr, &size, octets_of(bound_to),
                          static_cast<int>(bound_to.size())) != 1 ||
        EVP_DecryptUpdate(cipher.get(), octets_of(plain.text), &size, octets_of(body),
                          static_cast<int>(body.size())) != 1 ||
        EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, tag_octets, tag.data()) != 1 ||
        EVP_DecryptFinal_ex(cipher.get(), octets_of(last.text), &size) != 1) {
        return std::nullopt;
    }
    return Secret(plain.text);
}

}  // namespace reprompt::ledger
