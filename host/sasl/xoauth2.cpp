// SPDX-License-Identifier: MPL-2.0
// XOAUTH2 (https://developers.google.com/gmail/imap/xoauth2-protocol, read 2024-05): the token in the initial
// response; a refusal comes as a challenge with JSON, which is answered by an empty message.
#include "sasl/clients.hpp"

namespace reprompt::sasl {
namespace {

class Xoauth2 final : public Client {
  public:
    Xoauth2(std::string_view user, const Secret& token) : user_(user), token_(token) {}

    std::optional<Secret> initial_response() override {
        return Secret::join({"user=", user_, "\x01", "auth=Bearer ", token_.reveal(), "\x01\x01"});
    }

    Expected<Secret, std::string> respond(std::string_view) override {
        if (answered_) return Unexpected<std::string>("XOAUTH2 has one challenge, the server sent a second");
        answered_ = true;
        return Secret();
    }

  private:
    std::string user_;
    const Secret& token_;
    bool answered_ = false;
};

}  // namespace

std::unique_ptr<Client> make_xoauth2(std::string_view user, const Secret& token) {
    return std::make_unique<Xoauth2>(user, token);
}

}  // namespace reprompt::sasl
