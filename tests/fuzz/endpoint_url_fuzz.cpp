// SPDX-License-Identifier: MPL-2.0
// Any text as the URL of a server or a proxy: what is taken says the same when it is written and read again,
// and what is refused is not repeated.
// Covers: host/app/endpoint_url.cpp host/net/host_name.cpp
#include "app/endpoint_url.hpp"

#include <cstdint>
#include <cstdlib>

#include "base/text.hpp"

namespace {

void check_error(const std::string& error, std::string_view marker) {
    if (error.empty() || reprompt::has_control(error)) std::abort();
    if (!marker.empty() && error.find(marker) != std::string::npos) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace reprompt;
    const std::string_view url(reinterpret_cast<const char*>(data), size);
    if (const auto endpoint = app::parse_endpoint_url(url)) {
        if (endpoint->host.empty() || endpoint->port == 0 || has_control(endpoint->host)) std::abort();
        const auto written =
            app::endpoint_text(endpoint->protocol, endpoint->tls, endpoint->host, endpoint->port);
        const auto again = app::parse_endpoint_url(written);
        if (!again || again->host != endpoint->host || again->port != endpoint->port ||
            again->tls != endpoint->tls || again->protocol != endpoint->protocol)
            std::abort();
    } else {
        check_error(endpoint.error(), {});
    }
    if (const auto proxy = app::parse_proxy_url(url)) {
        if (proxy->host.empty() || proxy->port == 0 || has_control(proxy->host)) std::abort();
    } else {
        check_error(proxy.error(), {});
    }
    // Somebody may have put a password into it.
    constexpr std::string_view marker = "hunter2-marker";
    std::string marked(url.substr(0, size / 2));
    marked.append(marker).append(url.substr(size / 2));
    if (const auto endpoint = app::parse_endpoint_url(marked); !endpoint)
        check_error(endpoint.error(), marker);
    if (const auto proxy = app::parse_proxy_url(marked); !proxy) check_error(proxy.error(), marker);
    return 0;
}
