// SPDX-License-Identifier: MPL-2.0
#include "app/report_text.hpp"

#include <algorithm>

#include "app/columns.hpp"
#include "app/endpoint_url.hpp"
#include "app/exit_status.hpp"
#include "app/fact_words.hpp"
#include "app/report_settings.hpp"
#include "app/report_steps.hpp"
#include "base/text.hpp"

namespace reprompt::app {

namespace {

/// A heading and what stands below it. What does not fit on the screen is left out from the end.
struct Section {
    std::string heading;
    std::vector<std::string> lines;
    std::size_t keep = 0;  ///< so many lines stay as long as anything else can go
    bool cut = false;
};

void add(Section& section, const std::string& text, const std::string& indent = "  ") {
    for (const auto& line : wrapped(escape_server_words(text), report_columns - columns_of(indent)))
        section.lines.push_back(indent + line);
}

Section server_words(const probe::Result& result, const ReportWords& words) {
    Section section{words.server_said, {}, 2};
    for (const auto& line : result.verdict.server_words)
        add(section, words.quote + line + words.unquote);
    return section;
}

std::string wait_text(int seconds, const ReportWords& words) {
    if (seconds < 120) return words.named_time + std::to_string(seconds) + words.seconds;
    return words.named_time + std::to_string((seconds + 59) / 60) + words.minutes;
}

/// What the organisation says about it, in the report's language if it has it; empty if it says nothing.
std::string organisation_text(const Verdict& verdict, Language language) {
    if (!is_organisation(verdict.rule_origin) || !verdict.organisation) return {};
    const auto& [text, name] = *verdict.organisation;
    auto said = text.find(language == Language::japanese ? "ja" : "en");
    if (said == text.end()) said = text.find("en");
    if (said == text.end()) said = text.begin();
    if (said == text.end()) return {};
    return name.empty() ? said->second : name + ": " + said->second;
}

const char* heading_of(const Verdict& verdict, bool organisation_speaks, const ReportWords& words) noexcept {
    if (organisation_speaks) return words.organisation_says;
    return verdict.rule_origin == RuleOrigin::user ? words.own_rule : words.next;
}

bool are_used_up(const Verdict& verdict) {
    return verdict.rule == "attempts-used-up";
}

/// The first sentence: what the verdict says, or, where its words would not fit the cause, what does.
const char* what_of(const probe::Result& result, const Look& look) {
    const auto& verdict = result.verdict;
    const auto& words = report_words(look.language);
    if (verdict.rule == "no-credential") return words.nothing_wrong;
    if (are_used_up(verdict)) return words.used_up;
    if (offers_no_sign_in(verdict)) return words.no_sign_in;
    if (verdict.code == VerdictCode::tls_required) {
        if (result.evidence.failure == Failure::starttls_not_offered) return words.no_starttls;
        if (result.evidence.failure == Failure::starttls_injection) return words.slipped_in;
        if (result.evidence.failure == Failure::plaintext_forbidden) return words.no_encryption;
    }
    return words_of(verdict.code, look.language).what;
}

Section next_steps(const probe::Result& result, bool silent, const Look& look) {
    const auto& verdict = result.verdict;
    const auto& words = report_words(look.language);
    const auto own = organisation_text(verdict, look.language);
    Section section{heading_of(verdict, !own.empty(), words), {}, 5};
    if (silent && !result.notes.empty())
        return section;  // a password was given, and a note says why it stayed here
    if (are_used_up(verdict)) {
        add(section, words.check_elsewhere);
        return section;
    }
    if (!own.empty())
        add(section, own);
    else
        add(section, silent                       ? words.give_user
                     : offers_no_sign_in(verdict) ? words.other_port
                                                  : words_of(verdict.code, look.language).next);
    if (verdict.retry_after_s) add(section, wait_text(*verdict.retry_after_s, words));
    std::vector<std::string> shown;
    const auto link = [&](std::string_view key, const char* before) {
        const auto page = verdict.links.find(std::string(key));
        if (page == verdict.links.end() || std::find(shown.begin(), shown.end(), page->second) != shown.end())
            return;
        shown.push_back(page->second);
        section.lines.push_back("    " + std::string(before) + escape_server_words(page->second));
    };
    for (const auto& advice : verdict.advice) {
        if (own.empty() && !says_already(verdict.code, advice))
            add(section, advice_sentence(advice, look.language));
        link(link_key_of(advice), "");
    }
    link("reset", "");
    link("help", words.more);
    return section;
}

/// The facts that neither the steps nor the server's words show.
Section reasons(const Verdict& verdict, Language language) {
    Section section{report_words(language).why, {}};
    if (verdict.code == VerdictCode::password_accepted || verdict.rule == "no-credential") return section;
    if (are_used_up(verdict)) return section;  // the first line says why
    for (const auto& fact : verdict.because) {
        const bool shown_above = fact.starts_with("at stage ") || fact.starts_with("mechanism ") ||
                                 fact.find("rule " + verdict.rule) != std::string::npos;
        if (!shown_above) add(section, fact_words(fact, language));
    }
    constexpr std::size_t most = 4;
    section.cut = section.lines.size() > most;
    section.lines.resize(std::min(section.lines.size(), most));
    return section;
}

std::size_t height(const Section& section) {
    if (section.lines.empty()) return 0;
    return section.lines.size() + (section.heading.empty() ? 1 : 2);
}

/// Takes lines away from the sections in the order given until all fit into `room`.
void fit(std::size_t room, const std::vector<Section*>& order) {
    for (const std::size_t round : {0U, 1U}) {
        for (auto* section : order) {
            const std::size_t keep = round == 0 ? section->keep : 1;
            for (;;) {
                std::size_t all = 0;
                for (const auto* each : order)
                    all += height(*each);
                if (all <= room) return;
                if (section->lines.size() <= keep) break;
                section->lines.pop_back();
                section->cut = true;
            }
        }
    }
}

void print(std::string& out, const Section& section) {
    if (section.lines.empty()) return;
    out += "\n";
    if (!section.heading.empty()) out += section.heading + "\n";
    for (std::size_t i = 0; i < section.lines.size(); ++i) {
        std::string line = section.lines[i];
        if (section.cut && i + 1 == section.lines.size() && !line.ends_with("…")) {
            line =
                wrapped(line.substr(std::min(line.find_first_not_of(' '), line.size())), report_columns - 6)
                    .front();
            line.insert(0, "  ").append(" …");
        }
        out += line + "\n";
    }
}

/// Green: nothing to do; yellow: wait; red: the user must act; bold: not known.
const char* colour_of(VerdictCode code) noexcept {
    switch (exit_status_of(code)) {
        case exit_ok:
            return "\x1B[1;32m";
        case exit_user_must_act:
            return "\x1B[1;31m";
        case exit_later:
            return "\x1B[1;33m";
        default:
            return "\x1B[1m";
    }
}

}  // namespace

std::string report_text(const probe::Result& result, const Look& look) {
    const auto& verdict = result.verdict;
    const auto& evidence = result.evidence;
    const auto& words = report_words(look.language);
    const bool silent = verdict.rule == "no-credential";
    std::string what = what_of(result, look);
    if (!silent && verdict.confidence == Confidence::guess && verdict.code != VerdictCode::inconclusive)
        what += words.unsure;

    std::string out;
    std::size_t taken = 0;
    for (const auto& line : wrapped(what, report_columns)) {
        out += (look.colour ? colour_of(verdict.code) : "") + line + (look.colour ? "\x1B[0m" : "") + "\n";
        ++taken;
    }
    const auto address =
        endpoint_text(evidence.protocol, evidence.tls_mode, evidence.host.value_or("(?)"), evidence.port);
    for (const auto& line : wrapped(escape_server_words(address), report_columns)) {
        out += line + "\n";
        ++taken;
    }

    Section steps{"", step_lines(result, look.language), 8};
    Section said = server_words(result, words);
    Section next = next_steps(result, silent, look);
    Section settings{settings_heading(look.language), {}};
    for (const auto& line : settings_lines(result, look.language)) {
        const auto shown = "  " + escape_server_words(line);  // in columns, if it fits
        if (columns_of(shown) > report_columns) {
            add(settings, line);
        } else {
            settings.lines.push_back(shown);
        }
    }
    settings.keep = settings.lines.size();
    Section why = reasons(verdict, look.language);
    Section notes{words.notes, {}};
    const auto& told = verdict.because;  // the reason why nothing was sent is on both lists
    for (const auto& note : result.notes) {
        if (!are_used_up(verdict) || std::find(told.begin(), told.end(), note) == told.end())
            add(notes, fact_words(note, look.language));
    }
    notes.keep = std::min<std::size_t>(notes.lines.size(), 2);
    const std::string last = std::string(name_of(verdict.code)) + " (" + name_of(verdict.confidence) +
                             "), rule " + escape_server_words(verdict.rule, 200);
    constexpr std::size_t around_last = 2;
    fit(report_lines - taken - around_last, {&why, &said, &notes, &next, &steps, &settings});
    for (const auto* section : {&steps, &said, &next, &settings, &why, &notes})
        print(out, *section);
    out += "\n" + wrapped(last + words.last_line, report_columns).front() + "\n";
    return out;
}

}  // namespace reprompt::app
