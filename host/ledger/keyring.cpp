// SPDX-License-Identifier: MPL-2.0
// The Secret Service as a Keyring (keyring.hpp). Secrets travel as base64 text, because they may hold NUL and
// keyring programs show text. The item is made in the default collection directly and never through
// secret_service_store, which would unlock or create a collection by a prompt.
#include "ledger/keyring.hpp"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <utility>

#include "base/text.hpp"
#include "ledger/digest.hpp"
#include "ledger/keyring_session.hpp"

namespace reprompt::ledger {

const char* name_of(KeyringProblem problem) noexcept {
    switch (problem) {
        case KeyringProblem::no_library:
            return "no_library";
        case KeyringProblem::no_bus:
            return "no_bus";
        case KeyringProblem::no_service:
            return "no_service";
        case KeyringProblem::locked:
            return "locked";
        case KeyringProblem::timeout:
            return "timeout";
        case KeyringProblem::stranger:
            return "stranger";
        case KeyringProblem::refused:
            return "refused";
    }
    return "refused";
}

namespace {

Unexpected<KeyringError> refused(std::string detail) {
    return Unexpected<KeyringError>({KeyringProblem::refused, std::move(detail)});
}

/// One schema and its attributes in libsecret's form. The strings stay those of the caller.
class Query {
  public:
    static Expected<Query, KeyringError> make(const Libsecret& library, const std::string& schema,
                                              const Attributes& attributes) {
        const auto plain = [](const std::string& text) { return is_utf8(text) && !has_control(text); };
        // libsecret's schema has room for 32 attributes, the last one empty.
        if (attributes.size() > 31 || !plain(schema) ||
            !std::all_of(attributes.begin(), attributes.end(), [&plain](const auto& attribute) {
                return plain(attribute.first) && plain(attribute.second);
            })) {
            return refused("The keyring takes plain text only, and at most 31 attributes.");
        }
        return Query(library, schema, attributes);
    }
    [[nodiscard]] const SecretSchema* schema() const noexcept { return &schema_; }
    [[nodiscard]] GHashTable* attributes() const noexcept { return table_.get(); }

  private:
    struct DropTable {
        const Libsecret* library;
        void operator()(GHashTable* table) const noexcept { library->hash_table_unref(table); }
    };

    Query(const Libsecret& library, const std::string& schema, const Attributes& attributes)
        : table_(library.hash_table_new(library.str_hash, library.str_equal), DropTable{&library}) {
        schema_.name = schema.c_str();
        schema_.flags = SECRET_SCHEMA_NONE;
        std::size_t next = 0;
        for (const auto& [name, value] : attributes) {
            schema_.attributes[next++] = {name.c_str(), SECRET_SCHEMA_ATTRIBUTE_STRING};
            library.hash_table_insert(table_.get(), const_cast<char*>(name.c_str()),
                                      const_cast<char*>(value.c_str()));
        }
    }

    SecretSchema schema_{};
    std::unique_ptr<GHashTable, DropTable> table_;
};

/// The result list of a search.
struct DropItems {
    const Libsecret* library;
    void operator()(GList* items) const noexcept { library->list_free_full(items, library->object_unref); }
};
using Items = std::unique_ptr<GList, DropItems>;

Expected<Items, KeyringError> search(KeyringSession& session, const std::string& schema,
                                     const Attributes& match, bool with_secrets) {
    const Libsecret& library = session.library();
    auto query = Query::make(library, schema, match);
    if (!query) return Unexpected<KeyringError>(std::move(query.error()));
    const unsigned flags =
        SECRET_SEARCH_ALL | (with_secrets ? static_cast<unsigned>(SECRET_SEARCH_LOAD_SECRETS) : 0U);
    GError* error = nullptr;
    Items items(
        library.service_search_sync(session.service(), query->schema(), query->attributes(),
                                    static_cast<SecretSearchFlags>(flags), session.cancellable(), &error),
        DropItems{&library});
    if (error != nullptr) return Unexpected<KeyringError>(session.explain(error));
    return items;
}

Attributes all_attributes_of(const Libsecret& library, SecretItem* item) {
    Attributes attributes;
    GHashTable* const table = library.item_get_attributes(item);
    if (table == nullptr) return attributes;
    GHashTableIter position;
    library.hash_table_iter_init(&position, table);
    gpointer name = nullptr;
    gpointer value = nullptr;
    while (library.hash_table_iter_next(&position, &name, &value) != FALSE) {
        attributes.emplace(static_cast<const char*>(name), static_cast<const char*>(value));
    }
    library.hash_table_unref(table);
    return attributes;
}

Attributes attributes_of(const Libsecret& library, SecretItem* item) {
    Attributes attributes = all_attributes_of(library, item);
    attributes.erase("xdg:schema");
    return attributes;
}

bool belongs(const Libsecret& library, SecretItem* item, const std::string& schema, const Attributes& match) {
    const Attributes attributes = all_attributes_of(library, item);
    const auto has = [&](const std::string& name, const std::string& value) {
        const auto found = attributes.find(name);
        return found != attributes.end() && found->second == value;
    };
    return has("xdg:schema", schema) && std::all_of(match.begin(), match.end(), [&](const auto& wanted) {
               return has(wanted.first, wanted.second);
           });
}

std::optional<Secret> secret_of(const Libsecret& library, SecretItem* item) {
    SecretValue* const value = library.item_get_secret(item);
    if (value == nullptr) return std::nullopt;
    gsize size = 0;
    const char* const octets = library.value_get(value, &size);
    std::optional<std::string> decoded = base64_decode(std::string_view(octets, size));
    library.value_unref(value);
    if (!decoded) return std::nullopt;
    Secret secret(*decoded);
    wipe(decoded->data(), decoded->size());
    return secret;
}

Expected<std::vector<KeyringItem>, KeyringError> find_in(KeyringSession& session, const std::string& schema,
                                                         const Attributes& match, bool with_secrets) {
    const Libsecret& library = session.library();
    const auto found = search(session, schema, match, with_secrets);
    if (!found) return Unexpected<KeyringError>(found.error());
    std::vector<KeyringItem> items;
    for (GList* link = found->get(); link != nullptr; link = link->next) {
        auto* const item = static_cast<SecretItem*>(link->data);
        if (library.item_get_locked(item) != FALSE) {
            return Unexpected<KeyringError>(
                {KeyringProblem::locked, "The keyring is locked. Unlock it and try again."});
        }
        KeyringItem result{attributes_of(library, item), Secret()};
        if (with_secrets) {
            std::optional<Secret> secret = secret_of(library, item);
            if (!secret) return refused("An item in the keyring cannot be read; another program changed it.");
            result.secret = std::move(*secret);
        }
        items.push_back(std::move(result));
    }
    return items;
}

Expected<void, KeyringError> store_in(KeyringSession& session, const std::string& schema,
                                      const Attributes& attributes, const std::string& label,
                                      const Secret& secret) {
    const Libsecret& library = session.library();
    if (!is_utf8(label) || has_control(label)) return refused("The keyring takes plain text only.");
    auto query = Query::make(library, schema, attributes);
    if (!query) return Unexpected<KeyringError>(std::move(query.error()));
    auto collection = session.default_collection();
    if (!collection) return Unexpected<KeyringError>(std::move(collection.error()));
    const Secret text = base64_encode(secret);
    SecretValue* const value =
        library.value_new(text.reveal().data(), static_cast<gssize>(text.size()), "text/plain");
    GError* error = nullptr;
    const auto created = session.own(
        library.item_create_sync(collection->get(), query->schema(), query->attributes(), label.c_str(),
                                 value, SECRET_ITEM_CREATE_REPLACE, session.cancellable(), &error));
    library.value_unref(value);
    if (created == nullptr) return Unexpected<KeyringError>(session.explain(error));
    const auto items = find_in(session, schema, attributes, true);
    if (!items) return Unexpected<KeyringError>(items.error());
    const bool kept = std::any_of(items->begin(), items->end(), [&](const KeyringItem& item) {
        return item.attributes == attributes && same_octets(item.secret.reveal(), secret.reveal());
    });
    if (!kept) return refused("The keyring does not give back what was stored in it; it keeps nothing.");
    return {};
}

Expected<void, KeyringError> erase_in(KeyringSession& session, const std::string& schema,
                                      const Attributes& match) {
    const Libsecret& library = session.library();
    const auto found = search(session, schema, match, false);
    if (!found) return Unexpected<KeyringError>(found.error());
    for (GList* link = found->get(); link != nullptr; link = link->next) {
        auto* const item = static_cast<SecretItem*>(link->data);
        // A service that ignores what it was asked for must not lose what is not ours.
        if (!belongs(library, item, schema, match)) continue;
        GError* error = nullptr;
        if (library.item_delete_sync(item, session.cancellable(), &error) == FALSE) {
            return Unexpected<KeyringError>(session.explain(error));
        }
    }
    return {};
}

class SecretServiceKeyring final : public Keyring {
  public:
    Expected<void, KeyringError> store(const std::string& schema, const Attributes& attributes,
                                       const std::string& label, const Secret& secret) override {
        return store_until(Deadline::after(keyring_limit), schema, attributes, label, secret);
    }
    Expected<void, KeyringError> store_until(Deadline deadline, const std::string& schema,
                                             const Attributes& attributes, const std::string& label,
                                             const Secret& secret) override {
        return visit<void>(deadline, [&](KeyringSession& session) {
            return store_in(session, schema, attributes, label, secret);
        });
    }
    Expected<std::vector<KeyringItem>, KeyringError> find(const std::string& schema, const Attributes& match,
                                                          bool with_secrets) override {
        return find_until(Deadline::after(keyring_limit), schema, match, with_secrets);
    }
    Expected<std::vector<KeyringItem>, KeyringError> find_until(Deadline deadline, const std::string& schema,
                                                                const Attributes& match,
                                                                bool with_secrets) override {
        return visit<std::vector<KeyringItem>>(
            deadline, [&](KeyringSession& session) -> Expected<std::vector<KeyringItem>, KeyringError> {
                // A locked keyring may hide its items instead of naming them: say so rather than "nothing".
                auto collection = session.default_collection();
                if (!collection && collection.error().problem != KeyringProblem::refused) {
                    return Unexpected<KeyringError>(std::move(collection.error()));
                }
                return find_in(session, schema, match, with_secrets);
            });
    }
    Expected<void, KeyringError> erase(const std::string& schema, const Attributes& match) override {
        return erase_until(Deadline::after(keyring_limit), schema, match);
    }
    Expected<void, KeyringError> erase_until(Deadline deadline, const std::string& schema,
                                             const Attributes& match) override {
        return visit<void>(deadline, [&](KeyringSession& session) -> Expected<void, KeyringError> {
            auto collection = session.default_collection();
            if (!collection && collection.error().problem != KeyringProblem::refused) {
                return Unexpected<KeyringError>(std::move(collection.error()));
            }
            return erase_in(session, schema, match);
        });
    }

  private:
    /// One visit at a time; the wait for the turn is part of the limit.
    template <class Result, class Work>
    Expected<Result, KeyringError> visit(Deadline given, Work&& work) {
        const Deadline deadline = given.clip(keyring_limit);
        {
            std::unique_lock lock(mutex_);
            const auto until = std::chrono::steady_clock::now() + deadline.left();
            if (!free_again_.wait_until(lock, until, [this] { return !busy_; })) {
                return Unexpected<KeyringError>(
                    {KeyringProblem::timeout, "The keyring was busy with something else for too long."});
            }
            busy_ = true;
        }
        const Turn turn(*this);
        auto result = visit_once<Result>(deadline, work);
        // An item that another program deletes meanwhile is an unknown object too: only who is strange twice
        // is a stranger. Every visit may be repeated.
        const bool strange = !result && result.error().problem == KeyringProblem::stranger;
        return strange ? visit_once<Result>(deadline, work) : std::move(result);
    }

    template <class Result, class Work>
    static Expected<Result, KeyringError> visit_once(Deadline deadline, Work& work) {
        auto session = KeyringSession::open(deadline);
        if (!session) return Unexpected<KeyringError>(std::move(session.error()));
        return work(**session);
    }

    class Turn {
      public:
        explicit Turn(SecretServiceKeyring& keyring) : keyring_(keyring) {}
        ~Turn() {
            {
                const std::lock_guard lock(keyring_.mutex_);
                keyring_.busy_ = false;
            }
            keyring_.free_again_.notify_one();
        }
        Turn(const Turn&) = delete;
        Turn& operator=(const Turn&) = delete;

      private:
        SecretServiceKeyring& keyring_;
    };

    std::mutex mutex_;
    std::condition_variable free_again_;
    bool busy_ = false;
};

}  // namespace

Keyring& secret_service() {
    static SecretServiceKeyring keyring;
    return keyring;
}

}  // namespace reprompt::ledger
