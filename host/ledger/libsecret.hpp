// SPDX-License-Identifier: MPL-2.0
// Libsecret: the functions of libsecret (and of GLib below it) that the keyring calls, found at run time, so
// that a machine without libsecret still runs everything else. Belongs here: names and types only. Only
// keyring.cpp may include this: the headers are heavy. Does not belong here: what is asked of the keyring
// (keyring.cpp).
#pragma once

#include <libsecret/secret.h>

namespace reprompt::ledger {

/// Function pointers typed by the headers. Valid for the life of the process: the library is never closed,
/// because GLib keeps threads.
struct Libsecret {
    // libsecret
    decltype(&::secret_service_get_type) service_get_type = nullptr;
    decltype(&::secret_service_open_sync) service_open_sync = nullptr;
    decltype(&::secret_service_search_sync) service_search_sync = nullptr;
    decltype(&::secret_collection_for_alias_sync) collection_for_alias_sync = nullptr;
    decltype(&::secret_collection_get_locked) collection_get_locked = nullptr;
    decltype(&::secret_item_create_sync) item_create_sync = nullptr;
    decltype(&::secret_item_delete_sync) item_delete_sync = nullptr;
    decltype(&::secret_item_get_attributes) item_get_attributes = nullptr;
    decltype(&::secret_item_get_secret) item_get_secret = nullptr;
    decltype(&::secret_item_get_locked) item_get_locked = nullptr;
    decltype(&::secret_value_new) value_new = nullptr;
    decltype(&::secret_value_get) value_get = nullptr;
    decltype(&::secret_value_unref) value_unref = nullptr;
    decltype(&::secret_error_get_quark) error_quark = nullptr;
    // GLib
    decltype(&::g_hash_table_new) hash_table_new = nullptr;
    decltype(&::g_hash_table_insert) hash_table_insert = nullptr;
    decltype(&::g_hash_table_unref) hash_table_unref = nullptr;
    decltype(&::g_hash_table_iter_init) hash_table_iter_init = nullptr;
    decltype(&::g_hash_table_iter_next) hash_table_iter_next = nullptr;
    decltype(&::g_str_hash) str_hash = nullptr;
    decltype(&::g_str_equal) str_equal = nullptr;
    decltype(&::g_list_free_full) list_free_full = nullptr;
    decltype(&::g_free) free = nullptr;
    decltype(&::g_variant_unref) variant_unref = nullptr;
    decltype(&::g_error_free) error_free = nullptr;
    decltype(&::g_object_unref) object_unref = nullptr;
    decltype(&::g_main_context_new) main_context_new = nullptr;
    decltype(&::g_main_context_unref) main_context_unref = nullptr;
    decltype(&::g_main_context_iteration) main_context_iteration = nullptr;
    decltype(&::g_main_context_push_thread_default) main_context_push = nullptr;
    decltype(&::g_main_context_pop_thread_default) main_context_pop = nullptr;
    // GIO
    decltype(&::g_cancellable_new) cancellable_new = nullptr;
    decltype(&::g_cancellable_cancel) cancellable_cancel = nullptr;
    decltype(&::g_bus_get_sync) bus_get_sync = nullptr;
    decltype(&::g_dbus_address_get_for_bus_sync) address_for_bus_sync = nullptr;
    decltype(&::g_dbus_connection_new_for_address_sync) connection_new_sync = nullptr;
    decltype(&::g_dbus_connection_call_sync) connection_call_sync = nullptr;
    decltype(&::g_dbus_connection_set_exit_on_close) connection_set_exit_on_close = nullptr;
    decltype(&::g_io_error_quark) io_error_quark = nullptr;
    decltype(&::g_dbus_error_quark) dbus_error_quark = nullptr;
    decltype(&::g_dbus_error_strip_remote_error) dbus_error_strip = nullptr;

    /// Opens the library at the first call; nullptr if it is missing or lacks a function. Thread-safe.
    static const Libsecret* get();

  private:
    bool load();
};

}  // namespace reprompt::ledger
