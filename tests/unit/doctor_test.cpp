// SPDX-License-Identifier: MPL-2.0
#include "app/doctor.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "app/install_manifest.hpp"
#include "fake_keyring.hpp"

using namespace reprompt;
using namespace reprompt::app;

namespace {

/// A computer in a folder on which all is well.
struct Healthy {
    Healthy() {
        const auto root = folder.path();
        const auto program = root / "reprompt";
        std::ofstream(program) << "#!/bin/sh\n";
        ::chmod(program.c_str(), 0755);
        std::ofstream(root / "resolv.conf") << "# ours\nnameserver 127.0.0.1\n";
        std::filesystem::create_directory(root / "certs");
        std::ofstream(root / "certs" / "0a1b2c3d.0") << "x";
        std::filesystem::create_directory(root / "state");
        ::chmod((root / "state").c_str(), 0700);
        at = {root / "user.json",
              root / "system.json",
              program,
              root / "resolv.conf",
              root / "state",
              root / "bundle.pem",
              root / "certs",
              &keyring,
              std::chrono::sys_days(std::chrono::year(2027) / 1 / 1)};
        REQUIRE(write_manifest(at.user_manifest, program));
    }
    Check check(const std::string& name) const {
        const auto checks = examine(at);
        const auto found =
            std::find_if(checks.begin(), checks.end(), [&](const auto& one) { return one.name == name; });
        REQUIRE(found != checks.end());
        CHECK(found->ok == found->mend.empty());
        return *found;
    }
    bool well(const std::string& name) const { return check(name).ok; }
    test::TempFolder folder;
    test::FakeKeyring keyring;
    Surroundings at;
};

}  // namespace

TEST_CASE("where all is well doctor says so and ends with 0") {
    const Healthy computer;
    for (const auto& check : examine(computer.at)) {
        INFO(check.name << ": " << check.found);
        CHECK(check.ok);
        CHECK(check.mend.empty());
    }
    std::ostringstream out;
    CHECK(doctor_command(computer.at, true, out) == 0);
    const auto report = nlohmann::json::parse(out.str());
    CHECK(report["ok"] == true);
    CHECK(report["versions"]["reprompt"] == REPROMPT_VERSION);
}

TEST_CASE("a manifest that is missing, foreign, incomplete or points elsewhere is named with the mend") {
    Healthy computer;
    std::filesystem::remove(computer.at.user_manifest);
    CHECK(computer.check("manifest").mend == "Run: reprompt install");
    std::ofstream(computer.at.user_manifest) << "{}";
    CHECK_FALSE(computer.well("manifest"));
    std::ofstream(computer.at.user_manifest)
        << R"({"name":"reprompt","type":"stdio","path":"/bin/sh","allowed_extensions":["reprompt@reprompt.example"]})";
    CHECK_FALSE(computer.well("manifest"));
    std::ofstream(computer.at.user_manifest) << manifest_text("/bin/sh");
    CHECK(computer.check("manifest").found.find("another program") != std::string::npos);
    std::ofstream(computer.at.user_manifest) << manifest_text("/nonexistent/reprompt");
    CHECK_FALSE(computer.well("manifest"));
    std::filesystem::remove(computer.at.user_manifest);
    REQUIRE(write_manifest(computer.at.system_manifest, computer.at.program));
    CHECK(computer.well("manifest"));
}

TEST_CASE("a keyring, certificates, resolver, clock or folder that is wrong is named") {
    Healthy computer;
    computer.keyring.absent = true;
    CHECK_FALSE(computer.well("keyring"));
    std::filesystem::remove(computer.at.ca_folder / "0a1b2c3d.0");
    CHECK_FALSE(computer.well("certificates"));
    std::ofstream(computer.at.ca_file) << "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n";
    CHECK(computer.well("certificates"));
    std::filesystem::remove(computer.at.resolver_file);
    CHECK_FALSE(computer.well("resolver"));
    computer.at.now = std::chrono::sys_days(std::chrono::year(1970) / 1 / 1);
    CHECK_FALSE(computer.well("clock"));
    ::chmod(computer.at.state_folder.c_str(), 0755);
    CHECK_FALSE(computer.well("state"));
    std::filesystem::remove_all(computer.at.state_folder);
    CHECK(computer.well("state"));
    std::ostringstream out;
    CHECK(doctor_command(computer.at, false, out) == 1);
    CHECK(out.str().find("WRONG keyring") != std::string::npos);
}

TEST_CASE("a keyring that keeps nothing is found out, and the test leaves nothing behind") {
    Healthy computer;
    CHECK(computer.well("keyring"));
    CHECK(computer.keyring.items.empty());
    computer.keyring.absent = true;
    CHECK(computer.check("keyring").mend.find("install and start one") != std::string::npos);
}

TEST_CASE("rule files that are not used, and rules that miss their own sample, are named") {
    Healthy computer;
    CHECK(computer.check("rules").found == "those built in");
    const auto folder = computer.folder.path() / "rules.d";
    std::filesystem::create_directory(folder);
    ::chmod(folder.c_str(), 0755);
    computer.at.rule_folders = {{folder, ::geteuid(), RuleOrigin::user}};
    const auto rule = [](const char* sample) {
        return std::string(
                   R"({"version":1,"rules":[{"id":"uni","verdict":"account_locked","confidence":"likely","when":{"host":"m.uni.example","words":{"any":"gute nacht"}},"source":"s","date":"2026-11-22","sample":)") +
               sample + "}]}";
    };
    std::ofstream(folder / "10-uni.json")
        << rule(R"({"id":"s","protocol":"imap","host":"m.uni.example","response":["a NO Gute Nacht"]})");
    CHECK(computer.check("rules").found == "those built in and 1 files of rule folders");
    std::ofstream(folder / "10-uni.json")
        << rule(R"({"id":"s","protocol":"imap","host":"m.uni.example","response":["a NO Guten Tag"]})");
    const auto missed = computer.check("rules").found;
    CHECK_MESSAGE(missed.starts_with((folder / "10-uni.json").string() + ":1:"), missed);
    CHECK(missed.find(": the sample of the rule uni is decided by") != std::string::npos);
    std::ofstream(folder / "20-broken.json") << "{";
    const auto broken = computer.check("rules");
    CHECK_FALSE(broken.ok);
    CHECK(broken.found.find("20-broken.json:1:2: not JSON") != std::string::npos);
    CHECK(broken.mend.find("all other rules are used") != std::string::npos);
    CHECK(std::count(broken.found.begin(), broken.found.end(), '\n') == 1);
    std::ostringstream out;
    doctor_command(computer.at, false, out);
    CHECK_MESSAGE(out.str().find("\n" + std::string(20, ' ') + folder.string()) != std::string::npos,
                  out.str());
}

TEST_CASE("a record of attempts that was damaged is named; one that cannot be used is wrong") {
    Healthy computer;
    std::ofstream(computer.at.state_folder / "ledger") << "nonsense\n";
    const auto mended = computer.check("state");
    CHECK(mended.ok);
    CHECK(mended.found.find("moved to ledger.corrupt-1") != std::string::npos);
    std::filesystem::remove(computer.at.state_folder / "ledger.lock");
    std::filesystem::create_directory(computer.at.state_folder / "ledger.lock");
    const auto unusable = computer.check("state");
    CHECK_FALSE(unusable.ok);
    CHECK(unusable.mend.find("until then no password is tried") != std::string::npos);
}
