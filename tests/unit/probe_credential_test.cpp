// SPDX-License-Identifier: MPL-2.0
// Which mechanism is chosen, and which octets fill each slot.
#include <doctest/doctest.h>

#include <thread>

#include "base/text.hpp"
#include "ledger/ledger.hpp"
#include "probe/mechanism_choice.hpp"
#include "probe/permitted_credential.hpp"
#include "unit/fake_keyring.hpp"
#include "unit/net_fixture.hpp"

using namespace reprompt;
using namespace reprompt::test;
using protocol::SlotKind;

namespace {

probe::Request password_request(const std::string& password = "p") {
    probe::Request request;
    request.endpoint = {Protocol::imap, "mail.example.org", 993, TlsMode::implicit};
    request.user = "u";
    request.kind = probe::CredentialKind::password;
    request.credential = Secret(password);
    return request;
}

/// A door in front of a ledger, with a channel that is proof (loopback).
struct Gate {
    explicit Gate(probe::Request wanted) : request(std::move(wanted)) {}
    probe::Request request;
    TempFolder folder;
    FakeKeyring keyring;
    ledger::Ledger book = ledger::Ledger::open(folder.path(), keyring).value();
    probe::Context context{RuleBook::built_in(), &book, {}, nullptr, {}};
    Evidence evidence;
    Server server{[](Peer& peer) { peer.wait_for_end(); }};
    net::Channel channel = connect_to(server.port());
    probe::PermittedCredential door{request, context, evidence};

    bool opens(const std::vector<Mechanism>& offered) {
        return std::holds_alternative<protocol::Grant>(door.decide(offered, channel));
    }
    std::string slot(SlotKind kind, const std::string& challenge = {}) {
        const auto filled = door.fill({kind, challenge});
        return filled ? std::string(filled->reveal()) : "error: " + filled.error();
    }
};

}  // namespace

TEST_CASE("the mechanism is the first offered one that fits what the account is set to") {
    using enum Mechanism;
    auto request = password_request();
    CHECK(probe::choose_mechanism(request, {xoauth2, cram_md5, login, plain}) == login);
    CHECK(probe::choose_mechanism(request, {xoauth2, cram_md5}) == std::nullopt);
    CHECK(probe::choose_mechanism(request, {imap_login}) == imap_login);
    request.configured_auth = "password_encrypted";
    CHECK(probe::choose_mechanism(request, {plain, cram_md5}) == cram_md5);
    CHECK(probe::choose_mechanism(request, {plain}) == std::nullopt);
    request.configured_auth = "password";
    request.only = plain;
    CHECK(probe::choose_mechanism(request, {login, plain}) == plain);
    CHECK(probe::choose_mechanism(request, {login}) == std::nullopt);
    request.only = login;
    CHECK(probe::choose_mechanism(request, {plain, imap_login}) == imap_login);
    request.only.reset();
    request.kind = probe::CredentialKind::token;
    CHECK(probe::choose_mechanism(request, {plain, oauthbearer, xoauth2}) == xoauth2);
    CHECK_FALSE(probe::choose_mechanism(request, {plain, oauthbearer}));  // not a way of Thunderbird
    CHECK(probe::choose_mechanism(request, {plain}) == std::nullopt);
}

TEST_CASE("before a grant no slot is filled") {
    Gate gate(password_request());
    for (const SlotKind kind : {SlotKind::sasl_initial, SlotKind::sasl_response, SlotKind::password_quoted,
                                SlotKind::password_literal_size, SlotKind::password_raw}) {
        CHECK(gate.slot(kind).starts_with("error: "));
    }
    CHECK_FALSE(gate.door.handed_out());
}

TEST_CASE("each slot has its own form") {
    Gate plain(password_request("p"));
    REQUIRE(plain.opens({Mechanism::plain}));
    CHECK(plain.slot(SlotKind::sasl_initial) == base64_encode(std::string("\0u\0p", 4)));
    CHECK(plain.slot(SlotKind::sasl_response, "") == "*");
    CHECK(plain.door.handed_out());

    Gate login(password_request("p"));
    REQUIRE(login.opens({Mechanism::login}));
    CHECK(login.slot(SlotKind::sasl_initial).starts_with("error: "));
    CHECK(login.slot(SlotKind::sasl_response, "not base64!") == "*");
    CHECK(login.slot(SlotKind::sasl_response, "VXNlcm5hbWU6") == base64_encode("u"));
    CHECK(login.slot(SlotKind::sasl_response, "UGFzc3dvcmQ6") == base64_encode("p"));

    Gate command(password_request("a\"b\\c"));
    REQUIRE(command.opens({Mechanism::imap_login}));
    CHECK(command.slot(SlotKind::password_quoted) == R"("a\"b\\c")");
    CHECK(command.slot(SlotKind::password_literal_size) == "{5}");
    CHECK(command.slot(SlotKind::password_raw) == "a\"b\\c");
    CHECK(command.slot(SlotKind::sasl_initial).starts_with("error: "));
}

TEST_CASE("a password outside ASCII is granted as not quotable") {
    Gate gate(password_request("p\xc3\xa4ss"));
    const auto decision = gate.door.decide({Mechanism::imap_login}, gate.channel);
    REQUIRE(std::holds_alternative<protocol::Grant>(decision));
    CHECK_FALSE(std::get<protocol::Grant>(decision).password_quotable);
}

TEST_CASE("the door opens once") {
    Gate gate(password_request());
    CHECK(gate.opens({Mechanism::plain}));
    CHECK_FALSE(gate.opens({Mechanism::plain}));
}

TEST_CASE("the door stays shut on a channel without proof, and says why") {
    Gate gate(password_request());
    gate.channel = connect_to(gate.server.port(), false);
    CHECK_FALSE(gate.opens({Mechanism::plain}));
    CHECK_FALSE(gate.door.note().empty());
}

TEST_CASE("what a verdict of an attempt leaves in the ledger shuts the door for the same password only") {
    Gate gate(password_request("old"));
    REQUIRE(gate.opens({Mechanism::plain}));
    gate.slot(SlotKind::sasl_initial);
    Verdict stale;
    stale.code = VerdictCode::stale_password;
    stale.confidence = Confidence::likely;
    gate.evidence.attempt = Attempt{"PLAIN", {"a1 NO no"}, false, true, 1};
    gate.door.record(stale);

    probe::PermittedCredential same(gate.request, gate.context, gate.evidence);
    CHECK(same.decides_without_connection());
    CHECK(same.verdict()->rule == "ledger");
    const auto other = password_request("new");
    probe::PermittedCredential fresh(other, gate.context, gate.evidence);
    CHECK_FALSE(fresh.decides_without_connection());
}

TEST_CASE("an attempt without a final answer makes no refusal on record, whatever was heard elsewhere") {
    Gate gate(password_request("old"));
    REQUIRE(gate.opens({Mechanism::plain}));
    gate.slot(SlotKind::sasl_initial);
    Verdict stale;
    stale.code = VerdictCode::stale_password;
    gate.evidence.attempt = Attempt{"PLAIN", {}, false, false, -1};
    gate.door.record(stale);
    probe::PermittedCredential same(gate.request, gate.context, gate.evidence);
    CHECK_FALSE(same.decides_without_connection());
}

TEST_CASE("while another run tries the same login, no sign-in begins with little time left") {
    Gate first(password_request("p"));
    REQUIRE(first.opens({Mechanism::plain}));
    const auto little = Deadline::after(Milliseconds(10'000));
    probe::PermittedCredential late(first.request, first.context, first.evidence, little);
    CHECK_FALSE(std::holds_alternative<protocol::Grant>(late.decide({Mechanism::plain}, first.channel)));
    REQUIRE(late.denied());
    CHECK(late.denied()->reason == ledger::DenialReason::in_progress);
    CHECK(little.left() > Milliseconds(5000));  // it did not wait for what could not help it

    probe::PermittedCredential early(first.request, first.context, first.evidence,
                                     Deadline::after(Milliseconds(60'000)));
    const std::jthread ends([&] { first.door.record({}); });
    CHECK(std::holds_alternative<protocol::Grant>(early.decide({Mechanism::plain}, first.channel)));
    CHECK_FALSE(early.denied());
}

TEST_CASE("without a wait little time is no reason to deny") {
    Gate gate(password_request("p"));
    probe::PermittedCredential door(gate.request, gate.context, gate.evidence,
                                    Deadline::after(Milliseconds(5000)));
    CHECK(std::holds_alternative<protocol::Grant>(door.decide({Mechanism::plain}, gate.channel)));
    CHECK_FALSE(door.denied());
}

TEST_CASE("LOGIN's user name alone is no credential") {
    Gate gate(password_request());
    REQUIRE(gate.opens({Mechanism::login}));
    gate.slot(SlotKind::sasl_response, base64_encode("Username:"));
    CHECK_FALSE(gate.door.handed_out());
    gate.slot(SlotKind::sasl_response, base64_encode("Password:"));
    CHECK(gate.door.handed_out());
}

TEST_CASE("a permit whose credential never left makes no refusal on record") {
    Gate gate(password_request("old"));
    gate.evidence.attempt = Attempt{"PLAIN", {"a1 NO no"}, false, true, 1};
    REQUIRE(gate.opens({Mechanism::plain}));
    Verdict stale;
    stale.code = VerdictCode::stale_password;
    gate.door.record(stale);
    probe::PermittedCredential same(gate.request, gate.context, gate.evidence);
    CHECK_FALSE(same.decides_without_connection());
}
