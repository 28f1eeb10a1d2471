// SPDX-License-Identifier: MPL-2.0
// Which profile is read, and that nothing else is: profiles in a temporary home, and a /proc of the test's
// own.
#include "app/account_search.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

using namespace reprompt::app;
namespace fs = std::filesystem;

namespace {

constexpr pid_t thunderbird = 4711;

std::string prefs_of(const std::string& host, const std::string& address = "alice@example.org") {
    return "user_pref(\"mail.accountmanager.accounts\", \"account1\");\n"
           "user_pref(\"mail.account.account1.server\", \"server1\");\n"
           "user_pref(\"mail.account.account1.identities\", \"id1\");\n"
           "user_pref(\"mail.identity.id1.useremail\", \"" +
           address +
           "\");\n"
           "user_pref(\"mail.server.server1.type\", \"imap\");\n"
           "user_pref(\"mail.server.server1.hostname\", \"" +
           host + "\");\n";
}

const std::vector<KnownAccount> alice{{"account1", "imap", {{"id1", "alice@example.org"}}}};

class Home {
  public:
    Home() {
        char name[] = "/tmp/reprompt-profiles-XXXXXX";
        path_ = ::mkdtemp(name);
        fs::create_directories(path_ / "tb");
        fs::create_directories(path_ / "proc/4711/fd");
    }
    ~Home() { fs::remove_all(path_); }
    Home(const Home&) = delete;
    Home& operator=(const Home&) = delete;

    [[nodiscard]] const fs::path& path() const { return path_; }
    [[nodiscard]] ProfilePlaces places() const {
        return {{path_ / "tb"}, path_ / "proc", thunderbird, ::geteuid()};
    }
    void write(const fs::path& name, const std::string& text) const {
        fs::create_directories((path_ / name).parent_path());
        std::ofstream(path_ / name) << text;
    }
    void link(const fs::path& name, const std::string& target) const {
        fs::create_symlink(target, path_ / name);
    }

  private:
    fs::path path_;
};

std::vector<std::string> hosts(const AccountSearch& found) {
    std::vector<std::string> all;
    for (const auto& profile : found.profiles)
        for (const auto& account : profile.accounts)
            all.push_back(profile.name + " " + account.servers[0].hostname);
    return all;
}

constexpr const char* two_profiles =
    "[Install0123]\nDefault=b.esr\nLocked=1\n\n[Profile1]\nName=a\nIsRelative=1\nPath=a.default\nDefault="
    "1\n\n"
    "[Profile0]\nName=b\nIsRelative=1\nPath=b.esr\n\n[General]\nStartWithLastProfile=1\nVersion=2\n";

}  // namespace

TEST_CASE(
    "profiles: the one whose lock our parent holds open is the one, wherever it lies, and no other is read") {
    const Home home;
    home.write("tb/profiles.ini", two_profiles);
    home.write("tb/a.default/prefs.js", prefs_of("a.example.org"));
    home.write("elsewhere/mine/prefs.js", prefs_of("mine.example.org"));
    home.link("proc/4711/fd/3", "socket:[17]");
    home.link("proc/4711/fd/17", home.path() / "elsewhere/mine/.parentlock");
    const auto found = search_accounts(home.places(), alice);
    CHECK(found.certain);
    CHECK(hosts(found) == std::vector<std::string>{"mine mine.example.org"});
}

TEST_CASE("profiles: where /proc does not tell, the lock link that names our parent does") {
    const Home home;
    home.write("tb/profiles.ini", two_profiles);
    home.write("tb/a.default/prefs.js", prefs_of("a.example.org"));
    home.write("tb/b.esr/prefs.js", prefs_of("b.example.org"));
    home.link("tb/a.default/lock", "127.0.1.1:+471");
    home.link("tb/b.esr/lock", "127.0.1.1:+4711");
    const auto found = search_accounts(home.places(), alice);
    CHECK(found.certain);
    CHECK(hosts(found) == std::vector<std::string>{"b.esr b.example.org"});
}

TEST_CASE(
    "profiles: without a lock the accounts decide; where they fit two profiles, both are shown and neither "
    "is certain") {
    const Home home;
    home.write("tb/profiles.ini", two_profiles);
    home.write("tb/a.default/prefs.js", prefs_of("a.example.org"));
    home.write("tb/b.esr/prefs.js", prefs_of("b.example.org", "bob@example.org"));
    auto found = search_accounts(home.places(), alice);
    CHECK(found.certain);
    CHECK(hosts(found) == std::vector<std::string>{"a.default a.example.org"});

    home.write("tb/b.esr/prefs.js", prefs_of("b.example.org"));
    found = search_accounts(home.places(), alice);
    CHECK_FALSE(found.certain);
    CHECK(hosts(found) == std::vector<std::string>{"b.esr b.example.org", "a.default a.example.org"});

    auto more = alice;
    more.push_back({"account2", "pop3", {}});
    found = search_accounts(home.places(), more);
    CHECK_FALSE(found.certain);
    CHECK(found.profiles.empty());
    CHECK(search_accounts(home.places(), {}).profiles.empty());
}

TEST_CASE(
    "profiles: the one in use may lack an account that was made a moment ago; the others in it are found") {
    const Home home;
    home.write("p/prefs.js", prefs_of("mine.example.org"));
    home.link("proc/4711/fd/5", home.path() / "p/.parentlock");
    auto known = alice;
    known.push_back({"account2", "imap", {}});
    const auto found = search_accounts(home.places(), known);
    CHECK(found.certain);
    CHECK(hosts(found) == std::vector<std::string>{"p mine.example.org"});
}

TEST_CASE(
    "profiles: what is no plain file of the user, or too long, is not read, and no link leads to a device") {
    const Home home;
    home.link("proc/4711/fd/5", home.path() / "tb/.parentlock");
    const auto prefs = home.path() / "tb/prefs.js";
    CHECK(search_accounts(home.places(), alice).profiles.empty());  // missing
    fs::create_directory(prefs);
    CHECK_FALSE(read_prefs_file(home.path() / "tb", ::geteuid()));
    fs::remove(prefs);
    REQUIRE(::mkfifo(prefs.c_str(), 0600) == 0);
    CHECK_FALSE(read_prefs_file(home.path() / "tb", ::geteuid()));  // and does not hang
    fs::remove(prefs);
    fs::create_symlink("/dev/zero", prefs);
    CHECK_FALSE(read_prefs_file(home.path() / "tb", ::geteuid()));
    fs::remove(prefs);
    home.write("tb/prefs.js", "x");
    CHECK(read_prefs_file(home.path() / "tb", ::geteuid()) == "x");
    CHECK_FALSE(read_prefs_file(home.path() / "tb", ::geteuid() + 1));
    fs::resize_file(prefs, longest_prefs_file + 1);
    CHECK_FALSE(read_prefs_file(home.path() / "tb", ::geteuid()));
}

TEST_CASE(
    "profiles: profiles.ini and installs.ini are read as Thunderbird writes them, and odd ones do no harm") {
    const fs::path root = "/home/alice/.thunderbird";
    CHECK(profiles_listed(two_profiles, root) ==
          std::vector<fs::path>{root / "b.esr", root / "a.default", root / "b.esr"});
    CHECK(profiles_listed("[1]\r\nDefault=x/y\r\n[2]\r\nPath=/mnt/mail\r\nIsRelative=0\r\n", root) ==
          std::vector<fs::path>{root / "x/y", "/mnt/mail"});
    CHECK(profiles_listed("", root).empty());
    CHECK(profiles_listed("Path=\n[a]\nDefault=1\n[", root).empty());
    CHECK(profiles_listed(std::string_view("[a]\nPath=a\0b\n", 12), root).empty());
    std::string many;
    for (int n = 0; n < 100; ++n)
        many += "[P" + std::to_string(n) + "]\nPath=p" + std::to_string(n) + "\n";
    CHECK(profiles_listed(many, root).size() == most_profiles);
}
