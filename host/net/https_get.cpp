// SPDX-License-Identifier: MPL-2.0
#include "net/https_get.hpp"

#include "net/registrable_domain.hpp"
#include "net/wait.hpp"

namespace reprompt::net {
namespace {

using protocol::HttpPage;

Unexpected<IoError> no_page(const char* why) {
    return fail(Failure::wrong_protocol, why);
}

Expected<HttpPage, IoError> ask(const protocol::HttpsPlace& place, const HttpsRules& rules, Deadline deadline,
                                const Cancel& cancel) {
    Evidence seen;
    auto channel = dial(place.host, place.port, seen, deadline, cancel, {}, rules.allowed);
    if (!channel) return Unexpected<IoError>(channel.error());
    if (auto secured =
            channel->upgrade(place.host, place.port, rules.trust, nullptr, seen.tls, deadline, cancel);
        !secured)
        return Unexpected<IoError>(secured.error());
    if (auto sent = channel->write(protocol::page_question(place), deadline, cancel); !sent)
        return Unexpected<IoError>(sent.error());
    std::string bytes;
    for (;;) {
        const auto more = channel->read(deadline, cancel);
        const bool ended = !more && more.error().failure == Failure::connection_closed;
        if (!more && !ended) return Unexpected<IoError>(more.error());
        if (more) bytes += *more;
        auto page = protocol::read_http_page(bytes, ended, rules.longest);
        if (page.state == HttpPage::State::whole) return page;
        if (page.state == HttpPage::State::too_long) return no_page("the page is too long");
        if (page.state == HttpPage::State::broken) return no_page("the web server's answer cannot be read");
    }
}

bool is_redirect(int status) noexcept {
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

}  // namespace

Expected<std::string, IoError> https_get(protocol::HttpsPlace place, const HttpsRules& rules,
                                         Deadline deadline, const Cancel& cancel) {
    for (int redirects = 0;; ++redirects) {
        if (!same_owner(place.host, rules.owner)) return no_page("it leads to somebody else");
        auto page = ask(place, rules, deadline, cancel);
        if (!page) return Unexpected<IoError>(page.error());
        if (page->status == 200) return std::move(page->body);
        const auto next =
            is_redirect(page->status) ? protocol::redirected(page->location, place) : std::nullopt;
        if (!next || next->port != place.port || redirects == most_redirects)
            return no_page("there is no such page");
        place = *next;
    }
}

}  // namespace reprompt::net
