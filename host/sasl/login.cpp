// SPDX-License-Identifier: MPL-2.0
// LOGIN (draft-murchison-sasl-login-00, never an RFC): the server asks twice. What it asks is not looked at:
// servers write "Username:", "User Name" or nothing at all, and mean the same order.
#include "sasl/clients.hpp"

namespace reprompt::sasl {
namespace {

class Login final : public Client {
  public:
    Login(std::string_view user, const Secret& password) : user_(user), password_(password) {}

    std::optional<Secret> initial_response() override { return std::nullopt; }

    Expected<Secret, std::string> respond(std::string_view) override {
        switch (asked_++) {
            case 0:
                return Secret(user_);
            case 1:
                return password_.clone();
        }
        return Unexpected<std::string>("LOGIN asks for a name and a password, the server asked for more");
    }

  private:
    std::string user_;
    const Secret& password_;
    unsigned asked_ = 0;
};

}  // namespace

std::unique_ptr<Client> make_login(std::string_view user, const Secret& password) {
    return std::make_unique<Login>(user, password);
}

}  // namespace reprompt::sasl
