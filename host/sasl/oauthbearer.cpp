// SPDX-License-Identifier: MPL-2.0
// OAUTHBEARER (RFC 7628): the token in the initial response after a GS2 header; a refusal comes as a
// challenge with JSON, which is answered by one octet 0x01 (section 3.2.3).
#include "sasl/clients.hpp"

namespace reprompt::sasl {
namespace {

/// RFC 5801 section 4, saslname: "," and "=" are written "=2C" and "=3D".
std::string saslname(std::string_view user) {
    std::string out;
    for (const char c : user) {
        if (c == ',') {
            out += "=2C";
        } else if (c == '=') {
            out += "=3D";
        } else {
            out += c;
        }
    }
    return out;
}

class Oauthbearer final : public Client {
  public:
    Oauthbearer(std::string_view user, const Secret& token, std::string_view host, std::uint16_t port)
        : user_(saslname(user)), host_(host), port_(std::to_string(port)), token_(token) {}

    std::optional<Secret> initial_response() override {
        return Secret::join({"n,a=", user_, ",", "\x01", "host=", host_, "\x01", "port=", port_, "\x01",
                             "auth=Bearer ", token_.reveal(), "\x01\x01"});
    }

    Expected<Secret, std::string> respond(std::string_view) override {
        if (answered_)
            return Unexpected<std::string>("OAUTHBEARER has one challenge, the server sent a second");
        answered_ = true;
        return Secret("\x01");
    }

  private:
    std::string user_;
    std::string host_;
    std::string port_;
    const Secret& token_;
    bool answered_ = false;
};

}  // namespace

std::unique_ptr<Client> make_oauthbearer(std::string_view user, const Secret& token, std::string_view host,
                                         std::uint16_t port) {
    return std::make_unique<Oauthbearer>(user, token, host, port);
}

}  // namespace reprompt::sasl
