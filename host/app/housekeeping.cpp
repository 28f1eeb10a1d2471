// SPDX-License-Identifier: MPL-2.0
#include "app/housekeeping.hpp"

#include <ctime>
#include <nlohmann/json.hpp>
#include <ostream>
#include <system_error>

#include "app/endpoint_url.hpp"
#include "app/exit_status.hpp"
#include "app/responses.hpp"
#include "app/vault_desk.hpp"
#include "base/text.hpp"
#include "ledger/fingerprint.hpp"
#include "ledger/ledger.hpp"
#include "ledger/vault.hpp"

namespace reprompt::app {

namespace {

int fail(std::ostream& err, int status, const std::string& message) {
    err << "reprompt: " << escape_server_words(message, 2048) << "\n";
    return status;
}

std::string local_time(std::chrono::system_clock::time_point at) {
    const std::time_t seconds = std::chrono::system_clock::to_time_t(at);
    std::tm parts{};
    char text[32] = "";
    if (::localtime_r(&seconds, &parts) != nullptr)
        std::strftime(text, sizeof text, "%Y-%m-%d %H:%M", &parts);
    return text;
}

}  // namespace

int install_command(InstallScope scope, std::ostream& out, std::ostream& err) {
    const auto place = manifest_place(scope);
    const auto host = own_path();
    const auto before = read_manifest(place);
    if (auto done = write_manifest(place, host); !done) return fail(err, exit_internal, done.error());
    out << (before.exists ? "Replaced " : "Wrote ") << place.string() << "\n";
    out << "Thunderbird finds this program at " << host.string() << "\n";
    return exit_ok;
}

int uninstall_command(InstallScope scope, bool forget, ledger::Keyring& keyring, std::ostream& out,
                      std::ostream& err) {
    const auto place = manifest_place(scope);
    const auto removed = remove_manifest(place);
    if (removed) {
        out << (*removed ? "Removed " + place.string() : "There is no " + place.string()) << "\n";
        out << "The program itself stays at " << own_path().string()
            << ", and the add-on in Thunderbird; what installed them removes them.\n";
    } else {
        fail(err, exit_internal, removed.error());
    }
    const int forgotten =
        forget ? forget_everything(keyring, ledger::Ledger::default_folder(), out, err) : exit_ok;
    return removed ? forgotten : exit_internal;
}

int forget_everything(ledger::Keyring& keyring, const std::filesystem::path& ledger_folder, std::ostream& out,
                      std::ostream& err) {
    int status = exit_ok;
    if (const auto erased = ledger::Vault(keyring).erase_all()) {
        out << "Erased " << *erased << (*erased == 1 ? " kept password" : " kept passwords")
            << " from the keyring\n";
    } else {
        status = fail(err, exit_no_keyring,
                      "the kept passwords could not be erased: " + explain_keyring(erased.error()));
    }
    if (const auto erased = keyring.erase(ledger::ledger_key_schema, {})) {
        out << "Erased the key of the record of attempts from the keyring\n";
    } else {
        status =
            fail(err, exit_no_keyring,
                 "the key of the record of attempts could not be erased: " + explain_keyring(erased.error()));
    }
    std::error_code error;
    if (ledger_folder.empty() || !std::filesystem::exists(ledger_folder, error)) {
        out << "There is no record of attempts\n";
    } else if (std::filesystem::remove_all(ledger_folder, error); error) {
        status =
            fail(err, exit_internal, ledger_folder.string() + " could not be removed: " + error.message());
    } else {
        out << "Removed " << ledger_folder.string() << "\n";
    }
    return status;
}

int undo_list_command(ledger::Keyring& keyring, bool json, std::ostream& out, std::ostream& err) {
    ledger::Vault vault(keyring);
    const auto now = std::chrono::system_clock::now();
    (void)vault.sweep(now, Deadline::after(Milliseconds(5000)));
    const auto entries = vault.list(now);
    if (!entries) return fail(err, exit_no_keyring, explain_keyring(entries.error()));
    if (json) {
        nlohmann::json list = nlohmann::json::array();
        for (const auto& entry : *entries)
            list.push_back(vault_entry_to_json(entry));
        out << nlohmann::json{{"entries", std::move(list)}}.dump(-1, ' ', false,
                                                                 nlohmann::json::error_handler_t::replace)
            << "\n";
        return exit_ok;
    }
    if (entries->empty()) out << "No password is kept.\n";
    for (const auto& entry : *entries) {
        const auto& account = entry.account;
        out << endpoint_text(account.protocol, TlsMode::none, account.host, account.port) << "  "
            << escape_server_words(account.user) << "  kept " << local_time(entry.stored_at) << ", until "
            << local_time(entry.expires_at) << "\n";
    }
    if (!entries->empty()) out << "To restore one, open Reprompt's options in Thunderbird, page Undo.\n";
    return exit_ok;
}

}  // namespace reprompt::app
