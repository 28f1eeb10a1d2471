// SPDX-License-Identifier: MPL-2.0
#include "net/tls_context.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <mutex>
#include <tuple>
#include <vector>

#include "net/tls_failure.hpp"

namespace reprompt::net {
namespace {

struct ContextEnd {
    void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
};
using Context = std::unique_ptr<SSL_CTX, ContextEnd>;

struct Sources {
    std::string ca_file, environment_file, environment_folder;
    bool obsolete_tls = false;
    // NOLINTNEXTLINE(modernize-use-nullptr): there is no null pointer here
    auto operator<=>(const Sources&) const = default;
};

std::string environment(const char* name) {
    const char* value = ::secure_getenv(name);
    return value == nullptr ? std::string() : std::string(value);
}

Sources sources_of(const TrustPolicy& policy) {
    Sources sources;
    sources.ca_file = policy.ca_file;
    sources.obsolete_tls = policy.obsolete_tls;
    if (policy.ca_file.empty() && policy.honour_environment) {
        sources.environment_file = environment(X509_get_default_cert_file_env());
        sources.environment_folder = environment(X509_get_default_cert_dir_env());
    }
    return sources;
}

/// "002c0b4f.0", as c_rehash(1) makes them.
bool is_hash_link(const std::string& name) {
    const auto is_hex = [](unsigned char octet) { return std::isxdigit(octet) != 0; };
    const auto is_digit = [](unsigned char octet) { return std::isdigit(octet) != 0; };
    return name.size() >= 10 && name[8] == '.' && std::all_of(name.begin(), name.begin() + 8, is_hex) &&
           std::all_of(name.begin() + 9, name.end(), is_digit);
}

bool holds_hash_links(const std::string& folder) {
    std::error_code error;
    for (std::filesystem::directory_iterator item(folder, error), end; !error && item != end;
         item.increment(error)) {
        if (is_hash_link(item->path().filename().string())) return true;
    }
    return false;
}

std::string cannot_load(const std::string& what) {
    return "cannot load certificates from " + what + ": " + last_reason();
}

Expected<void, std::string> load_environment(SSL_CTX* context, const Sources& sources) {
    if (!sources.environment_file.empty() &&
        SSL_CTX_load_verify_file(context, sources.environment_file.c_str()) != 1) {
        return Unexpected<std::string>(cannot_load("SSL_CERT_FILE"));
    }
    if (!sources.environment_folder.empty() &&
        SSL_CTX_load_verify_dir(context, sources.environment_folder.c_str()) != 1) {
        return Unexpected<std::string>(cannot_load("SSL_CERT_DIR"));
    }
    return {};
}

/// Nothing to load is no error: every certificate then has an unknown issuer, and doctor says why.
void load_system(SSL_CTX* context) {
    for (const std::string folder : {X509_get_default_cert_dir(), "/etc/ssl/certs"}) {
        if (holds_hash_links(folder) && SSL_CTX_load_verify_dir(context, folder.c_str()) == 1) return;
    }
    for (const std::string bundle : {X509_get_default_cert_file(), "/etc/ssl/certs/ca-certificates.crt",
                                     "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"}) {
        if (SSL_CTX_load_verify_file(context, bundle.c_str()) == 1) return;
    }
    ERR_clear_error();
}

Expected<void, std::string> load_store(SSL_CTX* context, const Sources& sources) {
    if (!sources.ca_file.empty()) {
        if (SSL_CTX_load_verify_file(context, sources.ca_file.c_str()) != 1) {
            return Unexpected<std::string>(cannot_load(sources.ca_file));
        }
        // A file that holds only the server's own or an intermediate certificate was meant as it was said.
        X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context), X509_V_FLAG_PARTIAL_CHAIN);
        return {};
    }
    if (!sources.environment_file.empty() || !sources.environment_folder.empty()) {
        return load_environment(context, sources);
    }
    load_system(context);
    return {};
}

Expected<Context, std::string> made(const Sources& sources) {
    ERR_clear_error();
    Context context(SSL_CTX_new(TLS_client_method()));
    if (!context) return Unexpected<std::string>("cannot prepare TLS: " + last_reason());
    SSL_CTX_set_min_proto_version(context.get(), sources.obsolete_tls ? TLS1_VERSION : TLS1_2_VERSION);
    if (sources.obsolete_tls) {
        SSL_CTX_set_security_level(context.get(), 0);
        SSL_CTX_set_cipher_list(context.get(), "ALL:COMPLEMENTOFALL");
        SSL_CTX_set_options(context.get(), SSL_OP_LEGACY_SERVER_CONNECT);
    }
    SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS);
    // What we write is a line; OpenSSL would hold room for 16 KiB of it in each of hundreds of connections.
    SSL_CTX_set_max_send_fragment(context.get(), 2048);
    // SSL_read gives back control after every record that is no data: session tickets and key updates without
    // end (RFC 8446 section 4.6) would keep it for ever otherwise.
    SSL_CTX_clear_mode(context.get(), SSL_MODE_AUTO_RETRY);
    // The certificate is judged once; no second handshake may bring another one (RFC 5246 section 7.4.1.1).
    SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
    // The chain is checked all the same; the result is judged after the handshake (tls.cpp), so that a
    // refused certificate can be shown.
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_NONE, nullptr);
    if (const auto loaded = load_store(context.get(), sources); !loaded) {
        return Unexpected<std::string>(loaded.error());
    }
    return context;
}

}  // namespace

Expected<SSL_CTX*, std::string> tls_context(const TrustPolicy& policy) {
    static std::mutex mutex;
    static std::map<Sources, Context> contexts;
    const Sources sources = sources_of(policy);
    const std::lock_guard lock(mutex);
    auto found = contexts.find(sources);
    if (found == contexts.end()) {
        auto context = made(sources);
        if (!context) return Unexpected<std::string>(context.error());
        found = contexts.emplace(sources, std::move(*context)).first;
    }
    return found->second.get();
}

}  // namespace reprompt::net
