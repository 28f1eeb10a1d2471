// SPDX-License-Identifier: MPL-2.0
#include "app/native_host.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <nlohmann/json.hpp>
#include <type_traits>
#include <utility>

#include "app/account_search.hpp"
#include "app/exit_status.hpp"
#include "app/framing.hpp"
#include "app/messages.hpp"
#include "app/responses.hpp"
#include "app/vault_desk.hpp"
#include "app/work_pool.hpp"
#include "diagnose/diagnose.hpp"
#include "evidence/evidence_json.hpp"

namespace reprompt::app {

namespace {

constexpr Milliseconds last_words{500};

constexpr std::size_t most_account_searches = 4;

/// Least privilege: an id is a name that any add-on installed from a file could bear, so each gets what its
/// build needs.
template <class Request>
constexpr bool may_ask(AddOn caller) {
    constexpr bool is_for_full_only =
        std::is_same_v<Request, VaultStoreRequest> || std::is_same_v<Request, VaultListRequest> ||
        std::is_same_v<Request, VaultRestoreRequest> || std::is_same_v<Request, LedgerForgetRequest>;
    constexpr bool is_for_basic_only = std::is_same_v<Request, AccountsRequest>;
    return caller == AddOn::full ? !is_for_basic_only : !is_for_full_only;
}

/// Gives requests to their desks. The reader's thread only; nothing in here waits for a server, the keyring
/// or a profile's disk.
class Dispatcher {
  public:
    Dispatcher(AddOn caller, const Workplace& workplace, FrameWriter& writer)
        : caller_(caller),
          workplace_(workplace),
          writer_(writer),
          shelf_(workplace.ledger_folder, workplace.keyring),
          vault_(workplace, shelf_, writer),
          probes_(workplace, shelf_, writer) {}

    void handle(std::span<char> frame) {
        auto message = parse_message(frame);
        if (!message) {
            const auto& error = message.error();
            writer_.send(error_response(error.id, error.code, error.message));
            return;
        }
        id_ = message->id;
        std::visit(
            [this]<class Request>(Request&& request) {
                if (may_ask<std::remove_cvref_t<Request>>(caller_)) {
                    serve(std::forward<Request>(request));
                } else {
                    writer_.send(error_response(id_, ErrorCode::unsupported_type,
                                                "messages of this type are not for this add-on"));
                }
            },
            std::move(message->request));
    }

  private:
    void serve(const HelloRequest& request) {
        if (caller_ == AddOn::full && !request.organisation_rules.empty() && !with_policy_ &&
            workplace_.rules_with_policy)
            with_policy_ = workplace_.rules_with_policy(request.organisation_rules);
        writer_.send(hello_response(id_, complaints()));
        vault_.sweep();
    }
    void serve(ProbeRequest request) { probes_.start(id_, std::move(request.request), rules()); }
    void serve(const TrustRequest& request) {
        if (!probes_.trust(request.probe, request.trusted))
            not_found("no check of this id waits for an answer about a certificate");
    }
    void serve(const CancelRequest& request) {
        if (probes_.cancel(request.probe)) {
            writer_.send(cancelled_response(id_));
        } else {
            not_found("no check of this id is under way");
        }
    }
    void serve(const ExplainRequest& request) {
        const auto line = nlohmann::json::parse(std::string_view(request.line), nullptr, false);
        auto evidence = line.contains("evidence") ? evidence_from_json(line["evidence"])
                                                  : evidence_from_explain_line(line);
        if (evidence && request.secret.size() > 0)
            *evidence = without_secret(std::move(*evidence), request.secret);
        if (!evidence) {
            writer_.send(error_response(id_, ErrorCode::bad_message, "/line" + evidence.error()));
        } else if (request.redaction) {
            const auto& book = rules().book;
            const Redactor redactor(*evidence, *request.redaction, book);
            const auto redacted = redactor.evidence(*evidence);
            writer_.send(explained_response(id_, redactor.verdict(diagnose(redacted, book)), redacted));
        } else {
            writer_.send(explained_response(id_, diagnose(*evidence, rules().book), *evidence));
        }
    }
    void serve(VaultStoreRequest request) { vault_.store(id_, std::move(request)); }
    void serve(const VaultListRequest&) { vault_.list(id_); }
    void serve(VaultRestoreRequest request) { vault_.restore(id_, std::move(request)); }
    void serve(LedgerForgetRequest request) { vault_.forget(id_, std::move(request)); }
    void serve(AccountsRequest request) {
        WorkPool::Job job([this, id = id_, known = std::move(request.known)] {
            try {
                const auto places = workplace_.profiles ? workplace_.profiles() : profile_places();
                writer_.send(accounts_response(id, search_accounts(places, known)));
            } catch (const std::exception&) {
                writer_.send(
                    error_response(id, ErrorCode::internal, "the request ended by an internal error"));
            }
        });
        if (!account_searches_.submit(std::move(job)))
            writer_.send(error_response(id_, ErrorCode::busy, "too many requests are under way"));
    }
    void not_found(const char* message) { writer_.send(error_response(id_, ErrorCode::not_found, message)); }

    [[nodiscard]] const RulesInUse& rules() const {
        return with_policy_ ? *with_policy_ : workplace_.rules();
    }

    /// Loads no rules if there is nothing to complain about: most starts of Thunderbird need none.
    [[nodiscard]] const std::vector<std::string>& complaints() const {
        if (with_policy_ || !workplace_.rule_complaints) return rules().complaints;
        return workplace_.rule_complaints();
    }

    const AddOn caller_;
    const Workplace& workplace_;
    FrameWriter& writer_;
    std::string id_;  ///< of the request being served
    /// Of the first hello that brought some, for the whole connection: probes hold on to it, and a policy
    /// changes only when Thunderbird starts.
    std::optional<RulesInUse> with_policy_;
    LedgerShelf shelf_;
    VaultDesk vault_;
    ProbeDesk probes_;
    /// A profile may lie on a disk that hangs. Last: joined before the rest goes.
    WorkPool account_searches_{1, most_account_searches};
};

/// Waits for octets and puts them into `reader`. False at the end of the stream, when nobody reads our
/// answers any more, or when a signal asks the host to end.
bool read_some(int in, FrameReader& reader, const FrameWriter& writer, int asked_to_end) {
    for (;;) {
        pollfd waits[] = {{in, POLLIN, 0}, {writer.broken_fd(), POLLIN, 0}, {asked_to_end, POLLIN, 0}};
        if (::poll(waits, 3, -1) < 0) {
            if (errno == EINTR) continue;
            return false;
        }
        if (writer.broken() || waits[2].revents != 0) return false;
        if (waits[0].revents == 0) continue;
        const auto room = reader.room();
        const ssize_t count = ::read(in, room.data(), room.size());
        if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (count <= 0) return false;
        reader.filled(static_cast<std::size_t>(count));
        return true;
    }
}

}  // namespace

std::optional<AddOn> native_caller(std::span<const char* const> arguments) noexcept {
    if (arguments.size() < 3) return std::nullopt;
    const std::string_view manifest = arguments[1], addon = arguments[2];
    if (!manifest.starts_with('/') || !manifest.ends_with(".json")) return std::nullopt;
    for (const AddOn each : {AddOn::full, AddOn::basic})
        if (addon == addon_ids[static_cast<std::size_t>(each)]) return each;
    return std::nullopt;
}

int run_native_host(int in, int out, AddOn caller, const Workplace& workplace, const Ending& ending) {
    FrameReader reader;
    FrameWriter writer(out);
    {
        Dispatcher dispatcher(caller, workplace, writer);
        while (!reader.too_long() && read_some(in, reader, writer, ending.asked)) {
            while (const auto frame = reader.frame()) {
                dispatcher.handle(*frame);
                reader.done();
            }
        }
        if (ending.at_last != nullptr) ending.at_last(reader.too_long() ? exit_bad_input : exit_ok);
    }  // whatever still runs is cancelled and joined here
    writer.drain(last_words);
    return reader.too_long() ? exit_bad_input : exit_ok;
}

}  // namespace reprompt::app
