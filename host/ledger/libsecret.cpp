// SPDX-License-Identifier: MPL-2.0
// See libsecret.hpp.
#include "ledger/libsecret.hpp"

#include <dlfcn.h>

#include <optional>

namespace reprompt::ledger {

namespace {

/// A symbol of the library or of anything it depends on (dlsym searches both).
template <class Function>
bool find(void* library, const char* name, Function& function) {
    function = reinterpret_cast<Function>(dlsym(library, name));
    return function != nullptr;
}

}  // namespace

bool Libsecret::load() {
    void* const library = dlopen("libsecret-1.so.0", RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (library == nullptr) return false;
    return find(library, "secret_service_get_type", service_get_type) &&
           find(library, "secret_service_open_sync", service_open_sync) &&
           find(library, "secret_service_search_sync", service_search_sync) &&
           find(library, "secret_collection_for_alias_sync", collection_for_alias_sync) &&
           find(library, "secret_collection_get_locked", collection_get_locked) &&
           find(library, "secret_item_create_sync", item_create_sync) &&
           find(library, "secret_item_delete_sync", item_delete_sync) &&
           find(library, "secret_item_get_attributes", item_get_attributes) &&
           find(library, "secret_item_get_secret", item_get_secret) &&
           find(library, "secret_item_get_locked", item_get_locked) &&
           find(library, "secret_value_new", value_new) && find(library, "secret_value_get", value_get) &&
           find(library, "secret_value_unref", value_unref) &&
           find(library, "secret_error_get_quark", error_quark) &&
           find(library, "g_hash_table_new", hash_table_new) &&
           find(library, "g_hash_table_insert", hash_table_insert) &&
           find(library, "g_hash_table_unref", hash_table_unref) &&
           find(library, "g_hash_table_iter_init", hash_table_iter_init) &&
           find(library, "g_hash_table_iter_next", hash_table_iter_next) &&
           find(library, "g_str_hash", str_hash) && find(library, "g_str_equal", str_equal) &&
           find(library, "g_list_free_full", list_free_full) && find(library, "g_error_free", error_free) &&
           find(library, "g_object_unref", object_unref) &&
           find(library, "g_main_context_new", main_context_new) &&
           find(library, "g_main_context_unref", main_context_unref) &&
           find(library, "g_main_context_iteration", main_context_iteration) &&
           find(library, "g_main_context_push_thread_default", main_context_push) &&
           find(library, "g_main_context_pop_thread_default", main_context_pop) &&
           find(library, "g_cancellable_new", cancellable_new) &&
           find(library, "g_cancellable_cancel", cancellable_cancel) &&
           find(library, "g_bus_get_sync", bus_get_sync) &&
           find(library, "g_dbus_address_get_for_bus_sync", address_for_bus_sync) &&
           find(library, "g_dbus_connection_new_for_address_sync", connection_new_sync) &&
           find(library, "g_dbus_connection_call_sync", connection_call_sync) &&
           find(library, "g_free", free) && find(library, "g_variant_unref", variant_unref) &&
           find(library, "g_dbus_connection_set_exit_on_close", connection_set_exit_on_close) &&
           find(library, "g_io_error_quark", io_error_quark) &&
           find(library, "g_dbus_error_quark", dbus_error_quark) &&
           find(library, "g_dbus_error_strip_remote_error", dbus_error_strip);
}

const Libsecret* Libsecret::get() {
    static const std::optional<Libsecret> loaded = [] {
        std::optional<Libsecret> library(std::in_place);
        if (!library->load()) library.reset();
        return library;
    }();
    return loaded ? &*loaded : nullptr;
}

}  // namespace reprompt::ledger
