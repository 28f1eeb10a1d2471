// SPDX-License-Identifier: MPL-2.0
// The makers behind sasl::make_client, one per file. Everybody else asks make_client.
#pragma once

#include <memory>
#include <string_view>

#include "sasl/mechanism.hpp"

namespace reprompt::sasl {

std::unique_ptr<Client> make_plain(std::string_view user, const Secret& password);
std::unique_ptr<Client> make_login(std::string_view user, const Secret& password);
std::unique_ptr<Client> make_cram_md5(std::string_view user, const Secret& password);
std::unique_ptr<Client> make_xoauth2(std::string_view user, const Secret& token);
std::unique_ptr<Client> make_oauthbearer(std::string_view user, const Secret& token, std::string_view host,
                                         std::uint16_t port);

}  // namespace reprompt::sasl
