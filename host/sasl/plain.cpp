// SPDX-License-Identifier: MPL-2.0
// PLAIN (RFC 4616): one message, empty authorization identity.
#include "sasl/clients.hpp"

namespace reprompt::sasl {
namespace {

class Plain final : public Client {
  public:
    Plain(std::string_view user, const Secret& password) : user_(user), password_(password) {}

    std::optional<Secret> initial_response() override {
        using namespace std::string_view_literals;
        return Secret::join({"\0"sv, user_, "\0"sv, password_.reveal()});
    }

    Expected<Secret, std::string> respond(std::string_view) override {
        return Unexpected<std::string>("PLAIN has one message, the server asked for a second");
    }

  private:
    std::string user_;
    const Secret& password_;
};

}  // namespace

std::unique_ptr<Client> make_plain(std::string_view user, const Secret& password) {
    return std::make_unique<Plain>(user, password);
}

}  // namespace reprompt::sasl
