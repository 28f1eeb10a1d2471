// SPDX-License-Identifier: MPL-2.0
#include "diagnose/redact.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "base/spelling.hpp"
#include "base/text.hpp"
#include "diagnose/rule_content.hpp"

namespace reprompt {
namespace {

constexpr std::size_t most_names = 64;
constexpr std::size_t longest_name = 320;  // of a mail address (RFC 5321 section 4.5.3.1)
constexpr std::string_view this_server = "server.invalid";
constexpr std::string_view other_address = "192.0.2.254";  // one in the words that nobody connected to

/// Host names of one label that say nothing about whose they are.
constexpr std::array<std::string_view, 8> plain_labels{
    "localhost", "mail", "imap", "pop", "pop3", "smtp", "server", "localhost.localdomain"};

bool is_ip(const std::string& name) {
    std::array<unsigned char, 16> octets{};
    return ::inet_pton(AF_INET, name.c_str(), octets.data()) == 1 ||
           ::inet_pton(AF_INET6, name.c_str(), octets.data()) == 1;
}
bool is_loopback(const std::string& address) {
    return address.starts_with("127.") || address == "::1";
}

/// Lower case, without the root's dot and a wildcard's "*.".
std::string plain_host(std::string_view name) {
    if (name.starts_with("*.")) name.remove_prefix(2);
    if (name.ends_with('.')) name.remove_suffix(1);
    return to_lower(name);
}

/// What one owner's names end with: "private.example", "private.ac.jp". Only guessed: too long hides less of
/// unknown names, too short (a whole "ac.jp") hides more.
std::string house_of(const std::string& host) {
    std::vector<std::size_t> dots;
    for (std::size_t at = host.find('.'); at != std::string::npos; at = host.find('.', at + 1))
        dots.push_back(at);
    if (dots.size() < 2) return host;
    const std::size_t last = dots.back(), before = dots[dots.size() - 2];
    const bool under_country = host.size() - last - 1 == 2 && last - before - 1 <= 3;
    if (!under_country) return host.substr(before + 1);
    return dots.size() < 3 ? host : host.substr(dots[dots.size() - 3] + 1);
}

bool is_public(const std::string& host, const RuleBook& rules) {
    const auto& all = rules.content();
    if (all.provider_of_host(host) != nullptr) return true;
    const auto names_it = [&](const std::vector<std::string>& names) {
        return std::any_of(names.begin(), names.end(),
                           [&](const std::string& name) { return is_host_or_below(host, name); });
    };
    return std::any_of(all.providers.begin(), all.providers.end(),
                       [&](const Provider& each) { return names_it(each.domains) || names_it(each.mx); });
}

/// The host of "scheme://host:port/path" or of "host:port"; empty if there is none.
std::string host_in(std::string_view url) {
    if (const auto scheme = url.find("//"); scheme != std::string_view::npos) url.remove_prefix(scheme + 2);
    url = url.substr(0, url.find_first_of("/?#"));
    if (const auto user = url.rfind('@'); user != std::string_view::npos) url.remove_prefix(user + 1);
    if (url.starts_with("[")) return std::string(url.substr(1, url.find(']') - 1));
    return plain_host(url.substr(0, url.find(':')));
}

/// What is written like the name of a machine, with a dot and letters at the end: servers greet with theirs
/// (RFC 5321 section 4.2), which may tell more than the one that people know.
std::vector<std::string> machines_in(std::string_view line) {
    const auto is_part = [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '.' || c == '_';
    };
    std::vector<std::string> names;
    for (std::size_t at = 0; at < line.size(); ++at) {
        std::size_t end = at;
        while (end < line.size() && is_part(line[end]))
            ++end;
        auto word = line.substr(at, end - at);
        while (word.starts_with('.'))
            word.remove_prefix(1);
        while (word.ends_with('.'))
            word.remove_suffix(1);
        const auto dot = word.rfind('.');
        const auto last = dot == std::string_view::npos ? std::string_view() : word.substr(dot + 1);
        const bool named = last.size() >= 2 && word.find("..") == std::string_view::npos &&
                           std::all_of(last.begin(), last.end(), [](char c) {
                               return std::isalpha(static_cast<unsigned char>(c)) != 0;
                           });
        if (named) names.emplace_back(word);
        at = end;
    }
    return names;
}

/// All groups of an IPv6 address, with and without leading zeros: how else it may be written.
std::vector<std::string> long_forms(const std::string& address) {
    std::array<unsigned char, 16> octets{};
    if (::inet_pton(AF_INET6, address.c_str(), octets.data()) != 1) return {};
    std::string full, bare;
    for (std::size_t group = 0; group < 8; ++group) {
        const unsigned value = octets[group * 2] * 256U + octets[group * 2 + 1];
        std::array<char, 8> padded{}, short_form{};
        std::snprintf(padded.data(), padded.size(), "%04x", value);
        std::snprintf(short_form.data(), short_form.size(), "%x", value);
        full += (group == 0 ? "" : ":") + std::string(padded.data());
        bare += (group == 0 ? "" : ":") + std::string(short_form.data());
    }
    return {full, bare};
}

/// IPv4 addresses in a text, but for loopback and documentation addresses (RFC 5737).
std::vector<Span> quads(std::string_view text) {
    std::vector<Span> found;
    for (std::size_t at = 0; at < text.size();) {
        std::size_t end = at;
        while (end < text.size() &&
               (std::isdigit(static_cast<unsigned char>(text[end])) != 0 || text[end] == '.'))
            ++end;
        if (end == at) {
            ++at;
            continue;
        }
        std::size_t last = end;
        while (last > at && text[last - 1] == '.')
            --last;
        const std::string run(text.substr(at, last - at));
        std::array<unsigned char, 4> octets{};
        if (::inet_pton(AF_INET, run.c_str(), octets.data()) == 1 && !is_loopback(run) &&
            !run.starts_with("192.0.2."))
            found.push_back({at, last});
        at = end;
    }
    return found;
}

}  // namespace

Evidence without_secret(Evidence evidence, const Secret& secret) {
    const auto each = [&](std::vector<std::string>& lines) {
        for (auto& line : lines)
            line = mask_secret(line, secret);
    };
    for (auto* lines :
         {&evidence.greeting, &evidence.offered_before_tls, &evidence.offered, &evidence.unsolicited})
        each(*lines);
    if (evidence.attempt) each(evidence.attempt->response);
    for (auto& heard : evidence.heard)
        each(heard.lines);
    return evidence;
}

Redactor::Redactor(const Evidence& evidence, const Redaction& wish, const RuleBook& rules)
    : rules_(rules), hide_server_(wish.hide_server) {
    const auto host = evidence.host ? plain_host(*evidence.host) : std::string();
    for (const auto& name : wish.names) {
        const auto small = to_lower(name);
        // Thunderbird names accounts after their servers: no name of a person, and hide_server sees to it.
        const bool names_server = small == host || small == house_of(host) || is_public(small, rules);
        const bool fits = !name.empty() && name.size() <= longest_name && names_.size() < most_names;
        if (fits && (small.find('@') != std::string::npos || !names_server)) names_.push_back(name);
    }
    // The longest first: it may hold another.
    std::stable_sort(names_.begin(), names_.end(),
                     [](const auto& left, const auto& right) { return left.size() > right.size(); });
    if (!hide_server_) return;
    const auto found = read_connection(evidence, rules.content().interceptors).findings;
    intercepted_ = std::find(found.begin(), found.end(), Finding::intercepted) != found.end();
    hide(host);
    for (const auto& record : evidence.domain.srv)
        hide(record.host);
    hide(evidence.domain.name);
    for (const auto* names : {&evidence.domain.mx, &evidence.tls.names})
        for (const auto& name : *names)
            hide(name);
    hide(host_in(evidence.proxy));
    if (evidence.second_look) hide(host_in(evidence.second_look->http_location));
    for (const auto& tried : evidence.addresses)
        hide(tried.address);
    for (const auto& line : evidence.greeting)
        for (const auto& name : machines_in(line))
            hide(name);
    const auto longest_first = [](const Replacement& left, const Replacement& right) {
        return left.name.size() > right.name.size();
    };
    std::stable_sort(hosts_.begin(), hosts_.end(), longest_first);
    std::stable_sort(addresses_.begin(), addresses_.end(), longest_first);
}

void Redactor::hide(const std::string& given) {
    const auto name = plain_host(given);
    const auto is_known = [&](const std::vector<Replacement>& all) {
        return std::any_of(all.begin(), all.end(), [&](const auto& each) { return each.name == name; });
    };
    if (name.empty() || is_loopback(name) || is_known(hosts_) || is_known(addresses_)) return;
    if (is_ip(name)) {
        const bool six = name.find(':') != std::string::npos;
        const std::string by = (six ? "2001:db8::" : "192.0.2.") +
                               std::to_string(std::min<std::size_t>(addresses_.size() + 1, 250));
        addresses_.push_back({name, by});
        for (auto& form : long_forms(name))
            if (form != name) addresses_.push_back({std::move(form), by});
        return;
    }
    if (std::find(plain_labels.begin(), plain_labels.end(), name) != plain_labels.end() ||
        is_public(name, rules_))
        return;
    const auto house = house_of(name);
    const auto sibling =
        std::find_if(hosts_.begin(), hosts_.end(), [&](const auto& each) { return each.name == house; });
    const auto number = std::to_string(hosts_.size() + 1);
    std::string by(this_server);
    const bool has_sibling = sibling != hosts_.end();
    if (has_sibling) {
        by = "other-" + number + "." + sibling->by;
    } else if (!hosts_.empty()) {
        by = "server-" + number + ".invalid";
    }
    hosts_.push_back({name, by});
    if (!has_sibling && house != name) hosts_.push_back({house, by});
}

std::string Redactor::host(const std::string& name) const {
    const auto plain = plain_host(name);
    for (const auto* all : {&hosts_, &addresses_})
        for (const auto& each : *all)
            if (each.name == plain) return each.by;
    return text(name);
}

std::string Redactor::address(const std::string& given) const {
    const auto found = std::find_if(addresses_.begin(), addresses_.end(),
                                    [&](const auto& each) { return each.name == given; });
    return found == addresses_.end() ? given : found->by;
}

std::string Redactor::text(std::string_view words) const {
    std::string out(words);
    for (const auto& name : names_)
        out = mask_identity(out, name);
    out = mask_identity(out, "");
    if (!hide_server_) return out;
    for (const auto* all : {&hosts_, &addresses_})
        for (const auto& each : *all)
            out = replaced(out, spellings_of(each.name, out, Edges::whole_word), each.by);
    return replaced(out, quads(out), other_address);
}

void Redactor::redact_tls(TlsFacts& tls) const {
    for (auto& name : tls.names)
        name = host(name);
    for (auto* words : {&tls.subject, &tls.issuer, &tls.top_issuer, &tls.plain_words})
        *words = text(*words);
    const bool is_private = std::any_of(hosts_.begin(), hosts_.end(),
                                        [](const Replacement& each) { return each.by == this_server; });
    if (!is_private) return;
    tls.sha256.clear();  // public logs tell whose it is
    const bool own = tls.issuer == tls.subject;
    if (!tls.subject.empty()) tls.subject = "CN=" + std::string(this_server);
    if (intercepted_) return;
    if (!tls.issuer.empty()) tls.issuer = own ? tls.subject : "CN=issuer.invalid";
    if (!tls.top_issuer.empty()) tls.top_issuer = own ? tls.subject : "CN=issuer.invalid";
}

Verdict Redactor::verdict(Verdict out) const {
    if (out.rule_origin != RuleOrigin::built_in) {
        out.rule = text(out.rule);
        for (auto& [key, page] : out.links)
            page = text(page);
        if (out.organisation) {
            for (auto& [language, words] : out.organisation->text)
                words = text(words);
            out.organisation->name = text(out.organisation->name);
        }
    }
    for (auto& reason : out.because)
        reason = text(reason);
    return out;
}

Evidence Redactor::evidence(Evidence out) const {
    const auto each = [&](std::vector<std::string>& lines) {
        for (auto& line : lines)
            line = text(line);
    };
    if (out.host) out.host = host(*out.host);
    out.failure_detail = text(out.failure_detail);
    if (hide_server_) redact_tls(out.tls);
    for (auto* words :
         {&out.tls.subject, &out.tls.issuer, &out.tls.top_issuer, &out.tls.plain_words, &out.proxy})
        *words = text(*words);
    each(out.tls.names);
    for (auto& tried : out.addresses) {
        tried.address = address(tried.address);
        tried.detail = text(tried.detail);
    }
    if (out.second_look) {
        each(out.second_look->words);
        out.second_look->http_location = text(out.second_look->http_location);
    }
    for (auto* lines : {&out.greeting, &out.offered_before_tls, &out.offered, &out.unsolicited})
        each(*lines);
    if (out.attempt) each(out.attempt->response);
    for (auto& heard : out.heard)
        each(heard.lines);
    out.domain.name = host(out.domain.name);
    for (auto& name : out.domain.mx)
        name = host(name);
    for (auto& record : out.domain.srv)
        record.host = host(record.host);
    out.domain.note = text(out.domain.note);
    return out;
}

}  // namespace reprompt
