// SPDX-License-Identifier: MPL-2.0
// FakeKeyring: a Keyring in memory that can be told to fail. TempFolder: a folder for one test. Belongs here:
// stand-ins for the ledger's surroundings.
#pragma once

#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "ledger/keyring.hpp"

namespace reprompt::test {

class FakeKeyring final : public ledger::Keyring {
  public:
    struct Item {
        std::string schema;
        ledger::Attributes attributes;
        Secret secret;
    };
    std::vector<Item> items;
    int calls = 0;
    int fail_at = -1;      ///< the call with this number (from 0) fails, and only it
    bool absent = false;   ///< every call fails: there is no keyring
    bool forgets = false;  ///< store() says yes and keeps nothing
    bool garbles = false;  ///< store() keeps something else

    Expected<void, ledger::KeyringError> store(const std::string& schema,
                                               const ledger::Attributes& attributes, const std::string& label,
                                               const Secret& secret) override {
        labels.push_back(label);
        if (fails()) return problem();
        if (forgets) return {};
        std::erase_if(
            items, [&](const Item& item) { return item.schema == schema && item.attributes == attributes; });
        Secret kept = secret.clone();
        if (garbles) kept = Secret("something else");
        items.push_back({schema, attributes, std::move(kept)});
        return {};
    }
    Expected<std::vector<ledger::KeyringItem>, ledger::KeyringError> find(const std::string& schema,
                                                                          const ledger::Attributes& match,
                                                                          bool with_secrets) override {
        if (fails()) return problem();
        std::vector<ledger::KeyringItem> found;
        for (const Item& item : items) {
            if (!fits(item, schema, match)) continue;
            found.push_back({item.attributes, with_secrets ? item.secret.clone() : Secret()});
        }
        return found;
    }
    Expected<void, ledger::KeyringError> erase(const std::string& schema,
                                               const ledger::Attributes& match) override {
        if (fails()) return problem();
        std::erase_if(items, [&](const Item& item) { return fits(item, schema, match); });
        return {};
    }

    std::vector<std::string> labels;

  private:
    static bool fits(const Item& item, const std::string& schema, const ledger::Attributes& match) {
        return item.schema == schema && std::all_of(match.begin(), match.end(), [&](const auto& wanted) {
                   const auto found = item.attributes.find(wanted.first);
                   return found != item.attributes.end() && found->second == wanted.second;
               });
    }
    bool fails() { return calls++ == fail_at || absent; }
    static Unexpected<ledger::KeyringError> problem() {
        return Unexpected<ledger::KeyringError>({ledger::KeyringProblem::no_service, "There is no keyring."});
    }
};

/// Made 0700 under the system's folder for temporary files, removed with its contents.
class TempFolder {
  public:
    TempFolder() {
        std::string name = (std::filesystem::temp_directory_path() / "reprompt-test-XXXXXX").string();
        if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
        path_ = name;
    }
    ~TempFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    TempFolder(const TempFolder&) = delete;
    TempFolder& operator=(const TempFolder&) = delete;
    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

  private:
    std::filesystem::path path_;
};

}  // namespace reprompt::test
