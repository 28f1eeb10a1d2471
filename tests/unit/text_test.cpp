// SPDX-License-Identifier: MPL-2.0
#include "base/text.hpp"

#include <doctest/doctest.h>

using namespace reprompt;
using namespace std::string_literals;
using namespace std::string_view_literals;

TEST_CASE("base64 encodes and decodes the vectors of RFC 4648 section 10") {
    const std::pair<const char*, const char*> vectors[] = {{"", ""},
                                                           {"f", "Zg=="},
                                                           {"fo", "Zm8="},
                                                           {"foo", "Zm9v"},
                                                           {"foob", "Zm9vYg=="},
                                                           {"fooba", "Zm9vYmE="},
                                                           {"foobar", "Zm9vYmFy"}};
    for (const auto& [plain, encoded] : vectors) {
        CHECK(base64_encode(std::string_view(plain)) == encoded);
        CHECK(base64_decode(encoded) == plain);
        CHECK(base64_encode(Secret(plain)).reveal() == encoded);
    }
}

TEST_CASE("base64 that is not strict is refused") {
    for (const auto* text : {"Zg", "Zg=", "Zg===", "=", "====", "Z===", "Zm9v\n", " Zm9v", "Zm 9", "Zm9v!Zm9",
                             "Zh==", "Zm9=", "Zg==Zg=="}) {
        CAPTURE(text);
        CHECK_FALSE(base64_decode(text));
    }
}

TEST_CASE("comparisons know ASCII letters only") {
    CHECK(iequals("StartTLS", "STARTTLS"));
    CHECK_FALSE(iequals("\xC4", "\xE4"));
    CHECK(istarts_with("+ok ready", "+OK"));
    CHECK_FALSE(istarts_with("+O", "+OK"));
    CHECK(to_upper("auth=plain\xE4") == "AUTH=PLAIN\xE4");
    CHECK(to_lower("İX") == "İx");
    CHECK(trim(" \t a b \r\n") == "a b");
    CHECK(split_words("  a  b\tc ") == std::vector<std::string_view>{"a", "b", "c"});
    CHECK(split_words("   ").empty());
}

TEST_CASE("UTF-8 is what RFC 3629 says") {
    CHECK(is_utf8("日本語 ä \U0001F511"));
    for (const auto* text :
         {"\xC0\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE5\xAF", "\xFF", "\x80", "\xE0\x80\x80"})
        CHECK_FALSE(is_utf8(text));
}

TEST_CASE("server words keep valid UTF-8 and escape everything else") {
    CHECK(escape_server_words("パスワード") == "パスワード");
    CHECK(escape_server_words("a\0b\r\n\x1B[31m\x7F"sv) == "a\\x00b\\x0D\\x0A\\x1B[31m\\x7F");
    CHECK(escape_server_words("\xB5\xC7") == "\\xB5\\xC7");
    CHECK(escape_server_words("cut \xE5\xAF") == "cut \\xE5\\xAF");
    CHECK(escape_server_words("a\u202Eb\u200Bc\u0085d\uFEFF") == "a\\u{202E}b\\u{200B}c\\u{85}d\\u{FEFF}");
}

TEST_CASE("characters that nobody sees are escaped, those of names and emoji are not") {
    CHECK(escape_server_words("a\u034Fb\u115Fc\u3164d\uFFA0e\u2800f\U000E0061") ==
          "a\\u{34F}b\\u{115F}c\\u{3164}d\\u{FFA0}e\\u{2800}f\\u{E0061}");
    for (const char* kept : {"葛\U000E0100城", "\u26A0\uFE0F", "e\u0301", "\u30B9\u30DA\u30FC\u30B9"})
        CHECK(escape_server_words(kept) == kept);
}

TEST_CASE("server words are cut at a character boundary and marked") {
    std::string many;
    for (int i = 0; i < 400; ++i)
        many += "あ";
    const auto cut = escape_server_words(many);
    CHECK(cut.size() <= 512);
    CHECK(is_utf8(cut));
    CHECK(cut.ends_with("…"));
    CHECK(escape_server_words(std::string(512, 'a')) == std::string(512, 'a'));
    CHECK(escape_server_words(std::string(513, 'a')) == std::string(509, 'a') + "…");
    CHECK(escape_server_words("abcdef", 0).empty());
}

TEST_CASE("escaping twice changes nothing") {
    const auto once = escape_server_words("a\x01\xFFあ" + std::string(600, 'x'));
    CHECK(escape_server_words(once) == once);
}

TEST_CASE("the user's name and address are masked, other words stay") {
    CHECK(mask_identity("no such user alice@example.org.", "alice@example.org") == "no such user <user>.");
    CHECK(mask_identity("ALICE is locked", "alice@example.org") == "<user> is locked");
    CHECK(mask_identity("<alice@example.org> alice", "alice@example.org") == "<<user>> <user>");
    CHECK(mask_identity("用户alice不存在", "alice") == "用户<user>不存在");
    CHECK(mask_identity("malice aforethought", "alice") == "malice aforethought");
    CHECK(mask_identity("write to postmaster@example.org", "alice") == "write to <address>");
    CHECK(mask_identity("x alice%example.org@relay.example y", "") == "x <address> y");
    CHECK(mask_identity("an at sign @ alone", "al") == "an at sign @ alone");
}

TEST_CASE("a name that is an ordinary word of servers' answers does not destroy the answer") {
    CHECK(mask_identity("Invalid user or password", "user") == "Invalid user or password");
    CHECK(mask_identity("AUTH=LOGIN", "login@example.org") == "AUTH=LOGIN");
    CHECK(mask_identity("mail for login@example.org", "login@example.org") == "mail for <user>");
    CHECK(mask_identity("at it", "at") == "at it");
}

TEST_CASE("long base64 is masked, addresses of pages are not") {
    CHECK(mask_identity("token ya29AHES6ZTosKMcRh7sGVp8T1JXAj3kqz end", "") == "token <base64> end");
    CHECK(mask_identity("abcdefghijklmnopqrstuvwxyz", "") == "<base64>");
    CHECK(mask_identity("SmtpClientAuthentication is disabled", "") ==
          "SmtpClientAuthentication is disabled");
    CHECK(mask_identity("SmtpClientAuthenticationXyzAbcDefGhi", "") == "<base64>");
    CHECK(mask_identity("AKgnsbtti_XzDRUj8UQA070yD4HsFYGWI5l13l92X9_49kVY==", "") == "<base64>");
    const auto* page = "see https://support.google.com/mail/accounts/answer/185833 (Failure)";
    CHECK(mask_identity(page, "alice") == page);
    CHECK(mask_identity("AUTH=PLAIN-CLIENTTOKEN [AUTHENTICATIONFAILED]", "alice") ==
          "AUTH=PLAIN-CLIENTTOKEN [AUTHENTICATIONFAILED]");
    CHECK(mask_identity("unknown command AUTH PLAIN AGFsaWNlAHB3", "alice") ==
          "unknown command AUTH PLAIN <base64>");
}

TEST_CASE("masking twice changes nothing") {
    for (const auto* user : {"alice@example.org", "user@example.org", "secret", "base64"}) {
        const auto once = mask_identity("alice@example.org user bob@example.net AGFsaWNlAHB3 secret", user);
        CHECK(mask_identity(once, user) == once);
    }
}

TEST_CASE("a secret that the server repeats is masked, also as base64") {
    const Secret password("p\u00E4ss word");
    const auto encoded = base64_encode(password.reveal());
    CHECK(mask_secret("unknown PASS päss word, " + encoded + "!", password) ==
          "unknown PASS <secret>, <secret>!");
    CHECK(mask_secret("no", Secret("no")) == "no");
}

TEST_CASE("a secret that the server repeats inside an IMAP quoted string is masked") {
    const Secret password("pa\"ss\\word");
    CHECK(mask_secret(R"(BAD LOGIN <user> "pa\"ss\\word" unknown)", password) ==
          R"(BAD LOGIN <user> "<secret>" unknown)");
    CHECK(mask_secret(R"(PASS pa"ss\word unknown)", password) == "PASS <secret> unknown");
    CHECK(mask_secret(R"("pw\\")", Secret("abpw\\")) == R"("pw\\")");
    CHECK(mask_secret(R"("abpw\\")", Secret("abpw\\")) == R"("<secret>")");
    CHECK(mask_secret(R"(abpw\ x)", Secret("abpw\\")) == "<secret> x");
    CHECK(mask_secret(R"("a\\\\bc" a\\bc)", Secret("a\\\\bc")) == R"("<secret>" <secret>)");
}

TEST_CASE("a secret that the server repeats is masked as escaping leaves it") {
    const auto echoed = [](std::string_view secret) {
        return mask_secret(escape_server_words("no \"" + std::string(secret) + "\" here"), Secret(secret));
    };
    for (const auto secret :
         {"p\xE4ss w\xF6rd"sv, "tab\there"sv, "a\0b\x7F"sv,
          "\xE3\x83"
          "pass"sv,
          "pass\xE3\x83"sv, "パスワード"sv, "a\u202Eb"sv, "ab\u0085"sv, "\xFF\xFE\xFD\xFC"sv}) {
        CAPTURE(escape_server_words(secret));
        CHECK(echoed(secret) == "no \"<secret>\" here");
    }
    CHECK(mask_secret(R"(no "p\"\xE4\\ss")", Secret("p\"\xE4\\ss")) == R"(no "<secret>")");
    CHECK(mask_secret(R"(no \xe3\x83\x91\xe3\x82\xb9.)", Secret("パス")) == "no <secret>.");
}

TEST_CASE("the beginning of a secret that a cut leaves at the end of the words is masked") {
    const auto cut_after = [](std::string_view echo, std::size_t left, const Secret& secret) {
        std::string line(509 - left, '.');
        line.append(echo).append(600, '.');
        const auto words = mask_secret(escape_server_words(line), secret);
        CHECK(is_utf8(words));
        return words.substr(509 - left);
    };
    const Secret ascii("correct horse");
    CHECK(cut_after("correct horse", 13, ascii) == "<secret>…");
    CHECK(cut_after("correct horse", 12, ascii) == "<secret>…");
    CHECK(cut_after("correct horse", 4, ascii) == "<secret>…");
    CHECK(cut_after("correct horse", 3, ascii) == "cor…");
    CHECK(cut_after(base64_encode(ascii.reveal()), 4, ascii) == "<secret>…");
    CHECK(cut_after(base64_encode(ascii.reveal()), 19, ascii) == "<secret>…");
    const Secret japanese("パスワード");
    CHECK(cut_after("パスワード", 12, japanese) == "<secret>…");
    CHECK(cut_after("パスワード", 8, japanese) == "<secret>…");
    CHECK(cut_after("パスワード", 7, japanese) == "<secret>…");
    const Secret awkward("pa\"ss\\word");
    CHECK(cut_after(R"(pa\"ss\\word)", 9, awkward) == "<secret>…");
    CHECK(cut_after(R"(pa\"ss\\word)", 7, awkward) == "<secret>…");  // between a backslash and its character
    const Secret latin1("\xE4\xF6\xFC\xDF\xE5");
    CHECK(cut_after("\xE4\xF6\xFC\xDF\xE5", 16, latin1) == "<secret>…");
    CHECK(cut_after("\xE4\xF6\xFC\xDF\xE5", 18, latin1) == "<secret>…");

    CHECK(mask_secret("it was correct", ascii) == "it was correct");  // not cut
    CHECK(mask_secret("it was correct…", ascii) == "it was <secret>…");
    CHECK(mask_secret("incorrect, sorry…", ascii) == "incorrect, sorry…");
    CHECK(mask_secret("…", ascii) == "…");
    CHECK(mask_secret("", ascii).empty());
}

TEST_CASE("a secret of three octets is left alone, also where words were cut") {
    CHECK(mask_secret("PASS abc or YWJj", Secret("abc")) == "PASS abc or YWJj");
    CHECK(mask_secret("PASS abc…", Secret("abc")) == "PASS abc…");
    CHECK(mask_secret("パ", Secret("パ")) == "パ");
    CHECK(mask_secret("anything", Secret()) == "anything");
}

TEST_CASE("a secret that is a common word is masked, but masks are not") {
    CHECK(mask_secret("LOGIN alice password", Secret("password")) == "LOGIN alice <secret>");
    CHECK(mask_secret("LOGIN alice Pass", Secret("password")) == "LOGIN alice Pass");
    for (const auto* word : {"secret", "user", "address", "base64", "<sec", "<secret>"}) {
        CAPTURE(word);
        const Secret secret{std::string_view(word)};
        const auto once = mask_secret("<user> <address> <base64> secret user address base64 <sec…", secret);
        CHECK(mask_secret(once, secret) == once);
    }
    CHECK(mask_secret("<user> secret", Secret("secret")) == "<user> <secret>");
    CHECK(mask_secret("<user> user", Secret("user")) == "<user> <secret>");
}

TEST_CASE("control characters are found wherever they are") {
    CHECK_FALSE(has_control("alice@例え.jp"));
    for (const auto& text : {"a\rb"s, "a\nb"s, "a\0b"s, "\x1B"s, "\x7F"s, "\u0085"s})
        CHECK(has_control(text));
}
