// SPDX-License-Identifier: MPL-2.0
// See keyring_session.hpp.
#include "ledger/keyring_session.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <string_view>
#include <utility>

namespace reprompt::ledger {

namespace {

/// True if a bus can be reached without starting one. GIO would otherwise run dbus-launch.
bool bus_is_there() {
    const char* const address = std::getenv("DBUS_SESSION_BUS_ADDRESS");
    if (address != nullptr && *address != '\0') {
        return std::string_view(address).find("autolaunch:") == std::string_view::npos;
    }
    const char* const runtime = std::getenv("XDG_RUNTIME_DIR");
    if (runtime == nullptr || *runtime != '/') return false;
    const std::string path = std::string(runtime) + "/bus";
    struct stat status {};
    return stat(path.c_str(), &status) == 0 && S_ISSOCK(status.st_mode) && status.st_uid == geteuid();
}

KeyringError timeout_error() {
    return {KeyringProblem::timeout, "The keyring did not answer in time."};
}

/// What a program says that owns the service's name but does not speak Secret Service: unknown calls, or
/// answers of another form (which GIO or libsecret refuse to read).
bool is_strange(const Libsecret& library, GQuark domain, int code) {
    if (domain == library.dbus_error_quark()) {
        return code == G_DBUS_ERROR_UNKNOWN_METHOD || code == G_DBUS_ERROR_UNKNOWN_OBJECT ||
               code == G_DBUS_ERROR_UNKNOWN_INTERFACE || code == G_DBUS_ERROR_UNKNOWN_PROPERTY ||
               code == G_DBUS_ERROR_NOT_SUPPORTED || code == G_DBUS_ERROR_INVALID_SIGNATURE ||
               code == G_DBUS_ERROR_INVALID_ARGS;
    }
    if (domain == library.io_error_quark()) return code == G_IO_ERROR_INVALID_ARGUMENT;
    return domain == library.error_quark() && code == SECRET_ERROR_PROTOCOL;
}

KeyringError stranger_error(const std::string& said) {
    return {KeyringProblem::stranger, "What answers as the keyring service speaks another language: " + said};
}

KeyringError no_service_error() {
    return {KeyringProblem::no_service,
            "No keyring service (such as GNOME Keyring or KWallet) answers on the session bus."};
}

}  // namespace

Watchdog::Watchdog(const Libsecret& library, GCancellable* cancellable, Deadline deadline)
    : thread_([this, &library, cancellable, deadline] {
          std::unique_lock lock(mutex_);
          const auto until = std::chrono::steady_clock::now() + deadline.left();
          if (changed_.wait_until(lock, until, [this] { return done_; })) return;
          lock.unlock();
          library.cancellable_cancel(cancellable);
      }) {}

Watchdog::~Watchdog() {
    {
        const std::lock_guard lock(mutex_);
        done_ = true;
    }
    changed_.notify_one();
    thread_.join();
}

KeyringSession::OwnContext::OwnContext(const Libsecret& library)
    : library_(library), context_(library.main_context_new()) {
    library_.main_context_push(context_);
}

KeyringSession::OwnContext::~OwnContext() {
    // Proxies leave clean-up work in the context; it has to run or their references stay.
    while (library_.main_context_iteration(context_, FALSE) != FALSE) {
    }
    library_.main_context_pop(context_);
    library_.main_context_unref(context_);
}

KeyringSession::KeyringSession(const Libsecret& library, Deadline deadline)
    : library_(library),
      context_(library),
      cancellable_(own(library.cancellable_new())),
      bus_(own<GDBusConnection>(nullptr)),
      service_(own<SecretService>(nullptr)),
      watchdog_(library, cancellable_.get(), deadline) {}

KeyringSession::~KeyringSession() = default;

Expected<std::unique_ptr<KeyringSession>, KeyringError> KeyringSession::open(Deadline deadline) {
    const Libsecret* const library = Libsecret::get();
    if (library == nullptr) {
        return Unexpected<KeyringError>({KeyringProblem::no_library,
                                         "The library libsecret-1.so.0 is not installed, so the system's "
                                         "keyring cannot be reached."});
    }
    const KeyringError no_bus{
        KeyringProblem::no_bus,
        "There is no session bus (D-Bus) here, so the system's keyring cannot be reached."};
    if (!bus_is_there()) return Unexpected<KeyringError>(no_bus);

    std::unique_ptr<KeyringSession> session(new KeyringSession(*library, deadline));
    GError* error = session->greet_bus();
    if (error == nullptr) {
        session->bus_ =
            session->own(library->bus_get_sync(G_BUS_TYPE_SESSION, session->cancellable(), &error));
    }
    if (session->bus_ == nullptr) {
        KeyringError why = session->explain(error);
        if (why.problem == KeyringProblem::timeout) return Unexpected<KeyringError>(std::move(why));
        return Unexpected<KeyringError>({KeyringProblem::no_bus, no_bus.detail + " (" + why.detail + ")"});
    }
    // GIO's default would end this program by a signal when the bus goes away.
    library->connection_set_exit_on_close(session->bus_.get(), FALSE);
    session->service_ = session->own(library->service_open_sync(
        library->service_get_type(), nullptr, SECRET_SERVICE_NONE, session->cancellable(), &error));
    if (session->service_ == nullptr) return Unexpected<KeyringError>(session->explain(error));
    return session;
}

GError* KeyringSession::greet_bus() const {
    GError* error = nullptr;
    gchar* const address = library_.address_for_bus_sync(G_BUS_TYPE_SESSION, cancellable(), &error);
    if (address == nullptr) return error;
    const auto connection = own(library_.connection_new_sync(
        address, G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT, nullptr, cancellable(), &error));
    library_.free(address);
    if (connection == nullptr) return error;
    GVariant* const answer = library_.connection_call_sync(
        connection.get(), "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "Hello",
        nullptr, nullptr, G_DBUS_CALL_FLAGS_NONE, static_cast<gint>(keyring_limit.count()), cancellable(),
        &error);
    if (answer != nullptr) library_.variant_unref(answer);
    return error;
}

Expected<Object<SecretCollection>, KeyringError> KeyringSession::default_collection() {
    GError* error = nullptr;
    Object<SecretCollection> collection = own(library_.collection_for_alias_sync(
        service(), SECRET_COLLECTION_DEFAULT, SECRET_COLLECTION_NONE, cancellable(), &error));
    if (collection == nullptr) {
        if (error != nullptr) return Unexpected<KeyringError>(explain(error));
        return Unexpected<KeyringError>(
            {KeyringProblem::refused,
             "The keyring service runs, but there is no default keyring yet. Log in to the desktop or make "
             "one with a keyring program."});
    }
    if (library_.collection_get_locked(collection.get()) != FALSE) {
        return Unexpected<KeyringError>(
            {KeyringProblem::locked, "The default keyring is locked. Unlock it and try again."});
    }
    return collection;
}

KeyringError KeyringSession::explain(GError* error) const {
    if (error == nullptr) return {KeyringProblem::refused, "The keyring service gave no reason."};
    const GQuark domain = error->domain;
    const int code = error->code;
    library_.dbus_error_strip(error);
    const std::string said = error->message == nullptr ? "no reason given" : error->message;
    library_.error_free(error);
    if (domain == library_.io_error_quark()) {
        if (code == G_IO_ERROR_CANCELLED || code == G_IO_ERROR_TIMED_OUT) return timeout_error();
        if (code == G_IO_ERROR_CLOSED) return no_service_error();
    }
    if (domain == library_.dbus_error_quark()) {
        if (code == G_DBUS_ERROR_TIMEOUT || code == G_DBUS_ERROR_NO_REPLY || code == G_DBUS_ERROR_TIMED_OUT) {
            return timeout_error();
        }
        if (code == G_DBUS_ERROR_SERVICE_UNKNOWN || code == G_DBUS_ERROR_NAME_HAS_NO_OWNER ||
            (code >= G_DBUS_ERROR_SPAWN_EXEC_FAILED && code <= G_DBUS_ERROR_SPAWN_NO_MEMORY)) {
            return no_service_error();
        }
    }
    if (domain == library_.error_quark() && code == SECRET_ERROR_IS_LOCKED) {
        return {KeyringProblem::locked, "The default keyring is locked. Unlock it and try again."};
    }
    if (is_strange(library_, domain, code)) return stranger_error(said);
    return {KeyringProblem::refused, "The keyring service refused: " + said};
}

}  // namespace reprompt::ledger
