// SPDX-License-Identifier: MPL-2.0
#include <doctest/doctest.h>

#include "diagnose/capability_facts.hpp"
#include "diagnose/phrase_index.hpp"
#include "diagnose/reply_facts.hpp"
#include "diagnose/retry_after.hpp"
#include "diagnose/words.hpp"

using namespace reprompt;

TEST_CASE("words are folded: case, blanks, apostrophes, Cyrillic, CJK marks") {
    CHECK(fold_words("  Échec\t d’Authentification ") == "échec d'authentification");
    CHECK(fold_words("НЕВЕРНЫЙ ПАРОЛЬ") == "неверный пароль");
    CHECK(fold_words("密码错误。") == "密码错误.");
    CHECK(fold_words("") == "");
    for (const char* text :
         {"", "login failed", "a", "{x} ~1|", "a  b", " a", "a ", "A", "Échec", "échec", "a\tb", "a\\x09b",
          "a\\b", "密码错误。", "密码错误", "d’accord", "\x7F", "parol, парол"})
        CHECK_MESSAGE(is_folded(text) == (fold_words(text) == text), text);
}

TEST_CASE("a phrase is found where a word begins, not inside one") {
    PhraseIndex index;
    const auto locked = index.add_list({"locked"});
    const auto chinese = index.add_list({"授权码"});
    ListHits hits;
    index.find("the address is blocked", hits);
    CHECK(hits[locked] == 0);
    index.find("is locked: 请使用授权码登录", hits);
    CHECK(hits[locked] == 1);
    CHECK(hits[chinese] == 1);
    CHECK(index.add_list({"locked"}) == locked);
    index.find("", hits);
    CHECK(hits[locked] == 0);
}

TEST_CASE("an IMAP answer is taken apart with and without tag") {
    const auto tagged = read_reply(Protocol::imap, {"a1 NO [AUTHENTICATIONFAILED] Authentication Failed"});
    CHECK(tagged.status == ReplyStatus::no);
    CHECK(tagged.codes == std::vector<std::string>{"AUTHENTICATIONFAILED"});
    CHECK(tagged.words == "authentication failed");
    const auto bare = read_reply(Protocol::imap, {"NO [xfoo 1] [ALERT] Too many"});
    CHECK(bare.codes == std::vector<std::string>{"XFOO", "ALERT"});
    CHECK(bare.words == "too many");
    CHECK(read_reply(Protocol::imap, {"No such user"}).words == "no such user");
    CHECK(read_reply(Protocol::imap, {"* BYE bye", "a1 NO no"}).status == ReplyStatus::no);
    CHECK(read_reply(Protocol::imap, {"a1 NO no", "* BYE bye"}).status == ReplyStatus::no);
    CHECK(read_reply(Protocol::imap, {"a1 NO [ALERT cut"}).words.empty());
}

TEST_CASE("an SMTP answer gives its code, enhanced code and words of all lines") {
    const auto reply =
        read_reply(Protocol::smtp, {"535-5.7.8 Username and Password", "535 5.7.8 not accepted"});
    CHECK(reply.smtp_code == 535);
    CHECK(reply.enhanced == std::vector<std::string>{"5.7.8"});
    CHECK(reply.words == "username and password not accepted");
    CHECK(reply.status == ReplyStatus::permanent);
    CHECK(read_reply(Protocol::smtp, {"535 192.168.1.1 no"}).enhanced.empty());
}

TEST_CASE("a POP3 answer gives its response code") {
    const auto reply = read_reply(Protocol::pop3, {"-ERR [SYS/TEMP] Later"});
    CHECK(reply.status == ReplyStatus::err);
    CHECK(reply.codes == std::vector<std::string>{"SYS/TEMP"});
}

TEST_CASE("the status of an OAuth2 error is read from base64 or JSON") {
    CHECK(oauth_status_of("eyJzdGF0dXMiOiI0MDEiLCJzY2hlbWVzIjoiQmVhcmVyIn0=") == "401");
    CHECK(oauth_status_of(R"({"status": "invalid_token"})") == "invalid_token");
    CHECK(oauth_status_of("UGFzc3dvcmQ6").empty());
    CHECK(oauth_status_of("{\"status\"").empty());
    CHECK(read_reply(Protocol::imap, {"+ eyJzdGF0dXMiOiI0MDEiLCJzY2hlbWVzIjoiQmVhcmVyIn0=", "a1 NO x"})
              .oauth_status == "401");
}

TEST_CASE("capabilities are read from lines and from bare tokens") {
    const auto imap = read_capabilities(
        Protocol::imap, {"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN LOGINDISABLED STARTTLS] ready"});
    CHECK(imap.lists("PLAIN"));
    CHECK(imap.login_disabled);
    CHECK(imap.starttls);
    const auto smtp = read_capabilities(Protocol::smtp, {"250-AUTH LOGIN XOAUTH2", "250 STARTTLS"});
    CHECK(smtp.lists("LOGIN"));
    CHECK(smtp.lists_token());
    CHECK(smtp.starttls);
    const auto pop = read_capabilities(Protocol::pop3, {"USER", "SASL PLAIN", "STLS"});
    CHECK(pop.user_pass);
    CHECK(pop.takes_password(Protocol::pop3));
    CHECK_FALSE(read_capabilities(Protocol::imap, {"* CAPABILITY IMAP4rev1"}).known);
    const auto tokens = read_capabilities(Protocol::imap, {"AUTH=XOAUTH2"});
    CHECK_FALSE(tokens.takes_password(Protocol::imap));
    CHECK(offer_of(Protocol::imap, imap, "LOGIN") == Offer::no);
    CHECK(offer_of(Protocol::imap, imap, "CRAM-MD5") == Offer::no);
    CHECK(offer_of(Protocol::pop3, tokens, "USER/PASS") == Offer::unknown);
}

TEST_CASE("a POP3 or SMTP server that takes no login before encryption says so by what it leaves out") {
    CHECK(read_capabilities(Protocol::pop3, {"TOP", "UIDL", "SASL", "STLS"}).login_disabled);
    CHECK_FALSE(read_capabilities(Protocol::pop3, {"TOP", "UIDL", "SASL"}).takes_password(Protocol::pop3));
    CHECK_FALSE(read_capabilities(Protocol::pop3, {"TOP", "USER", "SASL"}).login_disabled);
    CHECK_FALSE(read_capabilities(Protocol::pop3, {"TOP", "UIDL"}).login_disabled);
    CHECK(read_capabilities(Protocol::smtp, {"250-PIPELINING", "250 STARTTLS"}).login_disabled);
    CHECK_FALSE(read_capabilities(Protocol::smtp, {"250-AUTH PLAIN", "250 STARTTLS"}).login_disabled);
    CHECK_FALSE(read_capabilities(Protocol::smtp, {"250-PIPELINING", "250 SIZE"}).login_disabled);
}

TEST_CASE("a time named in words becomes seconds, at most six hours") {
    CHECK(retry_after("please try again in 15 minutes.") == 900);
    CHECK(retry_after("blocked, retry after 600 seconds") == 600);
    CHECK(retry_after("try again in 48 hours") == 6 * 3600);
    CHECK(retry_after("bitte in 5 minuten erneut versuchen") == 300);
    CHECK(retry_after("versuchen sie es in 5 minuten") == 300);
    CHECK(retry_after("请在 10 分钟后重试") == 600);
    CHECK(retry_after("too many errors from 192.0.2.1") == std::nullopt);
    CHECK(retry_after("limit is 10 connections") == std::nullopt);
    CHECK(retry_after("try again in 0 minutes") == std::nullopt);
    CHECK(retry_after("99999999999999999999999 in 99999999999999999999 hours") == 6 * 3600);
}
