// SPDX-License-Identifier: MPL-2.0
#include "net/registrable_domain.hpp"

#include <libpsl.h>

#include <memory>

#include "net/address.hpp"

namespace reprompt::net {
namespace {

struct FreePsl {
    void operator()(psl_ctx_t* list) const noexcept { psl_free(list); }
};

/// The newest Public Suffix List of the machine, or the one built into libpsl. Read once; never changes.
const psl_ctx_t* suffix_list() {
    static const std::unique_ptr<psl_ctx_t, FreePsl> latest(psl_latest(nullptr));
    return latest != nullptr ? latest.get() : psl_builtin();
}

}  // namespace

std::string registrable_domain(std::string_view name) {
    const std::string owned(name);
    if (is_numeric_address(owned)) return {};
    const psl_ctx_t* const list = suffix_list();
    const char* const domain = list != nullptr ? psl_registrable_domain(list, owned.c_str()) : nullptr;
    return domain != nullptr ? domain : std::string();
}

bool same_owner(std::string_view left, std::string_view right) {
    if (left == right) return true;
    const auto domain = registrable_domain(left);
    return !domain.empty() && domain == registrable_domain(right);
}

}  // namespace reprompt::net
