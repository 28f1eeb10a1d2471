// SPDX-License-Identifier: MPL-2.0
#include "app/doctor.hpp"

#include <dlfcn.h>
#include <openssl/crypto.h>
#include <openssl/x509.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <ostream>
#include <system_error>

#include "app/exit_status.hpp"
#include "app/install_manifest.hpp"
#include "app/vault_desk.hpp"
#include "base/text.hpp"
#include "ledger/digest.hpp"
#include "ledger/ledger.hpp"

namespace reprompt::app {

namespace {

namespace fs = std::filesystem;

constexpr int earliest_year = 2026;  // of this version's release: a clock before it is wrong

/// What Thunderbird will find: it reads the user's manifest first, then the system's.
Check check_manifest(const Surroundings& at) {
    for (const auto& place : {at.user_manifest, at.system_manifest}) {
        const auto state = read_manifest(place);
        if (!state.exists) continue;
        const std::string name = place.string();
        const char* again =
            place == at.system_manifest ? "sudo reprompt install --system" : "reprompt install --user";
        if (!state.ours)
            return {"manifest", false, name + " is not Reprompt's",
                    "Remove the file, then run: " + std::string(again)};
        if (!state.complete)
            return {"manifest", false, name + " is incomplete or names other add-ons",
                    std::string("Run: ") + again};
        if (::access(state.host.c_str(), X_OK) != 0)
            return {"manifest", false, name + " points to " + state.host.string() + ", which cannot be run",
                    std::string("Run: ") + again};
        std::error_code error;
        if (!fs::equivalent(state.host, at.program, error)) {
            return {"manifest", false, name + " points to another program: " + state.host.string(),
                    "If this one is meant, run: " + std::string(again)};
        }
        return {"manifest", true, name + " points to this program", ""};
    }
    return {"manifest", false, "Thunderbird cannot find this program: there is no manifest",
            "Run: reprompt install"};
}

/// Stores something, as the vault would, and takes it away again: there are services that only say yes.
Check check_keyring(const Surroundings& at) {
    constexpr const char* schema = "org.reprompt.Test";
    const ledger::Attributes test{{"test", ledger::hex(ledger::random_octets(16))}};
    const auto stored =
        at.keyring->store(schema, test, "Reprompt: a test by `reprompt doctor`", Secret("test"));
    if (!stored) {
        return {"keyring", false, "cannot be used, so passwords cannot be kept for undo",
                explain_keyring(stored.error())};
    }
    // Some keyrings ask before they delete; that they keep is what counts.
    if (!at.keyring->erase(schema, test))
        return {"keyring", true, "keeps what it is given; an item named \"Reprompt: a test\" stays in it",
                ""};
    return {"keyring", true, "keeps what it is given", ""};
}

bool is_hash_link(const std::string& name) {
    if (name.size() < 10 || name[8] != '.') return false;
    const auto hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
    return std::all_of(name.begin(), name.begin() + 8, hex) &&
           std::all_of(name.begin() + 9, name.end(), [](char c) { return c >= '0' && c <= '9'; });
}

Check check_certificates(const Surroundings& at) {
    std::size_t in_file = 0, in_folder = 0;
    std::ifstream bundle(at.ca_file);
    for (std::string line; std::getline(bundle, line);)
        in_file +=
            line.starts_with("-----BEGIN ") && line.find("CERTIFICATE-----") != std::string::npos ? 1 : 0;
    std::error_code error;
    for (fs::directory_iterator entry(at.ca_folder, error), end; !error && entry != end;
         entry.increment(error))
        in_folder += is_hash_link(entry->path().filename().string()) ? 1 : 0;
    if (in_file + in_folder == 0) {
        return {"certificates", false,
                "no certificate authorities in " + at.ca_folder.string() + " or " + at.ca_file.string(),
                "Install the package ca-certificates."};
    }
    const std::string where = in_folder > 0 ? at.ca_folder.string() : at.ca_file.string();
    return {"certificates", true,
            std::to_string(std::max(in_file, in_folder)) + " certificate authorities in " + where, ""};
}

Check check_resolver(const Surroundings& at) {
    std::ifstream file(at.resolver_file);
    if (!file)
        return {"resolver", false, at.resolver_file.string() + " cannot be read",
                "Set up name resolution; without it no server is found by name."};
    for (std::string line; std::getline(file, line);) {
        const auto words = split_words(line);
        if (words.size() >= 2 && words[0] == "nameserver")
            return {"resolver", true, at.resolver_file.string() + " names a server", ""};
    }
    return {"resolver", true,
            at.resolver_file.string() + " names no server; the one on this computer is asked", ""};
}

Check check_clock(const Surroundings& at) {
    const std::chrono::year_month_day today(std::chrono::floor<std::chrono::days>(at.now));
    const int year = static_cast<int>(today.year());
    if (year >= earliest_year) return {"clock", true, "plausible", ""};
    return {"clock", false, "says " + std::to_string(year),
            "Set the date; with a wrong one every certificate seems invalid."};
}

/// What the ledger moved aside, by name.
std::vector<std::string> damaged_records(const fs::path& folder) {
    std::vector<std::string> names;
    std::error_code error;
    for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
        std::string name = entry->path().filename().string();
        if (name.starts_with("ledger.corrupt-")) names.push_back(std::move(name));
    }
    std::sort(names.begin(), names.end());
    return names;
}

Check check_state(const Surroundings& at) {
    const std::string name = at.state_folder.string();
    if (at.state_folder.empty())
        return {"state", false, "there is no home folder for the record of attempts",
                "Set HOME or XDG_STATE_HOME."};
    struct stat facts {};
    if (::stat(name.c_str(), &facts) != 0) return {"state", true, name + " does not exist yet", ""};
    if (!S_ISDIR(facts.st_mode)) return {"state", false, name + " is not a folder", "Move it away."};
    if (facts.st_uid != ::geteuid())
        return {"state", false, name + " belongs to another user", "Run: sudo chown -R \"$USER\" " + name};
    if ((facts.st_mode & 0077) != 0)
        return {"state", false, name + " can be read by others", "Run: chmod 700 " + name};
    const bool writable = ::access(name.c_str(), W_OK | X_OK) == 0;
    if (!writable && errno == EROFS)
        return {"state", false, "the disk that holds " + name + " cannot be written",
                "Make it writable; until then no password is tried, because attempts cannot be counted."};
    if (!writable) return {"state", false, name + " cannot be written", "Run: chmod 700 " + name};
    struct statvfs disk {};
    if (::statvfs(name.c_str(), &disk) == 0 && disk.f_blocks > 0 && disk.f_bavail == 0)
        return {"state", false, "the disk that holds " + name + " is full",
                "Make room; until then no password is tried, because attempts cannot be counted."};
    // Opening it is what a check of an account does too; damage is moved aside by that.
    const auto opened = ledger::Ledger::open(at.state_folder, *at.keyring, at.now);
    if (!opened)
        return {"state", false, "the record of attempts cannot be used: " + opened.error(),
                "Mend that, or move " + name + " away; until then no password is tried."};
    std::string found = name + " is private";
    for (const auto& aside : damaged_records(at.state_folder))
        found += "; a damaged record of attempts was moved to " + aside;
    return {"state", true, found, ""};
}

/// Rule files that are not used, and rules that do not decide the sample that they bring along.
Check check_rules(const Surroundings& at) {
    const auto rules = load_rules_in_use(at.rule_folders);
    std::vector<std::string> wrong = rules.complaints;
    for (auto& complaint : undecided_samples(rules.book))
        wrong.push_back(std::move(complaint));
    std::string found;
    for (const auto& line : wrong)
        found += (found.empty() ? "" : "\n") + line;
    if (!wrong.empty())
        return {"rules", false, found,
                "Mend what is named, or move the file away; all other rules are used."};
    if (rules.files == 0) return {"rules", true, "those built in", ""};
    return {"rules", true, "those built in and " + std::to_string(rules.files) + " files of rule folders",
            ""};
}

std::string libsecret_version() {
    void* const library = ::dlopen("libsecret-1.so.0", RTLD_LAZY | RTLD_LOCAL);
    if (library == nullptr) return "not installed";
    Dl_info place{};
    const bool known =
        ::dladdr(::dlsym(library, "secret_service_get_type"), &place) != 0 && place.dli_fname != nullptr;
    std::error_code error;
    const fs::path file = known ? fs::canonical(place.dli_fname, error) : fs::path();
    return error || file.empty()
               ? "libsecret-1.so.0"
               : file.filename().string();  // the library tells its version only by its name
}

/// What was found, each line of it in the same column.
void print_lines(std::ostream& out, std::string_view found) {
    for (bool first = true;; first = false) {
        const auto end = std::min(found.find('\n'), found.size());
        out << (first ? "" : std::string(20, ' ')) << escape_server_words(found.substr(0, end), 2048) << "\n";
        if (end == found.size()) return;
        found.remove_prefix(end + 1);
    }
}

}  // namespace

Surroundings this_computer() {
    const auto from = [](const char* variable, const char* otherwise) {
        const char* const value = std::getenv(variable);
        return fs::path(value != nullptr && *value != '\0' ? value : otherwise);
    };
    return {manifest_place(InstallScope::user),
            manifest_place(InstallScope::system),
            own_path(),
            "/etc/resolv.conf",
            ledger::Ledger::default_folder(),
            from(X509_get_default_cert_file_env(), X509_get_default_cert_file()),
            from(X509_get_default_cert_dir_env(), X509_get_default_cert_dir()),
            &ledger::secret_service(),
            std::chrono::system_clock::now(),
            rule_folders()};
}

std::vector<Check> examine(const Surroundings& surroundings) {
    return {check_manifest(surroundings), check_keyring(surroundings), check_certificates(surroundings),
            check_resolver(surroundings), check_clock(surroundings),   check_state(surroundings),
            check_rules(surroundings)};
}

int doctor_command(const Surroundings& surroundings, bool json, std::ostream& out) {
    const auto checks = examine(surroundings);
    const bool well = std::all_of(checks.begin(), checks.end(), [](const auto& check) { return check.ok; });
    const std::string openssl = OpenSSL_version(OPENSSL_VERSION);
    const std::string libsecret = libsecret_version();
    if (json) {
        nlohmann::json report = {
            {"ok", well},
            {"versions", {{"reprompt", REPROMPT_VERSION}, {"openssl", openssl}, {"libsecret", libsecret}}},
            {"checks", nlohmann::json::array()}};
        for (const auto& check : checks) {
            nlohmann::json line = {{"name", check.name}, {"ok", check.ok}, {"found", check.found}};
            if (!check.ok) line["mend"] = check.mend;
            report["checks"].push_back(std::move(line));
        }
        out << report.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << "\n";
    } else {
        for (const auto& check : checks) {
            out << (check.ok ? "ok    " : "WRONG ") << check.name
                << std::string(check.name.size() < 14 ? 14 - check.name.size() : 1, ' ');
            print_lines(out, check.found);
            if (!check.ok) out << std::string(20, ' ') << escape_server_words(check.mend, 2048) << "\n";
        }
        out << "reprompt " << REPROMPT_VERSION << ", " << openssl << ", libsecret: " << libsecret << "\n";
    }
    return well ? exit_ok : exit_user_must_act;
}

}  // namespace reprompt::app
