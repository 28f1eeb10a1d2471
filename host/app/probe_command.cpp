// SPDX-License-Identifier: MPL-2.0
#include "app/probe_command.hpp"

#include <unistd.h>
#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <ostream>
#include <sstream>

#include "app/auth_choice.hpp"
#include "app/endpoint_url.hpp"
#include "app/exit_status.hpp"
#include "app/messages.hpp"
#include "app/password_source.hpp"
#include "app/report_text.hpp"
#include "app/rule_folders.hpp"
#include "base/text.hpp"

namespace reprompt::app {

namespace {

constexpr std::size_t max_heard_file = 1024 * 1024;

/// 64 hex digits, colons allowed between octets, as lower case without colons.
std::optional<std::string> sha256_from(std::string_view text) {
    std::string digits;
    for (const char c : to_lower(text)) {
        const bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
        if (hex) {
            digits.push_back(c);
        } else if (c != ':' || digits.size() % 2 != 0) {
            return std::nullopt;
        }
    }
    if (digits.size() != 64) return std::nullopt;
    return digits;
}

Expected<std::string, std::string> read_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::string text(max_heard_file + 1, '\0');
    if (!file || !file.read(text.data(), static_cast<std::streamsize>(text.size())).eof()) {
        return Unexpected<std::string>(file.is_open() && file.good() ? "is longer than 1 MiB"
                                                                     : "cannot be read");
    }
    text.resize(static_cast<std::size_t>(file.gcount()));
    return text;
}

tl::unexpected<CommandError> usage(std::string message) {
    return Unexpected<CommandError>({exit_usage, std::move(message)});
}

Expected<void, CommandError> choose_method(const ProbeArguments& arguments, probe::Request& request) {
    if (!arguments.auth) {
        if (arguments.user) request.configured_auth = "password";
        return {};
    }
    if (auto chosen = choose_auth(*arguments.auth, request); !chosen)
        return usage("--auth " + chosen.error());
    return {};
}

Expected<void, CommandError> choose_trust(const ProbeArguments& arguments, net::TrustPolicy& trust) {
    if (arguments.ca_file) {
        if (::access(arguments.ca_file->c_str(), R_OK) != 0)
            return usage("the file given with --ca-file cannot be read");
        trust.ca_file = *arguments.ca_file;
    }
    if (arguments.accept_cert) {
        const auto digest = sha256_from(*arguments.accept_cert);
        if (!digest)
            return usage("--accept-cert takes a SHA-256 fingerprint: 64 hex digits, with or without colons");
        trust.accept_sha256 = *digest;
    }
    return {};
}

Expected<void, CommandError> choose_user(const ProbeArguments& arguments, probe::Request& request) {
    const bool has_source = arguments.password_fd || arguments.password_stdin;
    if (arguments.password_fd && arguments.password_stdin)
        return usage("--password-fd and --password-stdin exclude each other");
    if (arguments.user) {
        if (arguments.user->empty()) return usage("--user is empty");
        if (has_control(*arguments.user)) return usage("--user contains a control character");
        if (!is_utf8(*arguments.user)) return usage("--user is not UTF-8");
        if (!has_source && !arguments.no_auth)
            return usage(
                "--user needs a password: give --password-fd N or --password-stdin, or --no-auth to try "
                "none");
        request.user = *arguments.user;
    } else if (has_source && !arguments.no_auth) {
        return usage("a password needs --user");
    }
    return {};
}

/// The language of the user's settings; colours only on a terminal that wants them (no-color.org).
Look look_of_output() {
    const char* const no_colour = std::getenv("NO_COLOR");
    const char* const terminal = std::getenv("TERM");
    const bool plain = (no_colour != nullptr && *no_colour != '\0') || terminal == nullptr ||
                       std::string_view(terminal) == "dumb" || ::isatty(STDOUT_FILENO) == 0;
    return {language_of(std::getenv("LC_ALL"), std::getenv("LC_MESSAGES"), std::getenv("LANG")), !plain};
}

}  // namespace

Expected<PlannedProbe, CommandError> plan_probe(const ProbeArguments& arguments) {
    PlannedProbe plan;
    const auto endpoint = parse_endpoint_url(arguments.url);
    if (!endpoint) return usage(endpoint.error());
    plan.request.endpoint = *endpoint;
    if (arguments.tls) {
        const auto mode = tls_mode_from(to_lower(*arguments.tls));
        if (!mode) return usage("--tls takes implicit, starttls or none");
        plan.request.endpoint.tls = *mode;
    }
    if (arguments.proxy) {
        auto proxy = parse_proxy_url(*arguments.proxy);
        if (!proxy) return usage("--proxy: " + proxy.error());
        plan.request.proxy = std::move(*proxy);
    }
    if (auto user = choose_user(arguments, plan.request); !user)
        return Unexpected<CommandError>(user.error());
    if (auto method = choose_method(arguments, plan.request); !method)
        return Unexpected<CommandError>(method.error());
    if (auto trust = choose_trust(arguments, plan.trust); !trust)
        return Unexpected<CommandError>(trust.error());
    if (arguments.timeout_s < 1 || arguments.timeout_s > 600)
        return usage("--timeout takes 1 to 600 seconds");
    plan.request.limit = Milliseconds(1000) * arguments.timeout_s;
    plan.request.again = arguments.again;
    plan.request.repair = !arguments.no_repair;
    if (arguments.heard_file) {
        const auto text = read_file(*arguments.heard_file);
        if (!text) return usage("the file given with --heard " + text.error());
        auto heard = parse_heard(*text, plan.request.endpoint.protocol);
        if (!heard)
            return Unexpected<CommandError>(
                {exit_bad_input, "the file given with --heard: " + heard.error()});
        plan.request.heard = std::move(*heard);
    }
    return plan;
}

int probe_command(const ProbeArguments& arguments, std::ostream& out, std::ostream& err) {
    const auto fail = [&](int status, const std::string& message) {
        err << "reprompt: " << escape_server_words(message) << "\n";
        return status;
    };
    auto plan = plan_probe(arguments);
    if (!plan) return fail(plan.error().exit_status, plan.error().message);
    auto& request = plan->request;

    std::optional<ledger::Ledger> book;
    std::string note;
    if (!arguments.no_auth && arguments.user) {
        auto password = read_password(arguments.password_fd.value_or(STDIN_FILENO));
        if (!password) return fail(exit_usage, password.error());
        request.credential = std::move(*password);
        request.kind = request.configured_auth == "oauth2" ? probe::CredentialKind::token
                                                           : probe::CredentialKind::password;
        auto opened = ledger::Ledger::open(ledger::Ledger::default_folder(), ledger::secret_service());
        if (opened) {
            book.emplace(std::move(*opened));
            book->ask_keyring_ahead();
        } else {
            note = "The record of earlier attempts cannot be used, so the password was not sent: " +
                   opened.error();
        }
    }
    const probe::Context context{rules_for_people(err), book ? &*book : nullptr, plan->trust, nullptr, {}};
    const Cancel never;
    auto result = probe::run(std::move(request), context, never);
    if (!result) return fail(exit_usage, result.error());
    if (!note.empty()) result->notes.push_back(note);
    if (arguments.json) {
        out << probe::result_to_json(*result).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)
            << "\n";
    } else {
        out << report_text(*result, look_of_output());
    }
    return exit_status_of(result->verdict.code);
}

}  // namespace reprompt::app
