// SPDX-License-Identifier: MPL-2.0
// Keyring: the Secret Service through libsecret, opened (dlopen) at first use, never waiting longer than
// `limit`, never raising an unlock prompt. Belongs here: store, look up, list, delete by attributes. Does not
// belong here: what the items mean (fingerprint.hpp, vault.hpp).
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/deadline.hpp"
#include "base/expected.hpp"
#include "base/secret.hpp"

namespace reprompt::ledger {

/// stranger: what owns the name of the service does not speak Secret Service.
enum class KeyringProblem { no_library, no_bus, no_service, locked, timeout, stranger, refused };
struct KeyringError {
    KeyringProblem problem = KeyringProblem::no_service;
    std::string detail;  ///< English
};
const char* name_of(KeyringProblem) noexcept;

using Attributes = std::map<std::string, std::string>;
struct KeyringItem {
    Attributes attributes;
    Secret secret;  ///< empty in listings that did not ask for it
};

/// Interface, so that tests can play a keyring; secret_service() is the real one.
class Keyring {
  public:
    virtual ~Keyring() = default;
    /// Replaces an item with the same attributes. `label` is shown by keyring programs: no user name in it.
    /// Has been read back when it returns.
    virtual Expected<void, KeyringError> store(const std::string& schema, const Attributes&,
                                               const std::string& label, const Secret&) = 0;
    /// All items whose attributes include `match`. A locked default keyring is an error, not an empty list.
    virtual Expected<std::vector<KeyringItem>, KeyringError> find(const std::string& schema,
                                                                  const Attributes& match,
                                                                  bool with_secrets) = 0;
    /// store(), find() and erase() for callers that cannot wait as long as `limit`: they end by `deadline`
    /// too. A keyring that never waits need not override them.
    virtual Expected<void, KeyringError> store_until(Deadline /*deadline*/, const std::string& schema,
                                                     const Attributes& attributes, const std::string& label,
                                                     const Secret& secret) {
        return store(schema, attributes, label, secret);
    }
    virtual Expected<std::vector<KeyringItem>, KeyringError> find_until(Deadline /*deadline*/,
                                                                        const std::string& schema,
                                                                        const Attributes& match,
                                                                        bool with_secrets) {
        return find(schema, match, with_secrets);
    }
    virtual Expected<void, KeyringError> erase(const std::string& schema, const Attributes& match) = 0;
    virtual Expected<void, KeyringError> erase_until(Deadline /*deadline*/, const std::string& schema,
                                                     const Attributes& match) {
        return erase(schema, match);
    }
};

Keyring& secret_service();

}  // namespace reprompt::ledger
