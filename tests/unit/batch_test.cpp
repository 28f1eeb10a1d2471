// SPDX-License-Identifier: MPL-2.0
// The parts of `reprompt batch`. Not here: real connections, signals (tests/servers/batch.test.mjs).
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "app/batch_command.hpp"
#include "app/batch_intake.hpp"
#include "app/batch_progress.hpp"
#include "fake_keyring.hpp"

using namespace reprompt;
using namespace reprompt::app;

namespace {

BatchAccount read_line(std::string text, const BatchTerms& terms = {}) {
    auto account = read_batch_line(text, terms);
    REQUIRE_MESSAGE(account, account.error().message);
    return std::move(*account);
}

LineError refused_line(std::string text, const BatchTerms& terms = {}) {
    const auto account = read_batch_line(text, terms);
    REQUIRE_FALSE(account);
    CHECK(account.error().message.find("hunter2") == std::string::npos);
    return account.error();
}

UniqueFd file_of(const test::TempFolder& folder, const std::string& text) {
    const auto path = folder.path() / "list";
    std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
    UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    REQUIRE(file);
    return file;
}

std::string line_for(std::size_t id, const std::string& host) {
    return R"({"id":)" + std::to_string(id) + R"(,"url":"imap://)" + host + R"(","user":"u)" +
           std::to_string(id) + R"(","password":"p)" + std::to_string(id) + "\"}\n";
}

/// Reads a list to its end as a run does that checks `jobs` accounts at a time; which lines began, in order.
struct Played {
    std::vector<std::uint64_t> began;
    std::vector<std::string> errors;
    Refusal refusal;
    std::size_t most_waiting = 0, most_parked = 0, most_at_one_host = 0, most_under_way = 0;
    std::uint64_t lines_read = 0, most_at_a_time = 0;
};
Played play(int fd, BatchLimits limits, const AnsweredIds& answered = {}) {
    Played played;
    const BatchTerms terms;
    BatchQueue queue(limits);
    BatchIntake intake(fd, terms, RuleBook::built_in(), answered, queue,
                       {[&](const LineError& error, std::uint64_t line) {
                            played.errors.push_back(std::to_string(line) + " " + error.message);
                        },
                        [] {}, [](const std::vector<std::string>&, std::uint64_t) {}});
    std::deque<std::string> under_way;
    std::map<std::string, std::size_t> at_host;
    for (;;) {
        const auto before = intake.lines_read();
        played.refusal = intake.pull();
        if (played.refusal.why != Guessing::none) return played;
        played.lines_read = intake.lines_read();
        played.most_at_a_time = std::max(played.most_at_a_time, played.lines_read - before);
        played.most_waiting = std::max(played.most_waiting, queue.waiting());
        played.most_parked = std::max(played.most_parked, intake.parked());
        while (auto account = queue.begin()) {
            played.began.push_back(account->number);
            under_way.push_back(account->request.endpoint.host);
            played.most_at_one_host = std::max(played.most_at_one_host, ++at_host[under_way.back()]);
        }
        played.most_under_way = std::max(played.most_under_way, under_way.size());
        if (under_way.empty() && !intake.has_more()) break;
        if (under_way.empty()) continue;
        --at_host[under_way.front()];
        queue.ended(under_way.front());
        under_way.pop_front();
    }
    CHECK(intake.ended());
    CHECK(queue.hosts() == 0);
    return played;
}

}  // namespace

TEST_CASE("a line names its server by a URL or by members, and its login") {
    const auto by_url = read_line(
        R"({"id":"7","url":"pop3s://Mail.Example.org","user":"alice","password":"a\u00e9\"b","auth":"login","x":[1]})");
    CHECK(by_url.id == "\"7\"");
    CHECK(by_url.request.endpoint.host == "mail.example.org");
    CHECK(by_url.request.endpoint.port == 995);
    CHECK(by_url.request.credential.reveal() == "a\xC3\xA9\"b");
    CHECK(by_url.request.kind == probe::CredentialKind::password);
    CHECK(by_url.request.only == Mechanism::login);
    CHECK_FALSE(by_url.request.repair);
    CHECK_FALSE(by_url.request.again);
    CHECK(by_url.unread == std::vector<std::string>{"x"});
    CHECK(meant_member("passwort") == "password");
    CHECK(meant_member("x").empty());
    const auto by_members =
        read_line(R"({"id":7,"protocol":"smtp","host":"::1","tls":"starttls","user":"bob","token":"t"})");
    CHECK(by_members.id == "7");
    CHECK(by_members.request.endpoint.host == "::1");
    CHECK(by_members.request.endpoint.port == 587);
    CHECK(by_members.request.endpoint.tls == TlsMode::starttls);
    CHECK(by_members.request.kind == probe::CredentialKind::token);
    CHECK(by_members.request.configured_auth == "oauth2");
    CHECK(read_line(R"({"id":1,"protocol":"imap","host":"h"})").request.endpoint.port == 993);
    CHECK(read_line(R"({"id":1,"url":"imap://h","tls":"none"})").request.endpoint.tls == TlsMode::none);
}

TEST_CASE("what is wrong with a line is said without its contents") {
    for (const char* line : {
             R"({"id":"1","url":"imaps://h","user":"a","password":"hunter2)",
             R"({"url":"imaps://h","user":"a","password":"hunter2"})",
             R"({"id":{},"url":"imaps://h","user":"a","password":"hunter2"})",
             R"({"id":"1","user":"a","password":"hunter2"})",
             R"({"id":"1","url":"imaps://a:hunter2@h"})",
             R"({"id":"1","url":"imaps://h","password":"hunter2"})",
             R"({"id":"1","url":"imaps://h","user":"a","password":"hunter2","password":"hunter2"})",
             R"({"id":"1","url":"imaps://h","user":"a","password":"hunter2","token":"hunter2"})",
             R"({"id":"1","url":"imaps://h","user":"a","password":["hunter2"]})",
             R"({"id":"1","url":"imaps://h","user":"a","password":""})",
             R"({"id":"1","url":"imaps://h","user":"a"})",
             R"({"id":"1","url":"imaps://h","user":"a\r\nhunter2","password":"hunter2"})",
             R"({"id":"1","url":"imaps://h","user":"a","password":"hunter2","auth":"XOAUTH2"})",
             R"({"id":"1","url":"imaps://h","user":"a","password":"hunter2","auth":"hunter2"})",
             R"({"id":"1","protocol":"imap","host":"a b","user":"a","password":"hunter2"})",
             R"({"id":"1","protocol":"imap","host":"h","port":0})",
             R"({"id":"1","url":"imaps://h","port":21993,"user":"a","password":"hunter2"})",
             R"({"id":"1","url":"imaps://h","host":"hunter2"})",
             R"(["hunter2"])",
             "hunter2",
         }) {
        INFO(line);
        const auto error = refused_line(line);
        CHECK_FALSE(error.message.empty());
        CHECK(nlohmann::json::accept(error.id));
    }
    CHECK(refused_line(R"({"id":"1","user":"a"})").id == "\"1\"");
    const auto about = [](const std::string& id) {
        return refused_line(R"({"url":"imaps://h","id":)" + id + "}").message;
    };
    CHECK(about("\"" + std::string(513, 'x') + "\"") == "/id: longer than 512 octets");
    CHECK(about("18446744073709551616") == "/id: a number beyond 64 bits; write it as a string");
    CHECK(about("-9223372036854775809") == "/id: a number beyond 64 bits; write it as a string");
    CHECK(about("1.5") == "/id: expected a string or a whole number");
    CHECK(read_line(R"({"url":"imaps://h","id":18446744073709551615})").id == "18446744073709551615");
    CHECK(read_line(R"({"url":"imaps://h","id":")" + std::string(512, 'x') + "\"}").id.size() == 514);
}

TEST_CASE(
    "without authentication a line's password is dropped, and one from a descriptor is for lines without") {
    BatchTerms terms;
    const Secret common("common");
    terms.password = &common;
    CHECK(read_line(R"({"id":1,"url":"imaps://h","user":"a"})", terms).request.credential.reveal() ==
          "common");
    CHECK(read_line(R"({"id":1,"url":"imaps://h","user":"a","password":"own"})", terms)
              .request.credential.reveal() == "own");
    CHECK(read_line(R"({"id":1,"url":"imaps://h"})", terms).request.kind == probe::CredentialKind::none);
    terms.no_auth = true;
    const auto looked = read_line(R"({"id":1,"url":"imaps://h","user":"a","password":"own"})", terms);
    CHECK(looked.request.kind == probe::CredentialKind::none);
    CHECK(looked.request.credential.empty());
}

TEST_CASE("lines come out of a file and a pipe alike, with their numbers and without their ends") {
    const std::string text = "one\r\n\n  # remark\ntwo\n" + std::string(50, 'x') + "\nlast";
    const test::TempFolder folder;
    const UniqueFd file = file_of(folder, text);
    int ends[2] = {-1, -1};
    REQUIRE(::pipe(ends) == 0);
    const UniqueFd out(ends[0]);
    UniqueFd in(ends[1]);
    REQUIRE(::write(in.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
    BatchInput from_pipe(out.get(), 16), from_file(file.get(), 16);
    BatchInput::Line line;
    for (auto* input : {&from_file, &from_pipe}) {
        std::vector<std::string> all;
        while (input->next(line) == BatchInput::Got::line) {
            all.push_back(std::to_string(line.at.number) + ":" +
                          std::string(line.text.begin(), line.text.end()) +
                          (line.too_long ? "too long" : ""));
            if (all.size() == 3 && input == &from_pipe) {
                CHECK(input->next(line) == BatchInput::Got::nothing_yet);
                in.reset();
            }
        }
        CHECK(all == std::vector<std::string>{"1:one", "4:two", "5:too long", "6:last"});
        CHECK(input->next(line) == BatchInput::Got::end);
    }
    from_file.go_to({16, 4});
    REQUIRE(from_file.next(line) == BatchInput::Got::line);
    CHECK(std::string(line.text.begin(), line.text.end()) == "two");
}

TEST_CASE("a file that becomes shorter while it is read has no end, but is broken") {
    const test::TempFolder folder;
    const UniqueFd file = file_of(folder, "one\ntwo\nthree\n");
    BatchInput input(file.get(), 16);
    BatchInput::Line line;
    REQUIRE(::truncate((folder.path() / "list").c_str(), 8) == 0);
    CHECK(input.next(line) == BatchInput::Got::line);
    CHECK(input.next(line) == BatchInput::Got::line);
    CHECK(input.next(line) == BatchInput::Got::broken);
    CHECK(input.next(line) == BatchInput::Got::broken);
}

TEST_CASE("a place of a file can be gone to, in what was read ahead and elsewhere") {
    const test::TempFolder folder;
    std::string text;
    std::vector<BatchInput::Place> places;
    for (std::size_t at = 0; at < 100; ++at) {
        places.push_back({text.size(), at + 1});
        text += "line " + std::to_string(at) + "\n";
    }
    const UniqueFd file = file_of(folder, text);
    BatchInput input(file.get(), 16);
    BatchInput::Line line;
    for (const std::size_t at : {0U, 1U, 3U, 2U, 99U, 98U, 99U, 0U, 50U}) {
        CAPTURE(at);
        input.go_to(places[at]);
        REQUIRE(input.next(line) == BatchInput::Got::line);
        CHECK(line.at == places[at]);
        CHECK(std::string(line.text.begin(), line.text.end()) == "line " + std::to_string(at));
    }
}

TEST_CASE("a file is read from where its descriptor stands") {
    const test::TempFolder folder;
    const UniqueFd file = file_of(folder, "one\ntwo\n");
    REQUIRE(::lseek(file.get(), 4, SEEK_SET) == 4);
    BatchInput input(file.get(), 16);
    BatchInput::Line line;
    REQUIRE(input.next(line) == BatchInput::Got::line);
    CHECK(std::string(line.text.begin(), line.text.end()) == "two");
}

TEST_CASE("every line of a list has its turn once, however its servers are mixed, in bounded memory") {
    const test::TempFolder folder;
    const BatchLimits limits{16, 64, 8};
    for (const std::string kind : {"sorted", "mixed", "one long run first", "many servers"}) {
        CAPTURE(kind);
        std::string text;
        constexpr std::size_t lines = 1200;
        for (std::size_t at = 0; at < lines; ++at) {
            const std::size_t host = kind == "sorted"         ? at / 100
                                     : kind == "mixed"        ? at * 7919 % 12
                                     : kind == "many servers" ? at % 600
                                                              : (at < 900 ? 0 : at % 12);
            text += line_for(at, "host" + std::to_string(host) + ".example.org");
        }
        const auto played = play(file_of(folder, text).get(), limits);
        CHECK(played.errors.empty());
        CHECK(played.began.size() == lines);
        auto sorted = played.began;
        std::sort(sorted.begin(), sorted.end());
        CHECK(std::adjacent_find(sorted.begin(), sorted.end()) == sorted.end());
        CHECK(played.most_waiting <= 64);
        CHECK(played.most_at_one_host <= 2);
        CHECK(played.most_under_way == 16);
        CHECK(played.most_parked <= 12);
        CHECK(played.lines_read <= 2 * lines);
    }
}

TEST_CASE("no line of a list is read more than twice, and never thousands before the first account begins") {
    const test::TempFolder folder;
    constexpr std::size_t lines = 40'000;
    for (const std::string kind : {"two sorted hosts", "one host", "300 hosts that take turns"}) {
        CAPTURE(kind);
        std::string text;
        for (std::size_t at = 0; at < lines; ++at) {
            const std::size_t host = kind == "two sorted hosts" ? at / (lines / 2)
                                     : kind == "one host"       ? 0
                                                                : at % 300;
            text += line_for(at, "host" + std::to_string(host) + ".example.org");
        }
        const auto played = play(file_of(folder, text).get(), {64, 1024, 8});
        CHECK(played.began.size() == lines);
        CHECK(played.lines_read <= 2 * lines);
        CHECK(played.most_at_a_time <= 2 * BatchIntake::lines_at_a_time);
    }
}

TEST_CASE("a host whose lines were passed over goes on although others could begin, too") {
    std::string text;
    for (std::size_t at = 0; at < 60; ++at)
        text += line_for(at, "first.example.org");
    for (std::size_t at = 60; at < 84; ++at)
        text += line_for(at, "host" + std::to_string(at % 3) + ".example.org");
    const test::TempFolder folder;
    const UniqueFd file = file_of(folder, text);
    const BatchTerms terms;
    const AnsweredIds none;
    BatchQueue queue({4, 64, 8});
    BatchIntake intake(file.get(), terms, RuleBook::built_in(), none, queue,
                       {[](const LineError&, std::uint64_t) {}, [] {},
                        [](const std::vector<std::string>&, std::uint64_t) {}});
    CHECK(intake.pull().why == Guessing::none);
    std::size_t of_first = 0;
    while (of_first < 8) {  // its share; the others have one line left each
        const auto account = queue.begin();
        REQUIRE(account);
        if (account->request.endpoint.host == "first.example.org") ++of_first;
        queue.ended(account->request.endpoint.host);
    }
    REQUIRE(queue.can_begin());
    REQUIRE(queue.waiting() == 3);
    CHECK(intake.pull().why == Guessing::none);
    CHECK(queue.waiting() == 3 + 8);
}

TEST_CASE(
    "a long run of one server in a file keeps nobody behind it waiting; in a pipe only a full queue does") {
    std::string text;
    for (std::size_t at = 0; at < 500; ++at)
        text += line_for(at, at < 400 ? "slow.example.org" : "host" + std::to_string(at) + ".example.org");
    const test::TempFolder folder;
    const auto played = play(file_of(folder, text).get(), {8, 64, 8});
    REQUIRE(played.began.size() == 500);
    const auto last_other =
        std::find_if(played.began.rbegin(), played.began.rend(), [](auto line) { return line > 400; });
    const auto slow_before =
        std::count_if(last_other, played.began.rend(), [](auto line) { return line <= 400; });
    CHECK(slow_before < 60);  // two of eight places while the other 100 were checked
    std::vector<std::uint64_t> slow;
    std::copy_if(played.began.begin(), played.began.end(), std::back_inserter(slow),
                 [](auto line) { return line <= 400; });
    CHECK(std::is_sorted(slow.begin(), slow.end()));
}

TEST_CASE("an id is answered once: neither again after an earlier run nor for two lines") {
    const test::TempFolder folder;
    const auto earlier = folder.path() / "answers";
    std::ofstream(earlier) << R"({"id":1,"verdict":"stale_password"})"
                           << "\n"
                           << R"({"id":"1","error":"x","line":3})"
                           << "\n"
                           << R"({"id":3,"verdict":"stale_pass)";
    const auto answered = AnsweredIds::read(earlier.string());
    REQUIRE(answered);
    CHECK(answered->size() == 1);
    CHECK(answered->has("1"));
    CHECK_FALSE(answered->has("\"1\""));
    const auto played = play(file_of(folder, line_for(1, "a.example.org") + line_for(2, "a.example.org") +
                                                 line_for(3, "a.example.org") + line_for(2, "b.example.org"))
                                 .get(),
                             {}, *answered);
    CHECK(played.began == std::vector<std::uint64_t>{2, 3});
    CHECK(played.errors == std::vector<std::string>{"4 /id: another line of this list has the same"});
    CHECK_FALSE(AnsweredIds::read("/nonexistent"));
    CHECK_FALSE(AnsweredIds::read("/dev/null"));
}

TEST_CASE("in a pipe, too, what an earlier run sent counts when guesses are looked for") {
    const test::TempFolder folder;
    const auto earlier = folder.path() / "answers";
    std::ofstream answers(earlier);
    std::string list;
    for (const std::string user : {"a", "b", "c", "d"}) {
        if (user != "d") answers << R"({"id":")" << user << R"(","verdict":"stale_password"})" << std::endl;
        list += R"({"id":")" + user + R"(","url":"imaps://h.example.org","user":")" + user +
                R"(","password":"Spring"})" + "\n";
    }
    const auto answered = AnsweredIds::read(earlier.string());
    REQUIRE(answered);
    int ends[2] = {-1, -1};
    REQUIRE(::pipe(ends) == 0);
    const UniqueFd out(ends[0]);
    UniqueFd in(ends[1]);
    REQUIRE(::write(in.get(), list.data(), list.size()) == static_cast<ssize_t>(list.size()));
    in.reset();
    const auto played = play(out.get(), {}, *answered);
    CHECK(played.began.empty());
    CHECK(played.refusal.why == Guessing::shared_password);
    CHECK(played.refusal.line == 4);
}

TEST_CASE("a list that somebody cuts off while it is read ends the run, and is told") {
    std::string text;
    for (std::size_t at = 0; at < 100; ++at)
        text += line_for(at, "slow.example.org");
    const test::TempFolder folder;
    const UniqueFd file = file_of(folder, text);
    const BatchTerms terms;
    const AnsweredIds none;
    BatchQueue queue({4, 64, 8});
    BatchIntake intake(file.get(), terms, RuleBook::built_in(), none, queue,
                       {[](const LineError&, std::uint64_t) {}, [] {},
                        [](const std::vector<std::string>&, std::uint64_t) {}});
    CHECK(intake.pull().why == Guessing::none);
    CHECK(intake.parked() == 1);
    CHECK_FALSE(intake.ended());
    REQUIRE(::truncate((folder.path() / "list").c_str(), 0) == 0);
    std::size_t checked = 0;
    while (const auto account = queue.begin()) {
        ++checked;
        queue.ended(account->request.endpoint.host);
        CHECK(intake.pull().why == Guessing::none);
    }
    CHECK(checked == 8);
    CHECK(intake.ended());
    CHECK(intake.broken());
}

TEST_CASE("three users may share a password and a user may have two; a fourth and a third are guesses") {
    GuessingScreen screen;
    const auto see = [&](const char* user, const char* password, const char* realm = "example.org") {
        return screen.see(realm, user, Secret(password));
    };
    CHECK(see("alice", "a") == Guessing::none);
    CHECK(see("bob", "a") == Guessing::none);
    CHECK(see("carol", "a") == Guessing::none);
    CHECK(see("alice", "a") == Guessing::none);
    CHECK(see("dave", "a") == Guessing::shared_password);
    CHECK(see("alice", "b") == Guessing::none);
    CHECK(see("ALICE", "c") == Guessing::many_passwords);
    for (const char* spelling : {"Alice", " alice", "alice@example.org"}) {
        CAPTURE(spelling);
        CHECK_MESSAGE(see(spelling, "a") == Guessing::many_passwords,
                      "it would be sent once for each spelling");
    }
    CHECK(see("alice", "c", "example.net") == Guessing::none);  // another alice
    // An address is one user at whatever server.
    CHECK(see("eve@example.org", "1", "a.example") == Guessing::none);
    CHECK(see("eve@example.org", "2", "b.example") == Guessing::none);
    CHECK(see("eve@example.org", "3", "c.example") == Guessing::many_passwords);
    for (const char* realm : {"a.example", "b.example", "c.example", "d.example", "e.example"})
        CHECK(see("frank@example.org", "same", realm) == Guessing::none);
    // A name that is no address is a user of each realm.
    for (const char* realm : {"a.example", "b.example", "c.example"})
        CHECK(see("admin", "admin", realm) == Guessing::none);
    CHECK(see("admin", "admin", "d.example") == Guessing::shared_password);
}

TEST_CASE("the screen finds a guess among twenty thousand logins, when its tables have left the memory") {
    GuessingScreen screen;
    for (std::size_t at = 0; at < 20'000; ++at) {
        const auto number = std::to_string(at);
        REQUIRE(screen.see("example.org", "user" + number, Secret("password" + number)) == Guessing::none);
    }
    CHECK(screen.see("example.org", "user7", Secret("second")) == Guessing::none);
    CHECK(screen.see("example.org", "user7", Secret("third")) == Guessing::many_passwords);
}

TEST_CASE("the progress is one line that fits") {
    const BatchProgress progress{300, 42, 1000, 64, Milliseconds(10'000)};
    CHECK(progress_line(progress) == "342 of 1000 answered, 64 under way, 30 a second, about 22 s left");
    CHECK(progress_line({7, 0, 0, 2, Milliseconds(60'000)}) == "7 answered, 2 under way, 7 a minute");
    CHECK(progress_line({0, 0, 9, 2, Milliseconds(0)}) == "0 of 9 answered, 2 under way");
    for (const std::size_t columns : {20U, 60U, 80U, 200U})
        CHECK(progress_bar(progress, columns).size() <= columns);
    CHECK(progress_bar(progress, 120).starts_with("[########................] 342 of 1000"));
    BatchTally tally;
    tally.answered = 3;
    tally.verdicts[static_cast<std::size_t>(VerdictCode::stale_password)] = 2;
    tally.verdicts[static_cast<std::size_t>(VerdictCode::offline)] = 1;
    tally.errors = 1;
    CHECK(summary_line(tally, Milliseconds(200'000)) ==
          "3 answered in 4 min: 2 stale_password, 1 offline; 1 line could not be used");
}

namespace {

/// A run whose checks are played by `probe`.
struct Ran {
    int status;
    std::vector<nlohmann::json> lines;
    std::string err;
};
using Check =
    std::function<Expected<probe::Result, std::string>(probe::Request, const probe::Context&, const Cancel&)>;
Ran run(const std::string& list, const Check& check, int signals = -1) {
    const BatchArguments arguments;
    const test::TempFolder folder;
    test::FakeKeyring keyring;
    const UniqueFd file = file_of(folder, list);
    const Workplace workplace{[]() -> const RulesInUse& {
                                  static const RulesInUse rules{load_rules_in_use({})};
                                  return rules;
                              },
                              [&]() -> ledger::Keyring& { return keyring; },
                              [&] { return folder.path() / "state"; }, check};
    std::ostringstream out, err;
    const int status = batch_command(arguments, workplace,
                                     {file.get(), -1, -1, 0, [&] { return UniqueFd(signals); }}, out, err);
    Ran ran{status, {}, err.str()};
    std::istringstream text(out.str());
    for (std::string line; std::getline(text, line);)
        ran.lines.push_back(nlohmann::json::parse(line));
    return ran;
}

}  // namespace

TEST_CASE("checks that cannot begin, or end by a bug, are errors of their line, and the others go on") {
    const auto ran =
        run(line_for(1, "a.example.org") + line_for(2, "b.example.org") + line_for(3, "c.example.org"),
            [](const probe::Request& request, const probe::Context&,
               const Cancel&) -> Expected<probe::Result, std::string> {
                if (request.endpoint.host[0] == 'a') throw std::runtime_error("hunter2");
                if (request.endpoint.host[0] == 'b') return Unexpected<std::string>("a bad setting");
                return probe::Result{};
            });
    CHECK(ran.status == 70);
    REQUIRE(ran.lines.size() == 3);
    std::map<int, std::string> errors;
    for (const auto& line : ran.lines)
        errors[line["id"].get<int>()] = line.value("error", "");
    CHECK(errors == std::map<int, std::string>{
                        {1, "the check ended by an internal error"}, {2, "a bad setting"}, {3, ""}});
    CHECK(ran.err.find("hunter2") == std::string::npos);
}

TEST_CASE("a member that does nothing is named once, with the one that was probably meant") {
    const auto ran =
        run(R"({"id":"1","url":"imaps://h","username":"a","passwrod":"hunter2"})"
            "\n"
            R"({"id":"2","url":"imaps://i","username":"b","department":"hunter2"})"
            "\n",
            [](const probe::Request&, const probe::Context&,
               const Cancel&) -> Expected<probe::Result, std::string> { return probe::Result{}; });
    CHECK(ran.lines.size() == 2);
    CHECK(ran.err.find("line 1: the member \"passwrod\" is not known and does nothing; did you mean "
                       "\"password\"?\n") != std::string::npos);
    CHECK(ran.err.find("line 1: the member \"username\"") != std::string::npos);
    CHECK(ran.err.find("line 2: the member \"department\"") != std::string::npos);
    CHECK(ran.err.find("line 2: the member \"username\"") == std::string::npos);
    CHECK(ran.err.find("hunter2") == std::string::npos);
}

namespace {

probe::Result denied(ledger::DenialReason reason) {
    probe::Result result;
    result.denied = ledger::Denial{reason, "the disk is full"};
    return result;
}

/// In place of a signalfd: what is put in is read once.
struct Signals {
    Signals() {
        int ends[2] = {-1, -1};
        REQUIRE(::pipe2(ends, O_NONBLOCK | O_CLOEXEC) == 0);
        out = ends[0];
        in.reset(ends[1]);
    }
    void send(int number) const {
        signalfd_siginfo info{};
        info.ssi_signo = static_cast<std::uint32_t>(number);
        REQUIRE(::write(in.get(), &info, sizeof info) == static_cast<ssize_t>(sizeof info));
    }
    int out = -1;  ///< the run's
    UniqueFd in;
};

}  // namespace

TEST_CASE(
    "what our own record refuses is an error of the line, so that it is taken up again; what it knows is no "
    "error") {
    const auto ran = run(line_for(1, "a.example.org") + line_for(2, "b.example.org") +
                             line_for(3, "c.example.org") + line_for(4, "d.example.org"),
                         [](const probe::Request& request, const probe::Context&,
                            const Cancel&) -> Expected<probe::Result, std::string> {
                             using enum ledger::DenialReason;
                             const char host = request.endpoint.host[0];
                             return denied(host == 'a'   ? ledger_unusable
                                           : host == 'b' ? in_progress
                                           : host == 'c' ? budget_spent
                                                         : no_proof);
                         });
    CHECK(ran.status == 70);
    REQUIRE(ran.lines.size() == 4);
    for (const auto& line : ran.lines) {
        CAPTURE(line.dump());
        CHECK(line.contains("verdict") == (line["id"].get<int>() > 2));
        CHECK(line.contains("error") == (line["id"].get<int>() <= 2));
        if (line["id"] == 1)
            CHECK(line["error"].get<std::string>().ends_with("nothing was sent: the disk is full"));
    }
}

TEST_CASE(
    "a signal when nothing is left changes nothing; with something left its number is the status, whatever "
    "else failed") {
    for (const bool left : {false, true}) {
        CAPTURE(left);
        const Signals signals;
        std::atomic<bool> sent{false};
        std::string list = line_for(0, "a.example.org");
        for (std::size_t at = 1; at < (left ? 20 : 1); ++at)
            list += line_for(at, "a.example.org");
        const auto ran = run(
            list,
            [&](const probe::Request&, const probe::Context&,
                const Cancel&) -> Expected<probe::Result, std::string> {
                if (!sent.exchange(true)) signals.send(SIGINT);
                if (left) throw std::runtime_error("a bug");
                return probe::Result{};
            },
            signals.out);
        CHECK(ran.status == (left ? 130 : 0));
        CHECK((ran.err.find("stopped before the end") != std::string::npos) == left);
        CHECK((ran.lines.size() < 20) == true);
        CHECK(ran.lines.empty() == false);
    }
}

TEST_CASE("the ledger is opened once and given to every check with a password") {
    std::mutex mutex;
    std::vector<const ledger::Ledger*> given;
    std::string list = R"({"id":0,"url":"imaps://z.example.org"})"
                       "\n";
    for (std::size_t at = 1; at < 50; ++at)
        list += line_for(at, "host" + std::to_string(at % 9) + ".example.org");
    const auto ran = run(list,
                         [&](const probe::Request& request, const probe::Context& context,
                             const Cancel&) -> Expected<probe::Result, std::string> {
                             const std::lock_guard lock(mutex);
                             if (request.kind != probe::CredentialKind::none) given.push_back(context.ledger);
                             return probe::Result{};
                         });
    CHECK(ran.status == 0);
    CHECK(ran.lines.size() == 50);
    REQUIRE(given.size() == 49);
    CHECK(given[0] != nullptr);
    CHECK(std::count(given.begin(), given.end(), given[0]) == 49);
}
