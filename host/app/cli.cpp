// SPDX-License-Identifier: MPL-2.0
#include "app/cli.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <istream>
#include <ostream>

#include "app/batch_command.hpp"
#include "app/doctor.hpp"
#include "app/exit_status.hpp"
#include "app/explain.hpp"
#include "app/housekeeping.hpp"
#include "app/probe_command.hpp"
#include "app/process.hpp"
#include "app/rule_folders.hpp"
#include "base/nearest.hpp"
#include "base/text.hpp"

namespace reprompt::app {

namespace {

/// All that a command line can say.
struct Arguments {
    ProbeArguments probe;
    BatchArguments batch;
    bool json = false, trace = false, user = false, system = false, forget = false;
};

void add_json(CLI::App& command, bool& flag) {
    command.add_flag("--json", flag, "Print JSON");
}

void add_probe(CLI::App& app, ProbeArguments& arguments) {
    CLI::App& probe = *app.add_subcommand("probe", "Find out whether a login works and, if not, why");
    probe
        .add_option("URL", arguments.url,
                    "imaps, pop3s or smtps://host[:port]: TLS from the first octet (ports 993, 995, 465); "
                    "imap, pop3 or "
                    "smtp://host[:port]: STARTTLS, without which nothing is sent (ports 143, 110, 587)")
        ->required();
    probe.add_option("--user", arguments.user, "User name; needs a password source");
    probe.add_option("--password-fd", arguments.password_fd, "Read the password from this descriptor")
        ->check(CLI::Range(0, 1'048'576));
    probe.add_flag("--password-stdin", arguments.password_stdin, "Read the password from standard input");
    probe.add_flag("--no-auth", arguments.no_auth, "Look only; send no password");
    probe.add_option("--auth", arguments.auth, "PLAIN, LOGIN, CRAM-MD5, XOAUTH2, OAUTHBEARER or USER");
    probe.add_option("--tls", arguments.tls,
                     "implicit, starttls or none, instead of what the URL says (none: a password is sent to "
                     "this computer only)");
    probe.add_option("--proxy", arguments.proxy,
                     "socks5://host:port or http://host:port; the proxy resolves the server's name");
    probe.add_option("--ca-file", arguments.ca_file, "Certificate authorities to trust (PEM)");
    probe.add_option("--accept-cert", arguments.accept_cert,
                     "SHA-256 fingerprint of the one certificate to accept");
    probe.add_option("--heard", arguments.heard_file, "What a mail program already heard (JSON)");
    probe.add_flag("--again", arguments.again,
                   "Check again although this password was refused before; not after three failed sign-ins "
                   "of the account within 24 hours");
    probe.add_flag("--no-repair", arguments.no_repair,
                   "Do not look for settings that work: other ports, the domain's DNS and its page for mail "
                   "programs");
    probe.add_option("--timeout", arguments.timeout_s, "Seconds for everything, 1 to 600")
        ->check(CLI::Range(1, 600));
    add_json(probe, arguments.json);
}

void add_batch(CLI::App& app, Arguments& given) {
    CLI::App& batch = *app.add_subcommand(
        "batch",
        "Check many accounts: JSON Lines in, one answer a line out as each is done. A line: "
        "{\"id\":\"1\",\"url\":\"imaps://host\",\"user\":\"NAME\",\"password\":\"...\"}; lists that "
        "look like guessing are refused");
    auto& arguments = given.batch;
    batch
        .add_option("--jobs", arguments.jobs, "Accounts at once, 1 to 256 (64); at most 2 of one server host")
        ->check(CLI::Range(1, most_jobs));
    batch.add_option("--resume", arguments.resume_file,
                     "Answers of an earlier run: ids that have a verdict in there are passed over");
    batch
        .add_option("--password-fd", arguments.password_fd,
                    "Read the password of lines that have a user and no password from this descriptor")
        ->check(CLI::Range(0, 1'048'576));
    batch.add_flag("--no-auth", arguments.no_auth, "Look only; send no password");
    batch.add_option("--proxy", arguments.proxy, "socks5://host:port or http://host:port, for every account");
    batch.add_option("--ca-file", arguments.ca_file, "Certificate authorities to trust (PEM)");
    batch.add_option("--timeout", arguments.timeout_s, "Seconds for each account, 1 to 600")
        ->check(CLI::Range(1, 600));
    add_json(batch, given.json);
}

/// For the caller's first command, before it starts a thread.
int run_batch(const BatchArguments& arguments, std::ostream& out, std::ostream& err) {
    prepare_for_many_threads();
    err.tie(nullptr);  // standard error would flush standard output first, and wait for its reader
    return batch_command(arguments, real_workplace(), real_place(), out, err);
}

void add_scope(CLI::App& command, Arguments& arguments) {
    auto* user = command.add_flag("--user", arguments.user, "For this user (default)");
    command.add_flag("--system", arguments.system, "For all users of this computer")->excludes(user);
}

using Names = std::vector<std::string>;

/// The names of the options, or of the commands, of the command that was being read.
Names names_of(const CLI::App& app, bool commands) {
    for (const auto* chosen : app.get_subcommands())
        return names_of(*chosen, commands);
    Names names;
    if (commands) {
        for (const auto* each : app.get_subcommands([](const CLI::App*) { return true; }))
            names.push_back(each->get_name());
    } else {
        for (const auto* each : app.get_options()) {
            for (const auto& name : each->get_lnames())
                names.push_back("--" + name);
        }
    }
    return names;
}

std::string joined(const Names& names) {
    std::string out;
    for (const auto& name : names)
        out += (out.empty() ? "" : ", ") + name;
    return out;
}

std::string meant(std::string_view given, const Names& known) {
    const std::vector<std::string_view> names(known.begin(), known.end());
    const auto near = nearest(given, names);
    return near.empty() ? "" : "; did you mean " + std::string(near) + "?";
}

/// What CLI11 says begins with, or contains, the option's name; what follows may be the mistaken value.
std::string about_a_value(const CLI::App& app, std::string_view said) {
    if (const auto chosen = app.get_subcommands(); !chosen.empty())
        return about_a_value(*chosen.front(), said);
    const CLI::Option* found = nullptr;
    auto first = said.size();
    for (const auto* each : app.get_options()) {
        const auto at = said.find(each->get_name());
        if (at < first ||
            (at == first && found != nullptr && each->get_name().size() > found->get_name().size())) {
            found = each;
            first = at;
        }
    }
    if (found == nullptr) return "an option has a value that it does not take";
    return found->get_name() + " does not take this value: " + found->get_description();
}

/// One line about a mistake; never the mistaken words themselves, which may be a password that went to the
/// wrong place.
std::string complaint(const CLI::App& app, const CLI::ParseError& error,
                      std::span<const char* const> arguments) {
    const bool unknown = dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr;
    const bool missing = dynamic_cast<const CLI::RequiredError*>(&error) != nullptr &&
                         std::string_view(error.what()).find("subcommand") != std::string_view::npos;
    if (unknown || missing) {
        const auto commands = names_of(app, true);
        const auto left = app.remaining(true);
        if (!commands.empty()) {
            const auto given = left.empty() ? std::string() : left.front();
            return (given.empty() ? "a command is missing" : "there is no such command") +
                   meant(given, commands) + " (" + joined(commands) + ")";
        }
        const auto given = left.empty() ? std::string() : left.front().substr(0, left.front().find('='));
        const auto place = std::find_if(arguments.begin(), arguments.end(), [&](std::string_view each) {
            return !left.empty() && each == left.front();
        });
        const auto number = std::to_string(std::distance(arguments.begin(), place));
        const auto chosen = app.get_subcommands();
        const bool reads_lines =
            !chosen.empty() && (chosen[0]->get_name() == "batch" || chosen[0]->get_name() == "explain");
        if (!given.starts_with("-"))
            return "argument " + number + " is one too many" +
                   (reads_lines ? "; the lines come from standard input: <FILE" : "");
        const auto options = names_of(app, false);
        const auto near = meant(given, options);
        return "argument " + number + " is an option that this command does not have" +
               (near.empty() ? " (it has " + joined(options) + ")" : near);
    }
    if (dynamic_cast<const CLI::ValidationError*>(&error) != nullptr ||
        dynamic_cast<const CLI::ConversionError*>(&error) != nullptr)
        return about_a_value(app, error.what());
    return error.what();
}

}  // namespace

int run_cli(std::span<const char* const> arguments, std::istream& in, std::ostream& out, std::ostream& err) {
    CLI::App app("Finds out why a mail login failed.", "reprompt");
    app.require_subcommand(1);
    app.set_version_flag("--version", "reprompt " REPROMPT_VERSION);
    app.get_formatter()->column_width(32);
    app.footer(
        "Exit status of probe: 0 the login works, 1 you must act, 2 later or unreachable, 3 "
        "inconclusive,\n64 wrong usage, 65 bad input, 70 internal error, 74 no keyring.\n"
        "Of batch: 0 every line was answered, 65 some line could not be used or the list is refused,\n"
        "70 some account was not judged for a reason of this computer's (it says which), or the list or\n"
        "the answers failed, 129, 130 or 143 stopped by a signal before the end.");

    Arguments given;
    add_probe(app, given.probe);
    CLI::App& explain = *app.add_subcommand(
        "explain",
        "JSON Lines of evidence, or a report copied from Thunderbird (also quoted with \">\") "
        "in, JSON Lines of verdicts out; lines that begin with # are skipped; no network");
    add_json(explain, given.json);
    explain.add_flag("--trace", given.trace,
                     "Say how each verdict came about: in the JSON with --json, else on standard error");
    add_batch(app, given);
    CLI::App& doctor = *app.add_subcommand("doctor", "Check this computer and say what mends what is wrong");
    add_json(doctor, given.json);
    CLI::App& install = *app.add_subcommand("install", "Tell Thunderbird where this program is");
    add_scope(install, given);
    CLI::App& uninstall = *app.add_subcommand("uninstall", "Undo install");
    add_scope(uninstall, given);
    uninstall.add_flag("--forget", given.forget,
                       "Also erase kept passwords, the record of attempts and its key");
    CLI::App& undo = *app.add_subcommand("undo", "Passwords kept for undo");
    undo.require_subcommand(1);
    CLI::App& undo_list = *undo.add_subcommand("list", "List them (restoring needs Thunderbird)");
    add_json(undo_list, given.json);

    try {
        app.parse(static_cast<int>(arguments.size()), arguments.data());
    } catch (const CLI::ParseError& error) {
        if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success))
            return app.exit(error, out, err);  // --help, --version
        err << "reprompt: " << escape_server_words(complaint(app, error, arguments))
            << " (see reprompt --help)\n";
        return exit_usage;
    }
    const auto scope = given.system ? InstallScope::system : InstallScope::user;
    if (app.got_subcommand("probe")) return probe_command(given.probe, out, err);
    if (app.got_subcommand("batch")) return run_batch(given.batch, out, err);
    if (explain.parsed()) {
        const auto tracing = !given.trace ? Tracing::none : given.json ? Tracing::json : Tracing::text;
        return explain_stream(in, out, err, rules_for_people(err), tracing) ? exit_ok : exit_bad_input;
    }
    if (doctor.parsed()) return doctor_command(this_computer(), given.json, out);
    if (install.parsed()) return install_command(scope, out, err);
    if (uninstall.parsed()) return uninstall_command(scope, given.forget, ledger::secret_service(), out, err);
    return undo_list_command(ledger::secret_service(), given.json, out, err);
}

}  // namespace reprompt::app
