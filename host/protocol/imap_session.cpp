// SPDX-License-Identifier: MPL-2.0
// ImapSession: the states are drawn in the header.
#include "protocol/imap_session.hpp"

#include "base/text.hpp"
#include "protocol/greeting.hpp"

namespace reprompt::protocol {

void ImapSession::enter(State next) {
    state_ = next;
    switch (next) {
        case State::greeting:
            evidence_.stage = Stage::greeting;
            break;
        case State::capability:
            evidence_.stage = Stage::capabilities;
            break;
        case State::starttls:
        case State::upgrading:
            evidence_.stage = Stage::starttls;
            break;
        case State::decision:
        case State::exchange:
        case State::login_name:
        case State::login_secret:
            evidence_.stage = Stage::auth;
            break;
    }
}

std::optional<Action> ImapSession::on_line(std::string_view line) {
    switch (state_) {
        case State::greeting:
            return on_greeting(line);
        case State::capability:
            return on_capability(line);
        case State::starttls:
            return on_starttls(line);
        case State::exchange:
            return on_exchange(line);
        case State::login_name:
            return on_login_name(line);
        case State::login_secret:
            return on_login_secret(line);
        case State::upgrading:
        case State::decision:
            break;  // no line is read in these
    }
    record_unsolicited(line);
    return std::nullopt;
}

std::optional<Action> ImapSession::on_greeting(std::string_view line) {
    const auto parsed = parse_imap_line(line);
    if (parsed.kind != ImapKind::untagged || parsed.status == ImapStatus::other)
        return foreign_greeting(line);
    record_greeting(line);
    switch (parsed.status) {
        case ImapStatus::ok:
            break;
        case ImapStatus::preauth:
            // RFC 9051 section 7.1.4: whoever wants TLS must not go on from here.
            if (in_clear_before_tls()) {
                enter(State::starttls);
                return fail(Failure::starttls_refused,
                            "the server greets as signed in already, which rules out STARTTLS");
            }
            evidence_.failure_detail = "the server needs no password on this connection";
            return finish_at(Stage::done);
        case ImapStatus::no:
        case ImapStatus::bad:
        case ImapStatus::bye:
        case ImapStatus::other:
            return finish();  // the words say why; the stage is the greeting
    }
    auto capabilities = imap_capabilities(line);
    if (!capabilities) return ask_capability();
    enter(State::capability);
    return use_capabilities(std::move(*capabilities));
}

Action ImapSession::ask_capability() {
    capabilities_.clear();
    enter(State::capability);
    return command("CAPABILITY");
}

std::optional<Action> ImapSession::on_capability(std::string_view line) {
    const auto parsed = parse_imap_line(line);
    auto capabilities = imap_capabilities(line);
    if (!is_ours(parsed)) {
        if (capabilities && parsed.status == ImapStatus::other) {
            capabilities_ = std::move(*capabilities);
        } else {
            record_unsolicited(line);
        }
        return std::nullopt;
    }
    if (parsed.status != ImapStatus::ok) {
        record_unsolicited(line, parsed.frame);
        return finish();
    }
    if (capabilities_.empty() && capabilities) capabilities_ = std::move(*capabilities);
    if (capabilities_.empty())
        return fail(Failure::protocol_error, "CAPABILITY was answered without capabilities");
    return use_capabilities(capabilities_);
}

Action ImapSession::use_capabilities(std::vector<std::string> capabilities) {
    capabilities_ = std::move(capabilities);
    for (const auto& one : capabilities_)
        record_capability(one);
    if (in_clear_before_tls()) {
        enter(State::starttls);
        if (!has_capability(capabilities_, "STARTTLS")) {
            return fail(Failure::starttls_not_offered, "STARTTLS is not among the capabilities");
        }
        return command("STARTTLS");
    }
    if (!settings_.authenticate) return finish_at(Stage::done);
    enter(State::decision);
    return ask_credential(mechanisms());
}

std::vector<Mechanism> ImapSession::mechanisms() const {
    std::vector<Mechanism> known;
    if (has_capability(capabilities_, "AUTH=PLAIN")) known.push_back(Mechanism::plain);
    if (has_capability(capabilities_, "AUTH=LOGIN")) known.push_back(Mechanism::login);
    if (!has_capability(capabilities_, "LOGINDISABLED")) known.push_back(Mechanism::imap_login);
    if (has_capability(capabilities_, "AUTH=CRAM-MD5")) known.push_back(Mechanism::cram_md5);
    if (has_capability(capabilities_, "AUTH=XOAUTH2")) known.push_back(Mechanism::xoauth2);
    if (has_capability(capabilities_, "AUTH=OAUTHBEARER")) known.push_back(Mechanism::oauthbearer);
    return known;
}

std::optional<Action> ImapSession::on_starttls(std::string_view line) {
    const auto parsed = parse_imap_line(line);
    if (!is_ours(parsed)) {
        record_unsolicited(line);
        return std::nullopt;
    }
    if (parsed.status != ImapStatus::ok) {
        record_unsolicited(line, parsed.frame);
        return fail(Failure::starttls_refused, "the server refused STARTTLS");
    }
    enter(State::upgrading);
    return upgrade_tls();
}

Action ImapSession::on_grant(const Grant& grant) {
    mechanism_ = grant.mechanism;
    if (mechanism_ == Mechanism::imap_login) return start_login(grant.password_quotable);
    enter(State::exchange);
    // RFC 4959: the initial response goes with the command only if the server says SASL-IR.
    const bool at_once = has_initial_response(mechanism_) && has_capability(capabilities_, "SASL-IR");
    exchange_.emplace(mechanism_, at_once);
    const std::string words = std::string("AUTHENTICATE ") + reprompt::name_of(mechanism_);
    return at_once ? command(words + " ", {SlotKind::sasl_initial, ""}) : command(words);
}

Action ImapSession::start_login(bool password_quotable) {
    password_quotable_ = password_quotable;
    if (is_imap_quotable(settings_.user)) {
        tag_ = "a" + std::to_string(++commands_);
        return send_password(tag_ + " LOGIN " + imap_quoted(settings_.user) + " ");
    }
    enter(State::login_name);
    return command("LOGIN {" + std::to_string(settings_.user.size()) + "}");
}

Action ImapSession::send_password(std::string before) {
    if (password_quotable_) {
        enter(State::exchange);
        return write(std::move(before), {SlotKind::password_quoted, ""});
    }
    enter(State::login_secret);
    return write(std::move(before), {SlotKind::password_literal_size, ""});
}

std::optional<Action> ImapSession::on_login_name(std::string_view line) {
    const auto parsed = parse_imap_line(line);
    if (parsed.kind == ImapKind::continuation) return send_password(settings_.user + " ");
    return on_login_reply(line, parsed);
}

std::optional<Action> ImapSession::on_login_secret(std::string_view line) {
    const auto parsed = parse_imap_line(line);
    if (parsed.kind != ImapKind::continuation) return on_login_reply(line, parsed);
    enter(State::exchange);
    return write("", {SlotKind::password_raw, ""});
}

std::optional<Action> ImapSession::on_exchange(std::string_view line) {
    const auto parsed = parse_imap_line(line);
    if (parsed.kind != ImapKind::continuation || !exchange_) return on_login_reply(line, parsed);
    record_response(parsed.text.empty() ? "+" : "+ " + readable_challenge(mechanism_, parsed.text), 1);
    auto answer = exchange_->answer(parsed.text);
    if (!answer) return fail(Failure::protocol_error, answer.error());
    return write(std::move(answer->text), std::move(answer->slot));
}

std::optional<Action> ImapSession::on_login_reply(std::string_view line, const ImapLine& parsed) {
    if (is_ours(parsed)) {
        record_response(line, parsed.frame);
        // What came along belongs to the answer: "* BYE Too many failures" names the reason as often as the
        // reply does.
        while (const auto next = take_waiting_line()) {
            const auto more = parse_imap_line(*next);
            if (more.kind == ImapKind::untagged && more.status != ImapStatus::other) {
                record_response(*next, more.frame);
            } else {
                record_unsolicited(*next);
            }
        }
        return end_attempt(parsed.status == ImapStatus::ok);
    }
    if (parsed.kind == ImapKind::untagged && parsed.status != ImapStatus::other) {
        record_response(line, parsed.frame);
    } else {
        record_unsolicited(line);
    }
    return std::nullopt;
}

Action ImapSession::command(const std::string& words, Slot slot) {
    tag_ = "a" + std::to_string(++commands_);
    return write(tag_ + " " + words, std::move(slot));
}

}  // namespace reprompt::protocol
