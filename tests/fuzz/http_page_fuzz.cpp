// SPDX-License-Identifier: MPL-2.0
// Whatever a web server sends: a body within its limit or none, the same however the answer ends, and
// redirects only to names over https.
// Covers: host/protocol/http_page.cpp
// Dictionary: http.dict
#include <cstdint>
#include <cstdlib>

#include "protocol/http_page.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using reprompt::protocol::HttpPage;
    constexpr std::size_t longest = 64;
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const auto page = reprompt::protocol::read_http_page(bytes, false, longest);
    if (page.body.size() > longest) std::abort();
    if (page.state != HttpPage::State::whole && !page.body.empty()) std::abort();
    const auto ended = reprompt::protocol::read_http_page(bytes, true, longest);
    if (ended.state == HttpPage::State::incomplete || ended.body.size() > longest) std::abort();
    if (page.state == HttpPage::State::whole && ended.body != page.body) std::abort();
    const auto next = reprompt::protocol::redirected(page.location.empty() ? bytes : page.location,
                                                     {"example.org", 443, "/"});
    if (next && (next->host.empty() || next->port == 0 || !next->path.starts_with('/'))) std::abort();
    if (next && reprompt::protocol::page_question(*next).find("\r\n\r\n") + 4 !=
                    reprompt::protocol::page_question(*next).size())
        std::abort();
    return 0;
}
