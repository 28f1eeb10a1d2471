// SPDX-License-Identifier: MPL-2.0
#include "app/native_host.hpp"

#include <doctest/doctest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <latch>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>

#include "app/framing.hpp"
#include "app/probe_desk.hpp"
#include "fake_keyring.hpp"
#include "ledger/vault.hpp"

using namespace reprompt;
using namespace reprompt::app;
using nlohmann::json;

namespace {

using Probe = decltype(Workplace::probe);

const RulesInUse& built_in_rules() {
    static const RulesInUse rules = load_rules_in_use({});
    return rules;
}

/// Waits until cancelled or the limit is over, then says so: a server that never answers.
Expected<probe::Result, std::string> hang(probe::Request request, const probe::Context&,
                                          const Cancel& cancel) {
    pollfd wait{cancel.fd(), POLLIN, 0};
    ::poll(&wait, 1, static_cast<int>(request.limit.count()));
    probe::Result result;
    result.evidence.failure = cancel.cancelled() ? Failure::cancelled : Failure::timeout;
    result.verdict.rule = "none";
    return result;
}

/// A host on two pipes, with pretended probes, keyring and ledger.
class Played {
  public:
    explicit Played(Probe probe = hang, AddOn caller = AddOn::full) {
        int to[2], from[2];
        REQUIRE(::pipe(to) == 0);
        REQUIRE(::pipe(from) == 0);
        host_in_.reset(to[0]);
        in_.reset(to[1]);
        out_.reset(from[0]);
        host_out_.reset(from[1]);
        workplace_ = {built_in_rules,
                      [this]() -> ledger::Keyring& {
                          keyring_asked = true;
                          if (before_keyring) before_keyring();
                          return keyring;
                      },
                      [this] { return folder_.path() / "state"; }, std::move(probe),
                      [](std::string_view policy) { return load_rules_in_use({}, policy); }};
        thread_ = std::thread([this, caller] {
            status_ = run_native_host(host_in_.get(), host_out_.get(), caller, workplace_);
            host_out_.reset();
        });
    }
    ~Played() {
        if (thread_.joinable()) end();
    }
    void send_raw(std::string_view octets) {
        REQUIRE(::write(in_.get(), octets.data(), octets.size()) == static_cast<ssize_t>(octets.size()));
    }
    void send_text(std::string_view payload) {
        send_raw(frame_header(payload.size()) + std::string(payload));
    }
    void send(const json& message) { send_text(message.dump()); }
    /// The next answer; null after the end of the stream.
    json next() {
        std::uint32_t size = 0;
        if (!read_exactly(reinterpret_cast<char*>(&size), sizeof size)) return nullptr;
        std::string text(size, '\0');
        REQUIRE(read_exactly(text.data(), size));
        return json::parse(text);
    }
    /// The next answer that is no `progress`.
    json next_final() {
        for (;;) {
            json message = next();
            if (message.is_null() || message["type"] != "progress") return message;
        }
    }
    /// Ends stdin; the exit status.
    int end() {
        in_.reset();
        thread_.join();
        return status_;
    }
    int wait() {
        thread_.join();
        return status_;
    }

    test::FakeKeyring keyring;
    std::atomic<bool> keyring_asked = false;
    std::function<void()> before_keyring;

  private:
    bool read_exactly(char* to, std::size_t size) {
        while (size > 0) {
            pollfd wait{out_.get(), POLLIN, 0};
            REQUIRE_MESSAGE(::poll(&wait, 1, 20'000) == 1, "the host does not answer");
            const ssize_t count = ::read(out_.get(), to, size);
            if (count <= 0) return false;
            to += count;
            size -= static_cast<std::size_t>(count);
        }
        return true;
    }
    test::TempFolder folder_;
    UniqueFd host_in_, in_, out_, host_out_;
    Workplace workplace_;
    int status_ = -1;
    std::thread thread_;
};

json probe_message(const char* id, std::optional<std::string> password = std::nullopt) {
    json message = {{"v", 1},
                    {"id", id},
                    {"type", "probe"},
                    {"account",
                     {{"protocol", "imap"},
                      {"host", "127.0.0.1"},
                      {"port", 993},
                      {"tls", "implicit"},
                      {"user", "alice"},
                      {"auth", "password"}}}};
    if (password) message["credential"] = {{"kind", "password"}, {"secret", *password}};
    return message;
}

json request(const char* type, const char* id, json more = json::object()) {
    more.update({{"v", 1}, {"id", id}, {"type", type}});
    return more;
}

constexpr const char* seal_key = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

}  // namespace

TEST_CASE("Thunderbird's way of starting us is told from a command line") {
    const auto native = [](std::initializer_list<const char*> arguments) {
        return native_caller(std::vector<const char*>(arguments));
    };
    CHECK(native({"reprompt", "/home/a/.mozilla/native-messaging-hosts/reprompt.json",
                  "reprompt@reprompt.example"}) == AddOn::full);
    CHECK(native({"reprompt", "/x.json", "reprompt-basic@reprompt.example"}) == AddOn::basic);
    CHECK_FALSE(native({"reprompt"}));
    CHECK_FALSE(native({"reprompt", "/x.json"}));
    CHECK_FALSE(native({"reprompt", "x.json", "reprompt@reprompt.example"}));
    CHECK_FALSE(native({"reprompt", "/x.json", "other@example.org"}));
    CHECK_FALSE(native({"reprompt", "probe", "reprompt@reprompt.example"}));
}

TEST_CASE("each build of the add-on may ask for what it needs, and for nothing else") {
    const std::map<std::string, std::set<AddOn>> asks = {{"accounts", {AddOn::basic}},
                                                         {"vault_list", {AddOn::full}},
                                                         {"vault_restore", {AddOn::full}},
                                                         {"vault_store", {AddOn::full}},
                                                         {"ledger_forget", {AddOn::full}}};
    const json server = {
        {"protocol", "imap"}, {"host", "imap.example.org"}, {"port", 993}, {"user", "alice"}};
    const json place = {{"host", "imap.example.org"}, {"user", "alice"}};
    for (const AddOn caller : {AddOn::full, AddOn::basic}) {
        Played host(hang, caller);
        for (const auto& ask : asks) {
            const std::string& type = ask.first;
            const auto& allowed = ask.second;
            CAPTURE(type);
            json more = json::object();
            if (type == "accounts") more["known"] = json::array();
            if (type == "vault_restore")
                more = {{"entry", "000102030405060708090a0b0c0d0e0f"}, {"seal_key", seal_key}};
            if (type == "vault_store")
                more = {{"account", server}, {"secret", "old"}, {"seal_key", seal_key}};
            if (type == "ledger_forget") more = {{"account", place}};
            host.send(request(type.c_str(), type.c_str(), more));
            const json answer = host.next_final();
            CHECK(answer["id"] == type);
            const bool refused = answer["type"] == "error" && answer["code"] == "unsupported_type";
            CHECK(refused != allowed.contains(caller));
            CHECK((refused || answer.value("code", "") != "bad_message"));
        }
        CHECK(host.end() == 0);
    }
}

TEST_CASE("hello is answered with versions") {
    Played host;
    host.send(request("hello", "h", {{"version", "0.1.0"}}));
    const json answer = host.next();
    CHECK(answer["type"] == "hello");
    CHECK(answer["id"] == "h");
    CHECK(answer["protocol"] == 1);
    CHECK(host.end() == 0);
}

TEST_CASE("hello is answered before the keyring is asked, and then what has expired goes in silence") {
    Played host;
    std::latch answered(1), asked(1);
    host.before_keyring = [&] {
        asked.count_down();
        answered.wait();
    };
    ledger::Vault vault(host.keyring);
    const auto now = std::chrono::system_clock::now();
    const Secret key(std::string(32, 'k'));
    REQUIRE(vault.store({Protocol::imap, "h", 993, "old"}, Secret("pw"), key, now - std::chrono::hours(721)));
    REQUIRE(vault.store({Protocol::imap, "h", 993, "new"}, Secret("pw"), key, now));
    host.send(request("hello", "h", {{"version", "0.1.0"}}));
    CHECK(host.next()["type"] == "hello");
    asked.wait();  // the sweep waits for the keyring now
    host.send(request("hello", "i", {{"version", "0.1.0"}}));
    CHECK(host.next()["id"] == "i");
    host.send(request("vault_list", "l"));
    answered.count_down();
    const json listed = host.next();
    CHECK(listed["id"] == "l");
    CHECK(listed["entries"].size() == 1);
    CHECK(host.end() == 0);
    REQUIRE(host.keyring.items.size() == 1);
    CHECK(host.keyring.items[0].attributes["user"] == "new");
}

TEST_CASE("a vault that was never used is not asked for at hello, until something is put into it") {
    Played host;
    const auto asked_by_hello = [&] {
        const int before = host.keyring.calls;
        host.send(request("hello", "h", {{"version", "0.1.0"}}));
        host.send(request("vault_list", "l"));  // waits for what hello began, and asks once itself
        CHECK(host.next()["type"] == "hello");
        CHECK(host.next()["id"] == "l");
        return host.keyring.calls - before - 1;
    };
    CHECK(asked_by_hello() == 1);
    CHECK(asked_by_hello() == 0);
    const json account = {{"protocol", "imap"}, {"host", "h"}, {"port", 993}, {"user", "u"}};
    host.send(request("vault_store", "s", {{"account", account}, {"secret", "pw"}, {"seal_key", seal_key}}));
    CHECK(host.next()["id"] == "s");
    CHECK(asked_by_hello() == 1);
    CHECK(asked_by_hello() == 1);
    CHECK(host.end() == 0);
}

TEST_CASE("a keyring that is missing is not spoken of at hello, and expired entries stay unseen") {
    Played host;
    ledger::Vault vault(host.keyring);
    const Secret key(std::string(32, 'k'));
    const auto old = std::chrono::system_clock::now() - std::chrono::hours(721);
    const auto entry = vault.store({Protocol::imap, "h", 993, "old"}, Secret("pw"), key, old);
    REQUIRE(entry);
    host.keyring.fail_at = host.keyring.calls;  // the sweep's question
    host.send(request("hello", "h", {{"version", "0.1.0"}}));
    CHECK(host.next()["type"] == "hello");
    host.send(request("vault_list", "l"));
    const json listed = host.next();
    CHECK(listed["id"] == "l");
    CHECK(listed["entries"].empty());
    CHECK(host.keyring.items.size() == 1);
    host.send(request("vault_restore", "r", {{"entry", entry->id}, {"seal_key", seal_key}}));
    CHECK(host.next()["code"] == "not_found");
    CHECK(host.end() == 0);
}

TEST_CASE("hello is answered although stdin ends at once") {
    Played host;
    host.send(request("hello", "h", {{"version", "0.1.0"}}));
    CHECK(host.end() == 0);
    CHECK(host.next()["type"] == "hello");
    CHECK(host.next().is_null());
}

TEST_CASE("a bad frame is answered and the next one is served") {
    Played host;
    host.send_text("garbage");
    const json bad = host.next();
    CHECK(bad["id"].is_null());
    CHECK(bad["code"] == "bad_json");
    host.send(request("sing", "s"));
    CHECK(host.next()["code"] == "unsupported_type");
    host.send(request("hello", "h", {{"version", "1"}}));
    CHECK(host.next()["type"] == "hello");
}

TEST_CASE("whoever asks for the servers of no account gets none") {
    Played host(hang, AddOn::basic);
    host.send(request("accounts", "a", {{"known", json::array()}}));
    const json answer = host.next();
    CHECK(answer["type"] == "accounts");
    CHECK(answer["id"] == "a");
    CHECK(answer["certain"] == false);
    CHECK(answer["profiles"].empty());
    CHECK_FALSE(host.keyring_asked);
    CHECK(host.end() == 0);
}

TEST_CASE("a frame above the limit ends the host with 65") {
    Played host;
    host.send_raw(frame_header(max_frame_in + 1));
    CHECK(host.wait() == 65);
}

TEST_CASE("a stream cut inside a frame ends the host with 0") {
    Played host;
    host.send_raw(frame_header(10) + "{\"v\"");
    CHECK(host.end() == 0);
}

TEST_CASE("a probe reports stages and ends with its verdict") {
    Played host([](probe::Request wanted, const probe::Context& context,
                   const Cancel&) -> Expected<probe::Result, std::string> {
        CHECK_FALSE(context.trust.honour_environment);
        CHECK(context.ledger != nullptr);
        CHECK(wanted.credential.reveal() == "pw");
        CHECK(wanted.limit <= Milliseconds(30'000));
        context.report(Stage::connect);
        probe::Result result;
        result.verdict.code = VerdictCode::stale_password;
        result.verdict.confidence = Confidence::likely;
        result.verdict.rule = "generic";
        result.attempts = 1;
        return result;
    });
    host.send(probe_message("p", "pw"));
    const json progress = host.next();
    CHECK(progress["type"] == "progress");
    CHECK(progress["stage"] == "connect");
    const json verdict = host.next();
    CHECK(verdict["type"] == "verdict");
    CHECK(verdict["id"] == "p");
    CHECK(verdict["verdict"] == "stale_password");
    CHECK(verdict["attempts"] == 1);
    CHECK(verdict.contains("may_clear"));
    CHECK(verdict.dump().find("\"pw\"") == std::string::npos);
}

TEST_CASE("a probe without a password opens no ledger") {
    Played host([](probe::Request, const probe::Context& context,
                   const Cancel&) -> Expected<probe::Result, std::string> {
        CHECK(context.ledger == nullptr);
        return probe::Result();
    });
    host.send(probe_message("p"));
    CHECK(host.next()["type"] == "verdict");
    host.end();
    CHECK_FALSE(host.keyring_asked);
}

TEST_CASE("settings that cannot be used are bad_settings, a bug is internal, and the host lives on") {
    Played host([](probe::Request wanted, const probe::Context&,
                   const Cancel&) -> Expected<probe::Result, std::string> {
        if (wanted.endpoint.port == 993) return Unexpected<std::string>("the host name is wrong");
        throw std::runtime_error("secret inside");
    });
    host.send(probe_message("p"));
    const json refused = host.next();
    CHECK(refused["code"] == "bad_settings");
    CHECK(refused["message"] == "the host name is wrong");
    json other = probe_message("q");
    other["account"]["port"] = 143;
    host.send(other);
    const json bug = host.next();
    CHECK(bug["code"] == "internal");
    CHECK(bug.dump().find("secret inside") == std::string::npos);
}

TEST_CASE("cancel ends a probe, and its answers carry both ids") {
    Played host;
    host.send(probe_message("p"));
    host.send(request("cancel", "c", {{"probe", "p"}}));
    json first = host.next_final(), second = host.next_final();
    if (first["id"] != "c") std::swap(first, second);
    CHECK(first["type"] == "cancelled");
    CHECK(second["id"] == "p");
    CHECK(second["code"] == "cancelled");
    host.send(request("cancel", "d", {{"probe", "p"}}));
    CHECK(host.next()["code"] == "not_found");
}

TEST_CASE("a probe that is cancelled before its turn is answered at once and never starts") {
    std::atomic<int> started{0};
    std::latch eight(8);
    Played host([&](probe::Request wanted, const probe::Context& context, const Cancel& cancel) {
        if (++started <= 8) eight.count_down();
        return hang(std::move(wanted), context, cancel);
    });
    for (int i = 0; i < 64; ++i)
        host.send(probe_message(("p" + std::to_string(i)).c_str()));
    eight.wait();
    for (int i = 8; i < 64; ++i) {  // hang() ends for nobody, so no turn comes meanwhile
        host.send(request("cancel", "c", {{"probe", "p" + std::to_string(i)}}));
        json first = host.next_final(), second = host.next_final();
        if (first["id"] != "c") std::swap(first, second);
        CHECK(first["type"] == "cancelled");
        CHECK(second["id"] == "p" + std::to_string(i));
        CHECK(second["code"] == "cancelled");
    }
    CHECK(started == 8);
    host.send(request("cancel", "d", {{"probe", "p8"}}));
    CHECK(host.next_final()["code"] == "not_found");

    // Their places and ids are free again, and whoever takes them is served when a turn comes.
    for (int i = 8; i < 64; ++i)
        host.send(probe_message(("p" + std::to_string(i)).c_str()));
    host.send(probe_message("one too many"));
    const json busy = host.next_final();
    CHECK(busy["id"] == "one too many");
    CHECK(busy["code"] == "busy");
    for (int i = 0; i < 64; ++i) {
        host.send(request("cancel", "c", {{"probe", "p" + std::to_string(i)}}));
        json first = host.next_final(), second = host.next_final();
        if (first["id"] != "c") std::swap(first, second);
        CHECK(first["type"] == "cancelled");
        CHECK(second["id"] == "p" + std::to_string(i));
        CHECK(second["code"] == "cancelled");
    }
    host.send(request("cancel", "d", {{"probe", "p8"}}));
    CHECK(host.next_final()["code"] == "not_found");
}

TEST_CASE("a probe whose time was over before its turn is answered without being started") {
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    const UniqueFd out(ends[0]), in(ends[1]);
    test::FakeKeyring keyring;
    const test::TempFolder folder;
    std::atomic<int> started{0};
    std::latch eight(8);
    const Workplace workplace{
        built_in_rules, [&]() -> ledger::Keyring& { return keyring; }, [&] { return folder.path(); },
        [&](probe::Request wanted, const probe::Context& context, const Cancel& cancel) {
            if (++started <= 8) eight.count_down();
            return hang(std::move(wanted), context, cancel);
        }};
    FrameWriter writer(in.get());
    LedgerShelf shelf(workplace.ledger_folder, workplace.keyring);
    ProbeDesk desk(workplace, shelf, writer);
    const auto next = [&] {
        std::uint32_t size = 0;
        REQUIRE(::read(out.get(), &size, sizeof size) == sizeof size);
        std::string text(size, '\0');
        REQUIRE(::read(out.get(), text.data(), size) == static_cast<ssize_t>(size));
        return json::parse(text);
    };
    for (int i = 0; i < 8; ++i)
        desk.start("p" + std::to_string(i), probe::Request(), built_in_rules());
    eight.wait();
    probe::Request late;
    late.limit = Milliseconds(0);
    desk.start("late", std::move(late), built_in_rules());
    REQUIRE(desk.cancel("p0"));
    CHECK(next()["id"] == "p0");
    const json answer = next();
    CHECK(answer["id"] == "late");
    CHECK(answer["code"] == "busy");
    CHECK(started == 8);
    CHECK_FALSE(desk.cancel("late"));
}

TEST_CASE(
    "rules of a policy come with the first hello, decide from then on, and are named when they are broken") {
    const json line = {{"id", "1"},
                       {"protocol", "imap"},
                       {"host", "mail.uni.example"},
                       {"mechanism", "PLAIN"},
                       {"response", {"a1 NO Gute Nacht"}}};
    const json rule = {{"id", "uni"},
                       {"verdict", "account_locked"},
                       {"confidence", "certain"},
                       {"when", {{"host", "mail.uni.example"}, {"words", {{"any", "gute nacht"}}}}},
                       {"text", {{"en", "Ask the help desk."}}},
                       {"source", "https://it.uni.example"},
                       {"date", "2026-11-22"},
                       {"sample", line}};
    const auto policy = json{{"version", 1}, {"rules", {rule}}}.dump();
    Played host;
    host.send(request("hello", "h1", {{"version", "1"}, {"organisation_rules", policy}}));
    CHECK_FALSE(host.next_final().contains("rule_complaints"));
    host.send(request("hello", "h2", {{"version", "1"}, {"organisation_rules", "{}"}}));
    CHECK(host.next_final()["id"] == "h2");
    host.send(request("explain", "e1", {{"line", line}}));
    const auto verdict = host.next_final();
    CHECK(verdict["rule"] == "uni");
    CHECK(verdict["rule_origin"] == "policy");
    CHECK(verdict["organisation"]["text"]["en"] == "Ask the help desk.");

    Played other;
    other.send(request("hello", "h1", {{"version", "1"}, {"organisation_rules", "{\"version\":2}"}}));
    const auto hello = other.next_final();
    REQUIRE(hello["rule_complaints"].size() == 1);
    CHECK(hello["rule_complaints"][0].get<std::string>().starts_with("managed storage:1:"));
    other.send(request("explain", "e1", {{"line", line}}));
    CHECK(other.next_final()["rule"] != "uni");
}

TEST_CASE("a report is explained as it is masked") {
    const json line = {
        {"id", "1"},
        {"protocol", "imap"},
        {"host", "mail.uni.example"},
        {"mechanism", "PLAIN"},
        {"response", {"a1 NO [AUTHENTICATIONFAILED] hunter-22 of %61lice at mail.uni.example refused"}}};
    Played host;
    host.send(request("explain", "e1",
                      {{"line", line},
                       {"names", {"alice"}},
                       {"hide_server", true},
                       {"credential", {{"secret", "hunter-22"}}}}));
    const auto verdict = host.next_final();
    CHECK(verdict["evidence"]["host"] == "server.invalid");
    CHECK(verdict["evidence"]["attempt"]["response"][0] ==
          "a1 NO [AUTHENTICATIONFAILED] <secret> of <user> at server.invalid refused");
    for (const char* secret : {"hunter", "lice", "uni.example"})
        CHECK_MESSAGE(verdict.dump().find(secret) == std::string::npos, secret);
    host.send(request("explain", "e2", {{"line", line}, {"names", {7}}}));
    CHECK(host.next_final()["code"] == "bad_message");
}

TEST_CASE("the end of stdin cancels what runs") {
    Played host;
    for (int i = 0; i < 20; ++i)
        host.send(probe_message(("p" + std::to_string(i)).c_str()));
    CHECK(host.end() == 0);
}

TEST_CASE("an id that is in use is refused, and above 64 checks the host is busy") {
    Played host;
    host.send(probe_message("p0"));
    host.send(probe_message("p0"));
    CHECK(host.next_final()["code"] == "bad_message");
    for (int i = 1; i < 65; ++i)
        host.send(probe_message(("p" + std::to_string(i)).c_str()));
    const json busy = host.next_final();
    CHECK(busy["id"] == "p64");
    CHECK(busy["code"] == "busy");
}

TEST_CASE("no more than eight probes run at once") {
    std::atomic<int> running{0}, most{0};
    std::latch eight(8);
    {
        Played host([&](probe::Request wanted, const probe::Context& context, const Cancel& cancel) {
            const int now = ++running;
            for (int seen = most; seen < now && !most.compare_exchange_weak(seen, now);)
                continue;
            if (now <= 8 && !eight.try_wait()) eight.count_down();
            auto result = hang(std::move(wanted), context, cancel);
            --running;
            return result;
        });
        for (int i = 0; i < 20; ++i)
            host.send(probe_message(("p" + std::to_string(i)).c_str()));
        eight.wait();
        host.end();
    }
    CHECK(most == 8);
}

TEST_CASE("a certificate is shown to Thunderbird and its answer counts") {
    for (const bool trusted : {true, false}) {
        Played host([](probe::Request, const probe::Context& context,
                       const Cancel& cancel) -> Expected<probe::Result, std::string> {
            const net::Chain chain{"127.0.0.1", 993, {"leaf"}, Failure::certificate_issuer};
            const net::Chain other{"127.0.0.1", 993, {"another leaf"}, Failure::certificate_issuer};
            probe::Result result;
            const bool first = context.oracle->trusts(chain, Deadline::after(Milliseconds(20'000)), cancel);
            const bool again = context.oracle->trusts(chain, Deadline::after(Milliseconds(20'000)), cancel);
            const bool stranger =
                context.oracle->trusts(other, Deadline::after(Milliseconds(20'000)), cancel);
            result.notes = {first ? "yes" : "no", again ? "yes" : "no", stranger ? "yes" : "no"};
            return result;
        });
        host.send(request("trust", "early", {{"probe", "p"}, {"trusted", true}}));
        CHECK(host.next()["code"] == "not_found");
        host.send(probe_message("p"));
        const json chain = host.next();
        CHECK(chain["type"] == "chain");
        CHECK(chain["certificates"] == json::array({"bGVhZg=="}));
        host.send(request("trust", "t", {{"probe", "p"}, {"trusted", trusted}}));
        const json verdict = host.next();
        CHECK(verdict["type"] == "verdict");
        const char* word = trusted ? "yes" : "no";
        CHECK(verdict["notes"] == json::array({word, word, "no"}));
    }
}

TEST_CASE("no answer about a certificate in time means no") {
    Played host([](probe::Request, const probe::Context& context,
                   const Cancel& cancel) -> Expected<probe::Result, std::string> {
        probe::Result result;
        result.notes = {context.oracle->trusts({"h", 1, {"leaf"}, Failure::certificate_name},
                                               Deadline::after(Milliseconds(1)), cancel)
                            ? "yes"
                            : "no"};
        return result;
    });
    host.send(probe_message("p"));
    CHECK(host.next()["type"] == "chain");
    CHECK(host.next()["notes"] == json::array({"no"}));
}

TEST_CASE("explain decides on recorded evidence") {
    Played host;
    host.send(request("explain", "e",
                      {{"line",
                        {{"id", "x"},
                         {"protocol", "imap"},
                         {"host", "imap.gmail.com"},
                         {"offered", json::array()},
                         {"mechanism", "PLAIN"},
                         {"response",
                          {"a1 NO [ALERT] Application-specific password required: "
                           "https://support.google.com/accounts/answer/185833 (Failure)"}}}}}));
    const json verdict = host.next();
    CHECK(verdict["type"] == "verdict");
    CHECK(verdict["verdict"] == "app_password_required");
    host.send(request("explain", "f", {{"line", {{"protocol", 5}}}}));
    CHECK(host.next()["code"] == "bad_message");
}

TEST_CASE("a password goes into the vault, is listed without it, and comes back with the right key only") {
    Played host;
    host.send(request("vault_store", "s",
                      {{"account", {{"protocol", "smtp"}, {"host", "h"}, {"port", 587}, {"user", "u"}}},
                       {"secret", "\xE5\x8F\xA4 \"old\""},
                       {"seal_key", seal_key}}));
    const json stored = host.next();
    REQUIRE(stored["type"] == "vault");
    REQUIRE(stored["entries"].size() == 1);
    CHECK_FALSE(stored.contains("secret"));
    host.send(request("vault_list", "l"));
    const json listed = host.next();
    CHECK(listed["entries"] == stored["entries"]);
    const json entry = stored["entries"][0]["entry"];
    host.send(request("vault_restore", "r", {{"entry", entry}, {"seal_key", seal_key}}));
    CHECK(host.next()["secret"] == "\xE5\x8F\xA4 \"old\"");
    host.send(request("vault_restore", "w",
                      {{"entry", entry}, {"seal_key", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}}));
    CHECK(host.next()["code"] == "not_found");
    host.send(request("vault_restore", "n", {{"entry", "nothing"}, {"seal_key", seal_key}}));
    CHECK(host.next()["code"] == "not_found");
}

TEST_CASE("without a keyring the vault says so in plain words") {
    Played host;
    host.keyring.absent = true;
    host.send(request("vault_list", "l"));
    const json answer = host.next();
    CHECK(answer["code"] == "no_keyring");
    CHECK(answer["message"].get<std::string>().find("keyring") != std::string::npos);
}

TEST_CASE("an account's refusals are forgotten on request") {
    Played host;
    host.send(
        request("ledger_forget", "f", {{"account", {{"host", "imap.example.org"}, {"user", "alice"}}}}));
    CHECK(host.next()["type"] == "forgotten");
}
