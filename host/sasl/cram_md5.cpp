// SPDX-License-Identifier: MPL-2.0
// CRAM-MD5 (RFC 2195): user, space, HMAC-MD5 of the challenge under the password, in lower-case hex.
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>

#include "sasl/clients.hpp"

namespace reprompt::sasl {
namespace {

class CramMd5 final : public Client {
  public:
    CramMd5(std::string_view user, const Secret& password) : user_(user), password_(password) {}

    std::optional<Secret> initial_response() override { return std::nullopt; }

    Expected<Secret, std::string> respond(std::string_view challenge) override {
        if (answered_) return Unexpected<std::string>("CRAM-MD5 has one challenge, the server sent a second");
        // A challenge without <timestamp@host> would let a false server choose what is signed.
        if (!challenge.starts_with('<') || !challenge.ends_with('>')) {
            return Unexpected<std::string>("the CRAM-MD5 challenge is not of the form <...>");
        }
        answered_ = true;

        std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
        unsigned size = 0;
        const std::string_view key = password_.reveal();
        const auto* made = HMAC(EVP_md5(), key.empty() ? "" : key.data(), static_cast<int>(key.size()),
                                reinterpret_cast<const unsigned char*>(challenge.data()), challenge.size(),
                                digest.data(), &size);
        if (made == nullptr) return Unexpected<std::string>("this system's OpenSSL does not offer HMAC-MD5");

        constexpr std::string_view hex = "0123456789abcdef";
        Secret answer = Secret::of_size(user_.size() + 1 + 2 * std::size_t{size}, [&](char* to) {
            for (const char c : user_)
                *to++ = c;
            *to++ = ' ';
            for (unsigned i = 0; i < size; ++i) {
                *to++ = hex[digest[i] >> 4];
                *to++ = hex[digest[i] & 15];
            }
        });
        wipe(digest.data(), digest.size());
        return answer;
    }

  private:
    std::string user_;
    const Secret& password_;
    bool answered_ = false;
};

}  // namespace

std::unique_ptr<Client> make_cram_md5(std::string_view user, const Secret& password) {
    return std::make_unique<CramMd5>(user, password);
}

}  // namespace reprompt::sasl
