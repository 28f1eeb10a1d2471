// SPDX-License-Identifier: MPL-2.0
#include <doctest/doctest.h>
#include <sys/stat.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "app/housekeeping.hpp"
#include "app/install_manifest.hpp"
#include "fake_keyring.hpp"
#include "ledger/fingerprint.hpp"
#include "ledger/vault.hpp"

using namespace reprompt;
using namespace reprompt::app;

namespace {

std::string read_file(const std::filesystem::path& path) {
    std::ifstream file(path);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

}  // namespace

TEST_CASE("the manifest that install writes is the template with the path filled in") {
    auto wanted = nlohmann::json::parse(read_file(SOURCE_DIR "/manifests/reprompt.json.in"));
    wanted["path"] = "/opt/re \"prompt/reprompt";
    CHECK(nlohmann::json::parse(manifest_text("/opt/re \"prompt/reprompt")) == wanted);
}

TEST_CASE("a manifest is written into a folder that was not there, replaced, and removed") {
    const test::TempFolder folder;
    const auto place = folder.path() / ".mozilla" / "native-messaging-hosts" / "reprompt.json";
    REQUIRE(write_manifest(place, "/usr/bin/reprompt"));
    auto state = read_manifest(place);
    CHECK(state.exists);
    CHECK(state.ours);
    CHECK(state.complete);
    CHECK(state.host == "/usr/bin/reprompt");
    struct stat facts {};
    REQUIRE(::stat(place.c_str(), &facts) == 0);
    CHECK((facts.st_mode & 0777) == 0644);
    REQUIRE(write_manifest(place, "/opt/reprompt"));
    CHECK(read_manifest(place).host == "/opt/reprompt");
    CHECK(std::distance(std::filesystem::directory_iterator(place.parent_path()), {}) == 1);
    CHECK(remove_manifest(place).value());
    CHECK_FALSE(remove_manifest(place).value());
}

TEST_CASE("a file of another program is neither replaced nor removed") {
    const test::TempFolder folder;
    const auto place = folder.path() / "reprompt.json";
    for (const char* text : {"", "{}", "[]", R"({"name":"reprompt"})",
                             R"({"name":"other","allowed_extensions":["reprompt@reprompt.example"]})",
                             R"({"name":"reprompt","allowed_extensions":["x@y"]})"}) {
        std::ofstream(place) << text;
        CHECK_FALSE(read_manifest(place).ours);
        CHECK_FALSE(write_manifest(place, "/usr/bin/reprompt"));
        CHECK_FALSE(remove_manifest(place));
        CHECK(read_file(place) == text);
    }
}

TEST_CASE("a manifest is refused for a host without an absolute path, or without a home") {
    const test::TempFolder folder;
    CHECK_FALSE(write_manifest(folder.path() / "reprompt.json", "reprompt"));
    CHECK_FALSE(write_manifest({}, "/usr/bin/reprompt"));
}

TEST_CASE("to forget means that vault, key and record are gone") {
    const test::TempFolder folder;
    const auto state = folder.path() / "state";
    std::filesystem::create_directory(state);
    std::ofstream(state / "ledger") << "x";
    test::FakeKeyring keyring;
    const Secret key(std::string(32, 'k'));
    ledger::Vault vault(keyring);
    REQUIRE(
        vault.store({Protocol::imap, "h", 993, "u"}, Secret("pw"), key, std::chrono::system_clock::now()));
    REQUIRE(keyring.store(ledger::ledger_key_schema, {{"purpose", "x"}}, "label", key));
    std::ostringstream out, err;
    CHECK(forget_everything(keyring, state, out, err) == 0);
    CHECK(keyring.items.empty());
    CHECK_FALSE(std::filesystem::exists(state));
    CHECK(err.str().empty());
    CHECK(out.str().find("Erased 1 kept password from the keyring") != std::string::npos);
    CHECK(out.str().find("Erased the key of the record of attempts") != std::string::npos);
    CHECK(out.str().find("Removed " + state.string()) != std::string::npos);
}

TEST_CASE("without a keyring the record still goes, and the rest is said with status 74") {
    const test::TempFolder folder;
    const auto state = folder.path() / "state";
    std::filesystem::create_directory(state);
    test::FakeKeyring keyring;
    keyring.absent = true;
    std::ostringstream out, err;
    CHECK(forget_everything(keyring, state, out, err) == 74);
    CHECK_FALSE(std::filesystem::exists(state));
    CHECK(err.str().find("the kept passwords could not be erased: No keyring program") != std::string::npos);
    CHECK(err.str().find("the key of the record of attempts could not be erased: ") != std::string::npos);
    CHECK(out.str().find("Erased") == std::string::npos);
    CHECK(undo_list_command(keyring, true, out, err) == 74);
}

TEST_CASE("undo list names accounts and times, never a password") {
    test::FakeKeyring keyring;
    ledger::Vault vault(keyring);
    REQUIRE(vault.store({Protocol::imap, "imap.example.org", 993, "alice"}, Secret("hunter2"),
                        Secret(std::string(32, 'k')), std::chrono::system_clock::now()));
    for (const bool json : {true, false}) {
        std::ostringstream out, err;
        CHECK(undo_list_command(keyring, json, out, err) == 0);
        CHECK(out.str().find("imap.example.org") != std::string::npos);
        CHECK(out.str().find("alice") != std::string::npos);
        CHECK(out.str().find("hunter2") == std::string::npos);
    }
}
