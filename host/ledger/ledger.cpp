// SPDX-License-Identifier: MPL-2.0
// The Ledger (ledger.hpp): joins file, book and keys, and decides who may send. Order of locks: the object's
// key mutex, its mutex, the file's lock. The keyring is asked under the key mutex alone, so that a slow one
// holds up only who needs its key.
#include "ledger/ledger.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "base/system_words.hpp"
#include "diagnose/diagnose.hpp"
#include "ledger/digest.hpp"
#include "ledger/fingerprint.hpp"
#include "ledger/ledger_book.hpp"
#include "ledger/ledger_file.hpp"

namespace reprompt::ledger {

namespace {

/// What the result of an attempt is to the ledger.
EventKind event_for(VerdictCode code) noexcept {
    switch (code) {
        case VerdictCode::stale_password:
        case VerdictCode::password_expired:
        case VerdictCode::app_password_required:
        case VerdictCode::oauth2_required:
        case VerdictCode::username_format:
        case VerdictCode::oauth2_token_expired:
            return EventKind::rejected;
        case VerdictCode::password_accepted:
            return EventKind::accepted;
        // The server saw the credential and did not let us in.
        case VerdictCode::web_login_required:
        case VerdictCode::account_locked:
        case VerdictCode::rate_limited:
        case VerdictCode::protocol_disabled:
        case VerdictCode::inconclusive:
            return EventKind::refused;
        case VerdictCode::mechanism_unsupported:
        case VerdictCode::tls_required:
        case VerdictCode::tls_obsolete:
        case VerdictCode::certificate_untrusted:
        case VerdictCode::server_unreachable:
        case VerdictCode::offline:
        case VerdictCode::temporary_failure:
        case VerdictCode::not_auth:
            return EventKind::unjudged;
    }
    return EventKind::refused;
}

/// A probe's whole wait for the key: a keyring that is well answers in milliseconds.
constexpr Milliseconds key_limit{2000};
/// A file that grew to this length while it was in use is compacted.
constexpr std::size_t least_to_compact = std::size_t{64} << 20U;
/// After a keyring failure it is asked again only then: one wait is enough.
constexpr std::chrono::seconds keyring_pause{60};

}  // namespace

struct Ledger::State {
    State(LedgerFile opened, Keyring& ring, LockWaits lock_waits)
        : keyring(ring), folder(opened.folder()), waits(lock_waits), file(std::move(opened)) {}

    /// What could not be written when it was known is tried once more: a disk may have room again.
    ~State() {
        if (unsaved.empty()) return;
        try {
            const auto lock = file.lock(Milliseconds(1000));
            if (lock && catch_up()) ::fdatasync(file.for_sync().get());
        } catch (const std::exception&) {  // then it is lost; the attempts themselves are on disk and count
        }
    }
    State(const State&) = delete;
    State& operator=(const State&) = delete;

    void note(const std::string& text) {
        if (!text.empty() && std::find(notes.begin(), notes.end(), text) == notes.end())
            notes.push_back(text);
    }

    /// Reads what is new in the file, and writes what it does not have yet; under its lock. If a book in a
    /// temporary file cannot be kept, the next time begins with a new one.
    Expected<void, std::string> catch_up() {
        bool again = false;
        try {
            auto said = file.refresh({[&] {
                                          again = true;
                                          book = LedgerBook();
                                      },
                                      [&](const Event& event) {
                                          book.apply(event);
                                          if (!again) clear_memory(event);  // else it may be long past
                                      }});
            if (again) {
                for (const Event& event : unsaved)
                    book.apply(event);
            }
            if (!said) return Unexpected<std::string>(std::move(said.error()));
            note(*said);
        } catch (const std::exception& problem) {
            file.lose_place();
            return Unexpected<std::string>(book_trouble(problem));
        }
        while (!unsaved.empty()) {
            if (auto done = write(unsaved.front()); !done) return done;
            unsaved.pop_front();
        }
        return {};
    }

    /// Where decisions read the book, under `mutex`: what throws there makes the next catch_up() start again.
    class Reading {
      public:
        explicit Reading(LedgerFile& file) : file_(file) {}
        ~Reading() {
            if (std::uncaught_exceptions() > before_) file_.lose_place();
        }
        Reading(const Reading&) = delete;
        Reading& operator=(const Reading&) = delete;

      private:
        LedgerFile& file_;
        int before_ = std::uncaught_exceptions();
    };

    static std::string book_trouble(const std::exception& problem) {
        return std::string("the record of earlier attempts cannot be read: ") + problem.what();
    }

    void pull_back(WallClock::time_point now) {
        book.pull_back(now);
        memory.pull_back(now);
    }

    void clear_memory(const Event& event) {
        if (event.kind == EventKind::accepted || event.kind == EventKind::forget) memory.apply(event);
    }

    /// An event that is in the file, or among the unsaved: if the book does not take it, it is read again.
    void apply(const Event& event) {
        try {
            book.apply(event);
        } catch (const std::exception& problem) {
            file.lose_place();
            note(book_trouble(problem));
        }
    }

    /// In the file, but on disk only after make_durable(); `written` is its number.
    Expected<void, std::string> write(const Event& event) {
        auto done = file.append(event);
        if (!done && !tried_to_make_room) {
            tried_to_make_room = true;
            compact(event.at);
            done = file.append(event);
        }
        if (!done) return done;
        tried_to_make_room = false;
        ++written;
        apply(event);
        if (file.size() >= compact_at) compact(event.at);
        return {};
    }

    /// Only what still means something. A full disk is no reason to forget: the long file stays.
    void compact(WallClock::time_point now) {
        if (file.lost_place()) return;  // what the book lacks must not be lost from the file too
        try {
            const auto done = file.replace(
                [&](const std::function<void(const Event&)>& take) { book.each_live_event(now, take); });
            if (!done) note(done.error());
        } catch (const std::exception& problem) {
            file.lose_place();
            note(book_trouble(problem));
        }
        compact_at = std::max(least_to_compact, 2 * file.size());
    }

    /// Writes the event that `make` gives under all locks, after what others wrote was read. If it cannot be
    /// written, at least this process knows of it, and tries again; the attempt itself is on disk and counts.
    template <class Make>
    void put_on_record(Make&& make) {
        std::uint64_t number = 0;
        {
            const std::lock_guard guard(mutex);
            const auto lock = file.lock(waits.result);
            auto done = lock ? catch_up() : Expected<void, std::string>(tl::unexpect, lock.error());
            const std::optional<Event> event = make();
            if (!event) return;
            if (done) done = write(*event);
            if (!done) {
                unsaved.push_back(*event);
                apply(*event);
            }
            clear_memory(*event);
            if (!done) {
                note(done.error());
                return;
            }
            number = written;
        }
        if (const auto done = make_durable(number); !done) {
            const std::lock_guard guard(mutex);
            note(done.error());
        }
    }

    /// Waits until everything up to `number` is on disk. Of many that wait, one calls fdatasync(2) for all
    /// who have written so far, and the others for whom it was too late go together the next time. Without
    /// any lock held.
    Expected<void, std::string> make_durable(std::uint64_t number) {
        std::unique_lock waiting(sync_mutex);
        while (durable < number) {
            if (!sync_trouble.empty()) return Unexpected<std::string>(sync_trouble);
            if (syncing) {
                synced.wait(waiting);
                continue;
            }
            syncing = true;
            waiting.unlock();
            std::uint64_t reached = 0;
            UniqueFd to_sync;
            {
                const std::lock_guard guard(mutex);
                reached = written;
                to_sync = file.for_sync();
            }
            const bool well = to_sync && ::fdatasync(to_sync.get()) == 0;
            const int why = errno;
            waiting.lock();
            syncing = false;
            synced.notify_all();
            if (well) {
                durable = std::max(durable, reached);
                continue;
            }
            const std::string trouble =
                "cannot write the ledger in " + folder.string() + ": " + system_words(why);
            // Without a descriptor nothing was tried: the next who waits may have one.
            if (to_sync) sync_trouble = trouble;
            return Unexpected<std::string>(trouble);
        }
        return {};
    }

    /// The key of the fingerprints, or nullptr without keyring. May wait for `key_limit`, so never under
    /// `mutex`. The key never changes once it is there.
    const Secret* key() {
        const std::lock_guard guard(key_mutex);
        if (!persistent_key.empty()) return &persistent_key;
        const auto now = std::chrono::steady_clock::now();
        if (asked_at && now - *asked_at < keyring_pause) return nullptr;
        auto found = asked_ahead ? std::move(*asked_ahead)
                                 : fingerprint_key(keyring, folder, Deadline::after(key_limit));
        asked_ahead.reset();
        if (!found) {
            asked_at = std::chrono::steady_clock::now();
            const std::lock_guard noting(mutex);
            note(
                "Which password was refused is known only while this program runs; after that only how many "
                "were (three a day for an account at most): " +
                found.error().detail);
            return nullptr;
        }
        persistent_key = std::move(*found);
        return &persistent_key;
    }

    /// Looks for the key on a thread of its own. A new one is made only by who needs it.
    void ask_ahead() {
        const auto look = [this] {
            const std::lock_guard guard(key_mutex);
            if (!persistent_key.empty() || asked_at) return;
            auto present = present_fingerprint_key(keyring, Deadline::after(key_limit));
            if (!present) {
                asked_ahead = Unexpected<KeyringError>(std::move(present.error()));
            } else if (*present) {
                persistent_key = std::move(**present);
            }
        };
        try {
            asking = std::jthread(look);
        } catch (const std::system_error&) {  // no thread to be had: asked when it is needed
        }
    }

    std::optional<Event> live_rejection(const std::string& fingerprint_on_disk,
                                        const std::string& fingerprint_in_memory,
                                        WallClock::time_point now) const {
        if (auto event = book.rejection(fingerprint_on_disk, now)) return event;
        return memory.rejection(fingerprint_in_memory, now);
    }

    bool under_way(const std::string& fingerprint_on_disk, const std::string& fingerprint_in_memory,
                   WallClock::time_point now) const {
        return book.under_way(fingerprint_on_disk, now) || memory.under_way(fingerprint_in_memory, now);
    }

    std::mutex key_mutex;  ///< keyring, persistent_key, asked_at, asked_ahead
    Keyring& keyring;
    Secret persistent_key;
    std::optional<std::chrono::steady_clock::time_point> asked_at;
    std::optional<Expected<Secret, KeyringError>> asked_ahead;  ///< a failure that nobody was told of yet

    const Secret memory_key = random_secret(32);
    const std::filesystem::path folder;

    const LockWaits waits;

    std::mutex mutex;  ///< what follows
    LedgerFile file;
    LedgerBook book;
    std::deque<Event> unsaved;  ///< in the book, and to be written as soon as that is possible
    LedgerBook memory;          ///< attempts and refusals seen without keyring, by memory_key
    std::vector<std::string> notes;
    std::uint64_t written = 0;  ///< events that this object appended
    std::size_t compact_at = least_to_compact;
    bool tried_to_make_room = false;  ///< and nothing could be written since

    std::mutex sync_mutex;  ///< what follows; never taken under `mutex`
    std::condition_variable synced;
    std::uint64_t durable = 0;  ///< of those written
    bool syncing = false;
    /// The kernel tells of a failed write once (fsync(2)), to one of those who wait; after that nothing of
    /// this process is taken for durable.
    std::string sync_trouble;

    std::jthread asking;  ///< the last member: joined before what it uses goes
};

Ledger::Ledger(std::unique_ptr<State> state) : state_(std::move(state)) {}
Ledger::Ledger(Ledger&&) noexcept = default;
Ledger& Ledger::operator=(Ledger&&) noexcept = default;
Ledger::~Ledger() = default;

Expected<Ledger, std::string> Ledger::open(const std::filesystem::path& folder, Keyring& keyring,
                                           WallClock::time_point now, LockWaits waits) {
    auto file = LedgerFile::open(folder);
    if (!file) return Unexpected<std::string>(std::move(file.error()));
    auto state = std::make_unique<State>(std::move(*file), keyring, waits);
    const auto lock = state->file.lock(waits.decision);
    if (!lock) return Unexpected<std::string>(lock.error());
    if (auto done = state->catch_up(); !done) return Unexpected<std::string>(std::move(done.error()));
    const bool pulled = state->book.pull_back(now);
    // Others wait for the lock meanwhile: only where it pays.
    if (pulled || state->book.mostly_dead(now)) state->compact(now);
    return Ledger(std::move(state));
}

void Ledger::ask_keyring_ahead() {
    state_->ask_ahead();
}

std::optional<Rejection> Ledger::rejected(const Account& account, const Secret& credential,
                                          WallClock::time_point now,
                                          std::optional<WallClock::time_point> saved_at) {
    std::unique_lock guard(state_->mutex);
    {
        const auto lock = state_->file.lock(state_->waits.decision);
        auto done = lock ? state_->catch_up() : Expected<void, std::string>(tl::unexpect, lock.error());
        if (!done) state_->note(done.error());
        state_->pull_back(now);
    }
    bool on_disk = false;
    {
        const State::Reading reading(state_->file);
        const std::string account_id = account_key(state_->file.salt(), account);
        on_disk = state_->book.has_rejection(account_id, now);
        if (!on_disk && !state_->memory.has_rejection(account_id, now)) return std::nullopt;
    }
    guard.unlock();
    const Secret* const key = on_disk ? state_->key() : nullptr;
    guard.lock();
    const State::Reading reading(state_->file);
    const auto event =
        state_->live_rejection(key != nullptr ? fingerprint(*key, account, credential) : std::string(),
                               fingerprint(state_->memory_key, account, credential), now);
    if (!event) return std::nullopt;
    Rejection rejection{event->verdict, event->at};
    rejection.verdict.confidence = std::min(rejection.verdict.confidence, Confidence::likely);
    if (saved_at && *saved_at > event->at) rejection.verdict.confidence = Confidence::guess;
    return rejection;
}

Expected<Permit, Denial> Ledger::permit(const Account& account, const Secret& credential,
                                        const net::ChannelProof& /*proof*/, WallClock::time_point now,
                                        bool again) {
    const auto unusable = [](std::string why) {
        return Unexpected<Denial>({DenialReason::ledger_unusable, std::move(why)});
    };
    Permit permit;
    if (const Secret* const key = state_->key()) permit.fingerprint_ = fingerprint(*key, account, credential);
    permit.memory_fingerprint_ = fingerprint(state_->memory_key, account, credential);
    const auto begun = [&]() -> Expected<std::uint64_t, Denial> {
        const std::lock_guard guard(state_->mutex);
        const auto lock = state_->file.lock(state_->waits.decision);
        if (!lock) return unusable(lock.error());
        if (auto done = state_->catch_up(); !done) return unusable(std::move(done.error()));
        const State::Reading reading(state_->file);
        state_->pull_back(now);
        permit.account_key_ = account_key(state_->file.salt(), account);
        permit.attempt_ = hex(random_octets(attempt_digits / 2));

        if (!again && state_->live_rejection(permit.fingerprint_, permit.memory_fingerprint_, now)) {
            return Unexpected<Denial>({DenialReason::rejected_before,
                                       "The server refused this login before; it is not sent again."});
        }
        if (!again && permit.fingerprint_.empty() && state_->book.has_rejection(permit.account_key_, now)) {
            return Unexpected<Denial>(
                {DenialReason::rejected_before,
                 "A login of this account was refused before, and the keyring that would "
                 "tell which one is not available."});
        }
        if (state_->under_way(permit.fingerprint_, permit.memory_fingerprint_, now)) {
            return Unexpected<Denial>({DenialReason::in_progress,
                                       "The same login is being tried right now; its answer will tell."});
        }
        if (state_->book.spent(permit.account_key_, now) >= daily_budget) {
            return Unexpected<Denial>({DenialReason::budget_spent, attempts_used_up_words});
        }
        Event begin{EventKind::begin, now, permit.attempt_, permit.account_key_, permit.fingerprint_, {}};
        if (auto done = state_->write(begin); !done) return unusable(std::move(done.error()));
        if (permit.fingerprint_.empty()) {
            begin.fingerprint = permit.memory_fingerprint_;
            state_->memory.apply(begin);
        }
        return state_->written;
    }();
    if (!begun) return Unexpected<Denial>(begun.error());
    // If this fails, the attempt counts all the same: it may be on disk.
    if (auto done = state_->make_durable(*begun); !done) return unusable(std::move(done.error()));
    return permit;
}

void Ledger::record_heard(const Account& account, const Secret& credential, const Verdict& verdict,
                          WallClock::time_point now) {
    if (event_for(verdict.code) != EventKind::rejected) return;
    Event event{EventKind::rejected, now, {}, {}, {}, verdict};
    if (const Secret* const key = state_->key()) event.fingerprint = fingerprint(*key, account, credential);
    state_->put_on_record([&]() -> std::optional<Event> {
        event.account_key = account_key(state_->file.salt(), account);  // the salt may have changed
        if (!event.fingerprint.empty()) return event;
        event.fingerprint = fingerprint(state_->memory_key, account, credential);
        state_->memory.apply(event);
        return std::nullopt;
    });
}

void Ledger::record(Permit permit, const Verdict& verdict, WallClock::time_point now) {
    if (permit.attempt_.empty()) return;  // moved from
    Event event{event_for(verdict.code), now, permit.attempt_, permit.account_key_, {}, {}};
    if (event.kind == EventKind::rejected) {
        event.fingerprint = permit.fingerprint_;
        event.verdict = verdict;
    }
    state_->put_on_record([&]() -> std::optional<Event> {
        if (permit.fingerprint_.empty()) {
            Event remembered = event;
            remembered.fingerprint = permit.memory_fingerprint_;
            state_->memory.apply(remembered);
        }
        return event;
    });
}

Expected<void, std::string> Ledger::forget(const Account& account) {
    const auto forgotten = [&]() -> Expected<std::uint64_t, std::string> {
        const std::lock_guard guard(state_->mutex);
        const auto lock = state_->file.lock(state_->waits.decision);
        if (!lock) return Unexpected<std::string>(lock.error());
        if (auto done = state_->catch_up(); !done) return Unexpected<std::string>(done.error());
        const std::string key = account_key(state_->file.salt(), account);
        const Event event{EventKind::forget, WallClock::now(), {}, key, {}, {}};
        const auto done = state_->write(event);
        if (!done) return Unexpected<std::string>(done.error());
        state_->clear_memory(event);
        return state_->written;
    }();
    if (!forgotten) return Unexpected<std::string>(forgotten.error());
    return state_->make_durable(*forgotten);
}

std::vector<std::string> Ledger::notes() const {
    const std::lock_guard guard(state_->mutex);
    return state_->notes;
}

}  // namespace reprompt::ledger
