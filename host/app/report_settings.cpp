// SPDX-License-Identifier: MPL-2.0
#include "app/report_settings.hpp"

#include "app/columns.hpp"

namespace reprompt::app {

namespace {

struct SettingsWords {
    const char *heading, *host, *port, *tls, *auth, *user;
    const char *none, *password, *encrypted_password, *oauth2;
    const char *by_port, *by_rule, *by_srv, *by_autoconfig;  ///< why, by source
    const char *by_offer, *by_address;                       ///< why, where only method or user name change
    const char *silent, *confirm_host;
};

constexpr SettingsWords english{
    .heading = "Change these settings:",
    .host = "Server",
    .port = "Port",
    .tls = "Security",
    .auth = "Method",
    .user = "User name",
    .none = "None",
    .password = "Normal password",
    .encrypted_password = "Encrypted password",
    .oauth2 = "OAuth2",
    .by_port = "The same server works there, and its certificate is verified.",
    .by_rule = "It is the provider's server by the built-in rules, and it works.",
    .by_srv = "The DNS of the account's domain names this server, and it works.",
    .by_autoconfig = "The domain's own page for mail programs names this server, and it works.",
    .by_offer = "The server offers this method on the same encrypted connection.",
    .by_address = "This form of the user name was not tried.",
    .silent = "No password was sent to find out.",
    .confirm_host = "This server is outside the account's domain. Use it only if you know it.",
};

constexpr SettingsWords japanese{
    .heading = "変更する設定:",
    .host = "サーバー名",
    .port = "ポート",
    .tls = "接続の保護",
    .auth = "認証方式",
    .user = "ユーザー名",
    .none = "なし",
    .password = "通常のパスワード認証",
    .encrypted_password = "暗号化されたパスワード認証",
    .oauth2 = "OAuth2",
    .by_port = "同じサーバーがこの設定で応答し、証明書も確認できました。",
    .by_rule = "内蔵のルールにあるこのサービスのサーバーで、応答を確認しました。",
    .by_srv = "アカウントのドメインの DNS が示すサーバーで、応答を確認しました。",
    .by_autoconfig = "ドメイン自身の自動設定ページが示すサーバーで、応答を確認しました。",
    .by_offer = "同じ暗号化された接続で、サーバーがこの方式に対応しています。",
    .by_address = "この形式のユーザー名ではまだ試していません。",
    .silent = "確認のためにパスワードは送信していません。",
    .confirm_host = "アカウントのドメインとは別のサーバーです。心当たりがある場合にのみ使用してください。",
};

const SettingsWords& words_for(Language language) noexcept {
    return language == Language::japanese ? japanese : english;
}

std::string tls_word(TlsMode tls, const SettingsWords& words) {
    switch (tls) {
        case TlsMode::implicit:
            return "SSL/TLS";
        case TlsMode::starttls:
            return "STARTTLS";
        case TlsMode::none:
            return words.none;
    }
    return {};
}

std::string auth_word(const std::string& auth, const SettingsWords& words) {
    if (auth == "password") return words.password;
    if (auth == "password_encrypted") return words.encrypted_password;
    return auth == "oauth2" ? words.oauth2 : "";
}

const char* reason(const probe::SettingsProposal& settings, const SettingsWords& words) noexcept {
    if (settings.user) return words.by_address;
    if (settings.auth && settings.changes.size() == 1) return words.by_offer;
    switch (settings.source) {
        case probe::SettingsSource::port:
            return words.by_port;
        case probe::SettingsSource::rule:
            return words.by_rule;
        case probe::SettingsSource::srv:
            return words.by_srv;
        case probe::SettingsSource::autoconfig:
            return words.by_autoconfig;
    }
    return "";
}

}  // namespace

const char* settings_heading(Language language) noexcept {
    return words_for(language).heading;
}

std::vector<std::string> settings_lines(const probe::Result& result, Language language) {
    constexpr std::size_t name_columns = 12;
    if (!result.settings) return {};
    const auto& words = words_for(language);
    const auto& settings = *result.settings;
    const auto& found = settings.endpoint;
    const auto& was = settings.configured;  // the evidence may speak of another port (unencrypted.hpp)
    std::vector<std::string> lines;
    const auto add = [&](const char* name, const std::string& before, const std::string& after) {
        lines.push_back(padded(name, name_columns) + before + (before.empty() ? "-> " : " -> ") + after);
    };
    for (const auto& change : settings.changes) {
        if (change == "host") add(words.host, was.host, found.host);
        if (change == "port") add(words.port, std::to_string(was.port), std::to_string(found.port));
        if (change == "tls") add(words.tls, tls_word(was.tls, words), tls_word(found.tls, words));
        if (change == "auth")
            add(words.auth, auth_word(result.evidence.configured_auth, words),
                auth_word(*settings.auth, words));
        if (change == "user") add(words.user, "", *settings.user);
    }
    lines.emplace_back(reason(settings, words));
    if (!settings.user)
        lines.back() += language == Language::japanese ? words.silent : std::string(" ") + words.silent;
    if (settings.confirm_host) lines.emplace_back(words.confirm_host);
    return lines;
}

}  // namespace reprompt::app
