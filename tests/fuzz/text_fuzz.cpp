// SPDX-License-Identifier: MPL-2.0
// Any octets through escaping, masking and base64: the result is printable UTF-8 of bounded size, doing it
// twice changes nothing, and a planted address never survives.
// Covers: host/base/text.cpp host/base/escape.cpp host/base/mask.cpp host/base/spelling.cpp
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/spelling.hpp"
#include "base/text.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace reprompt;
    const auto require = [](bool holds) {
        if (!holds) std::abort();
    };
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);

    const auto escaped = escape_server_words(bytes);
    require(escaped.size() <= 512 && is_utf8(escaped) && !has_control(escaped));
    require(escape_server_words(escaped) == escaped);

    const std::string_view address = "alice@example.org";
    const auto middle = size / 2;
    std::string planted(bytes.substr(0, middle));
    planted.append(" ").append(address).append(" ").append(bytes.substr(middle));
    const auto masked = mask_identity(planted, address);
    require(masked.find(address) == std::string::npos);

    const auto encoded = base64_encode(bytes);
    require(base64_decode(encoded) == std::string(bytes));
    if (const auto decoded = base64_decode(bytes)) require(base64_encode(*decoded) == bytes);
    static_cast<void>(split_words(bytes));
    static_cast<void>(mask_secret(bytes, Secret(bytes.substr(0, 6))));

    // Finds lie inside, in order, without overlaps; what spells a word is not left in the middle of any
    // octets.
    for (const auto edges : {Edges::whole_word, Edges::any}) {
        std::size_t last = 0;
        for (const auto& span : spellings_of(address, bytes, edges)) {
            require(span.begin >= last && span.end > span.begin && span.end <= size);
            last = span.end;
        }
    }
    std::string encoded_address(bytes.substr(0, middle));
    encoded_address.append(" %61lice&#64;example.org ").append(bytes.substr(middle));
    if (size < 8000)
        require(mask_identity(encoded_address, address).find("lice&#64;example") == std::string::npos);
    return 0;
}
