// SPDX-License-Identifier: MPL-2.0
// Any challenges to every SASL client: each ends within a few messages.
// Covers: host/sasl/cram_md5.cpp host/sasl/login.cpp host/sasl/oauthbearer.cpp host/sasl/plain.cpp
// Covers: host/sasl/xoauth2.cpp
#include <cstdint>
#include <cstdlib>

#include "sasl/mechanism.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace reprompt;
    const std::string_view challenge(reinterpret_cast<const char*>(data), size);
    const Secret password("correct horse");
    for (const auto mechanism : {Mechanism::plain, Mechanism::login, Mechanism::cram_md5, Mechanism::xoauth2,
                                 Mechanism::oauthbearer}) {
        const auto client =
            sasl::make_client(mechanism, challenge.substr(0, size / 2), password, "mail.example.org", 993);
        static_cast<void>(client->initial_response());
        int answers = 0;
        while (client->respond(challenge)) {
            if (++answers > 2) std::abort();
        }
    }
    return 0;
}
