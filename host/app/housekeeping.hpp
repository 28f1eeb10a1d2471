// SPDX-License-Identifier: MPL-2.0
// Housekeeping: `reprompt install`, `uninstall` and `undo list`. Belongs here: what these commands do and
// say. Does not belong here: the manifest itself (install_manifest.hpp).
#pragma once

#include <iosfwd>

#include "app/install_manifest.hpp"
#include "ledger/keyring.hpp"

namespace reprompt::app {

int install_command(InstallScope scope, std::ostream& out, std::ostream& err);

/// `forget`: the vault, the ledger and its key go as well.
int uninstall_command(InstallScope scope, bool forget, ledger::Keyring& keyring, std::ostream& out,
                      std::ostream& err);

/// Lists the vault without passwords; status 74 if no keyring answers.
int undo_list_command(ledger::Keyring& keyring, bool json, std::ostream& out, std::ostream& err);

/// Erases vault, ledger key and ledger folder, says each on `out`; 0, or 74 if the keyring could not be
/// reached, or 70 if the folder could not be removed.
int forget_everything(ledger::Keyring& keyring, const std::filesystem::path& ledger_folder, std::ostream& out,
                      std::ostream& err);

}  // namespace reprompt::app
