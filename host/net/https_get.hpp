// SPDX-License-Identifier: MPL-2.0
// HttpsGet: one small page over verified https, on our own Channel: so it has the deadline, the cancel, the
// abandonable resolver and the certificate store of every other connection here. Belongs here: the connection
// and its redirects. Does not belong here: what HTTP says (protocol/http_page.hpp), which pages are asked
// for.
#pragma once

#include "net/dial.hpp"
#include "protocol/http_page.hpp"

namespace reprompt::net {

struct HttpsRules {
    TrustPolicy trust;
    std::string owner;        ///< no host but those of this name's registrable domain is asked
    AddressRule allowed{};    ///< of the addresses; empty = all
    std::size_t longest = 0;  ///< of the page, octets
};

/// Redirects that are followed.
inline constexpr int most_redirects = 3;

/// The page at `place`, status 200. Every redirect leads over https, to the same port and to a host of
/// `rules.owner`, or ends it. Errors: as of dial() and Channel::upgrade, and wrong_protocol for everything
/// that is not such a page.
Expected<std::string, IoError> https_get(protocol::HttpsPlace place, const HttpsRules& rules,
                                         Deadline deadline, const Cancel& cancel);

}  // namespace reprompt::net
