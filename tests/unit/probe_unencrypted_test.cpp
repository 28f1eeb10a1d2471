// SPDX-License-Identifier: MPL-2.0
// An account set to no encryption on another machine. The channel says that its peer is not loopback, so that
// the rule for strangers holds.
#include <doctest/doctest.h>

#include "base/text.hpp"
#include "ledger/ledger.hpp"
#include "probe/permitted_credential.hpp"
#include "probe/second_look.hpp"
#include "probe/unencrypted.hpp"
#include "unit/fake_keyring.hpp"
#include "unit/net_fixture.hpp"

using namespace reprompt;
using namespace reprompt::test;

namespace {

struct Account {
    Authority authority, stranger;
    TempFolder folder;
    FakeKeyring keyring;
    ledger::Ledger book = ledger::Ledger::open(folder.path(), keyring).value();
    std::vector<std::string> notes;
    std::vector<std::string> commands;
    Evidence evidence;
    bool handed_out = false;

    /// Plays an IMAP server with `capabilities` that shows `identity` after STARTTLS.
    void visit(const std::string& capabilities, const Identity& identity) {
        Server server([&](Peer& peer) {
            const auto serve = [&] {
                for (std::string line = peer.line(); !line.empty(); line = peer.line()) {
                    commands.push_back(line);
                    const std::string tag = line.substr(0, line.find(' '));
                    if (line.ends_with("STARTTLS")) {
                        peer.send(tag + " OK go\r\n");
                        if (!peer.start_tls({&identity})) return;
                    } else if (line.find("CAPABILITY") != std::string::npos) {
                        peer.send("* CAPABILITY IMAP4rev1 SASL-IR " + capabilities + "\r\n" + tag +
                                  " OK\r\n");
                    } else {
                        peer.send(tag + " OK in\r\n");
                    }
                }
            };
            peer.send("* OK [CAPABILITY IMAP4rev1 SASL-IR " + capabilities + "] ready\r\n");
            serve();
        });
        probe::Request request;
        request.endpoint = {Protocol::imap, "127.0.77.1", server.port(), TlsMode::none};
        request.user = "u";
        request.kind = probe::CredentialKind::password;
        request.credential = Secret("p");
        const probe::Context context{RuleBook::built_in(), &book, authority.policy(), nullptr, {}};
        const Cancel cancel;
        evidence = probe::blank_evidence(request);
        probe::PermittedCredential door(request, context, evidence);
        probe::visit_unencrypted({request, context, Deadline::after(20s), cancel},
                                 connect_to(server.port(), false), &door, evidence, notes);
        handed_out = door.handed_out();
    }
    [[nodiscard]] bool sent_password() const {
        const std::string secret = base64_encode(std::string("\0u\0p", 4));
        for (const std::string& command : commands) {
            if (command.find(secret) != std::string::npos) return true;
        }
        return false;
    }
};

}  // namespace

TEST_CASE("a verified STARTTLS on the same port carries the password instead") {
    Account run;
    const Identity identity(run.authority, {"", "127.0.77.1"});
    run.visit("AUTH=PLAIN STARTTLS", identity);
    CHECK(run.sent_password());
    CHECK(run.evidence.tls.verified);
    CHECK(run.evidence.tls_mode == TlsMode::none);
    CHECK(run.evidence.attempt->accepted);
    CHECK(run.notes.size() == 1);
}

TEST_CASE("what the configured port says is not asked about a failure of another port") {
    for (const bool another : {false, true}) {
        CAPTURE(another);
        Server server([](Peer& peer) { peer.wait_for_end(); });
        probe::Request request;
        request.endpoint = {Protocol::imap, "127.0.0.1", server.port(), TlsMode::none};
        const probe::Context context{RuleBook::built_in(), nullptr, {}, nullptr, {}};
        const Cancel cancel;
        auto evidence = probe::blank_evidence(request);
        evidence.stage = Stage::greeting;
        evidence.failure = Failure::connection_closed;
        if (another) evidence.port = probe::implicit_tls_port(Protocol::imap);
        probe::look_again({request, context, Deadline::after(300ms), cancel}, evidence);
        CHECK(evidence.second_look.has_value() == !another);
        CHECK(server.clients() == (another ? 0 : 1));
    }
}

TEST_CASE("without STARTTLS, or with a certificate that nobody trusts, the password stays here") {
    Account run;
    const Identity foreign(run.stranger, {"", "127.0.77.1"});
    SUBCASE("not offered") {
        run.visit("AUTH=PLAIN", foreign);
    }
    SUBCASE("not trusted") {
        run.visit("AUTH=PLAIN STARTTLS", foreign);
    }
    CHECK_FALSE(run.sent_password());
    CHECK_FALSE(run.handed_out);
    CHECK(run.evidence.failure == Failure::plaintext_forbidden);
    CHECK_FALSE(run.evidence.attempt);
    CHECK_FALSE(run.evidence.greeting.empty());
    CHECK(run.evidence.failure_detail.find("port 993") != std::string::npos);
}
