// SPDX-License-Identifier: MPL-2.0
// The Vault (vault.hpp). An item's attributes tell whose password it is and until when; its secret is the
// password sealed under the add-on's key and bound to entry and account, so that a blob put under another
// entry does not open.
#include "ledger/vault.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "ledger/digest.hpp"
#include "ledger/seal.hpp"

namespace reprompt::ledger {

namespace {

using Time = std::chrono::system_clock::time_point;

constexpr const char* schema = "org.reprompt.Vault";
constexpr std::chrono::hours keep_for{24 * 30};
constexpr std::size_t id_octets = 16;

Unexpected<KeyringError> refused(std::string detail) {
    return Unexpected<KeyringError>({KeyringProblem::refused, std::move(detail)});
}

std::string text_of(Time time) {
    return std::to_string(
        std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count());
}

template <class Number>
std::optional<Number> number_from(const std::string& text) {
    Number number{};
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (problem != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return number;
}

std::string bound_to(const VaultEntry& entry) {
    return length_prefixed({"reprompt vault v1", entry.id, name_of(entry.account.protocol),
                            entry.account.host, std::to_string(entry.account.port), entry.account.user});
}

Attributes attributes_of(const VaultEntry& entry) {
    return {{"version", "1"},
            {"entry", entry.id},
            {"protocol", name_of(entry.account.protocol)},
            {"host", entry.account.host},
            {"port", std::to_string(entry.account.port)},
            {"user", entry.account.user},
            {"stored_at", text_of(entry.stored_at)},
            {"expires_at", text_of(entry.expires_at)}};
}

/// nullopt for an item that is not in the form of attributes_of.
std::optional<VaultEntry> entry_from(const Attributes& attributes) {
    const auto value = [&attributes](const char* name) {
        const auto found = attributes.find(name);
        return found != attributes.end() ? found->second : std::string();
    };
    const auto protocol = protocol_from(value("protocol"));
    const auto port = number_from<std::uint16_t>(value("port"));
    const auto stored = number_from<std::int64_t>(value("stored_at"));
    const auto expires = number_from<std::int64_t>(value("expires_at"));
    // Up to the year 2255: what the clock can hold.
    const auto plausible = [](std::int64_t time) { return time >= 0 && time < 9'000'000'000'000; };
    if (value("version") != "1" || !is_hex(value("entry"), id_octets * 2) || !protocol || !port || !stored ||
        !expires || !plausible(*stored) || !plausible(*expires)) {
        return std::nullopt;
    }
    return VaultEntry{value("entry"),
                      {*protocol, value("host"), *port, value("user")},
                      Time(std::chrono::milliseconds(*stored)),
                      Time(std::chrono::milliseconds(*expires))};
}

}  // namespace

Expected<VaultEntry, KeyringError> Vault::store(const VaultAccount& account, const Secret& password,
                                                const Secret& seal_key, Time now) {
    if (seal_key.size() != seal_key_octets) return refused("The seal key must be 32 octets.");
    const Time stored_at = std::chrono::floor<std::chrono::milliseconds>(now);
    const VaultEntry entry{hex(random_octets(id_octets)), account, stored_at, stored_at + keep_for};
    const std::optional<Secret> sealed = seal(seal_key, password, bound_to(entry));
    if (!sealed) return refused("The password could not be sealed.");
    if (auto done =
            keyring_.store(schema, attributes_of(entry), "Reprompt: a password kept for undo", *sealed);
        !done) {
        return Unexpected<KeyringError>(std::move(done.error()));
    }
    const auto kept = open(entry.id, seal_key, now);
    if (kept && same_octets(kept->reveal(), password.reveal())) return entry;
    // Nobody may rely on it; what is left of it goes, if it can.
    [[maybe_unused]] const auto cleaned = keyring_.erase(schema, {{"entry", entry.id}});
    if (!kept) return Unexpected<KeyringError>(kept.error());
    return refused("The keyring does not give back the password that was put into the vault.");
}

Expected<std::vector<VaultEntry>, KeyringError> Vault::list(Time now) {
    const auto items = keyring_.find(schema, {}, false);
    if (!items) return Unexpected<KeyringError>(items.error());
    std::vector<VaultEntry> entries;
    for (const KeyringItem& item : *items) {
        auto entry = entry_from(item.attributes);
        if (entry && entry->expires_at > now) entries.push_back(std::move(*entry));
    }
    std::stable_sort(entries.begin(), entries.end(), [](const VaultEntry& left, const VaultEntry& right) {
        return left.stored_at > right.stored_at;
    });
    return entries;
}

Expected<Secret, KeyringError> Vault::open(const std::string& id, const Secret& seal_key, Time now) {
    if (!is_hex(id, id_octets * 2)) return refused("There is no such entry in the vault.");
    auto items = keyring_.find(schema, {{"entry", id}}, true);
    if (!items) return Unexpected<KeyringError>(std::move(items.error()));
    if (items->empty()) return refused("There is no such entry in the vault.");
    for (const KeyringItem& item : *items) {
        const auto entry = entry_from(item.attributes);
        if (!entry) continue;
        if (entry->expires_at <= now) return refused("The entry in the vault has expired.");
        if (auto password = unseal(seal_key, item.secret, bound_to(*entry))) return std::move(*password);
    }
    return refused("The entry in the vault does not open: it was changed, or sealed by another profile.");
}

Expected<void, KeyringError> Vault::erase(const std::string& id) {
    if (!is_hex(id, id_octets * 2)) return refused("There is no such entry in the vault.");
    return keyring_.erase(schema, {{"entry", id}});
}

Expected<std::size_t, KeyringError> Vault::erase_all() {
    const auto items = keyring_.find(schema, {}, false);
    if (!items) return Unexpected<KeyringError>(items.error());
    if (auto done = keyring_.erase(schema, {}); !done)
        return Unexpected<KeyringError>(std::move(done.error()));
    return items->size();
}

Expected<Vault::Swept, KeyringError> Vault::sweep(Time now, Deadline deadline) {
    const auto items = keyring_.find_until(deadline, schema, {}, false);
    if (!items) return Unexpected<KeyringError>(items.error());
    Swept swept{0, items->size()};
    for (const KeyringItem& item : *items) {
        const auto entry = entry_from(item.attributes);
        if (!entry || entry->expires_at > now) continue;
        if (auto done = keyring_.erase_until(deadline, schema, {{"entry", entry->id}}); !done)
            return Unexpected<KeyringError>(std::move(done.error()));
        ++swept.deleted;
        --swept.left;
    }
    return swept;
}

}  // namespace reprompt::ledger
