// SPDX-License-Identifier: MPL-2.0
#include "app/report_text.hpp"

#include <algorithm>
#include <sstream>

#include "app/endpoint_url.hpp"
#include "app/verdict_words.hpp"
#include "base/text.hpp"

namespace reprompt::app {

namespace {

constexpr std::size_t max_lines = 12;  // per list: one screen in all

void list(std::ostream& out, const char* heading, const std::vector<std::string>& lines, const char* before,
          const char* after) {
    if (lines.empty()) return;
    out << "\n" << heading << "\n";
    for (std::size_t i = 0; i < std::min(lines.size(), max_lines); ++i)
        out << "  " << before << escape_server_words(lines[i]) << after << "\n";
    if (lines.size() > max_lines) out << "  (" << lines.size() - max_lines << " more)\n";
}

std::string encryption(const Evidence& evidence) {
    const auto& tls = evidence.tls;
    if (evidence.stage == Stage::resolve || evidence.stage == Stage::connect) return "none";
    if (!tls.established) return evidence.loopback ? "no encryption (this computer only)" : "no encryption";
    std::string text = tls.version + " " + tls.cipher;
    if (tls.verified) return text + ", certificate verified (" + tls.trusted_by + ")";
    return text + ", certificate NOT verified";
}

std::string wait_text(int seconds) {
    if (seconds < 120) return std::to_string(seconds) + " seconds";
    return std::to_string((seconds + 59) / 60) + " minutes";
}

}  // namespace

std::string report_text(const probe::Result& result) {
    const auto& verdict = result.verdict;
    const auto& evidence = result.evidence;
    const auto words = words_of(verdict.code);
    const bool silent = verdict.rule == "no-credential";
    std::ostringstream out;
    out << endpoint_text(evidence.protocol, evidence.tls_mode, evidence.host.value_or("(unknown host)"),
                         evidence.port)
        << "\n\n";
    out << (silent ? "Nothing is wrong up to the sign-in, and no password was tried." : words.what) << "\n";
    out << (silent ? "Give --user and a password source to test the sign-in itself." : words.next) << "\n";
    if (verdict.retry_after_s)
        out << "The server names a time: " << wait_text(*verdict.retry_after_s) << ".\n";
    list(out, "The server's own words:", verdict.server_words, "\"", "\"");
    if (!verdict.links.empty()) {
        out << "\nPages of the provider:\n";
        for (const auto& [name, url] : verdict.links)
            out << "  " << name << ": " << url << "\n";
    }
    list(out, "Why:", verdict.because, "- ", "");
    list(out, "Please note:", result.notes, "- ", "");
    out << "\nVerdict     " << name_of(verdict.code) << " (" << name_of(verdict.confidence) << ", rule "
        << verdict.rule << ")\n";
    out << "Stage       " << name_of(evidence.stage);
    if (evidence.failure != Failure::none) out << ": " << name_of(evidence.failure);
    if (!evidence.failure_detail.empty()) out << " (" << escape_server_words(evidence.failure_detail) << ")";
    out << "\nConnection  " << encryption(evidence) << "\n";
    out << "Passwords   " << (result.attempts == 0 ? "none sent" : "sent once") << "\n";
    out << "Times      ";
    if (evidence.timings_ms.empty()) out << " none";
    for (const auto& [stage, ms] : evidence.timings_ms)
        out << " " << stage << " " << ms << " ms";
    out << "\n";
    return out.str();
}

}  // namespace reprompt::app
