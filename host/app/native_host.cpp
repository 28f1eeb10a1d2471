// SPDX-License-Identifier: MPL-2.0
#include "app/native_host.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <nlohmann/json.hpp>
#include <utility>

#include "app/account_search.hpp"
#include "app/exit_status.hpp"
#include "app/framing.hpp"
#include "app/messages.hpp"
#include "app/responses.hpp"
#include "app/vault_desk.hpp"
#include "diagnose/diagnose.hpp"
#include "evidence/evidence_json.hpp"

namespace reprompt::app {

namespace {

constexpr Milliseconds last_words{500};

/// Gives requests to their desks. The reader's thread only; nothing in here waits for a server or the
/// keyring, only for the disk (`accounts`).
class Dispatcher {
  public:
    Dispatcher(const Workplace& workplace, FrameWriter& writer)
        : workplace_(workplace),
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
        std::visit([this]<class Request>(Request&& request) { serve(std::forward<Request>(request)); },
                   std::move(message->request));
    }

  private:
    void serve(const HelloRequest& request) {
        if (!request.organisation_rules.empty() && !with_policy_ && workplace_.rules_with_policy)
            with_policy_ = workplace_.rules_with_policy(request.organisation_rules);
        writer_.send(hello_response(id_, rules().complaints));
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
        const auto line = nlohmann::json::parse(request.line, nullptr, false);
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
    void serve(const AccountsRequest& request) {
        const auto places = workplace_.profiles ? workplace_.profiles() : profile_places();
        writer_.send(accounts_response(id_, search_accounts(places, request.known)));
    }
    void not_found(const char* message) { writer_.send(error_response(id_, ErrorCode::not_found, message)); }

    [[nodiscard]] const RulesInUse& rules() const {
        return with_policy_ ? *with_policy_ : workplace_.rules();
    }

    const Workplace& workplace_;
    FrameWriter& writer_;
    std::string id_;  ///< of the request being served
    /// Of the first hello that brought some, for the whole connection: probes hold on to it, and a policy
    /// changes only when Thunderbird starts.
    std::optional<RulesInUse> with_policy_;
    LedgerShelf shelf_;
    VaultDesk vault_;
    ProbeDesk probes_;
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

bool is_native_call(std::span<const char* const> arguments) noexcept {
    if (arguments.size() < 3) return false;
    const std::string_view manifest = arguments[1], addon = arguments[2];
    return manifest.starts_with('/') && manifest.ends_with(".json") &&
           std::find(std::begin(addon_ids), std::end(addon_ids), addon) != std::end(addon_ids);
}

int run_native_host(int in, int out, const Workplace& workplace, const Ending& ending) {
    FrameReader reader;
    FrameWriter writer(out);
    {
        Dispatcher dispatcher(workplace, writer);
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
