// SPDX-License-Identifier: MPL-2.0
// SmtpSession: the states are drawn in the header.
#include "protocol/smtp_session.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "protocol/smtp_reply.hpp"

namespace reprompt::protocol {

void SmtpSession::enter(State next) {
    state_ = next;
    switch (next) {
        case State::greeting:
            evidence_.stage = Stage::greeting;
            break;
        case State::ehlo:
            evidence_.stage = Stage::capabilities;
            break;
        case State::starttls:
        case State::upgrading:
            evidence_.stage = Stage::starttls;
            break;
        case State::decision:
        case State::exchange:
            evidence_.stage = Stage::auth;
            break;
    }
}

std::optional<Action> SmtpSession::on_line(std::string_view line) {
    const auto parsed = parse_smtp_line(line);
    if (!parsed) {
        if (state_ == State::greeting && reply_.lines.empty()) return foreign_greeting(line);
        record_unsolicited(line);
        return std::nullopt;
    }
    const bool disagrees = !reply_.lines.empty() && parsed->code != reply_.code;
    reply_.code = parsed->code;
    reply_.lines.emplace_back(line);
    if (disagrees) {
        record_reply(std::exchange(reply_, {}));
        return fail(Failure::protocol_error, "the lines of one reply have different codes");
    }
    if (!parsed->last) return std::nullopt;
    return on_reply(std::exchange(reply_, {}));
}

Action SmtpSession::on_reply(const Reply& reply) {
    switch (state_) {
        case State::greeting:
            return on_greeting(reply);
        case State::ehlo:
            return on_ehlo(reply);
        case State::starttls:
            return on_starttls(reply);
        case State::exchange:
            return on_exchange(reply);
        case State::upgrading:
        case State::decision:
            break;  // no line is read in these
    }
    return fail(Failure::protocol_error, "mistake in the program: a reply where none is read");
}

void SmtpSession::record_reply(const Reply& reply) {
    for (const auto& line : reply.lines) {
        if (state_ == State::greeting) {
            record_greeting(line);
        } else if (state_ == State::exchange) {
            record_response(line, smtp_frame);
        } else {
            record_unsolicited(line, smtp_frame);
        }
    }
}

Action SmtpSession::on_greeting(const Reply& reply) {
    record_reply(reply);
    if (reply.code != 220) return finish();  // the words say why; the stage is the greeting
    return say_ehlo();
}

Action SmtpSession::say_ehlo() {
    capabilities_.clear();
    enter(State::ehlo);
    return write("EHLO " + settings_.ehlo_name);
}

Action SmtpSession::on_ehlo(const Reply& reply) {
    if (reply.code == 250) {
        // The first line is a salutation, often with the user's address on the internet: not kept.
        capabilities_.assign(reply.lines.begin() + 1, reply.lines.end());
        return use_capabilities();
    }
    record_reply(reply);
    // RFC 5321 section 4.1.1.1: not implemented, so there are no extensions. Anything else is a refusal of
    // this visit.
    if (reply.code == 500 || reply.code == 502) return use_capabilities();
    return finish();
}

Action SmtpSession::use_capabilities() {
    for (const auto& line : capabilities_)
        record_capability(line);
    if (in_clear_before_tls()) {
        enter(State::starttls);
        if (!ehlo_parameters(capabilities_, "STARTTLS")) {
            return fail(Failure::starttls_not_offered, "STARTTLS is not in the answer to EHLO");
        }
        return write("STARTTLS");
    }
    if (!settings_.authenticate) return finish_at(Stage::done);
    enter(State::decision);
    return ask_credential(mechanisms());
}

std::vector<Mechanism> SmtpSession::mechanisms() const {
    std::vector<Mechanism> offered;
    const auto auth = ehlo_parameters(capabilities_, "AUTH").value_or(std::vector<std::string>());
    const auto names = [&auth](const char* name) {
        return std::find(auth.begin(), auth.end(), name) != auth.end();
    };
    if (names("PLAIN")) offered.push_back(Mechanism::plain);
    if (names("LOGIN")) offered.push_back(Mechanism::login);
    if (names("CRAM-MD5")) offered.push_back(Mechanism::cram_md5);
    if (names("XOAUTH2")) offered.push_back(Mechanism::xoauth2);
    if (names("OAUTHBEARER")) offered.push_back(Mechanism::oauthbearer);
    return offered;
}

Action SmtpSession::on_starttls(const Reply& reply) {
    if (reply.code != 220) {
        record_reply(reply);
        return fail(Failure::starttls_refused, "the server refused STARTTLS");
    }
    enter(State::upgrading);
    return upgrade_tls();
}

Action SmtpSession::on_grant(const Grant& grant) {
    mechanism_ = grant.mechanism;
    enter(State::exchange);
    const bool at_once = has_initial_response(mechanism_);
    exchange_.emplace(mechanism_, at_once);
    const std::string words = std::string("AUTH ") + reprompt::name_of(mechanism_);
    return at_once ? write(words + " ", {SlotKind::sasl_initial, ""}) : write(words);
}

Action SmtpSession::on_exchange(const Reply& reply) {
    if (reply.code == 334) {
        const std::string challenge(trim(parse_smtp_line(reply.lines.back())->text));
        record_response("334 " + readable_challenge(mechanism_, challenge), smtp_frame);
        auto answer = exchange_->answer(challenge);
        if (!answer) return fail(Failure::protocol_error, answer.error());
        return write(std::move(answer->text), std::move(answer->slot));
    }
    record_reply(reply);
    if (reply.code == 235) return end_attempt(true);
    if (reply.code >= 400) return end_attempt(false);
    return fail(Failure::protocol_error, "the reply to AUTH has a code that is none for it");
}

}  // namespace reprompt::protocol
