// SPDX-License-Identifier: MPL-2.0
#include "diagnose/connection_words.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "protocol/greeting.hpp"

namespace reprompt {
namespace {

std::string host(const Evidence& evidence) {
    return evidence.host.value_or("the server");
}

std::string port(const Evidence& evidence) {
    return "port " + std::to_string(evidence.port);
}

std::string protocol_name(Protocol protocol) {
    return to_upper(name_of(protocol));
}

std::string quoted(const std::string& words) {
    return "\"" + words + "\"";
}

protocol::Speaker speaker(const std::string& words) {
    return words.empty() ? protocol::Speaker::unknown : protocol::speaker_of(words);
}

/// "port 143 answers as a POP3 server does": what else than this protocol spoke; empty if nobody knows.
std::string who_answers(const Evidence& evidence, const std::string& words) {
    const auto who = speaker(words);
    if (who == protocol::Speaker::unknown) return {};
    return port(evidence) + " of " + host(evidence) + " is answered by " + protocol::name_of(who) + ": " +
           quoted(words);
}

std::string other_protocol(const Evidence& evidence, const std::string& words) {
    const auto who = who_answers(evidence, words);
    if (who.empty())
        return port(evidence) + " of " + host(evidence) + " does not speak " +
               protocol_name(evidence.protocol) + ": " + quoted(words);
    return who + "; this is not the " + protocol_name(evidence.protocol) +
           " server, the host name or the port is wrong";
}

/// 30 octets of 'X' where a word should be: what Cisco's "fixup" and some virus scanners leave of STARTTLS.
bool is_crossed_out(std::string_view word) {
    return word.size() >= 7 && std::all_of(word.begin(), word.end() - 1, [](char c) { return c == 'X'; });
}

bool is_stripped(const Evidence& evidence) {
    const auto crossed = [](const std::string& line) {
        const auto words = split_words(line);
        return std::any_of(words.begin(), words.end(), [](std::string_view word) {
            return is_crossed_out(word.substr(word.size() > 4 && word[3] == '-' ? 4 : 0));
        });
    };
    return std::any_of(evidence.offered_before_tls.begin(), evidence.offered_before_tls.end(), crossed) ||
           std::any_of(evidence.unsolicited.begin(), evidence.unsolicited.end(), crossed);
}

std::string joined(const std::vector<std::string>& names) {
    constexpr std::size_t most = 5;
    std::string out;
    for (std::size_t i = 0; i < std::min(names.size(), most); ++i)
        out += (i == 0 ? "" : ", ") + names[i];
    if (names.size() > most) out += " and " + std::to_string(names.size() - most) + " more";
    return out;
}

std::string certificate_name(const Evidence& evidence) {
    const auto& tls = evidence.tls;
    std::string whose =
        tls.names.empty() ? "names no host (" + tls.subject + ")" : "is for " + joined(tls.names);
    return "the certificate " + whose + ", not for " + host(evidence);
}

std::string certificate_issuer(const Evidence& evidence) {
    const auto& tls = evidence.tls;
    if (!tls.issuer.empty() && tls.subject == tls.issuer)
        return "the server signed its certificate itself (" + tls.subject + "); no authority vouches for it";
    return "the certificate was issued by " + tls.issuer +
           ", which this computer does not know, or the server leaves out what leads to a known authority";
}

std::string certificate_date(const Evidence& evidence) {
    const auto& tls = evidence.tls;
    const std::string now =
        evidence.clock.now.empty() ? "" : "; by this computer's clock it is " + evidence.clock.now;
    if (evidence.failure == Failure::certificate_expired) {
        if (!evidence.clock.now.empty() && evidence.clock.now <= tls.not_after)
            return "a certificate above the server's own has expired" + now;
        return "the certificate was valid until " + tls.not_after + now;
    }
    if (!evidence.clock.now.empty() && evidence.clock.now >= tls.not_before)
        return "a certificate above the server's own is not valid yet" + now;
    return "the certificate is valid only from " + tls.not_before + now;
}

std::string obsolete(const Evidence& evidence) {
    const std::string ours = "; this program, like Thunderbird, needs TLS 1.2 or later";
    if (evidence.second_look && evidence.second_look->tls && !evidence.second_look->tls_version.empty()) {
        const auto& look = *evidence.second_look;
        return "the server speaks only " + look.tls_version + " with " + look.tls_cipher +
               ", which protects nobody any more" + (evidence.failure == Failure::tls_version ? ours : "");
    }
    return evidence.failure == Failure::tls_version
               ? "the server and this computer have no TLS version in common" + ours
               : "the server and this computer have no TLS cipher in common";
}

std::string not_tls(const Evidence& evidence) {
    const std::string& words = evidence.tls.plain_words;
    if (evidence.tls_mode == TlsMode::starttls)
        return "the server agreed to " +
               std::string(evidence.protocol == Protocol::pop3 ? "STLS" : "STARTTLS") +
               " and then did not speak TLS" + (words.empty() ? "" : ": " + quoted(words));
    if (speaker(words) == protocol::speaker_for(evidence.protocol))
        return port(evidence) + " of " + host(evidence) + " begins without encryption (" + quoted(words) +
               "): it is a port for STARTTLS, not for SSL/TLS";
    if (speaker(words) == protocol::Speaker::unknown)
        return port(evidence) + " of " + host(evidence) + " does not speak TLS";
    return other_protocol(evidence, words);
}

std::string silent(const Evidence& evidence) {
    const auto& look = evidence.second_look;
    if (look && look->tls && evidence.tls_mode != TlsMode::implicit)
        return port(evidence) + " of " + host(evidence) +
               " waits for TLS from the first octet: it is a port for SSL/TLS, not for " +
               (evidence.tls_mode == TlsMode::starttls ? "STARTTLS" : "connections without encryption");
    if (look && !look->words.empty() &&
        speaker(look->words.front()) != protocol::speaker_for(evidence.protocol))
        return other_protocol(evidence, look->words.front());
    if (evidence.failure == Failure::connection_closed)
        return host(evidence) + " takes the connection and ends it before it says a word";
    return host(evidence) + " takes the connection, but never greets";
}

std::string timeout(const Evidence& evidence) {
    if (evidence.stage == Stage::resolve) return "the name server gives no answer about " + host(evidence);
    if (evidence.stage == Stage::connect)
        return "nothing answers at " + port(evidence) + " of " + host(evidence) +
               ": the server is down, or a firewall drops what is sent there";
    if (evidence.stage == Stage::tls)
        return host(evidence) + " takes the connection, but does not answer to TLS";
    if (evidence.stage == Stage::greeting && evidence.greeting.empty()) return silent(evidence);
    return {};
}

/// ECONNRESET, as the system words it.
bool is_reset(const Evidence& evidence) {
    return evidence.failure_detail.find("reset by peer") != std::string::npos;
}

std::string closed(const Evidence& evidence) {
    if (evidence.stage == Stage::tls && is_reset(evidence))
        return host(evidence) +
               " takes the connection and resets it as soon as TLS begins: often a firewall on the way does "
               "that";
    if (evidence.stage == Stage::tls)
        return host(evidence) + " takes the connection and ends it as soon as TLS begins";
    if (evidence.stage == Stage::greeting && evidence.greeting.empty()) return silent(evidence);
    return {};
}

std::string no_starttls(const Evidence& evidence) {
    const std::string verb = evidence.protocol == Protocol::pop3 ? "STLS" : "STARTTLS";
    if (is_stripped(evidence))
        return "something between this computer and the server crosses out " + verb +
               " (the server's offers hold XXXX): encryption is prevented on the way, nothing secret was "
               "sent";
    if (evidence.failure == Failure::starttls_refused)
        return "the server refused " + verb + ", so there is no encryption; nothing secret was sent";
    return "the server does not offer " + verb +
           ", or something on the way takes the offer out; nothing secret was sent without encryption";
}

}  // namespace

std::string words_about_portal(const Evidence& evidence) {
    const auto& look = *evidence.second_look;
    std::string text = "a web server answers in place of " + host(evidence) + " and ";
    text += look.http_location.empty() ? "asks to sign in to the network"
                                       : "sends browsers to " + look.http_location;
    return text + " (HTTP " + std::to_string(look.http_status) +
           "): this network probably wants a sign-in with the browser first";
}

std::string words_about_interceptor(const Evidence& evidence, const Interceptor& interceptor) {
    const std::string kind = interceptor.kind == "antivirus" ? "a virus scanner"
                             : interceptor.kind == "proxy"   ? "a firewall or proxy"
                                                             : "a program for looking into connections";
    // Anybody may write this name: the words only repeat it.
    return "the certificate says it comes from " + interceptor.name + ", " + kind + " (issuer " +
           evidence.tls.issuer +
           "): such programs stand between this computer and the server and open the encryption";
}

std::string words_about_clock(const ClockFacts& clock) {
    return "this computer's clock is wrong: it says " + clock.now + ", but " +
           (clock.known_by == "system" ? "it was set by the network already at "
                                       : "this program was built only at ") +
           clock.known_past;
}

std::string words_about_failure(const Evidence& evidence) {
    switch (evidence.failure) {
        case Failure::dns_not_found:
            return "the name " + host(evidence) + " does not exist: it is mistyped, or no longer in use";
        case Failure::dns_no_address:
            return "the name " + host(evidence) + " exists, but no server has it (no address)";
        case Failure::dns_temporary:
            return "the name servers could not say where " + host(evidence) +
                   " is; this says nothing about the mail server";
        case Failure::connection_refused:
            return host(evidence) + " refuses connections to " + port(evidence) +
                   ": the port is wrong, the service is down, or a firewall says no";
        case Failure::host_unreachable:
            return "there is no way to " + host(evidence) +
                   " from here, although this computer has a network";
        case Failure::network_down:
            return "this computer has no network: no route leads anywhere";
        case Failure::timeout:
            return timeout(evidence);
        case Failure::connection_closed:
            return closed(evidence);
        case Failure::tls_not_spoken:
            return not_tls(evidence);
        case Failure::tls_version:
        case Failure::tls_cipher:
            return obsolete(evidence);
        case Failure::certificate_name:
            return certificate_name(evidence);
        case Failure::certificate_issuer:
            return certificate_issuer(evidence);
        case Failure::certificate_expired:
        case Failure::certificate_not_yet_valid:
            return certificate_date(evidence);
        case Failure::starttls_not_offered:
        case Failure::starttls_refused:
            return no_starttls(evidence);
        case Failure::starttls_injection:
            return "words in clear came together with the consent to encryption: somebody on the way put "
                   "them "
                   "in, or "
                   "the server is broken";
        case Failure::wrong_protocol:
            return other_protocol(evidence, evidence.greeting.empty() ? "" : evidence.greeting.front());
        case Failure::plaintext_forbidden:
            return "the account is set to no encryption, and " + host(evidence) +
                   " has none that can be verified; the password was not sent";
        case Failure::none:
        case Failure::tls_handshake:
        case Failure::certificate_other:
        case Failure::protocol_error:
        case Failure::proxy_failed:
        case Failure::proxy_refused:
        case Failure::proxy_login_required:
        case Failure::cancelled:
            break;
    }
    return {};
}

}  // namespace reprompt
