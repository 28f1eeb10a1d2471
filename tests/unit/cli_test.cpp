// SPDX-License-Identifier: MPL-2.0
#include "app/cli.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "app/endpoint_url.hpp"
#include "app/exit_status.hpp"
#include "app/password_source.hpp"
#include "app/probe_command.hpp"
#include "app/verdict_words.hpp"
#include "base/unique_fd.hpp"
#include "fake_keyring.hpp"

using namespace reprompt;
using namespace reprompt::app;

namespace {

struct Ran {
    int status;
    std::string out, err;
};

Ran run(std::vector<const char*> arguments, const std::string& input = "") {
    arguments.insert(arguments.begin(), "reprompt");
    std::istringstream in(input);
    std::ostringstream out, err;
    const int status = run_cli(arguments, in, out, err);
    return {status, out.str(), err.str()};
}

/// Wrong usage: status 64, nothing on stdout, one line on stderr.
void check_refused(std::vector<const char*> arguments) {
    const auto ran = run(arguments);
    for (const char* argument : arguments)
        INFO(argument);
    INFO(ran.err);
    CHECK(ran.status == 64);
    CHECK(ran.out.empty());
    CHECK(ran.err.starts_with("reprompt: "));
    CHECK(std::count(ran.err.begin(), ran.err.end(), '\n') == 1);
    CHECK(ran.err.ends_with('\n'));
}

/// A descriptor that gives `text` and then ends.
UniqueFd giving(std::string_view text) {
    int ends[2] = {-1, -1};
    REQUIRE(::pipe(ends) == 0);
    const UniqueFd in(ends[1]);
    REQUIRE(::write(in.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
    return UniqueFd(ends[0]);
}

}  // namespace

TEST_CASE("every scheme has its port and its encryption") {
    struct Row {
        const char* url;
        Protocol protocol;
        std::uint16_t port;
        TlsMode tls;
    };
    for (const Row& row : {Row{"imap://h", Protocol::imap, 143, TlsMode::starttls},
                           Row{"imaps://h", Protocol::imap, 993, TlsMode::implicit},
                           Row{"pop3://h", Protocol::pop3, 110, TlsMode::starttls},
                           Row{"POP3S://H", Protocol::pop3, 995, TlsMode::implicit},
                           Row{"smtp://h", Protocol::smtp, 587, TlsMode::starttls},
                           Row{"smtps://h", Protocol::smtp, 465, TlsMode::implicit}}) {
        const auto endpoint = parse_endpoint_url(row.url);
        INFO(row.url);
        REQUIRE(endpoint);
        CHECK(endpoint->protocol == row.protocol);
        CHECK(endpoint->host == "h");
        CHECK(endpoint->port == row.port);
        CHECK(endpoint->tls == row.tls);
    }
}

TEST_CASE("ports and IPv6 addresses are read, and written back") {
    const auto name = parse_endpoint_url("imaps://Mail.Example.org.:1993");
    REQUIRE(name);
    CHECK(name->host == "mail.example.org");
    CHECK(name->port == 1993);
    const auto six = parse_endpoint_url("imap://[::1]:143");
    REQUIRE(six);
    CHECK(six->host == "::1");
    CHECK(endpoint_text(six->protocol, six->tls, six->host, six->port) == "imap://[::1]:143");
    CHECK(parse_endpoint_url("smtp://[2001:db8::25]")->port == 587);
}

TEST_CASE(
    "URLs with ports, characters or parts that do not belong there are refused without repeating them") {
    for (const char* url : {"imaps://h:0",
                            "imaps://h:70000",
                            "imaps://h:",
                            "imaps://h:9a",
                            "imaps://h:-1",
                            "imaps://h: 993",
                            "imaps://h:99999999999999",
                            "imaps://",
                            "imaps://:993",
                            "h",
                            "",
                            "http://h",
                            "imaps:h",
                            "imaps://alice@h",
                            "imaps://alice:hunter2@h",
                            "imaps://h/INBOX",
                            "imaps://h/",
                            "imaps://h?x",
                            "imaps://h#x",
                            "imaps://::1",
                            "imaps://[::1",
                            "imaps://[h]",
                            "imaps://[::1]x",
                            "imaps://[::1]:0",
                            "imaps://a b",
                            "imaps://a..b",
                            "imaps://.a",
                            "imaps://a\r\nb",
                            "imaps://a\tb",
                            "imaps://a\x7F",
                            "imaps://m\xC3ller.de",
                            "imaps://a%0ab",
                            "imaps://a\\b"}) {
        const auto endpoint = parse_endpoint_url(url);
        INFO(url);
        REQUIRE_FALSE(endpoint);
        CHECK(endpoint.error().find("hunter2") == std::string::npos);
        CHECK(endpoint.error().find('\n') == std::string::npos);
    }
    CHECK_FALSE(parse_endpoint_url("imaps://" + std::string(300, 'a')));
}

TEST_CASE("a host name in another script is read as its A-label") {
    CHECK(parse_endpoint_url("imaps://M\xC3\xBCller.de:1993")->host == "xn--mller-kva.de");
    CHECK(parse_endpoint_url("imaps://M\xC3\xBCller.de:1993")->port == 1993);
}

TEST_CASE("a proxy is read with its kind, host and port; anything else is refused without repeating it") {
    const auto socks = parse_proxy_url("SOCKS5://[::1]:1080");
    REQUIRE(socks);
    CHECK(net::to_text(*socks) == "socks5://[::1]:1080");
    CHECK(socks->resolves_names);
    CHECK(net::to_text(parse_proxy_url("http://Proxy.Example.org:3128").value()) ==
          "http://proxy.example.org:3128");
    for (const char* url :
         {"", "socks5", "socks5://", "socks5://h", "socks5://h:0", "socks5://h:1/x", "socks4://h:1",
          "https://h:1", "http://me:hunter2@h:1", "http://h:1\r\nx", "://h:1", "socks5://::1:1080"}) {
        const auto proxy = parse_proxy_url(url);
        INFO(url);
        REQUIRE_FALSE(proxy);
        CHECK(proxy.error().find("proxy") != std::string::npos);
        CHECK(proxy.error().find("hunter2") == std::string::npos);
        CHECK(proxy.error().find('\n') == std::string::npos);
    }
}

TEST_CASE("wrong usage gets one clear line and status 64") {
    check_refused({});
    check_refused({"sing"});
    check_refused({"probe"});
    check_refused({"probe", "imaps://h:0"});
    check_refused({"probe", "imaps://h:70000"});
    check_refused({"probe", "imaps://a\r\nb"});
    check_refused({"probe", "imaps://h", "--user", "alice"});
    check_refused({"probe", "imaps://h", "--user", "al\nice", "--no-auth"});
    check_refused({"probe", "imaps://h", "--user", "", "--no-auth"});
    check_refused({"probe", "imaps://h", "--user", "\xFF", "--no-auth"});
    check_refused({"probe", "imaps://h", "--password-stdin"});
    check_refused({"probe", "imaps://h", "--user", "a", "--password-fd", "987"});
    check_refused({"probe", "imaps://h", "--user", "a", "--password-fd", "-1"});
    check_refused({"probe", "imaps://h", "--user", "a", "--password-fd", "x"});
    check_refused({"probe", "imaps://h", "--user", "a", "--password-fd", "3", "--password-stdin"});
    check_refused({"probe", "imaps://h", "--tls", "maybe"});
    check_refused({"probe", "imaps://h", "--auth", "GSSAPI"});
    check_refused({"probe", "imaps://h", "--auth", "USER"});
    check_refused({"probe", "imaps://h", "--timeout", "0"});
    check_refused({"probe", "imaps://h", "--timeout", "601"});
    check_refused({"probe", "imaps://h", "--timeout", "soon"});
    check_refused({"probe", "imaps://h", "--accept-cert", "abcd"});
    check_refused({"probe", "imaps://h", "--ca-file", "/nonexistent/ca.pem"});
    check_refused({"probe", "imaps://h", "--heard", "/nonexistent/heard"});
    check_refused({"probe", "imaps://h", "imaps://i"});
    check_refused({"install", "--user", "--system"});
    check_refused({"undo"});
    check_refused({"batch", "--jobs", "0"});
    check_refused({"batch", "--jobs", "257"});
    check_refused({"batch", "--timeout", "0"});
    check_refused({"batch", "list.jsonl"});
}

TEST_CASE("a password that was put on the command line by mistake is not repeated") {
    for (const char* argument : {"--password-fd=hunter2", "--password-stdin=hunter2", "--timeout=hunter2"}) {
        const auto mistaken = run({"probe", "imaps://h", "--user", "a", argument});
        CHECK(mistaken.status == 64);
        CHECK(mistaken.err.find("hunter2") == std::string::npos);
    }
    const auto ran = run({"probe", "imaps://h", "--user", "a", "--password", "hunter2"});
    CHECK(ran.status == 64);
    CHECK(ran.err.find("hunter2") == std::string::npos);
}

TEST_CASE("arguments become a plan") {
    ProbeArguments arguments;
    arguments.url = "pop3://localhost";
    arguments.user = "alice";
    arguments.password_fd = 3;
    arguments.auth = "user";
    arguments.tls = "none";
    arguments.accept_cert =
        "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff";
    arguments.timeout_s = 7;
    const auto plan = plan_probe(arguments);
    REQUIRE(plan);
    CHECK(plan->request.endpoint.tls == TlsMode::none);
    CHECK(plan->request.endpoint.port == 110);
    CHECK(plan->request.only == Mechanism::user_pass);
    CHECK(plan->request.configured_auth == "password");
    CHECK(plan->request.limit == Milliseconds(7000));
    CHECK(plan->trust.accept_sha256 == "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff");
    CHECK(plan->trust.honour_environment);
    CHECK(plan->request.repair);
    arguments.no_repair = true;
    CHECK_FALSE(plan_probe(arguments)->request.repair);
    arguments.auth = "xOAuth2";
    CHECK(plan_probe(arguments)->request.configured_auth == "oauth2");
}

TEST_CASE("heard words that are no JSON are bad input") {
    const test::TempFolder folder;
    const std::string file = folder.path() / "heard";
    std::ofstream(file) << "-ERR no";
    ProbeArguments arguments;
    arguments.url = "pop3s://localhost";
    arguments.heard_file = file;
    const auto plan = plan_probe(arguments);
    REQUIRE_FALSE(plan);
    CHECK(plan.error().exit_status == 65);
    std::ofstream(file) << R"([{"protocol":"pop3","lines":["-ERR [AUTH] no"],"tls":true}])";
    CHECK(plan_probe(arguments)->request.heard.size() == 1);
}

TEST_CASE("one trailing newline of a password is dropped, nothing else") {
    struct Row {
        std::string_view given, read;
    };
    for (const Row& row : {Row{"pw", "pw"}, Row{"pw\n", "pw"}, Row{"pw\r\n", "pw"}, Row{"pw\n\n", "pw\n"},
                           Row{" pw \t", " pw \t"}, Row{"p\nw", "p\nw"}, Row{"\xC3\xBC\n", "\xC3\xBC"},
                           Row{std::string_view("a\0b\n", 4), std::string_view("a\0b", 3)}}) {
        const auto fd = giving(row.given);
        const auto password = read_password(fd.get());
        REQUIRE(password);
        CHECK(password->reveal() == row.read);
    }
    CHECK_FALSE(read_password(giving("").get()));
    CHECK_FALSE(read_password(giving("\n").get()));
}

TEST_CASE("a descriptor that is closed, write-only, a folder or a terminal gives no password but a reason") {
    CHECK(read_password(987).error().find("closed") != std::string::npos);
    const UniqueFd sink(::open("/dev/null", O_WRONLY));
    CHECK(read_password(sink.get()).error().find("writing") != std::string::npos);
    const UniqueFd folder(::open("/", O_RDONLY));
    CHECK_FALSE(read_password(folder.get()));
    const UniqueFd terminal(::posix_openpt(O_RDWR | O_NOCTTY));
    if (terminal && ::grantpt(terminal.get()) == 0 && ::unlockpt(terminal.get()) == 0) {
        const UniqueFd side(::open(::ptsname(terminal.get()), O_RDWR | O_NOCTTY));
        if (side) CHECK(read_password(side.get()).error().find("terminal") != std::string::npos);
    }
}

TEST_CASE("version and help end with 0") {
    const auto version = run({"--version"});
    CHECK(version.status == 0);
    CHECK(version.out == "reprompt " REPROMPT_VERSION "\n");
    for (const auto& ran : {run({"--help"}), run({"probe", "--help"}), run({"batch", "--help"}),
                            run({"undo", "list", "--help"})}) {
        CHECK(ran.status == 0);
        CHECK(ran.err.empty());
        CHECK_FALSE(ran.out.empty());
    }
}

TEST_CASE("explain answers each line and ends with 65 if one was unreadable") {
    const std::string good =
        R"({"id":"1","protocol":"imap","host":null,"offered":[],"mechanism":"PLAIN","response":["a1 NO [AUTHENTICATIONFAILED] no"],"tls":"implicit"})";
    const auto well = run({"explain", "--json"}, good + "\n" + good + "\r\n\n");
    CHECK(well.status == 0);
    CHECK(std::count(well.out.begin(), well.out.end(), '\n') == 2);
    const auto bad = run({"explain"}, "nonsense\n" + good);
    CHECK(bad.status == 65);
    CHECK(std::count(bad.out.begin(), bad.out.end(), '\n') == 2);
}

TEST_CASE("explain --trace tells people on standard error, and machines in the answer") {
    const std::string line =
        R"json({"id":"1","protocol":"imap","host":"imap.gmail.com","mechanism":"PLAIN","response":["a1 NO [ALERT] Application-specific password required (Failure)"]})json";
    const auto people = run({"explain", "--trace"}, line);
    CHECK(people.status == 0);
    CHECK_FALSE(nlohmann::json::parse(people.out).contains("trace"));
    CHECK(people.err.starts_with("1: app_password_required (certain), rule gmail.app-password\n"));
    CHECK(people.err.find("decided  gmail.app-password -> app_password_required (certain)") !=
          std::string::npos);
    const auto machines = run({"explain", "--trace", "--json"}, line);
    CHECK(machines.err.empty());
    CHECK(nlohmann::json::parse(machines.out)["trace"].is_array());
}

TEST_CASE("every verdict has a sentence, a next step and an exit status") {
    for (int code = 0; code <= static_cast<int>(VerdictCode::inconclusive); ++code) {
        const auto verdict = static_cast<VerdictCode>(code);
        INFO(name_of(verdict));
        CHECK(std::string_view(words_of(verdict).what).ends_with('.'));
        CHECK(std::string_view(words_of(verdict).next).ends_with('.'));
        CHECK(std::string_view(words_of(verdict, Language::japanese).what).ends_with("。"));
        CHECK(std::string_view(words_of(verdict, Language::japanese).next).ends_with("。"));
        const int status = exit_status_of(verdict);
        CHECK(status >= 0);
        CHECK(status <= 3);
    }
    CHECK(exit_status_of(VerdictCode::password_accepted) == 0);
    CHECK(exit_status_of(VerdictCode::stale_password) == 1);
    CHECK(exit_status_of(VerdictCode::server_unreachable) == 2);
    CHECK(exit_status_of(VerdictCode::inconclusive) == 3);
}

TEST_CASE("a mistake on the command line names the option, or the one that was probably meant") {
    const auto said = [](std::vector<const char*> arguments) { return run(std::move(arguments)).err; };
    const auto has = [](const std::string& text, std::string_view part) {
        CHECK_MESSAGE(text.find(part) != std::string::npos, text);
    };
    has(said({"porbe", "imaps://h"}), "did you mean probe?");
    has(said({"frobnicate"}),
        "there is no such command (probe, explain, batch, doctor, install, uninstall, undo)");
    has(said({}), "a command is missing (probe,");
    has(said({"probe", "imaps://h", "--no-atuh"}), "argument 3 is an option that this command does not have");
    has(said({"probe", "imaps://h", "--no-atuh"}), "did you mean --no-auth?");
    has(said({"probe", "imaps://h", "--pasword-fd=7"}), "did you mean --password-fd?");
    has(said({"explain", "--verbose"}), "(it has --help, --json, --trace)");
    has(said({"doctor", "--jsno"}), "did you mean --json?");
    has(said({"undo", "lits"}), "did you mean list?");
    has(said({"undo", "list", "--jason"}), "did you mean --json?");
    has(said({"probe", "imaps://h", "imaps://i"}), "argument 3 is one too many");
    has(said({"probe", "imaps://h", "--timeout", "0"}), "--timeout does not take this value: Seconds");
    has(said({"probe", "imaps://h", "--timeout", "soon"}), "--timeout does not take this value");
    has(said({"probe", "imaps://h", "--password-fd", "-1"}), "--password-fd does not take this value");
    has(said({"probe", "imaps://h", "--user"}), "--user");
    for (const char* secret : {"hunter2", "--hunter2", "-hunter2"}) {
        const auto text = said({"probe", "imaps://h", "--no-auth", secret});
        CHECK_MESSAGE(text.find("hunter2") == std::string::npos, text);
    }
}

TEST_CASE("help says what a URL without s means") {
    const auto help = run({"probe", "--help"}).out;
    CHECK_MESSAGE(help.find("STARTTLS") != std::string::npos, help);
    CHECK(help.find("without which") != std::string::npos);
}
