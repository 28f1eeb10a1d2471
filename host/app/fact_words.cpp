// SPDX-License-Identifier: MPL-2.0
// Sentences with gaps: "{}" stands for what differs, "{1}" and so on for what stood in the first gap and so
// on. The tests hold every fact of every built-in rule's sample against this list.
#include "app/fact_words.hpp"

#include <algorithm>
#include <optional>
#include <vector>

namespace reprompt::app {

namespace {

struct Sentence {
    std::string_view english, japanese;
};

constexpr Sentence sentences[] = {
    // the answer and the account
    {"response code {}", "応答コード {1}"},
    {"SMTP reply {}", "SMTP の応答 {1}"},
    {"OAuth2 status {}", "OAuth2 の状態 {1}"},
    {"the server accepted the credential", "サーバーはログインを受け付けました"},
    {"the server accepted before the credential was sent",
     "サーバーは、パスワードなどを送る前にログインを受け付けました"},
    {"the server refused before the credential was sent", "サーバーは、パスワードなどを送る前に拒否しました"},
    {"no credential was sent and nothing else is wrong",
     "パスワードなどは送信しておらず、ほかに問題はありません"},
    {"the server refused this very login before, so it was not sent again",
     "同じログイン情報が以前に拒否されているため、再送信していません"},
    {"Three sign-ins of this account failed within 24 hours; no more are tried.",
     "このアカウントでは 24 時間以内に 3 回ログインに失敗したため、これ以上は試しません。"},
    {"ways to sign in that the server lists: {}", "サーバーが対応している認証方式: {1}"},
    {"the server lists no way to sign in", "サーバーはどの認証方式も提示していません"},
    {"it takes no sign-in before STARTTLS", "STARTTLS の前にはログインできません"},
    {"it takes no sign-in on this connection", "この接続ではログインできません"},
    {"the account is set to a normal password", "アカウントの設定は「通常のパスワード認証」です"},
    {"the account is set to an encrypted password", "アカウントの設定は「暗号化されたパスワード認証」です"},
    {"the account is set to OAuth2", "アカウントの設定は「OAuth2」です"},
    {"over this machine's loopback", "このコンピューター内の接続です"},
    {"over a connection without encryption", "暗号化されていない接続です"},
    {"over TLS, while the account is set to no encryption",
     "TLS で接続できましたが、アカウントの設定は「接続の保護なし」です"},
    {"the server does not offer {}", "サーバーは {1} に対応していません"},
    {"the answer is no plain refusal", "応答は、単純な拒否とは言い切れません"},
    {"the server did not finish its answer", "サーバーの応答が途中で終わりました"},
    {"the server's words came without encryption", "サーバーの応答は暗号化されていませんでした"},
    {"the server said so before any credential was shown",
     "サーバーがそう答えたのは、パスワードなどを送る前です"},
    {"no password was shown to the server", "サーバーにパスワードは送っていません"},
    {"no password was refused but an OAuth2 token", "拒否されたのはパスワードではなく OAuth2 のトークンです"},
    {"the server gave different reasons at different times", "サーバーの示す理由が、そのつど異なります"},
    {"not sure enough without an attempt", "ログインを試さないと判断できません"},
    {"the answer to our own attempt does not say so", "今回の試行への応答は、そう述べていません"},
    {"Thunderbird heard another reason: {}", "Thunderbird が受け取った理由は異なります: {1}"},
    // whose server
    {"{} belongs to {}", "{1} は {2} のサーバーです"},
    {"{} takes no account password in mail programs",
     "{1} は、メールソフトからの通常のパスワードを受け付けません"},
    {"the server's greeting is that of {}", "サーバーの最初の応答は {1} のものです"},
    {"the server's capabilities are those of {}", "サーバーの対応機能は {1} のものです"},
    {"the mail domain of the account is with {} (by its name), but this server runs {}",
     "アカウントのメールドメインは {1} のものですが、このサーバーのソフトウェアは {2} です"},
    {"the mail domain of the account is with {} ({}), but this server runs {}",
     "アカウントのメールドメインは {1} を利用していますが（{2}）、このサーバーのソフトウェアは {3} です"},
    {"the mail domain of the account is with {} (by its name)",
     "アカウントのメールドメインは {1} のものです"},
    {"the mail domain of the account is with {} ({})",
     "アカウントのメールドメインは {1} を利用しています（{2}）"},
    {"nobody signs what the DNS says", "DNS の情報には署名がありません"},
    // the connection
    {"the name {} does not exist: it is mistyped, or no longer in use",
     "{1} という名前は存在しません。入力の誤りか、すでに使われていない名前です"},
    {"the name {} exists, but no server has it (no address)",
     "{1} という名前はありますが、サーバーのアドレスがありません"},
    {"the name servers could not say where {} is; this says nothing about the mail server",
     "ネームサーバーから {1} の場所を得られませんでした。メールサーバーの問題とは限りません"},
    {"the name server gives no answer about {}", "ネームサーバーが {1} について応答しません"},
    {"{} refuses connections to port {}: the port is wrong, the service is down, or a firewall says no",
     "{1} はポート {2} への接続を拒否しました。ポートの誤り、サービスの停止、ファイアウォールのいずれかが考え"
     "られます"},
    {"there is no way to {} from here, although this computer has a network",
     "ネットワークには接続していますが、{1} への経路がありません"},
    {"this computer has no network: no route leads anywhere",
     "このコンピューターはネットワークに接続されていません"},
    {"nothing answers at port {} of {}: the server is down, or a firewall drops what is sent there",
     "{2} のポート {1} から応答がありません。サーバーの停止か、ファイアウォールによる遮断が考えられます"},
    {"{} takes the connection, but does not answer to TLS",
     "{1} は接続を受け付けましたが、TLS に応答しません"},
    {"{} takes the connection and resets it as soon as TLS begins: often a firewall on the way does that",
     "{1} への接続は、TLS を始めた時点で切断されました。多くは途中のファイアウォールによるものです"},
    {"{} takes the connection and ends it as soon as TLS begins",
     "{1} は、TLS を始めた時点で接続を閉じました"},
    {"{} takes the connection and ends it before it says a word", "{1} は、何も応答せずに接続を閉じました"},
    {"{} takes the connection, but never greets", "{1} は接続を受け付けましたが、何も応答しません"},
    {"port {} of {} is answered by {}: {}; this is not the {} server, the host name or the port is wrong",
     "{2} のポート {1} では{3}が応答しました（{4}）。{5} サーバーではないため、ホスト名かポートが誤っていま"
     "す"},
    {"port {} of {} does not speak TLS", "{2} のポート {1} は TLS に対応していません"},
    {"port {} of {} does not speak {}: {}", "{2} のポート {1} は {3} のサーバーではありません: {4}"},
    {"port {} of {} begins without encryption ({}): it is a port for STARTTLS, not for SSL/TLS",
     "{2} のポート {1} は暗号化なしで始まります（{3}）。SSL/TLS 用ではなく STARTTLS 用のポートです"},
    {"port {} of {} waits for TLS from the first octet: it is a port for SSL/TLS, not for STARTTLS",
     "{2} のポート {1} は最初から TLS を待っています。STARTTLS 用ではなく SSL/TLS 用のポートです"},
    {"port {} of {} waits for TLS from the first octet: it is a port for SSL/TLS, not for connections "
     "without "
     "encryption",
     "{2} のポート {1} は最初から TLS を待っています。暗号化なしの接続用ではなく SSL/TLS 用のポートです"},
    {"the server agreed to {} and then did not speak TLS: {}",
     "サーバーは {1} に同意しましたが、TLS を始めませんでした: {2}"},
    {"the server agreed to {} and then did not speak TLS",
     "サーバーは {1} に同意しましたが、TLS を始めませんでした"},
    {"the server does not offer {}, or something on the way takes the offer out; nothing secret was sent "
     "without encryption",
     "サーバーが {1} に対応していないか、通信の途中で取り除かれています。暗号化なしでは何も送信していません"},
    {"the server refused {}, so there is no encryption; nothing secret was sent",
     "サーバーが {1} を拒否したため、暗号化できません。パスワードなどは送信していません"},
    {"something between this computer and the server crosses out {} (the server's offers hold XXXX): "
     "encryption is prevented on the way, nothing secret was sent",
     "通信の途中で {1} が消されています（サーバーの応答に XXXX があります）。暗号化が妨げられているため、"
     "パスワードなどは送信していません"},
    {"words in clear came together with the consent to encryption: somebody on the way put them in, or the "
     "server is broken",
     "暗号化への同意と一緒に平文のデータが届きました。途中で挿入されたか、サーバーの不具合です"},
    {"the account is set to no encryption, and {} has none that can be verified; the password was not sent",
     "アカウントの設定は「接続の保護なし」で、{1} "
     "には確認できる暗号化もないため、パスワードは送信していません"},
    {"the server speaks only {} with {}, which protects nobody any more; this program, like Thunderbird, "
     "needs TLS 1.2 or later",
     "サーバーは、もはや安全でない {1}（{2}）にしか対応していません。Thunderbird と同じく TLS 1.2 "
     "以降が必要です"},
    {"the server speaks only {} with {}, which protects nobody any more",
     "サーバーは、もはや安全でない {1}（{2}）にしか対応していません"},
    {"the server and this computer have no TLS version in common; this program, like Thunderbird, needs TLS "
     "1.2 or later",
     "サーバーと共通の TLS バージョンがありません。Thunderbird と同じく TLS 1.2 以降が必要です"},
    {"the server and this computer have no TLS cipher in common", "サーバーと共通の暗号方式がありません"},
    {"the certificate names no host ({}), not for {}",
     "証明書にホスト名がなく（{1}）、{2} のものと確認できません"},
    {"the certificate is for {}, not for {}", "証明書は {1} のもので、{2} のものではありません"},
    {"the server signed its certificate itself ({}); no authority vouches for it",
     "サーバーの自己署名証明書で（{1}）、認証局による保証がありません"},
    {"the certificate was issued by {}, which this computer does not know, or the server leaves out what "
     "leads to a known authority",
     "証明書の発行者 {1} "
     "はこのコンピューターに登録されていません。または、サーバーが中間証明書を送っていません"},
    {"a certificate above the server's own has expired; by this computer's clock it is {}",
     "上位の証明書の有効期限が切れています（このコンピューターの時計: {1}）"},
    {"a certificate above the server's own is not valid yet; by this computer's clock it is {}",
     "上位の証明書がまだ有効になっていません（このコンピューターの時計: {1}）"},
    {"the certificate was valid until {}; by this computer's clock it is {}",
     "証明書の有効期限は {1} まででした（このコンピューターの時計: {2}）"},
    {"the certificate was valid until {}", "証明書の有効期限は {1} まででした"},
    {"the certificate is valid only from {}; by this computer's clock it is {}",
     "証明書が有効になるのは {1} からです（このコンピューターの時計: {2}）"},
    {"the certificate is valid only from {}", "証明書が有効になるのは {1} からです"},
    {"the certificate says it comes from {}, {} (issuer {}): such programs stand between this computer and "
     "the server and open the encryption",
     "証明書の発行者は {1}（{2}、{3}）となっています。この種のソフトウェアは、サーバーとの間に入って暗号化を"
     "解除します"},
    {"a web server answers in place of {} and asks to sign in to the network (HTTP {}): this network "
     "probably "
     "wants a sign-in with the browser first",
     "{1} の代わりにウェブサーバーが応答しました（HTTP "
     "{2}）。先にブラウザーでネットワークにログインする必要があるようです"},
    {"a web server answers in place of {} and sends browsers to {} (HTTP {}): this network probably wants a "
     "sign-in with the browser first",
     "{1} の代わりにウェブサーバーが応答し、{2} に誘導しています（HTTP "
     "{3}）。先にブラウザーでネットワークにログインする必要があるようです"},
    {"this computer's clock is wrong: it says {}, but this program was built only at {}",
     "このコンピューターの時計が誤っています。時計は {1} ですが、このプログラムが作られたのは {2} です"},
    {"this computer's clock is wrong: it says {}, but it was set by the network already at {}",
     "このコンピューターの時計が誤っています。時計は {1} ですが、{2} "
     "にはすでにネットワークで合わせられていました"},
    {"IPv6 does not work to this server ({}: {}); IPv4 does ({})",
     "このサーバーには IPv6 では接続できず（{1}: {2}）、IPv4 では接続できます（{3}）"},
    // notes
    {"The server refused this login before; it is not sent again.",
     "このログイン情報は以前に拒否されているため、再送信しません。"},
    {"The same login is being tried right now; its answer will tell.",
     "同じログインを別の処理が試しています。その結果で分かります。"},
    {"A login of this account was refused before, and the keyring that would tell which one is not "
     "available.",
     "このアカウントのログインは以前に拒否されましたが、どのパスワードだったかを確認するためのキーリングを利"
     "用できません。"},
    {"Which password was refused is known only while this program runs; after that only how many were (three "
     "a day for an account at most): {}",
     "どのパスワードが拒否されたかは、このプログラムの実行中だけ記憶されます。終了後は回数だけが残ります（1 "
     "アカウントにつき 1 日 3 回まで）。理由: {1}"},
    {"The record of earlier attempts cannot be used, so the password was not sent: {}",
     "試行の記録を利用できないため、パスワードは送信していません: {1}"},
    {"The server offers no sign-in method that fits this account; nothing was sent.",
     "このアカウントの設定に合う認証方式にサーバーが対応していないため、何も送信していません。"},
    {"No attempt can be put on record, so nothing was sent.",
     "試行を記録できないため、何も送信していません。"},
    {"The connection is not protected, so nothing was sent.",
     "接続が保護されていないため、何も送信していません。"},
    {"Nothing was sent: the server offers no way to sign in that this program knows.",
     "サーバーが対応している認証方式をこのプログラムは扱えないため、何も送信していません。"},
    {"The account is set to no encryption; the check used STARTTLS on the same port.",
     "アカウントの設定は「接続の保護なし」ですが、確認には同じポートの STARTTLS を使いました。"},
    {"The account is set to no encryption; the check used TLS on port {}.",
     "アカウントの設定は「接続の保護なし」ですが、確認にはポート {1} の TLS を使いました。"},
    {"The account is set to no encryption and the server offers none that can be verified; the password was "
     "not sent.",
     "アカウントの設定は「接続の保護なし」で、サーバーにも確認できる暗号化がないため、パスワードは送信してい"
     "ま"
     "せん。"},
    // the ledger and the keyring
    {"The ledger was damaged ({} unreadable lines); it was moved to {} and what could be read was kept.",
     "試行の記録が壊れていたため（読めない行: {1}）、{2} に移し、読めた内容だけを引き継ぎました。"},
    {"The ledger was no file; it was moved to {} and a new one was begun.",
     "試行の記録がファイルではなかったため、{1} に移し、新しく作り直しました。"},
    {"The ledger was larger than 16 MiB; it was moved to {} and a new one was begun.",
     "試行の記録が 16 MiB を超えていたため、{1} に移し、新しく作り直しました。"},
    {"The keyring is locked. Unlock it and try again.",
     "キーリングがロックされています。ロックを解除してからお試しください。"},
    {"The default keyring is locked. Unlock it and try again.",
     "既定のキーリングがロックされています。ロックを解除してからお試しください。"},
    {"The keyring did not answer in time.", "キーリングが時間内に応答しませんでした。"},
    {"The keyring was busy with something else for too long.",
     "キーリングがほかの処理で長時間ふさがっていました。"},
    {"The keyring does not give back what was stored in it; it keeps nothing.",
     "キーリングに保存した内容を取り出せません。何も保存されていません。"},
    {"An item in the keyring cannot be read; another program changed it.",
     "キーリングの項目を読み取れません。別のプログラムが変更しました。"},
    {"What answers as the keyring service speaks another language: {}",
     "キーリングのサービスとして応答したものは、別のプログラムです: {1}"},
    {"No keyring service (such as GNOME Keyring or KWallet) answers on the session bus.",
     "キーリングのサービス（GNOME Keyring や KWallet など）が応答しません。"},
    {"The keyring service refused: {}", "キーリングのサービスが拒否しました: {1}"},
    {"The keyring service gave no reason.", "キーリングのサービスは理由を示しませんでした。"},
    {"The library libsecret-1.so.0 is not installed, so the system's keyring cannot be reached.",
     "ライブラリー libsecret-1.so.0 がないため、キーリングを利用できません。"},
    {"The keyring service runs, but there is no default keyring yet. Log in to the desktop or make one with "
     "a "
     "keyring program.",
     "キーリングのサービスは動作していますが、既定のキーリングがありません。デスクトップにログインするか、キ"
     "ーリ"
     "ングの管理ソフトで作成してください。"},
    {"There is no session bus (D-Bus) here, so the system's keyring cannot be reached. ({})",
     "セッションバス（D-Bus）がないため、キーリングを利用できません（{1}）。"},
    {"There is no session bus (D-Bus) here, so the system's keyring cannot be reached.",
     "セッションバス（D-Bus）がないため、キーリングを利用できません。"},
};

/// Words that fill a gap.
constexpr Sentence fillings[] = {
    {"an IMAP server", "IMAP サーバー"},
    {"a POP3 server", "POP3 サーバー"},
    {"an SMTP or FTP server", "SMTP または FTP のサーバー"},
    {"a web server", "ウェブサーバー"},
    {"an SSH server", "SSH サーバー"},
    {"a virus scanner", "ウイルス対策ソフト"},
    {"a firewall or proxy", "ファイアウォールまたはプロキシ"},
    {"a program for looking into connections", "通信を調べるためのソフトウェア"},
    {"the server", "サーバー"},
};

constexpr std::string_view gap = "{}";

/// What stands in the gaps of `pattern`, if `text` fits it.
std::optional<std::vector<std::string_view>> gaps_of(std::string_view text, std::string_view pattern) {
    std::vector<std::string_view> found;
    auto at = pattern.find(gap);
    if (!text.starts_with(pattern.substr(0, at))) return std::nullopt;
    text.remove_prefix(std::min(at, pattern.size()));
    while (at != std::string_view::npos) {
        pattern.remove_prefix(at + gap.size());
        at = pattern.find(gap);
        const auto fixed = pattern.substr(0, at);
        const auto end = at == std::string_view::npos
                             ? (text.ends_with(fixed) ? text.size() - fixed.size() : std::string_view::npos)
                             : text.find(fixed);
        if (end == std::string_view::npos) return std::nullopt;
        found.push_back(text.substr(0, end));
        text.remove_prefix(end + fixed.size());
    }
    return text.empty() ? std::optional(found) : std::nullopt;
}

std::string in_japanese(std::string_view fact);

/// A gap may hold one of the fillings, or a sentence.
std::string filling(std::string_view words) {
    for (const auto& [english, japanese] : fillings) {
        if (words == english) return std::string(japanese);
    }
    return in_japanese(words);
}

std::string filled(std::string_view sentence, const std::vector<std::string_view>& gaps) {
    std::string out;
    for (std::size_t i = 0; i < sentence.size(); ++i) {
        const bool is_gap = sentence[i] == '{' && i + 2 < sentence.size() && sentence[i + 2] == '}';
        if (!is_gap) {
            out += sentence[i];
            continue;
        }
        out += filling(gaps.at(static_cast<std::size_t>(sentence[i + 1] - '1')));
        i += 2;
    }
    return out;
}

/// `fact` itself if no sentence fits. What fills a gap is shorter than the whole, so this ends.
std::string in_japanese(std::string_view fact) {
    // Several may fit; the one with most words of its own says most.
    const Sentence* best = nullptr;
    for (const auto& each : sentences) {
        const bool says_more = best == nullptr || each.english.size() > best->english.size();
        if (says_more && gaps_of(fact, each.english)) best = &each;
    }
    return best == nullptr ? std::string(fact) : filled(best->japanese, *gaps_of(fact, best->english));
}

}  // namespace

std::string fact_words(std::string_view fact, Language language) {
    return language == Language::english ? std::string(fact) : in_japanese(fact);
}

}  // namespace reprompt::app
