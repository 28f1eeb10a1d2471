// SPDX-License-Identifier: MPL-2.0
// ProbeDesk: the probes of one native-messaging connection: started, queued, cancelled, told what Thunderbird
// trusts, and answered exactly once each.
#pragma once

#include <cstddef>
#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "app/framing.hpp"
#include "app/ledger_shelf.hpp"
#include "app/profile_folders.hpp"
#include "app/rule_folders.hpp"
#include "app/work_pool.hpp"
#include "ledger/keyring.hpp"
#include "probe/probe.hpp"

namespace reprompt::app {

/// What a native host works with; each is opened when first needed. Tests put their own things here.
struct Workplace {
    std::function<const RulesInUse&()> rules;
    std::function<ledger::Keyring&()> keyring;
    std::function<std::filesystem::path()> ledger_folder;
    std::function<Expected<probe::Result, std::string>(probe::Request, const probe::Context&, const Cancel&)>
        probe;
    /// The same with a rule file of the organisation's policy; may be empty.
    std::function<RulesInUse(std::string_view policy)> rules_with_policy = {};
    /// The complaints of `rules`, at less cost; may be empty.
    std::function<const std::vector<std::string>&()> rule_complaints = {};
    /// Where Thunderbird's profiles are looked for; empty: profile_places().
    std::function<ProfilePlaces()> profiles = {};
};
/// The real ones.
Workplace real_workplace();

class ProbeDesk {
  public:
    ProbeDesk(const Workplace& workplace, LedgerShelf& shelf, FrameWriter& writer);
    /// Cancels and joins.
    ~ProbeDesk();
    ProbeDesk(const ProbeDesk&) = delete;
    ProbeDesk& operator=(const ProbeDesk&) = delete;

    /// Answers later with `verdict` or `error`; at once with `error` if the id is in use or too many probes
    /// wait.
    /// `rules` outlives this desk.
    void start(const std::string& id, probe::Request request, const RulesInUse& rules);
    /// False if no such probe is under way. One that still waits for its turn is answered here and now.
    bool cancel(const std::string& id);
    /// False if that probe does not wait for an answer.
    bool trust(const std::string& id, bool trusted);
    void cancel_all();

  private:
    struct Running;
    void take_turn();
    void run(Running& running);
    std::string outcome(Running& running);
    const Workplace& workplace_;
    LedgerShelf& shelf_;
    FrameWriter& writer_;
    std::mutex mutex_;
    std::map<std::string, std::unique_ptr<Running>> running_;  ///< those that wait included
    std::deque<std::string> waiting_;                          ///< whose turn has not come, oldest first
    /// The pool owes one turn for each that waits and these, left over from those cancelled while they
    /// waited.
    std::size_t spare_turns_ = 0;
    WorkPool pool_;  ///< last: joined before the rest goes
};

}  // namespace reprompt::app
