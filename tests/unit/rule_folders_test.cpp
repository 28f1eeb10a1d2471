// SPDX-License-Identifier: MPL-2.0
// Which files of a rule folder are read. (What they may say: outside_rules_test.)
#include "app/rule_folders.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "fake_keyring.hpp"

using namespace reprompt;
using namespace reprompt::app;

namespace {

namespace fs = std::filesystem;

struct Folder {
    explicit Folder(RuleOrigin origin = RuleOrigin::organisation) {
        path = temp.path() / "rules.d";
        fs::create_directory(path);
        ::chmod(temp.path().c_str(), 0755);
        ::chmod(path.c_str(), 0755);
        as = {path, ::geteuid(), origin};
    }
    fs::path write(const std::string& name, const std::string& text = "{\"version\":1}") const {
        std::ofstream(path / name) << text;
        ::chmod((path / name).c_str(), 0644);
        return path / name;
    }
    [[nodiscard]] FoundRuleFiles read() const { return read_rule_folders({as}); }
    /// The one complaint, with no file read.
    [[nodiscard]] std::string only_complaint() const {
        const auto found = read();
        CHECK(found.files.empty());
        REQUIRE(found.complaints.size() == 1);
        return found.complaints[0];
    }
    test::TempFolder temp;
    fs::path path;
    RuleFolder as;
};

bool has(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("files are read in the order of their names, folder after folder; others are left alone") {
    const Folder first, second(RuleOrigin::user);
    for (const char* name : {"20-b.json", "10-a.json", ".hidden.json", "a.json~", "a.json.bak", "readme.txt"})
        first.write(name);
    second.write("00.json");
    const auto found = read_rule_folders({first.as, second.as});
    CHECK(found.complaints.empty());
    REQUIRE(found.files.size() == 3);
    CHECK(found.files[0].name == (first.path / "10-a.json").string());
    CHECK(found.files[1].name == (first.path / "20-b.json").string());
    CHECK(found.files[2].origin == RuleOrigin::user);
    CHECK(found.files[0].json == "{\"version\":1}");
}

TEST_CASE("a file whose name was mistyped is not read, and named") {
    for (const char* name : {"30.JSON", "30.jsn", "30.jsonc", "30.json.txt"}) {
        const Folder folder;
        folder.write(name);
        const auto complaint = folder.only_complaint();
        CHECK(complaint.starts_with((folder.path / name).string() + ": "));
        CHECK(has(complaint, "ends with .json; the file is not used"));
    }
}

TEST_CASE("a folder that is not there is no trouble; one that is a file is") {
    Folder folder;
    folder.as.path = folder.path / "missing";
    CHECK(folder.read().complaints.empty());
    folder.as.path = "";
    CHECK(folder.read().complaints.empty());
    folder.as.path = folder.write("a.json");
    CHECK(has(folder.only_complaint(), "cannot be read"));
}

TEST_CASE("a folder or file that others could write is not used") {
    for (const mode_t mode : {0777U, 0775U, 0757U, 01777U}) {
        const Folder folder;
        folder.write("a.json");
        ::chmod(folder.path.c_str(), mode);
        CHECK(has(folder.only_complaint(), "can be written by others (chmod go-w); its rules are not used"));
    }
    for (const mode_t mode : {0666U, 0664U, 0646U}) {
        const Folder folder(RuleOrigin::user);
        ::chmod(folder.write("a.json").c_str(), mode);
        const auto complaint = folder.only_complaint();
        CHECK(complaint.starts_with((folder.path / "a.json").string() + ": "));
        CHECK(has(complaint, "can be written by others"));
    }
}

TEST_CASE("a folder or file of somebody else is not used") {
    Folder folder(RuleOrigin::user);
    folder.write("a.json");
    folder.as.owner = ::geteuid() + 1;
    CHECK(has(folder.only_complaint(), "belongs to another user"));
    if (::geteuid() != 0) return;  // only root can give files away
    folder.as.owner = ::geteuid();
    REQUIRE(::chown((folder.path / "a.json").c_str(), 12345, 12345) == 0);
    CHECK(has(folder.only_complaint(), "a.json: belongs to another user"));
    folder.as.origin = RuleOrigin::organisation;
    CHECK(has(folder.only_complaint(), "does not belong to root"));
}

TEST_CASE("a folder above that others could change spoils the administrator's rules") {
    const Folder folder;
    folder.write("a.json");
    ::chmod(folder.temp.path().c_str(), 0777);
    CHECK(has(folder.only_complaint(), "which others could change"));
    ::chmod(folder.temp.path().c_str(), 01777);  // as /tmp: nobody can move what is another's
    CHECK(folder.read().files.size() == 1);
    ::chmod(folder.temp.path().c_str(), 0755);
}

TEST_CASE("a rule file that is a symbolic link is not used, wherever it leads") {
    const Folder folder, elsewhere;
    elsewhere.write("target.json");
    for (const auto& target : {elsewhere.path / "target.json", fs::path("missing.json"), fs::path("a.json"),
                               fs::path("/dev/zero")}) {
        fs::create_symlink(target, folder.path / "a.json");
        CHECK(has(folder.only_complaint(), "a.json: is no plain file: a symbolic link is not followed"));
        fs::remove(folder.path / "a.json");
    }
}

TEST_CASE("a symbolic link on the way to the folder is not followed: it may be another's to turn round") {
    for (const auto origin : {RuleOrigin::organisation, RuleOrigin::user}) {
        Folder folder(origin);
        folder.write("a.json");
        const test::TempFolder elsewhere;
        fs::create_symlink(folder.path, elsewhere.path() / "rules.d");
        folder.as.path = elsewhere.path() / "rules.d";
        CHECK(has(folder.only_complaint(), folder.as.path.string() + " is a symbolic link"));
        fs::create_symlink(folder.temp.path(), elsewhere.path() / "reprompt");
        folder.as.path = elsewhere.path() / "reprompt/rules.d";
        CHECK(has(folder.only_complaint(), (elsewhere.path() / "reprompt").string() + " is a symbolic link"));
    }
}

TEST_CASE("a folder and a pipe are no rule files and do not hold anything up") {
    const Folder folder;
    fs::create_directory(folder.path / "a.json");
    REQUIRE(::mkfifo((folder.path / "b.json").c_str(), 0644) == 0);
    const auto found = folder.read();
    CHECK(found.files.empty());
    REQUIRE(found.complaints.size() == 2);
    for (const auto& complaint : found.complaints)
        CHECK(has(complaint, "is no plain file; the file is not used"));
}

TEST_CASE("a file of 1 MiB is read, a longer one is not; of too many files the last are not") {
    const Folder folder;
    folder.write("a.json", std::string(longest_rule_file, ' '));
    CHECK(folder.read().files.size() == 1);
    folder.write("a.json", std::string(longest_rule_file + 1, ' '));
    CHECK(has(folder.only_complaint(), "is longer than 1 MiB"));
    fs::remove(folder.path / "a.json");
    for (std::size_t i = 0; i <= most_rule_files; ++i)
        folder.write(std::to_string(1000 + i) + ".json");
    const auto found = folder.read();
    CHECK(found.files.size() == most_rule_files);
    REQUIRE(found.complaints.size() == 1);
    CHECK(has(found.complaints[0], "those from 1200.json on are not used"));
}

TEST_CASE("a broken file is one complaint with its path, and a name with control characters is escaped") {
    const Folder folder;
    folder.write("10.json", "{\n");
    folder.write("20\x1B[2J.json", "[]");
    folder.write("30.json");
    const auto rules = load_rules_in_use({folder.as});
    CHECK(rules.files == 1);
    REQUIRE(rules.complaints.size() == 2);
    CHECK(rules.complaints[0].starts_with((folder.path / "10.json").string() + ":2:1: not JSON"));
    CHECK(rules.complaints[0].ends_with("; the file is not used"));
    CHECK_FALSE(has(rules.complaints[1], "\x1B"));
    CHECK(rules.book.provider_of("imap.gmail.com") == "gmail");
}

TEST_CASE("the user's folder is under XDG_CONFIG_HOME, or ~/.config where that is no absolute path") {
    const auto user_folder = [] {
        const auto folders = rule_folders();
        REQUIRE(folders.size() == 2);
        CHECK(folders[0].path == "/etc/reprompt/rules.d");
        CHECK(folders[0].owner == 0);
        CHECK(folders[1].origin == RuleOrigin::user);
        CHECK(folders[1].owner == ::geteuid());
        return folders[1].path.string();
    };
    const char* const before = std::getenv("XDG_CONFIG_HOME");
    const std::string kept = before != nullptr ? before : "";
    ::setenv("XDG_CONFIG_HOME", "/somewhere", 1);
    CHECK(user_folder() == "/somewhere/reprompt/rules.d");
    const test::TempFolder real, links;
    fs::create_symlink(real.path(), links.path() / "config");
    ::setenv("XDG_CONFIG_HOME", (links.path() / "config").c_str(), 1);
    CHECK(user_folder() == (real.path() / "reprompt/rules.d").string());
    ::setenv("XDG_CONFIG_HOME", "relative", 1);
    CHECK(user_folder().ends_with("/.config/reprompt/rules.d"));
    if (before != nullptr) {
        ::setenv("XDG_CONFIG_HOME", kept.c_str(), 1);
    } else {
        ::unsetenv("XDG_CONFIG_HOME");
    }
}
