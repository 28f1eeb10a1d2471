// SPDX-License-Identifier: MPL-2.0
#include "app/report_steps.hpp"

#include <algorithm>
#include <optional>

#include "app/columns.hpp"
#include "app/report_text.hpp"
#include "base/text.hpp"

namespace reprompt::app {

namespace {

constexpr std::size_t name_columns = 12, outcome_columns = 11, time_columns = 9;

struct Step {
    const char* name;
    Outcome outcome = Outcome::untried;
    std::optional<std::int64_t> ms;
    std::string remark;
};

const char* word_of(Outcome outcome, const ReportWords& words) noexcept {
    switch (outcome) {
        case Outcome::well:
            return words.well;
        case Outcome::failed:
            return words.failed;
        case Outcome::refused:
            return words.refused;
        case Outcome::unanswered:
            return words.unanswered;
        case Outcome::untried:
            return words.untried;
    }
    return words.untried;
}

/// The time of these stages together; nullopt if none was measured.
std::optional<std::int64_t> time_of(const Evidence& evidence, std::initializer_list<Stage> stages) {
    std::optional<std::int64_t> sum;
    for (const auto stage : stages) {
        const auto found = evidence.timings_ms.find(name_of(stage));
        if (found != evidence.timings_ms.end()) sum = sum.value_or(0) + found->second;
    }
    return sum;
}

/// Reads the steps of one run out of its Evidence.
class Reading {
  public:
    Reading(const probe::Result& result, Language language)
        : result_(result),
          evidence_(result.evidence),
          words_(report_words(language)),
          failure_(failure_words(evidence_.failure, language)) {}

    [[nodiscard]] std::vector<Step> steps() const {
        std::vector<Step> out{resolve(), connect()};
        const bool encryption_first = evidence_.tls_mode == TlsMode::implicit;
        if (encryption_first) out.push_back(encryption());
        out.push_back(greeting());
        if (!encryption_first) out.push_back(encryption());
        out.push_back(login());
        return out;
    }

  private:
    [[nodiscard]] bool at(Stage stage) const { return evidence_.stage == stage; }
    [[nodiscard]] bool dialled() const { return !at(Stage::resolve) && !at(Stage::connect); }
    /// Something was said behind the greeting.
    [[nodiscard]] bool greeted() const {
        return at(Stage::starttls) || at(Stage::auth) || at(Stage::done) ||
               (at(Stage::tls) && evidence_.tls_mode != TlsMode::implicit);
    }

    [[nodiscard]] Outcome failed_how() const {
        if (evidence_.failure == Failure::timeout || evidence_.failure == Failure::connection_closed)
            return Outcome::unanswered;
        return evidence_.failure == Failure::none ? Outcome::refused : Outcome::failed;
    }

    [[nodiscard]] Step resolve() const {
        Step step{words_.dns, Outcome::well, time_of(evidence_, {Stage::resolve}), ""};
        if (at(Stage::resolve)) step = {words_.dns, failed_how(), step.ms, failure_};
        return step;
    }

    [[nodiscard]] Step connect() const {
        Step step{words_.connect, Outcome::untried, time_of(evidence_, {Stage::connect}), ""};
        if (at(Stage::resolve)) return step;
        step.outcome = at(Stage::connect) ? failed_how() : Outcome::well;
        if (at(Stage::connect)) {
            step.remark = failure_;
        } else {
            for (const auto& tried : evidence_.addresses) {
                if (tried.failure == Failure::none) step.remark = tried.address;
            }
        }
        if (!evidence_.proxy.empty()) step.remark += (step.remark.empty() ? "" : ", ") + evidence_.proxy;
        return step;
    }

    [[nodiscard]] Step encryption() const {
        const bool in_clear = evidence_.tls_mode == TlsMode::starttls;
        Step step{in_clear ? words_.starttls : words_.tls, Outcome::untried,
                  time_of(evidence_, {Stage::starttls, Stage::tls}), ""};
        const auto& tls = evidence_.tls;
        if (at(Stage::tls) || at(Stage::starttls)) {
            step.outcome = failed_how();
            step.remark = failure_;
        } else if (tls.established) {
            step.outcome = Outcome::well;
            step.remark = tls.version + ", " + (tls.verified ? words_.verified : words_.unverified);
            if (tls.verified && !tls.trusted_by.empty()) step.remark += " (" + tls.trusted_by + ")";
        } else if (dialled() && evidence_.tls_mode == TlsMode::none) {
            step.remark = words_.unencrypted;
            if (evidence_.loopback) step.remark += std::string(" (") + words_.this_computer + ")";
        }
        return step;
    }

    [[nodiscard]] Step greeting() const {
        Step step{words_.greeting, Outcome::untried,
                  time_of(evidence_, {Stage::greeting, Stage::capabilities}), ""};
        if (at(Stage::greeting) || at(Stage::capabilities)) {
            step.outcome = failed_how();
            step.remark = failure_;
        } else if (greeted()) {
            step.outcome = Outcome::well;
        }
        return step;
    }

    [[nodiscard]] Step login() const {
        Step step{words_.login, Outcome::untried, time_of(evidence_, {Stage::auth}), ""};
        const auto& attempt = evidence_.attempt;
        if (attempt) {
            step.outcome = attempt->accepted   ? Outcome::well
                           : attempt->complete ? Outcome::refused
                                               : Outcome::unanswered;
            step.remark = attempt->mechanism;
        } else if (at(Stage::auth)) {
            step.remark = failure_;
        }
        const bool token = evidence_.configured_auth == "oauth2";
        const char* const sent = result_.attempts == 0 ? words_.nothing_sent
                                 : token               ? words_.token_sent
                                                       : words_.password_sent;
        step.remark += (step.remark.empty() ? "" : ", ") + std::string(sent);
        return step;
    }

    const probe::Result& result_;
    const Evidence& evidence_;
    const ReportWords& words_;
    std::string failure_;
};

std::string line_of(const Step& step, const ReportWords& words) {
    const std::string time = step.ms ? std::to_string(*step.ms) + " ms" : "";
    std::string line =
        "  " + padded(step.name, name_columns) + padded(word_of(step.outcome, words), outcome_columns);
    line += std::string(time.size() < time_columns ? time_columns - time.size() : 0, ' ') + time + "  ";
    const std::size_t left = report_columns - columns_of(line);
    line += wrapped(escape_server_words(step.remark, 200), left).front();
    while (line.ends_with(' '))
        line.pop_back();
    return line;
}

}  // namespace

std::vector<std::string> step_lines(const probe::Result& result, Language language) {
    const auto& evidence = result.evidence;
    const auto& words = report_words(language);
    const bool nothing =
        evidence.stage == Stage::resolve && evidence.failure == Failure::none && evidence.timings_ms.empty();
    if (nothing) return {std::string("  ") + words.no_connection};
    std::vector<std::string> out;
    for (const auto& step : Reading(result, language).steps())
        out.push_back(line_of(step, words));
    return out;
}

}  // namespace reprompt::app
