// SPDX-License-Identifier: MPL-2.0
// Something owns the Secret Service's name and is no keyring: it knows no such calls, answers in another
// form, with nothing, with refusals, or says yes and keeps nothing. Nobody may believe that a password is
// kept. Belongs here: that service, played with GLib, and what the real keyring code makes of it.
#include <doctest/doctest.h>
#include <gio/gio.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <sstream>

#include "app/doctor.hpp"
#include "app/vault_desk.hpp"
#include "ledger/digest.hpp"
#include "ledger/seal.hpp"
#include "ledger/vault.hpp"
#include "unit/child.hpp"
#include "unit/fake_keyring.hpp"
#include "unit/session_bus.hpp"

using namespace reprompt;
using namespace reprompt::ledger;
using namespace reprompt::test;
using namespace std::chrono_literals;

namespace {

const auto without_keyring = doctest::skip(std::getenv("REPROMPT_TEST_KEYRING") == nullptr);

constexpr const char* service_name = "org.freedesktop.secrets";
constexpr const char* way_variable = "REPROMPT_TEST_STRANGER";

/// One answer in GVariant's text form, by what was asked.
const char* answer_that_forgets(const std::string& member, const std::string& of) {
    if (member == "GetAll") {
        if (of == "org.freedesktop.Secret.Collection")
            return "({'Items': <@ao []>, 'Label': <'x'>, 'Locked': <false>, 'Created': <uint64 1>, "
                   "'Modified': <uint64 1>},)";
        if (of == "org.freedesktop.Secret.Item")
            return "({'Attributes': <@a{ss} {}>, 'Label': <'x'>, 'Locked': <false>, 'Created': <uint64 1>, "
                   "'Modified': <uint64 1>},)";
        return "({'Collections': <[objectpath '/org/freedesktop/secrets/collection/x']>},)";
    }
    if (member == "OpenSession") return "(<''>, objectpath '/org/freedesktop/secrets/session/s')";
    if (member == "ReadAlias") return "(objectpath '/org/freedesktop/secrets/collection/x',)";
    if (member == "CreateItem")
        return "(objectpath '/org/freedesktop/secrets/collection/x/1', objectpath '/')";
    if (member == "SearchItems") return "(@ao [], @ao [])";
    return "()";
}

/// The answer of a service that goes this `way` about it; nullptr: none at all.
GDBusMessage* answer(GDBusMessage* call, const std::string& way) {
    const std::string member = g_dbus_message_get_member(call);
    const auto refuse = [call](const char* name, const char* text) {
        return g_dbus_message_new_method_error_literal(call, name, text);
    };
    std::string of;
    bool plain = true;
    if (GVariant* const body = g_dbus_message_get_body(call);
        body != nullptr && g_variant_n_children(body) > 0) {
        GVariant* const first = g_variant_get_child_value(body, 0);
        if (g_variant_is_of_type(first, G_VARIANT_TYPE_STRING)) of = g_variant_get_string(first, nullptr);
        g_variant_unref(first);
        plain = of == "plain";
    }
    if (way == "unknown_method") return refuse("org.freedesktop.DBus.Error.UnknownMethod", "No such method");
    if (way == "refuses") return refuse("org.freedesktop.DBus.Error.AccessDenied", "Not for you");
    if (way == "own_error") return refuse("com.example.Error.Nonsense", "Nonsense");
    if (way == "forgets" && member == "OpenSession" && !plain)
        return refuse("org.freedesktop.DBus.Error.NotSupported", "plain only");
    const char* text = "()";
    if (way == "wrong_types") text = "(uint32 7, 'seven')";
    if (way == "forgets") text = answer_that_forgets(member, of);
    GDBusMessage* const reply = g_dbus_message_new_method_reply(call);
    g_dbus_message_set_body(reply, g_variant_new_parsed(text));
    return reply;
}

/// Runs on the connection's own thread, before GLib answers anything itself.
GDBusMessage* on_message(GDBusConnection* connection, GDBusMessage* message, gboolean incoming,
                         gpointer way) {
    if (incoming == FALSE || g_dbus_message_get_message_type(message) != G_DBUS_MESSAGE_TYPE_METHOD_CALL)
        return message;
    if (GDBusMessage* const reply = answer(message, static_cast<const char*>(way))) {
        g_dbus_connection_send_message(connection, reply, G_DBUS_SEND_MESSAGE_FLAGS_NONE, nullptr, nullptr);
        g_object_unref(reply);
    }
    g_object_unref(message);
    return nullptr;
}

/// What one fresh process says that meets such a service, line by line.
std::string meet(const char* way) {
    TempFolder temp;
    Child bus, stranger, visitor;
    const std::string address =
        "DBUS_SESSION_BUS_ADDRESS=" + start_bus(bus, temp.path(), "<allow eavesdrop=\"true\"/>");
    const std::string wanted = std::string(way_variable) + "=" + way;
    start(stranger, {"/proc/self/exe", "--child", "stranger"}, environment_with({address, wanted}));
    REQUIRE(read_from(stranger, true) == "ready");
    start(visitor, {"/proc/self/exe", "--child", "meet the stranger"}, environment_with({address}));
    return read_from(visitor, false);
}

}  // namespace

const ChildBodyName play_the_stranger("stranger", [] {
    GError* error = nullptr;
    GDBusConnection* const bus = g_bus_get_sync(G_BUS_TYPE_SESSION, nullptr, &error);
    if (bus == nullptr) return;
    static std::string way = std::getenv(way_variable);
    g_dbus_connection_add_filter(bus, on_message, way.data(), nullptr);
    g_bus_own_name_on_connection(
        bus, service_name, G_BUS_NAME_OWNER_FLAGS_NONE,
        [](GDBusConnection*, const gchar*, gpointer) { std::cout << "ready" << std::endl; }, nullptr, nullptr,
        nullptr);
    g_main_loop_run(g_main_loop_new(nullptr, FALSE));
});

const ChildBodyName meet_the_stranger("meet the stranger", [] {
    Keyring& keyring = secret_service();
    const auto say = [](const char* what, const auto& result) {
        std::cout << what << ": " << (result ? "done" : name_of(result.error().problem)) << "\n";
        if (!result) std::cout << what << " says: " << app::explain_keyring(result.error()) << "\n";
    };
    Vault vault(keyring);
    const auto now = std::chrono::system_clock::now();
    say("vault_store", vault.store({Protocol::imap, "imap.example.org", 993, "alice"}, Secret("hunter2"),
                                   random_secret(seal_key_octets), now));
    say("store", keyring.store("org.reprompt.Test", {{"a", "1"}}, "Reprompt test", Secret("x")));
    say("list", vault.list(now));
    app::Surroundings computer = app::this_computer();
    for (const auto& check : app::examine(computer))
        if (check.name == "keyring") std::cout << "doctor: " << (check.ok ? "ok" : "wrong") << "\n";
    std::cout << std::flush;
});

TEST_CASE("what does not speak Secret Service is named, and nothing counts as kept" * without_keyring) {
    for (const char* way : {"unknown_method", "wrong_types", "empty"}) {
        CAPTURE(way);
        const auto before = std::chrono::steady_clock::now();
        const std::string said = meet(way);
        CAPTURE(said);
        CHECK(said.find("vault_store: stranger\n") != std::string::npos);
        CHECK(said.find("store: stranger\n") != std::string::npos);
        CHECK(said.find("list: stranger\n") != std::string::npos);
        CHECK(said.find("vault_store says: The program that stands where the keyring should be") !=
              std::string::npos);
        CHECK(said.find("install and start a keyring") != std::string::npos);
        CHECK(said.find("doctor: wrong\n") != std::string::npos);
        CHECK(std::chrono::steady_clock::now() - before < 10s);
    }
}

TEST_CASE("a keyring service that refuses everything is quoted, with what mends it" * without_keyring) {
    for (const char* way : {"refuses", "own_error"}) {
        CAPTURE(way);
        const std::string said = meet(way);
        CAPTURE(said);
        CHECK(said.find("vault_store: refused\n") != std::string::npos);
        CHECK(said.find("vault_store says: The keyring service refused: N") != std::string::npos);
        CHECK(said.find("`reprompt doctor`") != std::string::npos);
        CHECK(said.find("doctor: wrong\n") != std::string::npos);
    }
}

TEST_CASE("a keyring service that says yes and keeps nothing is found out" * without_keyring) {
    const std::string said = meet("forgets");
    CAPTURE(said);
    CHECK(said.find("vault_store: refused\n") != std::string::npos);
    CHECK(said.find("does not give back what was stored in it; it keeps nothing") != std::string::npos);
    CHECK(said.find("list: done\n") != std::string::npos);
    CHECK(said.find("doctor: wrong\n") != std::string::npos);
}
