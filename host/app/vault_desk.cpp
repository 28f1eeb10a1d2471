// SPDX-License-Identifier: MPL-2.0
#include "app/vault_desk.hpp"

#include <algorithm>
#include <exception>
#include <utility>

#include "app/responses.hpp"
#include "ledger/vault_mark.hpp"

namespace reprompt::app {

namespace {

/// A keyring that is well answers in milliseconds; one that is not must not hold up who needs it.
constexpr Milliseconds sweep_limit{1000};

std::string keyring_failure(const std::string& id, const ledger::KeyringError& error) {
    const bool locked = error.problem == ledger::KeyringProblem::locked;
    return error_response(id, locked ? ErrorCode::keyring_locked : ErrorCode::no_keyring,
                          explain_keyring(error));
}

}  // namespace

std::string explain_keyring(const ledger::KeyringError& error) {
    using ledger::KeyringProblem;
    switch (error.problem) {
        case KeyringProblem::no_library:
            return "The library libsecret is not installed; install the package libsecret-1-0.";
        case KeyringProblem::no_bus:
            return "There is no session bus, so no keyring can be reached; start the program inside your "
                   "desktop session.";
        case KeyringProblem::no_service:
            return "No keyring program answers; install and start one, for example gnome-keyring, KWallet or "
                   "KeePassXC with its Secret Service.";
        case KeyringProblem::locked:
            return "The keyring is locked; unlock it with your desktop's keyring program.";
        case KeyringProblem::timeout:
            return "The keyring did not answer in time; see whether your desktop's keyring program waits for "
                   "you, or restart it.";
        case KeyringProblem::stranger:
            return "The program that stands where the keyring should be (org.freedesktop.secrets) does not "
                   "speak its language, so it cannot keep a password; end it, or install and start a keyring "
                   "such as gnome-keyring, KWallet or KeePassXC.";
        case KeyringProblem::refused:
            break;
    }
    return (error.detail.empty() ? "The keyring refused." : error.detail) +
           " Look into your desktop's keyring program; `reprompt doctor` tries it again.";
}

VaultDesk::VaultDesk(const Workplace& workplace, LedgerShelf& shelf, FrameWriter& writer)
    : workplace_(workplace), shelf_(shelf), writer_(writer), pool_(1, 64) {}

template <class Work>
void VaultDesk::queue(std::string id, Work work) {
    const std::string name = id;
    WorkPool::Job job([this, id = std::move(id), work = std::move(work)]() mutable {
        try {
            writer_.send(work(id));
        } catch (const std::exception&) {
            writer_.send(error_response(id, ErrorCode::internal, "the request ended by an internal error"));
        }
    });
    if (!pool_.submit(std::move(job)))
        writer_.send(error_response(name, ErrorCode::busy, "too many requests are under way"));
}

void VaultDesk::store(std::string id, VaultStoreRequest request) {
    queue(std::move(id),
          [this, request = std::move(request)](const std::string& name) { return stored(name, request); });
}

void VaultDesk::list(std::string id) {
    queue(std::move(id), [this](const std::string& name) { return listed(name); });
}

void VaultDesk::restore(std::string id, VaultRestoreRequest request) {
    queue(std::move(id),
          [this, request = std::move(request)](const std::string& name) { return restored(name, request); });
}

void VaultDesk::forget(std::string id, LedgerForgetRequest request) {
    queue(std::move(id),
          [this, request = std::move(request)](const std::string& name) { return forgotten(name, request); });
}

void VaultDesk::sweep() {
    const ledger::VaultMark mark(workplace_.ledger_folder());
    if (!mark.may_hold() || sweep_queued_.exchange(true)) return;
    const bool queued = pool_.submit(WorkPool::Job([this, mark] {
        sweep_queued_ = false;
        // The greeting's answer leaves first: to load the keyring's library takes the processor for 10 ms.
        static_cast<void>(writer_.drain(sweep_limit));
        try {
            mark.sweep([this] {
                return ledger::Vault(workplace_.keyring())
                    .sweep(std::chrono::system_clock::now(), Deadline::after(sweep_limit));
            });
        } catch (const std::exception&) {  // the next hello tries again
        }
    }));
    if (!queued) sweep_queued_ = false;
}

std::string VaultDesk::stored(const std::string& id, const VaultStoreRequest& request) {
    const auto held = ledger::VaultMark(workplace_.ledger_folder()).set();
    ledger::Vault vault(workplace_.keyring());
    const auto entry =
        vault.store(request.account, request.secret, request.seal_key, std::chrono::system_clock::now());
    if (!entry) return keyring_failure(id, entry.error());
    return vault_response(id, {*entry});
}

std::string VaultDesk::listed(const std::string& id) {
    ledger::Vault vault(workplace_.keyring());
    const auto entries = vault.list(std::chrono::system_clock::now());
    return entries ? vault_response(id, *entries) : keyring_failure(id, entries.error());
}

std::string VaultDesk::restored(const std::string& id, const VaultRestoreRequest& request) {
    ledger::Vault vault(workplace_.keyring());
    const auto now = std::chrono::system_clock::now();
    const auto entries = vault.list(now);
    if (!entries) return keyring_failure(id, entries.error());
    const auto entry = std::find_if(entries->begin(), entries->end(),
                                    [&](const auto& candidate) { return candidate.id == request.entry; });
    if (entry == entries->end())
        return error_response(id, ErrorCode::not_found, "there is no such entry; it may have expired");
    const auto secret = vault.open(request.entry, request.seal_key, now);
    if (!secret && secret.error().problem == ledger::KeyringProblem::refused) {
        return error_response(id, ErrorCode::not_found,
                              "the kept password cannot be opened: " + secret.error().detail);
    }
    if (!secret) return keyring_failure(id, secret.error());
    auto answer = restored_response(id, *entry, *secret);
    return answer ? std::move(*answer)
                  : error_response(id, ErrorCode::internal, "the kept password is not text");
}

std::string VaultDesk::forgotten(const std::string& id, const LedgerForgetRequest& request) {
    const auto book = shelf_.get();
    if (!book)
        return error_response(id, ErrorCode::internal,
                              "the record of attempts cannot be used: " + book.error());
    const auto done =
        (*book)->forget({ledger::realm_of(request.host, workplace_.rules().book), request.user});
    return done ? forgotten_response(id) : error_response(id, ErrorCode::internal, done.error());
}

}  // namespace reprompt::app
