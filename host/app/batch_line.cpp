// SPDX-License-Identifier: MPL-2.0
#include "app/batch_line.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "app/auth_choice.hpp"
#include "app/endpoint_url.hpp"
#include "app/json_fields.hpp"
#include "app/strict_json.hpp"
#include "base/nearest.hpp"
#include "base/text.hpp"
#include "evidence/heard_json.hpp"
#include "probe/settings_check.hpp"

namespace reprompt::app {

namespace {

using nlohmann::json;

constexpr std::string_view line_secrets[] = {"password", "token", "secret"};
/// All that a line may have.
constexpr std::string_view members[] = {"id",   "url",      "protocol", "host", "port",        "tls",
                                        "user", "password", "token",    "auth", "mail_domain", "heard"};
constexpr std::size_t most_unread = 8;
constexpr std::size_t longest_id = 512;
constexpr std::size_t longest_host = 255;  // RFC 1035 section 2.3.4
constexpr std::size_t longest_user = 1024;
constexpr std::size_t longest_url = 1024;

Expected<std::string, std::string> id_from(const json& root) {
    const auto id = root.find("id");
    const bool text = id != root.end() && id->is_string();
    if (text && id->get_ref<const std::string&>().size() > longest_id)
        return Unexpected<std::string>("/id: longer than 512 octets");
    // The parser makes a whole number that does not fit a fraction.
    if (id != root.end() && id->is_number_float() && std::abs(id->get<double>()) >= 0x1p63)
        return Unexpected<std::string>("/id: a number beyond 64 bits; write it as a string");
    if (!text && (id == root.end() || !id->is_number_integer()))
        return Unexpected<std::string>("/id: expected a string or a whole number");
    return id->dump(-1, ' ', false, json::error_handler_t::replace);
}

/// The URL that `protocol`, `host`, `port` and `tls` mean, so that one reader judges both forms.
Expected<Endpoint, std::string> endpoint_from_members(Fields& fields, std::string& error) {
    const auto protocol =
        fields.word("protocol", protocol_from, "\"imap\", \"pop3\" or \"smtp\", or a \"url\"");
    const auto host = fields.text("host", 1, longest_host);
    const auto tls = fields.has("tls")
                         ? fields.word("tls", tls_mode_from, "\"implicit\", \"starttls\" or \"none\"")
                         : TlsMode::implicit;
    const auto port = fields.has("port") ? fields.whole("port", 1, 65535) : 0;
    if (!error.empty()) return Unexpected<std::string>(error);
    auto endpoint = parse_endpoint_url(endpoint_text(protocol, tls, host, static_cast<std::uint16_t>(port)));
    if (!endpoint) return Unexpected<std::string>("/host: no host name or address");
    endpoint->tls = tls;
    return endpoint;
}

Expected<Endpoint, std::string> endpoint_from(Fields& fields, std::string& error) {
    if (!fields.has("url")) return endpoint_from_members(fields, error);
    for (const char* part : {"protocol", "host", "port"}) {
        if (fields.has(part)) fields.fail(part, "no \"url\" beside it, which says that too");
    }
    const auto url = fields.text("url", 1, longest_url);
    if (!error.empty()) return Unexpected<std::string>(error);
    auto endpoint = parse_endpoint_url(url);
    if (!endpoint) return Unexpected<std::string>("/url: " + endpoint.error());
    if (fields.has("tls"))
        endpoint->tls = fields.word("tls", tls_mode_from, "\"implicit\", \"starttls\" or \"none\"");
    return endpoint;
}

/// The credential of the line, or the one that all lines without one have.
void take_credential(std::vector<LiftedSecret>& secrets, Fields& fields, const BatchTerms& terms,
                     probe::Request& request) {
    const auto lifted = [&](const char* path) {
        const auto found = std::find_if(secrets.begin(), secrets.end(),
                                        [&](const auto& secret) { return secret.path == path; });
        return found == secrets.end() ? nullptr : &found->value;
    };
    if (terms.no_auth) return;
    const bool token = fields.has("token");
    if (token && fields.has("password")) {
        fields.fail("token", "no \"password\" beside it");
    } else if (Secret* const own = lifted(token ? "/token" : "/password"); own != nullptr && !own->empty()) {
        request.credential = std::move(*own);
    } else if (token || fields.has("password") || terms.password == nullptr) {
        fields.fail(token ? "token" : "password",
                    "a string that is not empty (or --no-auth, which sends none)");
    } else {
        request.credential = terms.password->clone();
    }
    if (request.user.empty()) fields.fail("user", "a name for the password");
    request.kind = token ? probe::CredentialKind::token : probe::CredentialKind::password;
}

void choose_method(Fields& fields, probe::Request& request) {
    if (request.kind != probe::CredentialKind::none)
        request.configured_auth = request.kind == probe::CredentialKind::token ? "oauth2" : "password";
    if (!fields.has("auth")) return;
    if (const auto chosen = choose_auth(fields.text("auth", 1, 32), request); !chosen)
        fields.fail("auth", auth_words);
    const bool takes_token = request.configured_auth == "oauth2";
    if (request.kind != probe::CredentialKind::none &&
        takes_token != (request.kind == probe::CredentialKind::token))
        fields.fail("auth", "a way to sign in that takes this kind of credential");
}

}  // namespace

std::string_view meant_member(std::string_view name) {
    return nearest(name, members);
}

Expected<BatchAccount, LineError> read_batch_line(std::span<char> text, const BatchTerms& terms) {
    BatchAccount account;
    LineError wrong;
    const auto refuse = [&](std::string why) {
        wrong.message = std::move(why);
        return Unexpected<LineError>(std::move(wrong));
    };
    json root;
    auto secrets = parse_strict(text, root, line_secrets);
    if (!secrets) return refuse(secrets.error());
    if (!root.is_object()) return refuse("not a JSON object");
    const auto id = id_from(root);
    if (!id) return refuse(id.error());
    account.id = wrong.id = *id;
    for (const auto& [name, value] : root.items()) {
        if (std::find(std::begin(members), std::end(members), name) == std::end(members) &&
            account.unread.size() < most_unread)
            account.unread.push_back(escape_server_words(name, 64));
    }

    std::string error;
    Fields fields(root, "", error);
    auto& request = account.request;
    auto endpoint = endpoint_from(fields, error);
    if (!endpoint) return refuse(endpoint.error());
    request.endpoint = std::move(*endpoint);
    if (fields.has("user")) request.user = fields.text("user", 1, longest_user);
    if (fields.has("mail_domain")) request.mail_domain = fields.text("mail_domain", 0, longest_host);
    if (fields.has("user") || fields.has("password") || fields.has("token"))
        take_credential(*secrets, fields, terms, request);
    choose_method(fields, request);
    if (fields.has("heard"))
        request.heard = heard_from_json(fields.array("heard"), request.endpoint.protocol, error);
    if (!error.empty()) return refuse(error);
    request.proxy = terms.proxy;
    request.limit = terms.limit;
    if (const auto checked = probe::check_settings(request); !checked) return refuse(checked.error());
    return account;
}

}  // namespace reprompt::app
