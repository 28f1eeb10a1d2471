// SPDX-License-Identifier: MPL-2.0
// The ledger on disk: what a file shows, what damage does, and several programs or threads at once. Not here:
// decisions (ledger_test.cpp), the format (ledger_line_test.cpp).
#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <thread>
#include <vector>

#include "ledger/file_lock.hpp"
#include "unit/ledger_fixture.hpp"

using namespace reprompt;
using namespace reprompt::test;
using namespace std::chrono_literals;

namespace {

int wait_for(pid_t child) {
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace

TEST_CASE("the disk shows neither password nor name, in a folder and a file that are the user's alone") {
    LedgerFixture f;
    f.attempt("hunter2-planted", VerdictCode::stale_password);
    const std::string content = content_of(f.file());
    CHECK(content.find("hunter2") == std::string::npos);
    CHECK(content.find("alice") == std::string::npos);
    CHECK(content.find("example") == std::string::npos);
    struct stat status {};
    REQUIRE(stat(f.file().c_str(), &status) == 0);
    CHECK((status.st_mode & 07777U) == 0600U);
    REQUIRE(stat(f.folder.c_str(), &status) == 0);
    CHECK((status.st_mode & 07777U) == 0700U);
    for (const std::string& label : f.keyring.labels)
        CHECK(label.find("alice") == std::string::npos);
}

TEST_CASE("a folder that is a symbolic link is refused, a folder open to others is closed") {
    TempFolder temp;
    FakeKeyring keyring;
    std::filesystem::create_directory(temp.path() / "real");
    chmod((temp.path() / "real").c_str(), 0755);
    std::filesystem::create_directory_symlink(temp.path() / "real", temp.path() / "link");
    CHECK_FALSE(Ledger::open(temp.path() / "link", keyring));
    CHECK_FALSE(Ledger::open(temp.path() / "link/", keyring));
    REQUIRE(Ledger::open(temp.path() / "real", keyring));
    struct stat status {};
    REQUIRE(stat((temp.path() / "real").c_str(), &status) == 0);
    CHECK((status.st_mode & 07777U) == 0700U);
}

TEST_CASE("another user's folder and no folder at all are refused") {
    TempFolder temp;
    FakeKeyring keyring;
    CHECK_FALSE(Ledger::open("", keyring));
    CHECK_FALSE(Ledger::open("relative/folder", keyring));
    if (geteuid() == 0) {
        const auto foreign = temp.path() / "foreign";
        std::filesystem::create_directory(foreign);
        REQUIRE(chown(foreign.c_str(), 65534, 65534) == 0);
        CHECK_FALSE(Ledger::open(foreign, keyring));
    }
}

TEST_CASE("what stands in the ledger's place and is no file is moved aside, and a new ledger is begun") {
    for (const char* thing : {"folder", "link", "pipe"}) {
        CAPTURE(thing);
        LedgerFixture f;
        std::filesystem::remove(f.file());
        const auto target = f.temp.path() / "target";
        write_to(target, "mine", std::ios::trunc);
        if (thing[0] == 'f') std::filesystem::create_directories(f.file() / "inside");
        if (thing[0] == 'l') std::filesystem::create_symlink(target, f.file());
        if (thing[0] == 'p') REQUIRE(mkfifo(f.file().c_str(), 0600) == 0);
        SUBCASE("found at start") {
            f.ledger = f.open();
        }
        SUBCASE("found while running") {}
        f.attempt("old", VerdictCode::stale_password);
        CHECK(f.rejected("old"));
        REQUIRE(f.ledger.notes().size() == 1);
        CHECK(f.ledger.notes()[0].find("was no file; it was moved to") != std::string::npos);
        CHECK(std::filesystem::exists(std::filesystem::symlink_status(f.folder / "ledger.corrupt-1")));
        CHECK(content_of(target) == "mine");
        f.ledger = f.open();
        CHECK(f.ledger.notes().empty());
        CHECK(f.rejected("old"));
    }
}

TEST_CASE("a file far too long is moved aside, and a new ledger is begun") {
    LedgerFixture f;
    std::filesystem::resize_file(f.file(), (std::uintmax_t{1} << 30U) + 1);
    f.ledger = f.open();
    REQUIRE(f.ledger.notes().size() == 1);
    CHECK(f.ledger.notes()[0].find("larger than 1 GiB") != std::string::npos);
    f.attempt("old", VerdictCode::stale_password);
    CHECK(f.rejected("old"));
}

TEST_CASE("a line longer than any block is one damaged line, and those before and behind it are kept") {
    LedgerFixture f;
    f.attempt("one", VerdictCode::stale_password);
    const std::string before = content_of(f.file());
    f.attempt("two", VerdictCode::stale_password);
    const std::string behind = content_of(f.file()).substr(before.size());
    write_to(f.file(), before + std::string(300'000, 'x') + "\n" + behind, std::ios::trunc);
    SUBCASE("found at start") {
        f.ledger = f.open();
    }
    SUBCASE("found while running") {}
    CHECK(f.rejected("one"));
    CHECK(f.rejected("two"));
    REQUIRE(f.ledger.notes().size() == 1);
    CHECK(f.ledger.notes()[0].find("(1 unreadable lines)") != std::string::npos);
    f.ledger = f.open();
    CHECK(f.ledger.notes().empty());
    CHECK(f.rejected("one"));
    CHECK(f.rejected("two"));
}

TEST_CASE("a whole ledger that somebody doubled says the same, and no more") {
    LedgerFixture f;
    f.attempt("one", VerdictCode::stale_password);
    f.attempt("two", VerdictCode::stale_password);
    const std::string content = content_of(f.file());
    const std::string lines = content.substr(content.find('\n') + 1);
    write_to(f.file(), lines, std::ios::app);
    f.ledger = f.open();
    CHECK(f.ledger.notes().empty());
    CHECK(f.rejected("one"));
    CHECK(f.ask("three"));
    CHECK(f.ask("four").error().reason == DenialReason::budget_spent);
}

TEST_CASE("a line cut off by a crash is dropped and the ledger goes on") {
    LedgerFixture f;
    f.attempt("old", VerdictCode::stale_password);
    const std::string whole = content_of(f.file());
    write_to(f.file(), "0badf00d begin 17", std::ios::app);
    f.ledger = f.open();
    CHECK(f.ledger.notes().empty());
    CHECK(f.rejected("old"));
    f.attempt("other", VerdictCode::stale_password);
    f.ledger = f.open();
    CHECK(f.rejected("other"));
    CHECK(f.ledger.notes().empty());
    // Cut anywhere, it opens, and never with more entries than before.
    for (std::size_t length = 0; length < whole.size(); length += 7) {
        write_to(f.file(), whole.substr(0, length), std::ios::trunc);
        f.ledger = f.open();
        CHECK(f.ledger.notes().empty());
    }
}

TEST_CASE("a damaged line moves the file aside; what can be read still counts") {
    LedgerFixture f;
    f.attempt("old", VerdictCode::stale_password);
    f.ledger = f.open();  // as short as it gets, so that opening it once more changes nothing
    const std::string good = content_of(f.file());
    write_to(f.file(), "00000000 begin 1 2 3 4\n", std::ios::app);
    const std::string bad = content_of(f.file());

    SUBCASE("found at start") {
        f.ledger = f.open();
    }
    SUBCASE("found while running") {}
    CHECK(f.rejected("old"));
    REQUIRE(f.ledger.notes().size() == 1);
    CHECK(f.ledger.notes()[0].find("ledger.corrupt-1") != std::string::npos);
    CHECK(content_of(f.folder / "ledger.corrupt-1") == bad);
    CHECK(content_of(f.file()) == good);

    write_to(f.file(), std::string("\0\0\0\n", 4), std::ios::app);
    f.ledger = f.open();
    CHECK(f.rejected("old"));
    CHECK(std::filesystem::exists(f.folder / "ledger.corrupt-2"));
}

TEST_CASE("a file that is no ledger is moved aside") {
    LedgerFixture f;
    write_to(f.file(), "hello\nworld\n", std::ios::trunc);
    f.ledger = f.open();
    REQUIRE(f.ledger.notes().size() == 1);
    CHECK(content_of(f.folder / "ledger.corrupt-1") == "hello\nworld\n");
    f.attempt("old", VerdictCode::stale_password);
    CHECK(f.rejected("old"));
}

TEST_CASE("opening drops what has ended and keeps the rest") {
    LedgerFixture f;
    f.attempt("old", VerdictCode::stale_password);
    for (int round = 0; round < 50; ++round)
        f.attempt("x", VerdictCode::offline);
    const auto before = std::filesystem::file_size(f.file());
    f.ledger = f.open();
    CHECK(std::filesystem::file_size(f.file()) < before / 10);
    CHECK(f.rejected("old"));
    f.now += 49h;
    f.ledger = f.open();
    const std::string left = content_of(f.file());
    CHECK(std::count(left.begin(), left.end(), '\n') == 1);
}

TEST_CASE("a ledger removed under a running host starts again") {
    LedgerFixture f;
    f.attempt("old", VerdictCode::stale_password);
    std::filesystem::remove(f.file());
    CHECK_FALSE(f.rejected("old"));
    f.attempt("old", VerdictCode::stale_password);
    CHECK(f.rejected("old"));
}

TEST_CASE("a disk that takes nothing gives no permit") {
    LedgerFixture f;
    f.attempt("old", VerdictCode::stale_password);
    const auto size = std::filesystem::file_size(f.file());
    const pid_t child = fork();
    if (child == 0) {
        // The file may grow by ten octets only: the write is cut in the middle of a line.
        std::signal(SIGXFSZ, SIG_IGN);
        const rlimit limit{size + 10, size + 10};
        setrlimit(RLIMIT_FSIZE, &limit);
        const auto denied = f.ask("new");
        const bool right = !denied && denied.error().reason == DenialReason::ledger_unusable;
        _exit(right && f.rejected("old") ? 0 : 1);
    }
    CHECK(wait_for(child) == 0);
    CHECK(std::filesystem::file_size(f.file()) <= size);
    CHECK(content_of(f.file()).back() == '\n');
    CHECK(f.rejected("old"));
    CHECK(f.ask("new"));
}

TEST_CASE("another program that keeps the ledger locked gives no permit after five seconds" *
          doctest::skip(std::getenv("REPROMPT_TEST_KEYRING") == nullptr)) {
    LedgerFixture f;
    const auto lock = FileLock::take(f.folder / "ledger.lock", Deadline::after(1s));
    REQUIRE(lock);
    CHECK(f.ask("new").error().reason == DenialReason::ledger_unusable);
}

TEST_CASE("another program that keeps the making of the key locked holds a probe up two seconds at most" *
          doctest::skip(std::getenv("REPROMPT_TEST_KEYRING") == nullptr)) {
    LedgerFixture f;
    const auto lock = FileLock::take(f.folder / "key.lock", Deadline::after(1s));
    REQUIRE(lock);
    const auto start = std::chrono::steady_clock::now();
    CHECK(f.ask("new"));
    CHECK(std::chrono::steady_clock::now() - start < 4s);
    CHECK(f.keyring.items.empty());
}

TEST_CASE("programs that write at once lose nothing and share one budget") {
    LedgerFixture f;
    f.attempt("first",
              VerdictCode::offline);  // the key exists: the children have their own copy of the keyring
    std::vector<pid_t> children;
    for (int number = 0; number < 4; ++number) {
        const pid_t child = fork();
        if (child == 0) {
            auto mine = Ledger::open(f.folder, f.keyring);
            if (!mine) _exit(99);
            int permits = 0;
            for (int round = 0; round < 20; ++round) {
                const std::string user = "user" + std::to_string(round);
                auto permit = mine->permit({"example.org", user}, Secret("pw" + std::to_string(number)),
                                           proof(), f.now, false);
                if (!permit) continue;
                ++permits;
                mine->record(std::move(*permit), verdict_of(VerdictCode::stale_password), f.now);
            }
            _exit(permits);
        }
        children.push_back(child);
    }
    int permits = 0;
    for (const pid_t child : children) {
        const int count = wait_for(child);
        REQUIRE(count >= 0);
        REQUIRE(count <= 20);
        permits += count;
    }
    // Four programs want each of 20 accounts; three attempts are in each budget.
    CHECK(permits == 60);
    f.ledger = f.open();
    CHECK(f.ledger.notes().empty());
    for (int round = 0; round < 20; ++round) {
        const Account account{"example.org", "user" + std::to_string(round)};
        CHECK(f.ask("fresh", true, account).error().reason == DenialReason::budget_spent);
        int known = 0;
        for (const char* password : {"pw0", "pw1", "pw2", "pw3"})
            known += f.rejected(password, account) ? 1 : 0;
        CHECK(known == 3);
    }
}

TEST_CASE("threads that try one password at once send it once") {
    LedgerFixture f;
    std::vector<std::thread> threads;
    std::atomic<int> permits{0};
    std::atomic<int> in_progress{0};
    const net::ChannelProof shown = proof();
    for (int number = 0; number < 3; ++number) {
        threads.emplace_back([&] {
            const auto permit = f.ledger.permit(alice, Secret("old"), shown, f.now, false);
            if (permit) ++permits;
            if (!permit && permit.error().reason == DenialReason::in_progress) ++in_progress;
        });
    }
    for (std::thread& thread : threads)
        thread.join();
    CHECK(permits == 1);
    CHECK(in_progress == 2);
}

TEST_CASE("threads that share one ledger share one budget") {
    LedgerFixture f;
    std::vector<std::thread> threads;
    std::atomic<int> permits{0};
    const net::ChannelProof shown = proof();
    for (int number = 0; number < 4; ++number) {
        threads.emplace_back([&, number] {
            auto permit = f.ledger.permit(alice, Secret("pw" + std::to_string(number)), shown, f.now, false);
            if (permit) {
                ++permits;
                f.ledger.record(std::move(*permit), verdict_of(VerdictCode::stale_password), f.now);
            }
        });
    }
    for (std::thread& thread : threads)
        thread.join();
    CHECK(permits == 3);
}
