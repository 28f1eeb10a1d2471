// SPDX-License-Identifier: MPL-2.0
#include "app/exit_status.hpp"

namespace reprompt::app {

int exit_status_of(VerdictCode code) noexcept {
    switch (code) {
        case VerdictCode::password_accepted:
            return exit_ok;
        case VerdictCode::stale_password:
        case VerdictCode::password_expired:
        case VerdictCode::app_password_required:
        case VerdictCode::oauth2_required:
        case VerdictCode::oauth2_token_expired:
        case VerdictCode::web_login_required:
        case VerdictCode::account_locked:
        case VerdictCode::protocol_disabled:
        case VerdictCode::mechanism_unsupported:
        case VerdictCode::username_format:
        case VerdictCode::tls_required:
        case VerdictCode::tls_obsolete:
        case VerdictCode::certificate_untrusted:
        case VerdictCode::not_auth:
            return exit_user_must_act;
        case VerdictCode::rate_limited:
        case VerdictCode::server_unreachable:
        case VerdictCode::offline:
        case VerdictCode::temporary_failure:
            return exit_later;
        case VerdictCode::inconclusive:
            return exit_inconclusive;
    }
    return exit_internal;
}

}  // namespace reprompt::app
