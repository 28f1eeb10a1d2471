// SPDX-License-Identifier: MPL-2.0
#include "diagnose/plain_refusal.hpp"

#include <doctest/doctest.h>

#include "diagnose/words.hpp"

using namespace reprompt;

namespace {

bool plain(const char* text) {
    return is_plain_refusal(fold_words(text), RuleBook::built_in().content());
}

}  // namespace

TEST_CASE("the last clause of a text is what stands behind its last mark") {
    CHECK(last_clause("login failed") == "login failed");
    CHECK(last_clause("login failed. try again.") == " try again.");
    CHECK(last_clause("error: authentication failed: bad password") == " bad password");
    CHECK(last_clause("invalid credentials (failure)") == "(failure)");
    CHECK(last_clause("login failed (server") == "server");
    CHECK(last_clause("login failed - sorry") == " sorry");
    CHECK(last_clause("two-step login") == "two-step login");
    CHECK(last_clause("see 5.7.8 here") == "see 5.7.8 here");
    CHECK(last_clause("").empty());
    CHECK(last_clause("...") == "...");
}

TEST_CASE("a refusal is plain if it says nothing else to its end") {
    CHECK(plain("Authentication failed."));
    CHECK(plain("LOGIN failed"));
    CHECK(plain("Invalid credentials (Failure)"));
    CHECK(plain("Invalid credentials(Failure)"));
    CHECK(plain("Username and Password not accepted. Learn more at https://example.org/x a1-2 - gsmtp"));
    CHECK(plain("Error: authentication failed: (reason unavailable)"));
    CHECK(plain("Incorrect authentication data (set_id=bob@example.org)"));
    CHECK(plain("Login failed. Please try again."));
    CHECK(plain("Authentication failed [mx1.example.org:2026-11-22 10:00:00]"));
    CHECK(plain("用户名或密码错误，请重新输入"));
}

TEST_CASE("a refusal that was cut off is not plain") {
    CHECK_FALSE(plain("Authentication failed:"));
    CHECK_FALSE(plain("Error: authentication failed: no"));
    CHECK_FALSE(plain("Error: authentication failed: Password"));
    CHECK_FALSE(plain("LOGIN failed. Plain login /"));
    CHECK_FALSE(plain("login failure or POP3"));
    CHECK_FALSE(plain("Invalid user name"));
    CHECK_FALSE(plain("Username and Password not accepted. Learn more at"));
    CHECK_FALSE(plain("Login failed ("));
    CHECK_FALSE(plain("Login failed, your"));
    CHECK_FALSE(plain("Usuario o contraseña"));
    CHECK_FALSE(plain(""));
}

TEST_CASE("a phrase that must end a word is not met inside one") {
    PhraseIndex index;
    const auto list = index.add_list({"use|", "lock"});
    ListHits hits;
    index.find("please use it", hits);
    CHECK(hits[list] == 1);
    index.find("the user name", hits);
    CHECK(hits[list] == 0);
    index.find("use", hits);
    CHECK(hits[list] == 1);
    index.find("locked", hits);
    CHECK(hits[list] == 1);
}
