// SPDX-License-Identifier: MPL-2.0
#include "app/verdict_words.hpp"

namespace reprompt::app {

namespace {

VerdictWords english(VerdictCode code) noexcept {
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
                    "Read what the server said; the password is not the problem."};
        case VerdictCode::password_accepted:
            return {"The login works.", "Nothing needs to be done."};
        case VerdictCode::inconclusive:
            return {"What was seen does not tell the reason.",
                    "Read what the server said, or ask the provider."};
    }
    return {"", ""};
}

VerdictWords japanese(VerdictCode code) noexcept {
    switch (code) {
        case VerdictCode::stale_password:
            return {"サーバーはこのパスワードを受け付けなくなりました。",
                    "新しいパスワードを入力してください。変更した覚えがない場合は、ユーザー名を確認するか、"
                    "メールサービスでパスワードを再設定してください。"};
        case VerdictCode::password_expired:
            return {"パスワードの有効期限が切れています。",
                    "メールサービスで変更してから、新しいパスワードをメールソフトに入力してください。"};
        case VerdictCode::app_password_required:
            return {"通常のパスワードではなく、アプリパスワードが必要です。",
                    "メールサービスのページでアプリパスワードを作成し、メールソフトに入力してください。"};
        case VerdictCode::oauth2_required:
            return {"このサービスは、メールソフトからのパスワードを受け付けなくなりました。",
                    "認証方式を OAuth2 に切り替え、開いたブラウザーの画面でログインしてください。"};
        case VerdictCode::oauth2_token_expired:
            return {"ログインの有効期限が切れているか、取り消されています。",
                    "ブラウザーの画面で再認証してください。"};
        case VerdictCode::web_login_required:
            return {"先にウェブブラウザーでのログインが必要です。",
                    "メールサービスのウェブページにログインし、求められた確認を済ませてから、もう一度お試しく"
                    "ださい。"};
        case VerdictCode::account_locked:
            return {"このアカウントはロックされているか、停止されています。",
                    "メールサービスに問い合わせてください。パスワードに問題はないかもしれません。繰り返し試さ"
                    "ないでください。"};
        case VerdictCode::rate_limited:
            return {"試行回数が多すぎたため、サーバーがログインを一時的に止めています。",
                    "しばらく待ってから、一度だけお試しください。パスワードに問題はないかもしれません。"};
        case VerdictCode::protocol_disabled:
            return {"このメールボックスでは、この方式での送受信が無効になっています。",
                    "メールサービスの設定で有効にするか、別の方式を使ってください。"};
        case VerdictCode::mechanism_unsupported:
            return {"設定されている認証方式にサーバーが対応していません。",
                    "サーバーが対応している認証方式に変更してください。"};
        case VerdictCode::username_format:
            return {"サーバーはこの形式のユーザー名を受け付けません。",
                    "メールアドレス全体をユーザー名にしてください。"};
        case VerdictCode::tls_required:
            return {"サーバーは暗号化されていない接続でのログインを認めていません。",
                    "接続の保護を SSL/TLS または STARTTLS にし、対応するポートを設定してください。"};
        case VerdictCode::tls_obsolete:
            return {"サーバーとこのコンピューターに共通の TLS バージョンまたは暗号方式がありません。",
                    "サーバーに TLS 1.2 以降が必要なことを、メールサービスに伝えてください。"};
        case VerdictCode::certificate_untrusted:
            return {"サーバーの証明書を信頼できません。",
                    "パスワードを入力しないでください。サーバー名とこのコンピューターの時計を確認するか、"
                    "メールサービスに問い合わせてください。"};
        case VerdictCode::server_unreachable:
            return {
                "サーバーに接続できません。",
                "ホスト名とポートを確認するか、時間をおいてお試しください。パスワードは判定していません。"};
        case VerdictCode::offline:
            return {"このコンピューターはネットワークに接続されていません。",
                    "ネットワークに接続してから、もう一度お試しください。"};
        case VerdictCode::temporary_failure:
            return {"サーバーに一時的な問題があります。",
                    "時間をおいてお試しください。パスワードは判定していません。"};
        case VerdictCode::not_auth:
            return {"サーバーは、ログイン以外の理由で拒否しました。",
                    "サーバーの応答を確認してください。パスワードの問題ではありません。"};
        case VerdictCode::password_accepted:
            return {"ログインできました。", "対応は必要ありません。"};
        case VerdictCode::inconclusive:
            return {"確認できた内容からは理由が分かりません。",
                    "サーバーの応答を確認するか、メールサービスに問い合わせてください。"};
    }
    return {"", ""};
}

struct AdviceRow {
    std::string_view word, link;  ///< `link`: the key of the page that belongs to it
    const char *english, *japanese;
};
constexpr AdviceRow advice_rows[] = {
    {"app_password", "app_password", "Make an app password and enter it in the mail program.",
     "アプリパスワードを作成し、メールソフトに入力してください。"},
    {"two_step_first", "app_password",
     "Switch two-step sign-in on first: without it the provider makes no app password.",
     "アプリパスワードを作成するには、先に 2 段階認証を有効にする必要があります。"},
    {"use_imap", "help",
     "Use IMAP: the server says that it is on. What POP3 downloaded stays on the computer.",
     "IMAP を使ってください。サーバーによると IMAP は利用できます。POP3 "
     "でダウンロード済みのメールはこのコンピューターに残ります。"},
    {"use_pop", "help", "Use POP3: the server says that it is on. Folders stay on the server.",
     "POP3 を使ってください。サーバーによると POP3 は利用できます。フォルダーはサーバーに残ります。"},
    {"oauth2", "oauth2", "Set the account's authentication method to OAuth2.",
     "アカウントの認証方式を OAuth2 に切り替えてください。"},
    {"enable_imap", "enable_imap", "Switch IMAP on in the provider's settings.",
     "メールサービスの設定で IMAP を有効にしてください。"},
    {"enable_pop", "enable_pop", "Switch POP3 on in the provider's settings.",
     "メールサービスの設定で POP3 を有効にしてください。"},
    {"enable_smtp", "enable_smtp", "Switch SMTP on in the provider's settings.",
     "メールサービスの設定で SMTP を有効にしてください。"},
    {"reset_password", "reset", "Choose a new password with the provider.",
     "メールサービスでパスワードを再設定してください。"},
    {"contact_admin", "help", "Ask the administrator or the provider.",
     "管理者またはメールサービスに問い合わせてください。"},
    {"wait", "help", "Wait before the next try.", "しばらく待ってからお試しください。"},
    {"use_full_address", "help", "Use the full mail address as the user name.",
     "メールアドレス全体をユーザー名にしてください。"},
    {"use_tls", "help", "Set the connection security to SSL/TLS or STARTTLS.",
     "接続の保護を SSL/TLS または STARTTLS にしてください。"},
    {"change_mechanism", "help", "Set another authentication method.", "別の認証方式を設定してください。"},
    {"sign_in_web", "web_login", "Sign in to the provider's web page once.",
     "メールサービスのウェブページに一度ログインしてください。"},
    {"check_settings", "help", "Check the server's name, the port and the connection security.",
     "サーバー名、ポート、接続の保護の設定を確認してください。"},
    {"check_clock", "help", "Check the date and time of this computer.",
     "このコンピューターの日付と時刻を確認してください。"},
    {"check_network", "help", "Check this computer's network connection.",
     "このコンピューターのネットワーク接続を確認してください。"},
};

const AdviceRow* row_of(std::string_view advice) noexcept {
    for (const auto& row : advice_rows) {
        if (row.word == advice) return &row;
    }
    return nullptr;
}

}  // namespace

VerdictWords words_of(VerdictCode code, Language language) noexcept {
    return language == Language::japanese ? japanese(code) : english(code);
}

const char* advice_sentence(std::string_view advice, Language language) noexcept {
    const auto* row = row_of(advice);
    if (row == nullptr) return "";
    return language == Language::japanese ? row->japanese : row->english;
}

std::string_view link_key_of(std::string_view advice) noexcept {
    const auto* row = row_of(advice);
    return row == nullptr ? std::string_view() : row->link;
}

bool says_already(VerdictCode code, std::string_view advice) noexcept {
    switch (code) {
        case VerdictCode::stale_password:
        case VerdictCode::password_expired:
            return advice == "reset_password";
        case VerdictCode::app_password_required:
            return advice == "app_password";
        case VerdictCode::oauth2_required:
            return advice == "oauth2";
        case VerdictCode::web_login_required:
            return advice == "sign_in_web";
        case VerdictCode::account_locked:
        case VerdictCode::inconclusive:
            return advice == "contact_admin";
        case VerdictCode::rate_limited:
        case VerdictCode::temporary_failure:
            return advice == "wait";
        case VerdictCode::protocol_disabled:
            return advice.starts_with("enable_");
        case VerdictCode::mechanism_unsupported:
            return advice == "change_mechanism";
        case VerdictCode::username_format:
            return advice == "use_full_address";
        case VerdictCode::tls_required:
            return advice == "use_tls";
        case VerdictCode::certificate_untrusted:
            return advice == "check_clock";
        case VerdictCode::server_unreachable:
            return advice == "check_settings";
        case VerdictCode::offline:
            return advice == "check_network";
        case VerdictCode::oauth2_token_expired:
        case VerdictCode::tls_obsolete:
        case VerdictCode::not_auth:
        case VerdictCode::password_accepted:
            return false;
    }
    return false;
}

}  // namespace reprompt::app
