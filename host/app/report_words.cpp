// SPDX-License-Identifier: MPL-2.0
#include "app/report_words.hpp"

#include "base/text.hpp"

namespace reprompt::app {

namespace {

constexpr ReportWords english{
    .dns = "DNS",
    .connect = "Connection",
    .tls = "Encryption",
    .starttls = "STARTTLS",
    .greeting = "Greeting",
    .login = "Login",
    .well = "ok",
    .failed = "FAILED",
    .refused = "REFUSED",
    .unanswered = "no answer",
    .untried = "not tried",
    .server_said = "The server said:",
    .next = "What to do:",
    .organisation_says = "Your organisation says:",
    .own_rule = "What to do, by a rule of your own:",
    .why = "Why:",
    .notes = "Please note:",
    .more = "More: ",
    .quote = "\"",
    .unquote = "\"",
    .unsure = " (Not certain.)",
    .nothing_wrong = "Nothing is wrong up to the sign-in, and no password was tried.",
    .give_user = "Give --user and a password source to test the sign-in itself.",
    .no_starttls = "The server offers no encryption (STARTTLS) on this port, so no password is sent to it.",
    .slipped_in =
        "Something was slipped in before the encryption began, so no password is sent. Somebody may be "
        "tampering with the connection.",
    .no_encryption = "The server offers no encryption that can be verified, so no password is sent to it.",
    .no_sign_in = "The server answers, but offers no way to sign in on this port.",
    .other_port =
        "Use the port meant for mail programs. For sending it is usually 465 (SSL/TLS) or 587 (STARTTLS); "
        "on 25 servers talk to each other.",
    .used_up =
        "Three sign-ins of this account failed within 24 hours, so this password was not tried: it may be "
        "right.",
    .check_elsewhere =
        "Until those 24 hours are over no more is sent for this account, not even with --again: further "
        "failures could lock it. To check the password now, enter it in the mail program or on the "
        "provider's web page.",
    .no_connection = "No connection was made and nothing was sent.",
    .nothing_sent = "no password was sent",
    .password_sent = "the password was sent once",
    .token_sent = "the token was sent once",
    .verified = "certificate verified",
    .unverified = "certificate NOT verified",
    .unencrypted = "not encrypted",
    .this_computer = "this computer only",
    .named_time = "The server names a time: ",
    .seconds = " seconds.",
    .minutes = " minutes.",
    .last_line = "; all facts: --json",
};

constexpr ReportWords japanese{
    .dns = "DNS",
    .connect = "接続",
    .tls = "暗号化",
    .starttls = "STARTTLS",
    .greeting = "最初の応答",
    .login = "ログイン",
    .well = "成功",
    .failed = "失敗",
    .refused = "拒否",
    .unanswered = "応答なし",
    .untried = "未実行",
    .server_said = "サーバーからの応答（原文）:",
    .next = "対処方法:",
    .organisation_says = "組織からの案内:",
    .own_rule = "対処方法（ご自身のルールによる）:",
    .why = "判定の根拠:",
    .notes = "注意:",
    .more = "詳しい情報: ",
    .quote = "「",
    .unquote = "」",
    .unsure = "（確実ではありません）",
    .nothing_wrong = "ログインの手前まで問題はありません。パスワードは試していません。",
    .give_user = "ログインも確認するには、--user とパスワードの入力元を指定してください。",
    .no_starttls =
        "このポートではサーバーが暗号化（STARTTLS）に対応していないため、パスワードは送信しません。",
    .slipped_in =
        "暗号化の開始前に不正なデータがあったため、パスワードは送信しません。通信が改ざんされているおそれがあ"
        "ります。",
    .no_encryption = "確認できる暗号化にサーバーが対応していないため、パスワードは送信しません。",
    .no_sign_in = "サーバーは応答していますが、このポートではログインできません。",
    .other_port =
        "メールソフト用のポートを設定してください。送信は通常 465（SSL/TLS）または 587（STARTTLS）です。25 "
        "番はサーバー同士の通信に使われます。",
    .used_up =
        "このアカウントでは 24 時間以内に 3 "
        "回ログインに失敗したため、このパスワードは試していません（正誤は不"
        "明です）。",
    .check_elsewhere =
        "失敗が続くとアカウントがロックされるおそれがあるため、24 時間が過ぎるまでは --again "
        "を付けても送信しませ"
        "ん。すぐに確認するには、メールソフトに入力するか、メールサービスのウェブページでログインしてください"
        "。",
    .no_connection = "接続は行わず、何も送信していません。",
    .nothing_sent = "パスワードは送信していません",
    .password_sent = "パスワードを 1 回送信しました",
    .token_sent = "トークンを 1 回送信しました",
    .verified = "証明書は有効",
    .unverified = "証明書は確認できません",
    .unencrypted = "暗号化なし",
    .this_computer = "このコンピューター内のみ",
    .named_time = "サーバーが示した待ち時間: ",
    .seconds = " 秒",
    .minutes = " 分",
    .last_line = "、すべての情報: --json",
};

struct FailureWords {
    const char *english, *japanese;
};

FailureWords both(Failure failure) noexcept {
    switch (failure) {
        case Failure::none:
            return {"", ""};
        case Failure::dns_not_found:
            return {"there is no such name", "この名前は存在しません"};
        case Failure::dns_no_address:
            return {"the name has no address", "この名前にはアドレスがありません"};
        case Failure::dns_temporary:
            return {"the name server does not answer", "ネームサーバーが応答しません"};
        case Failure::connection_refused:
            return {"nothing listens on this port", "このポートでは接続を受け付けていません"};
        case Failure::host_unreachable:
            return {"no way leads to this server", "このサーバーへの経路がありません"};
        case Failure::network_down:
            return {"this computer has no network", "ネットワークに接続されていません"};
        case Failure::timeout:
            return {"no answer in time", "時間内に応答がありません"};
        case Failure::connection_closed:
            return {"the server closed the connection", "サーバーが接続を閉じました"};
        case Failure::tls_not_spoken:
            return {"the port does not speak TLS", "このポートは TLS に対応していません"};
        case Failure::tls_version:
            return {"no TLS version in common", "共通の TLS バージョンがありません"};
        case Failure::tls_cipher:
            return {"no cipher in common", "共通の暗号方式がありません"};
        case Failure::tls_handshake:
            return {"the TLS handshake failed", "TLS の開始に失敗しました"};
        case Failure::certificate_name:
            return {"the certificate is for another name", "証明書が別の名前のものです"};
        case Failure::certificate_issuer:
            return {"nobody trusted has issued the certificate", "証明書の発行者を信頼できません"};
        case Failure::certificate_expired:
            return {"the certificate has expired", "証明書の有効期限が切れています"};
        case Failure::certificate_not_yet_valid:
            return {"the certificate is not valid yet", "証明書はまだ有効になっていません"};
        case Failure::certificate_other:
            return {"the certificate is not acceptable", "証明書を受け入れられません"};
        case Failure::starttls_not_offered:
            return {"the server does not offer it", "サーバーが対応していません"};
        case Failure::starttls_refused:
            return {"the server refuses it", "サーバーが拒否しました"};
        case Failure::starttls_injection:
            return {"words were slipped in before encryption", "暗号化の前に不正なデータがありました"};
        case Failure::wrong_protocol:
            return {"another protocol answers here", "別のプロトコルが応答しました"};
        case Failure::protocol_error:
            return {"the answer breaks the protocol", "応答がプロトコルに反しています"};
        case Failure::plaintext_forbidden:
            return {"without encryption nothing is sent", "暗号化されていないため送信しません"};
        case Failure::proxy_failed:
            return {"the proxy does not work", "プロキシが機能していません"};
        case Failure::proxy_refused:
            return {"the proxy does not connect to the server", "プロキシがサーバーへの接続を拒否しました"};
        case Failure::proxy_login_required:
            return {"the proxy wants a login of its own", "プロキシへのログインが必要です"};
        case Failure::cancelled:
            return {"cancelled", "中止しました"};
    }
    return {"", ""};
}

}  // namespace

const ReportWords& report_words(Language language) noexcept {
    return language == Language::japanese ? japanese : english;
}

const char* failure_words(Failure failure, Language language) noexcept {
    const auto words = both(failure);
    return language == Language::japanese ? words.japanese : words.english;
}

Language language_of(const char* lc_all, const char* lc_messages, const char* lang) noexcept {
    for (const char* value : {lc_all, lc_messages, lang}) {
        if (value == nullptr || *value == '\0') continue;
        const std::string_view name(value);
        const bool is_japanese = name == "ja" || name.starts_with("ja_") || name.starts_with("ja.");
        const auto dot = name.find('.');
        if (!is_japanese || dot == std::string_view::npos)
            return is_japanese ? Language::japanese : Language::english;
        const auto encoding = name.substr(dot + 1, name.find('@', dot) - dot - 1);
        return iequals(encoding, "UTF-8") || iequals(encoding, "utf8") ? Language::japanese
                                                                       : Language::english;
    }
    return Language::english;
}

}  // namespace reprompt::app
