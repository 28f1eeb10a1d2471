// SPDX-License-Identifier: MPL-2.0
// The seal of the vault, and the digests below it.
#include "ledger/seal.hpp"

#include <doctest/doctest.h>

#include <string>

#include "ledger/digest.hpp"

using namespace reprompt;
using namespace reprompt::ledger;

TEST_CASE("what is sealed opens again with the same key and binding, whatever octets it holds") {
    const Secret key = random_secret(seal_key_octets);
    for (const std::string& plain :
         {std::string(), std::string("hunter2"), std::string("a\0b\r\n\xff", 6), std::string(100'000, 'x')}) {
        const auto sealed = seal(key, Secret(plain), "account");
        REQUIRE(sealed);
        if (!plain.empty()) CHECK(sealed->reveal().find(plain) == std::string_view::npos);
        const auto opened = unseal(key, *sealed, "account");
        REQUIRE(opened);
        CHECK(opened->reveal() == plain);
    }
}

TEST_CASE("the same password sealed twice gives different octets") {
    const Secret key = random_secret(seal_key_octets);
    CHECK(seal(key, Secret("hunter2"), "")->reveal() != seal(key, Secret("hunter2"), "")->reveal());
}

TEST_CASE("another key, another binding or any changed octet opens nothing") {
    const Secret key = random_secret(seal_key_octets);
    const auto sealed = seal(key, Secret("hunter2"), "entry 1");
    REQUIRE(sealed);
    CHECK_FALSE(unseal(random_secret(seal_key_octets), *sealed, "entry 1"));
    CHECK_FALSE(unseal(key, *sealed, "entry 2"));
    for (std::size_t at = 0; at < sealed->size(); ++at) {
        std::string changed(sealed->reveal());
        changed[at] = static_cast<char>(changed[at] ^ 1);
        CHECK_FALSE(unseal(key, Secret(changed), "entry 1"));
        CHECK_FALSE(unseal(key, Secret(sealed->reveal().substr(0, at)), "entry 1"));
    }
}

TEST_CASE("a seal key that is not 32 octets is refused") {
    CHECK_FALSE(seal(Secret("short"), Secret("hunter2"), ""));
    CHECK_FALSE(seal(Secret(), Secret("hunter2"), ""));
    const auto sealed = seal(random_secret(seal_key_octets), Secret("hunter2"), "");
    CHECK_FALSE(unseal(Secret(std::string(33, 'k')), *sealed, ""));
}

TEST_CASE("digests agree with independent implementations") {
    // Python: hmac.new(b"Jefe", b"\0\0\0\x1c" + b"what do ya want for nothing?", "sha256").hexdigest()
    CHECK(hmac_hex("Jefe", {"what do ya want for nothing?"}) ==
          "6298cecdfbe401fe7a2c98963b8fc9fce1d110839f3a1ac4f873523359f55750");
    CHECK(checksum("abc") == "ba7816bf");  // FIPS 180-4 example
    CHECK(length_prefixed({"ab", ""}) == std::string("\0\0\0\2ab\0\0\0\0", 10));
}

TEST_CASE("fields moved across a border give another fingerprint") {
    CHECK(hmac_hex("k", {"ab", "c"}) != hmac_hex("k", {"a", "bc"}));
    CHECK(hmac_hex("k", {"abc"}) != hmac_hex("k", {"abc", ""}));
    CHECK(hmac_hex("k", {"abc"}) == hmac_hex("k", {"abc"}));
    CHECK(hmac_hex("k", {"abc"}) != hmac_hex("l", {"abc"}));
}
