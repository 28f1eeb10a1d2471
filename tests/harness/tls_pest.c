// SPDX-License-Identifier: MPL-2.0
// A TLS server that misbehaves inside TLS, in ways that need OpenSSL's own hands: `tls_pest MODE CERTIFICATE KEY [CERTIFICATE KEY]`. Prints its
// port, serves connections one after the other, and writes every octet it is sent to standard error. Belongs here: what TLS itself allows a peer to do.
// Does not belong here: what can be said with plain octets or in the certificate (hostile_tls.mjs).
//   tickets      session tickets without end (RFC 8446 section 4.6.1)
//   keyupdates   key updates without end (section 4.6.3)
//   renegotiate  TLS 1.2: greets, then asks for a new handshake, with the second certificate
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

static const char greeting[] = "* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] ready\r\n";

/* OpenSSL does not mind whether anybody still reads what it sends here. */
static int is_there(SSL *ssl) {
    char octet;
    const ssize_t count = recv(SSL_get_fd(ssl), &octet, 1, MSG_PEEK | MSG_DONTWAIT);
    return count > 0 || (count < 0 && errno == EAGAIN);
}

static int tickets(SSL *ssl) {
    return is_there(ssl) && SSL_new_session_ticket(ssl) == 1 && SSL_do_handshake(ssl) == 1;
}

static int keyupdates(SSL *ssl) {
    return is_there(ssl) && SSL_key_update(ssl, SSL_KEY_UPDATE_NOT_REQUESTED) == 1 && SSL_do_handshake(ssl) == 1;
}

static int greet(SSL *ssl) { return SSL_write(ssl, greeting, sizeof greeting - 1) > 0; }

static void hear(SSL *ssl) {
    char words[4096];
    int size;
    while ((size = SSL_read(ssl, words, sizeof words)) > 0) fwrite(words, 1, (size_t)size, stderr);
}

static int handshakes;

static void count_handshakes(const SSL *ssl, int where, int result) {
    (void)ssl, (void)result;
    if ((where & SSL_CB_HANDSHAKE_DONE) != 0 && ++handshakes == 2) fputs("a second handshake was made\n", stderr);
}

static void renegotiate(SSL *ssl, char **other) {
    const struct timeval half_a_second = {0, 500000};
    char octet;
    handshakes = 0; // the request counts as the first
    SSL_set_info_callback(ssl, count_handshakes);
    setsockopt(SSL_get_fd(ssl), SOL_SOCKET, SO_RCVTIMEO, &half_a_second, sizeof half_a_second);
    if (SSL_use_certificate_file(ssl, other[0], SSL_FILETYPE_PEM) != 1 || SSL_use_PrivateKey_file(ssl, other[1], SSL_FILETYPE_PEM) != 1) return;
    SSL_renegotiate(ssl);
    SSL_do_handshake(ssl);
    SSL_peek(ssl, &octet, 1); // here the client's hello is read and answered, or its refusal
    greet(ssl);
    hear(ssl);
}

int main(int count, char **arguments) {
    if (count < 4) return 64;
    signal(SIGPIPE, SIG_IGN);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    const char *mode = arguments[1];
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    const int old = strcmp(mode, "renegotiate") == 0;
    SSL_CTX_set_min_proto_version(context, old ? 0 : TLS1_3_VERSION);
    if (old) SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION);
    if (SSL_CTX_use_certificate_file(context, arguments[2], SSL_FILETYPE_PEM) != 1 || SSL_CTX_use_PrivateKey_file(context, arguments[3], SSL_FILETYPE_PEM) != 1) return 65;
    struct sockaddr_in place = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_ANY)};
    socklen_t size = sizeof place;
    const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(listener, (struct sockaddr *)&place, size) != 0 || listen(listener, 16) != 0 || getsockname(listener, (struct sockaddr *)&place, &size) != 0) return 66;
    printf("%d\n", ntohs(place.sin_port));
    fflush(stdout);
    for (;;) {
        const int socket = accept(listener, NULL, NULL);
        if (socket < 0) return 67;
        SSL *ssl = SSL_new(context);
        SSL_set_fd(ssl, socket);
        if (SSL_accept(ssl) == 1) {
            if (strcmp(mode, "tickets") == 0) while (tickets(ssl)) continue;
            if (strcmp(mode, "keyupdates") == 0) while (keyupdates(ssl)) continue;
            if (strcmp(mode, "renegotiate") == 0 && count > 5) renegotiate(ssl, arguments + 4);
        }
        SSL_free(ssl);
        close(socket);
        ERR_clear_error();
    }
}
