// SPDX-License-Identifier: MPL-2.0
// A ledger in trouble: the lock is held too long, there is no room, descriptors or the book's temporary file
// are gone. A refusal survives all of it. Not here: damage and several programs at once
// (ledger_disk_test.cpp).
#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <string>

#include "ledger/digest.hpp"
#include "ledger/file_lock.hpp"
#include "ledger/ledger_line.hpp"
#include "unit/ledger_fixture.hpp"

using namespace reprompt;
using namespace reprompt::test;
using namespace std::chrono_literals;

namespace {

/// As a compaction by another program does: another file with the same lines.
void replace_file(const LedgerFixture& f) {
    write_to(f.folder / "ledger.new", content_of(f.file()), std::ios::trunc);
    std::filesystem::rename(f.folder / "ledger.new", f.file());
}

bool has_note(const LedgerFixture& f, const char* words) {
    const auto notes = f.ledger.notes();
    return std::any_of(notes.begin(), notes.end(),
                       [&](const std::string& note) { return note.find(words) != std::string::npos; });
}

/// `work` in a process of its own, where no file may be longer than `most` octets; true if it says so.
template <class Work>
bool where_files_end_at(rlim_t most, Work&& work) {
    const pid_t child = fork();
    if (child == 0) {
        std::signal(SIGXFSZ, SIG_IGN);
        const rlimit limit{most, most};
        setrlimit(RLIMIT_FSIZE, &limit);
        _exit(work() ? 0 : 1);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/// So many refusals of others that the book leaves the memory.
void fill(LedgerFixture& f) {
    std::string lines;
    for (int number = 0; number < 4000; ++number) {
        const auto digits = [&](const char* what) { return hmac_hex(what, {std::to_string(number)}); };
        lines += event_line({EventKind::rejected,
                             f.now,
                             {},
                             digits("account").substr(0, 32),
                             digits("login"),
                             verdict_of(VerdictCode::stale_password)});
    }
    write_to(f.file(), lines, std::ios::app);
    f.ledger = f.open();
}

/// Takes away what books have in nameless files; how many there were.
int empty_the_books() {
    int emptied = 0;
    for (const auto& each : std::filesystem::directory_iterator("/proc/self/fd")) {
        std::error_code gone;
        const std::string target = std::filesystem::read_symlink(each, gone).string();
        const int fd = std::stoi(each.path().filename().string());
        struct stat status {};
        if (target.find(" (deleted)") == std::string::npos || fstat(fd, &status) != 0) continue;
        if (S_ISREG(status.st_mode) && status.st_size > 1024 * 1024 && ftruncate(fd, 0) == 0) ++emptied;
    }
    return emptied;
}

}  // namespace

TEST_CASE(
    "a refusal that met a locked ledger is known after another program's compaction, and then written") {
    LedgerFixture f;
    f.ledger = std::move(Ledger::open(f.folder, f.keyring, f.now, {50ms, 20ms}).value());
    auto permit = f.ask("old");
    REQUIRE(permit);
    {
        const auto lock = FileLock::take(f.folder / "ledger.lock", Deadline::after(1s));
        REQUIRE(lock);
        f.ledger.record(std::move(*permit), verdict_of(VerdictCode::stale_password), f.now);
        CHECK(has_note(f, "locked"));
        CHECK(content_of(f.file()).find(" rejected ") == std::string::npos);
        replace_file(f);
        CHECK(f.ask("old").error().reason == DenialReason::ledger_unusable);
        CHECK(f.rejected("old"));
    }
    SUBCASE("with the file that the other program made") {}
    SUBCASE("with no file at all") {
        std::filesystem::remove(f.file());
    }
    const auto again = f.ask("old");
    REQUIRE_FALSE(again);
    CHECK(again.error().reason == DenialReason::rejected_before);
    const std::string content = content_of(f.file());
    const auto line = content.find(" rejected ");
    REQUIRE(line != std::string::npos);
    CHECK(content.find(" rejected ", line + 1) == std::string::npos);
    f.ledger = f.open();
    CHECK(f.ask("old").error().reason == DenialReason::rejected_before);
}

TEST_CASE("a refusal that could not be written is written when the ledger is closed") {
    LedgerFixture f;
    {
        auto ledger = Ledger::open(f.folder, f.keyring, f.now, {50ms, 20ms}).value();
        auto permit = ledger.permit(alice, Secret("old"), proof(), f.now, false);
        REQUIRE(permit);
        const auto lock = FileLock::take(f.folder / "ledger.lock", Deadline::after(1s));
        REQUIRE(lock);
        ledger.record(std::move(*permit), verdict_of(VerdictCode::stale_password), f.now);
        CHECK(content_of(f.file()).find(" rejected ") == std::string::npos);
    }
    CHECK(content_of(f.file()).find(" rejected ") != std::string::npos);
    CHECK(f.ask("old").error().reason == DenialReason::rejected_before);
}

TEST_CASE("a result waits longer for the lock than a decision") {
    CHECK(LockWaits().result > LockWaits().decision);
}

TEST_CASE(
    "without keyring, a success from before the refusal does not take it back when the file is read again") {
    LedgerFixture f;
    f.keyring.absent = true;
    f.attempt("right", VerdictCode::password_accepted);
    f.attempt("old", VerdictCode::stale_password);
    replace_file(f);
    CHECK(f.rejected("old"));
    CHECK(f.ask("old").error().reason == DenialReason::rejected_before);
    f.attempt("right", VerdictCode::password_accepted);
    CHECK_FALSE(f.rejected("old"));
}

TEST_CASE("a new file that cannot be opened takes no knowledge away") {
    LedgerFixture f;
    f.attempt("old", VerdictCode::stale_password);
    replace_file(f);
    rlimit before{};
    REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0);
    const int next = dup(STDERR_FILENO);
    REQUIRE(close(next) == 0);
    // One more descriptor: the lock takes it.
    const rlimit one{static_cast<rlim_t>(next) + 1, before.rlim_max};
    REQUIRE(setrlimit(RLIMIT_NOFILE, &one) == 0);
    const auto known = f.rejected("old");
    const auto denied = f.ask("new");
    REQUIRE(setrlimit(RLIMIT_NOFILE, &before) == 0);
    CHECK(known);
    CHECK(denied.error().reason == DenialReason::ledger_unusable);
    CHECK(has_note(f, "cannot open the ledger"));
    CHECK(f.rejected("old"));
    CHECK(f.ask("new"));
}

TEST_CASE("no permit where only the attempt would fit into the file, and not its result") {
    LedgerFixture f;
    f.attempt("old", VerdictCode::stale_password);
    const auto size = std::filesystem::file_size(f.file());
    CHECK(where_files_end_at(size + 300, [&] {
        const auto denied = f.ask("new");
        return !denied && denied.error().reason == DenialReason::ledger_unusable && f.rejected("old");
    }));
    CHECK_FALSE(where_files_end_at(size + 200'000, [&] { return f.ask("new").has_value(); }));
    CHECK(where_files_end_at(size + 500'000, [&] { return f.ask("new").has_value(); }));
}

TEST_CASE("a file that reached the limit is compacted before anybody is turned away") {
    LedgerFixture f;
    f.attempt("old", VerdictCode::stale_password);
    while (std::filesystem::file_size(f.file()) < 600'000)
        f.attempt("x", VerdictCode::offline);
    CHECK(where_files_end_at(std::filesystem::file_size(f.file()), [&] {
        auto permit = f.ask("new");
        if (!permit) return false;
        f.ledger.record(std::move(*permit), verdict_of(VerdictCode::stale_password), f.now);
        return f.ledger.notes().empty();
    }));
    CHECK(std::filesystem::file_size(f.file()) < 10'000);
    CHECK(f.rejected("old"));
    CHECK(f.rejected("new"));
}

TEST_CASE("a book whose temporary file fails is made anew from the ledger, and no refusal is lost") {
    LedgerFixture f;
    fill(f);
    auto permit = f.ask("old");
    REQUIRE(permit);
    SUBCASE("when the refusal is written") {
        REQUIRE(empty_the_books() == 1);
        f.ledger.record(std::move(*permit), verdict_of(VerdictCode::stale_password), f.now);
        CHECK(has_note(f, "cannot be read"));
    }
    SUBCASE("when a decision looks into it") {
        f.ledger.record(std::move(*permit), verdict_of(VerdictCode::stale_password), f.now);
        REQUIRE(empty_the_books() == 1);
        CHECK_THROWS(f.rejected("old"));
    }
    SUBCASE("when another program's refusal is read") {
        {
            Ledger other = f.open();
            other.record(std::move(*permit), verdict_of(VerdictCode::stale_password), f.now);
        }
        REQUIRE(empty_the_books() == 1);
        CHECK(f.ask("new").error().reason == DenialReason::ledger_unusable);
    }
    CHECK(f.ask("old").error().reason == DenialReason::rejected_before);
    CHECK(f.rejected("old"));
    CHECK(f.ask("new"));
}
