// SPDX-License-Identifier: MPL-2.0
// The driver with sessions that play a list of actions, and doors that play their part.
#include <doctest/doctest.h>

#include <deque>
#include <latch>

#include "net/drive.hpp"
#include "unit/net_fixture.hpp"

using namespace reprompt;
using namespace reprompt::test;
using protocol::Action;
using protocol::Input;
using protocol::SlotKind;

namespace {

/// Gives the actions of a list in turn, reads until a whole line came for each NeedBytes, and remembers what
/// it was told.
class Script final : public protocol::Session {
  public:
    explicit Script(std::deque<Action> actions, Evidence* evidence = nullptr)
        : actions_(std::move(actions)), evidence_(evidence) {}
    Action resume(const Input& input) override {
        inputs.push_back(input.index());
        if (const auto* failed = std::get_if<protocol::IoFailure>(&input)) {
            failure = failed->failure;
            return protocol::Done{};
        }
        if (const auto* denied = std::get_if<protocol::Deny>(&input)) why = denied->why;
        if (const auto* bytes = std::get_if<protocol::Bytes>(&input)) {
            heard += bytes->bytes;
            if (!heard.ends_with("\n")) return protocol::NeedBytes{};
        }
        if (actions_.empty()) return protocol::Done{};
        Action next = std::move(actions_.front());
        actions_.pop_front();
        if (std::holds_alternative<protocol::Done>(next) && evidence_ != nullptr && evidence_->attempt)
            evidence_->attempt->complete = true;
        return next;
    }
    std::vector<std::size_t> inputs;
    std::string heard, why;
    Failure failure = Failure::none;

  private:
    std::deque<Action> actions_;
    Evidence* evidence_;
};

class Door final : public net::CredentialDoor {
  public:
    explicit Door(bool opens) : opens_(opens) {}
    std::variant<protocol::Grant, protocol::Deny> decide(const std::vector<Mechanism>& offered,
                                                         const net::Channel&) override {
        ++asked;
        if (!opens_) return protocol::Deny{"closed"};
        return protocol::Grant{offered.front()};
    }
    Expected<Secret, std::string> fill(const protocol::Slot&) override {
        ++filled;
        return Secret("geheim");
    }
    int asked = 0, filled = 0;

  private:
    bool opens_;
};

struct Scene {
    Endpoint endpoint{Protocol::imap, "localhost", 0, TlsMode::none};
    net::TrustPolicy policy;
    net::Limits limits;
    Evidence evidence;
    Cancel cancel;
    std::vector<Stage> stages;
    bool loopback = true;

    void play(protocol::Session& session, const Server& server, net::CredentialDoor* door,
              Milliseconds whole = 10s) {
        endpoint.port = server.port();
        net::drive(session, connect_to(server.port(), loopback), endpoint, policy, nullptr, door, limits,
                   evidence, Deadline::after(whole), cancel,
                   [this](Stage stage) { stages.push_back(stage); });
    }
};

Action write(std::string before, SlotKind kind = SlotKind::none) {
    return protocol::Write{std::move(before), {kind, ""}, "\r\n"};
}
const Action want = protocol::WantCredential{{Mechanism::plain}};
const Action need = protocol::NeedBytes{};
const Action done = protocol::Done{};

}  // namespace

TEST_CASE("greeting, command and reply pass between session and server") {
    std::string got;
    Script session({need, write("a1 CAPABILITY"), need, done});
    {
        Server server([&](Peer& peer) {
            peer.send("* OK hi\r\n");
            got = peer.line();
            peer.send("a1 OK\r\n");
            peer.wait_for_end();
        });
        Scene scene;
        scene.play(session, server, nullptr);
        CHECK(scene.evidence.failure == Failure::none);
        CHECK(scene.stages.front() == Stage::greeting);
    }
    CHECK(got == "a1 CAPABILITY");
    CHECK(session.heard == "* OK hi\r\na1 OK\r\n");
}

TEST_CASE("a granted credential leaves in one piece with its command, and the answer's time is measured") {
    std::string got;
    Scene scene;
    scene.evidence.attempt = Attempt{"PLAIN", {}, false, false, -1};
    Script session({need, want, write("a1 AUTHENTICATE PLAIN ", SlotKind::sasl_initial), need, done},
                   &scene.evidence);
    Door door(true);
    {
        Server server([&](Peer& peer) {
            peer.send("* OK hi\r\n");
            got = peer.line();
            peer.send("a1 NO no\r\n");
            peer.wait_for_end();
        });
        scene.play(session, server, &door);
    }
    CHECK(got == "a1 AUTHENTICATE PLAIN geheim");
    CHECK(door.filled == 1);
    CHECK(scene.evidence.attempt->elapsed_ms >= 0);
}

TEST_CASE("in clear to another machine the door is not even asked") {
    Scene scene;
    scene.loopback = false;
    Script session({need, want, done});
    Door door(true);
    Server server([](Peer& peer) {
        peer.send("* OK hi\r\n");
        peer.wait_for_end();
    });
    scene.play(session, server, &door);
    CHECK(door.asked == 0);
    CHECK(door.filled == 0);
    CHECK(scene.evidence.failure == Failure::plaintext_forbidden);
    CHECK_FALSE(session.why.empty());
}

TEST_CASE("a session that takes a slot without a grant gets nothing") {
    std::string got = "?";
    for (const bool loopback : {true, false}) {
        Scene scene;
        scene.loopback = loopback;
        Script session({need, write("a1 LOGIN u ", SlotKind::password_quoted), need, done});
        Door door(true);
        {
            Server server([&](Peer& peer) {
                peer.send("* OK hi\r\n");
                got = peer.line();
            });
            scene.play(session, server, &door);
        }
        CHECK(got.empty());
        CHECK(door.filled == 0);
        CHECK(session.failure == Failure::plaintext_forbidden);
        CHECK(scene.evidence.failure == Failure::plaintext_forbidden);
    }
}

TEST_CASE("a denial and a missing door are said to the session") {
    Server server([](Peer& peer) {
        peer.send("* OK hi\r\n");
        peer.wait_for_end();
    });
    Door closed(false);
    Script denied({need, want, done}), doorless({need, want, done});
    Scene one, two;
    one.play(denied, server, &closed);
    two.play(doorless, server, nullptr);
    CHECK(denied.why == "closed");
    CHECK_FALSE(doorless.why.empty());
    CHECK(closed.filled == 0);
}

TEST_CASE("implicit TLS that fails never starts the session") {
    Script session({need, done});
    Scene scene;
    scene.endpoint.tls = TlsMode::implicit;
    Server server([](Peer& peer) {
        peer.send("* OK no TLS here\r\n");
        peer.wait_for_end();
    });
    scene.play(session, server, nullptr);
    CHECK(session.inputs.empty());
    CHECK(scene.evidence.stage == Stage::tls);
    CHECK(scene.evidence.failure == Failure::tls_not_spoken);
    CHECK(scene.evidence.timings_ms.count("tls") == 1);
}

TEST_CASE(
    "STARTTLS: the session is told of TLS after the certificate was judged, and only if it was trusted") {
    const Authority authority, stranger;
    const Identity good(authority), foreign(stranger);
    for (const Identity* identity : {&good, &foreign}) {
        std::string got;
        Scene scene;
        scene.loopback = false;
        scene.policy = authority.policy();
        scene.endpoint.tls = TlsMode::starttls;
        Script session({need, write("a1 STARTTLS"), need, protocol::UpgradeTls{}, want,
                        write("a2 ", SlotKind::sasl_initial), need, done});
        Door door(true);
        {
            Server server([&](Peer& peer) {
                peer.send("* OK hi\r\n");
                peer.line();
                peer.send("a1 OK go\r\n");
                if (!peer.start_tls({identity})) return;
                got = peer.line();
                peer.send("a2 OK in\r\n");
                peer.wait_for_end();
            });
            scene.play(session, server, &door);
        }
        CHECK(scene.evidence.tls.sha256.size() == 64);
        if (identity == &good) {
            CHECK(got == "a2 geheim");
            CHECK(scene.evidence.failure == Failure::none);
            CHECK(scene.evidence.tls.verified);
        } else {
            CHECK(got.empty());
            CHECK(door.asked == 0);
            CHECK(scene.evidence.stage == Stage::tls);
            CHECK(scene.evidence.failure == Failure::certificate_issuer);
            CHECK(session.failure == Failure::certificate_issuer);
        }
    }
}

TEST_CASE("a greeting and a reply that never come end at their own limits") {
    Server silent([](Peer& peer) { peer.wait_for_end(); });
    Script first({need, done});
    Scene scene;
    scene.limits.greeting = 30ms;
    scene.play(first, silent, nullptr);
    CHECK(scene.evidence.failure == Failure::timeout);
    CHECK(scene.evidence.stage == Stage::greeting);

    Server mute([](Peer& peer) {
        peer.send("* OK hi\r\n");
        peer.wait_for_end();
    });
    Script second({need, write("a1 NOOP"), need, done});
    Scene other;
    other.limits.reply = 30ms;
    other.play(second, mute, nullptr);
    CHECK(second.failure == Failure::timeout);
}

TEST_CASE("a server that dribbles gains no time") {
    Server dribbling([](Peer& peer) {
        while (peer.alive())
            peer.send("x");
    });
    Script session({need, done});
    Scene scene;
    scene.limits.greeting = 50ms;
    scene.play(session, dribbling, nullptr);
    CHECK(scene.evidence.failure == Failure::timeout);
}

TEST_CASE("the time of an exchange with an error message in its middle is that of the final reply") {
    Scene scene;
    scene.evidence.attempt = Attempt{"XOAUTH2", {}, false, false, -1};
    Script session({need, want, write("a1 ", SlotKind::sasl_initial), need, write(""), need, done},
                   &scene.evidence);
    Door door(true);
    Server server([&](Peer& peer) {
        peer.send("* OK hi\r\n");
        peer.line();
        peer.send("+ e30=\r\n");
        peer.line();
        peer.send("a1 NO no\r\n");
        peer.wait_for_end();
    });
    scene.play(session, server, &door);
    CHECK(scene.evidence.failure == Failure::none);
    CHECK(scene.evidence.attempt->elapsed_ms >= 0);
}

TEST_CASE("a server that closes while a credential is judged leaves an attempt without a time") {
    Scene scene;
    scene.evidence.attempt = Attempt{"PLAIN", {}, false, false, -1};
    Script session({need, want, write("a1 ", SlotKind::sasl_initial), need, done});
    Door door(true);
    Server server([](Peer& peer) {
        peer.send("* OK hi\r\n");
        peer.line();
    });
    scene.play(session, server, &door);
    CHECK(session.failure == Failure::connection_closed);
    CHECK(scene.evidence.failure == Failure::connection_closed);
    CHECK(scene.evidence.attempt->elapsed_ms == -1);
}

TEST_CASE("a cancel in the middle of a conversation ends it") {
    Scene scene;
    std::latch asked(1);
    Script session({need, write("a1 NOOP"), need, done});
    Server server([&](Peer& peer) {
        peer.send("* OK hi\r\n");
        peer.line();
        asked.count_down();
        peer.wait_for_end();
    });
    std::thread canceller([&] {
        asked.wait();
        scene.cancel.cancel();
    });
    scene.play(session, server, nullptr, 60s);
    canceller.join();
    CHECK(scene.evidence.failure == Failure::cancelled);
}

TEST_CASE("the answer to a credential has its own, longer limit") {
    Scene scene;
    scene.limits.reply = 10s;
    scene.limits.auth = 30ms;  // the other way round, so that the test is short
    Script session({need, want, write("a1 ", SlotKind::sasl_initial), need, done});
    Door door(true);
    Server server([](Peer& peer) {
        peer.send("* OK hi\r\n");
        peer.wait_for_end();
    });
    scene.play(session, server, &door);
    CHECK(session.failure == Failure::timeout);
}
