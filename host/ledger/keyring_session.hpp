// SPDX-License-Identifier: MPL-2.0
// KeyringSession: one visit to the Secret Service, from the bus to the service object, with the limit of 5 s
// over all of it. Belongs here: reaching the service, ending a visit that takes too long, GLib's errors in
// plain words. Does not belong here: items (keyring.cpp).
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "base/deadline.hpp"
#include "ledger/keyring.hpp"
#include "ledger/libsecret.hpp"

namespace reprompt::ledger {

/// All the time one call on a Keyring may take.
inline constexpr Milliseconds keyring_limit{5000};

/// Drops a reference of a GObject.
struct DropObject {
    const Libsecret* library = nullptr;
    void operator()(gpointer object) const noexcept { library->object_unref(object); }
};
template <class T>
using Object = std::unique_ptr<T, DropObject>;

/// Cancels a GCancellable when the deadline passes, unless destroyed before. Its thread has ended when the
/// destructor returns.
class Watchdog {
  public:
    Watchdog(const Libsecret& library, GCancellable* cancellable, Deadline deadline);
    ~Watchdog();
    Watchdog(const Watchdog&) = delete;
    Watchdog& operator=(const Watchdog&) = delete;

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool done_ = false;
    std::thread thread_;
};

class KeyringSession {
  public:
    /// Finds library, bus and service. Never starts a bus: without DBUS_SESSION_BUS_ADDRESS only the socket
    /// $XDG_RUNTIME_DIR/bus counts.
    static Expected<std::unique_ptr<KeyringSession>, KeyringError> open(Deadline deadline);
    ~KeyringSession();
    KeyringSession(const KeyringSession&) = delete;
    KeyringSession& operator=(const KeyringSession&) = delete;

    [[nodiscard]] const Libsecret& library() const noexcept { return library_; }
    [[nodiscard]] SecretService* service() const noexcept { return service_.get(); }
    [[nodiscard]] GCancellable* cancellable() const noexcept { return cancellable_.get(); }
    template <class T>
    [[nodiscard]] Object<T> own(T* object) const {
        return Object<T>(object, DropObject{&library_});
    }
    /// The default collection: `locked` if it is, `refused` if there is none.
    Expected<Object<SecretCollection>, KeyringError> default_collection();
    /// Frees `error` (may be nullptr) and says it in plain words.
    KeyringError explain(GError* error) const;

  private:
    KeyringSession(const Libsecret& library, Deadline deadline);
    /// The bus's answer to a greeting on a connection of its own. GIO's own greeting (in g_bus_get_sync)
    /// cannot be cancelled and waits 25 s.
    GError* greet_bus() const;
    /// Makes `context_` this thread's GLib context for one visit, so that nothing is left in the program's
    /// default one.
    class OwnContext {
      public:
        explicit OwnContext(const Libsecret& library);
        ~OwnContext();
        OwnContext(const OwnContext&) = delete;
        OwnContext& operator=(const OwnContext&) = delete;

      private:
        const Libsecret& library_;
        GMainContext* context_;
    };

    const Libsecret& library_;
    OwnContext context_;
    Object<GCancellable> cancellable_;
    Object<GDBusConnection> bus_;
    Object<SecretService> service_;
    Watchdog watchdog_;
};

}  // namespace reprompt::ledger
