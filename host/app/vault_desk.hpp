// SPDX-License-Identifier: MPL-2.0
// VaultDesk: the requests that need the keyring or the ledger but no server: vault_store, vault_list,
// vault_restore, ledger_forget, and the sweep that follows a hello. One at a time, in order, away from the
// thread that reads.
#pragma once

#include <atomic>
#include <string>

#include "app/framing.hpp"
#include "app/messages.hpp"
#include "app/probe_desk.hpp"
#include "app/work_pool.hpp"

namespace reprompt::app {

class VaultDesk {
  public:
    VaultDesk(const Workplace& workplace, LedgerShelf& shelf, FrameWriter& writer);

    void store(std::string id, VaultStoreRequest request);
    void list(std::string id);
    void restore(std::string id, VaultRestoreRequest request);
    void forget(std::string id, LedgerForgetRequest request);
    /// Deletes expired entries, without an answer and in silence: a keyring that is missing or locked is
    /// nobody's concern at a greeting. The keyring is not touched if nothing can be in the vault.
    void sweep();

  private:
    /// Queues `work` (which makes the answer), or answers `busy`.
    template <class Work>
    void queue(std::string id, Work work);
    std::string stored(const std::string& id, const VaultStoreRequest& request);
    std::string listed(const std::string& id);
    std::string restored(const std::string& id, const VaultRestoreRequest& request);
    std::string forgotten(const std::string& id, const LedgerForgetRequest& request);

    const Workplace& workplace_;
    LedgerShelf& shelf_;
    FrameWriter& writer_;
    std::atomic<bool> sweep_queued_ = false;  ///< one at a time, however often somebody says hello
    WorkPool pool_;
};

/// Plain words for a keyring that does not work, and what mends it. Also used by doctor and `undo list`.
std::string explain_keyring(const ledger::KeyringError& error);

}  // namespace reprompt::app
