// SPDX-License-Identifier: MPL-2.0
// Pop3Session: the states are drawn in the header.
#include "protocol/pop3_session.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "protocol/pop3_reply.hpp"

namespace reprompt::protocol {
namespace {

/// RFC 5034 section 4: a command line is at most 255 octets, longer initial responses wait for "+". A session
/// does not know how long a credential is: tokens always wait, PLAIN waits behind a name of this length.
constexpr std::size_t longest_name_with_initial_response = 64;

}  // namespace

void Pop3Session::enter(State next) {
    state_ = next;
    switch (next) {
        case State::greeting:
            evidence_.stage = Stage::greeting;
            break;
        case State::stls:
        case State::upgrading:
            evidence_.stage = Stage::starttls;
            break;
        case State::capa:
        case State::capa_lines:
            evidence_.stage = Stage::capabilities;
            break;
        case State::decision:
        case State::exchange:
        case State::user:
        case State::pass:
            evidence_.stage = Stage::auth;
            break;
    }
}

std::optional<Action> Pop3Session::on_line(std::string_view line) {
    switch (state_) {
        case State::greeting:
            return on_greeting(line);
        case State::stls:
            return on_stls(line);
        case State::capa:
            return on_capa(line);
        case State::capa_lines:
            return on_capa_lines(line);
        case State::exchange:
            return on_exchange(line);
        case State::user:
            return on_user(line);
        case State::pass:
            return on_pass(line);
        case State::upgrading:
        case State::decision:
            break;  // no line is read in these
    }
    record_unsolicited(line);
    return std::nullopt;
}

std::optional<Action> Pop3Session::on_greeting(std::string_view line) {
    const auto parsed = parse_pop3_line(line);
    if (parsed.status != Pop3Status::ok && parsed.status != Pop3Status::err) return foreign_greeting(line);
    record_greeting(line);
    if (parsed.status == Pop3Status::err) return finish();  // the words say why; the stage is the greeting
    if (!in_clear_before_tls()) return ask_capa();
    enter(State::stls);
    return write("STLS");
}

std::optional<Action> Pop3Session::on_stls(std::string_view line) {
    const auto parsed = parse_pop3_line(line);
    switch (parsed.status) {
        case Pop3Status::ok:
            enter(State::upgrading);
            return upgrade_tls();
        case Pop3Status::err:
            record_unsolicited(line, parsed.frame);
            stls_refused_ = true;
            return ask_capa();
        case Pop3Status::challenge:
        case Pop3Status::other:
            break;
    }
    record_unsolicited(line);
    return std::nullopt;
}

Action Pop3Session::ask_capa() {
    capabilities_.clear();
    enter(State::capa);
    return write("CAPA");
}

std::optional<Action> Pop3Session::on_capa(std::string_view line) {
    const auto parsed = parse_pop3_line(line);
    switch (parsed.status) {
        case Pop3Status::ok:
            enter(State::capa_lines);
            return std::nullopt;
        case Pop3Status::err:
            capa_refusal_ = line;
            return use_capabilities(false);
        case Pop3Status::challenge:
        case Pop3Status::other:
            break;
    }
    record_unsolicited(line);
    return std::nullopt;
}

std::optional<Action> Pop3Session::on_capa_lines(std::string_view line) {
    const auto content = unstuff_dot(line);
    if (!content) return use_capabilities(true);
    capabilities_.emplace_back(*content);
    return std::nullopt;
}

void Pop3Session::record_unfinished() {
    if (capa_refusal_.empty()) return;
    record_unsolicited(capa_refusal_, parse_pop3_line(capa_refusal_).frame);
}

Action Pop3Session::use_capabilities(bool known) {
    for (const auto& line : capabilities_)
        record_capability(line);
    if (stls_refused_) {
        enter(State::stls);
        if (known && !capa_parameters(capabilities_, "STLS")) {
            return fail(Failure::starttls_not_offered, "STLS is not among the capabilities");
        }
        return fail(Failure::starttls_refused, "the server refused STLS");
    }
    if (!settings_.authenticate) return finish_at(Stage::done);
    enter(State::decision);
    return ask_credential(mechanisms(known));
}

std::vector<Mechanism> Pop3Session::mechanisms(bool known) const {
    if (!known) return {Mechanism::user_pass};
    std::vector<Mechanism> offered;
    const auto sasl = capa_parameters(capabilities_, "SASL").value_or(std::vector<std::string>());
    const auto names = [&sasl](const char* name) {
        return std::find(sasl.begin(), sasl.end(), name) != sasl.end();
    };
    if (names("PLAIN")) offered.push_back(Mechanism::plain);
    if (names("LOGIN")) offered.push_back(Mechanism::login);
    if (capa_parameters(capabilities_, "USER")) offered.push_back(Mechanism::user_pass);
    if (names("CRAM-MD5")) offered.push_back(Mechanism::cram_md5);
    if (names("XOAUTH2")) offered.push_back(Mechanism::xoauth2);
    if (names("OAUTHBEARER")) offered.push_back(Mechanism::oauthbearer);
    return offered;
}

Action Pop3Session::on_grant(const Grant& grant) {
    mechanism_ = grant.mechanism;
    if (mechanism_ == Mechanism::user_pass) {
        enter(State::user);
        return write("USER " + settings_.user);
    }
    enter(State::exchange);
    const bool at_once =
        mechanism_ == Mechanism::plain && settings_.user.size() <= longest_name_with_initial_response;
    exchange_.emplace(mechanism_, at_once);
    const std::string words = std::string("AUTH ") + reprompt::name_of(mechanism_);
    return at_once ? write(words + " ", {SlotKind::sasl_initial, ""}) : write(words);
}

std::optional<Action> Pop3Session::on_exchange(std::string_view line) {
    const auto parsed = parse_pop3_line(line);
    switch (parsed.status) {
        case Pop3Status::ok:
        case Pop3Status::err:
            record_response(line, parsed.frame);
            return end_attempt(parsed.status == Pop3Status::ok);
        case Pop3Status::challenge:
            break;
        case Pop3Status::other:
            record_unsolicited(line);
            return std::nullopt;
    }
    record_response(parsed.text.empty() ? "+" : "+ " + readable_challenge(mechanism_, parsed.text), 1);
    auto answer = exchange_->answer(parsed.text);
    if (!answer) return fail(Failure::protocol_error, answer.error());
    return write(std::move(answer->text), std::move(answer->slot));
}

std::optional<Action> Pop3Session::on_user(std::string_view line) {
    const auto parsed = parse_pop3_line(line);
    switch (parsed.status) {
        case Pop3Status::ok:
            enter(State::pass);
            return write("PASS ", {SlotKind::password_raw, ""});
        case Pop3Status::err:
            record_response(line, parsed.frame);
            return end_attempt(false);
        case Pop3Status::challenge:
        case Pop3Status::other:
            break;
    }
    record_unsolicited(line);
    return std::nullopt;
}

std::optional<Action> Pop3Session::on_pass(std::string_view line) {
    const auto parsed = parse_pop3_line(line);
    switch (parsed.status) {
        case Pop3Status::ok:
        case Pop3Status::err:
            record_response(line, parsed.frame);
            return end_attempt(parsed.status == Pop3Status::ok);
        case Pop3Status::challenge:
        case Pop3Status::other:
            break;
    }
    record_unsolicited(line);
    return std::nullopt;
}

}  // namespace reprompt::protocol
