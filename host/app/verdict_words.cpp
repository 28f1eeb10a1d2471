// SPDX-License-Identifier: MPL-2.0
#include "app/verdict_words.hpp"

namespace reprompt::app {

VerdictWords words_of(VerdictCode code) noexcept {
    switch (code) {
        case VerdictCode::stale_password:
            return {"The server no longer accepts this password.",
                    "Enter the new password. If it was not changed, check the user name, or reset the "
                    "password with the provider."};
        case VerdictCode::password_expired:
            return {"The password has expired.",
                    "Change it with the provider, then enter the new one in the mail program."};
        case VerdictCode::app_password_required:
            return {"The provider wants an app password here, not the account's own password.",
                    "Make an app password on the provider's page and enter it in the mail program."};
        case VerdictCode::oauth2_required:
            return {"The provider takes no passwords from mail programs any more.",
                    "Switch the account to OAuth2 and sign in with the browser window that opens."};
        case VerdictCode::oauth2_token_expired:
            return {"The sign-in has expired or was withdrawn.", "Sign in again with the browser window."};
        case VerdictCode::web_login_required:
            return {"The provider wants you to sign in with a browser first.",
                    "Sign in to the provider's web page, answer what it asks, then try again."};
        case VerdictCode::account_locked:
            return {"The provider has locked or disabled this account.",
                    "Ask the provider. The password may be fine; do not try again and again."};
        case VerdictCode::rate_limited:
            return {"The server has paused sign-ins after too many tries.",
                    "Wait, then try once. The password may be fine."};
        case VerdictCode::protocol_disabled:
            return {"This way of reading or sending mail is switched off for the mailbox.",
                    "Switch it on in the provider's settings, or use the other protocol."};
        case VerdictCode::mechanism_unsupported:
            return {"The server does not offer the sign-in method that is set.",
                    "Set the authentication method to one that the server offers."};
        case VerdictCode::username_format:
            return {"The server does not know this form of the user name.",
                    "Use the full mail address as the user name."};
        case VerdictCode::tls_required:
            return {"The server allows no sign-in without encryption.",
                    "Set the connection security to SSL/TLS or STARTTLS, with the matching port."};
        case VerdictCode::tls_obsolete:
            return {"The server and this computer have no TLS version or cipher in common.",
                    "Tell the provider that the server needs TLS 1.2 or later."};
        case VerdictCode::certificate_untrusted:
            return {"The server's certificate cannot be trusted.",
                    "Do not enter a password. Check the server's name and this computer's clock, or ask the "
                    "provider."};
        case VerdictCode::server_unreachable:
            return {"The server cannot be reached.",
                    "Check the host name and the port, or try again later. The password was not judged."};
        case VerdictCode::offline:
            return {"This computer has no working network.", "Connect to the network, then try again."};
        case VerdictCode::temporary_failure:
            return {"The server has a problem and says to try later.",
                    "Try again later. The password was not judged."};
        case VerdictCode::not_auth:
            return {"The server refuses for a reason that is not the sign-in.",
                    "Read the server's words below; the password is not the problem."};
        case VerdictCode::password_accepted:
            return {"The login works.", "Nothing needs to be done."};
        case VerdictCode::inconclusive:
            return {"What the server said does not tell the reason.",
                    "Read the server's words below, or ask the provider."};
    }
    return {"", ""};
}

}  // namespace reprompt::app
