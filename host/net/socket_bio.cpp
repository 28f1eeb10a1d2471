// SPDX-License-Identifier: MPL-2.0
#include "net/socket_bio.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <memory>

namespace reprompt::net {
namespace {

constexpr std::size_t remembered = 16;

SocketTap& tap_of(BIO* bio) {
    return *static_cast<SocketTap*>(BIO_get_data(bio));
}

bool again(int error) noexcept {
    return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

int read_some(BIO* bio, char* out, int size) {
    SocketTap& tap = tap_of(bio);
    BIO_clear_retry_flags(bio);
    const auto count = ::recv(tap.fd, out, static_cast<std::size_t>(size), 0);
    if (count > 0) {
        if (tap.first.size() < remembered) {
            tap.first.append(out, std::min(static_cast<std::size_t>(count), remembered - tap.first.size()));
        }
        return static_cast<int>(count);
    }
    if (count == 0) {
        tap.ended = true;
        return 0;
    }
    if (again(errno)) {
        BIO_set_retry_read(bio);
    } else {
        tap.error_number = errno;
    }
    return -1;
}

int write_some(BIO* bio, const char* bytes, int size) {
    SocketTap& tap = tap_of(bio);
    BIO_clear_retry_flags(bio);
    const auto count = ::send(tap.fd, bytes, static_cast<std::size_t>(size), MSG_NOSIGNAL);
    if (count >= 0) return static_cast<int>(count);
    if (again(errno)) {
        BIO_set_retry_write(bio);
    } else {
        tap.error_number = errno;
    }
    return -1;
}

long control(BIO* bio, int command, long /*number*/, void* /*pointer*/) {
    if (command == BIO_CTRL_FLUSH) return 1;
    if (command == BIO_CTRL_EOF) return tap_of(bio).ended ? 1 : 0;
    return 0;
}

BIO_METHOD* make_method() {
    BIO_METHOD* method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket without SIGPIPE");
    if (method == nullptr) return nullptr;
    BIO_meth_set_read(method, read_some);
    BIO_meth_set_write(method, write_some);
    BIO_meth_set_ctrl(method, control);
    return method;
}

}  // namespace

BIO* make_socket_bio(SocketTap& tap) {
    static const std::unique_ptr<BIO_METHOD, void (*)(BIO_METHOD*)> method(make_method(), BIO_meth_free);
    if (!method) return nullptr;
    BIO* bio = BIO_new(method.get());
    if (bio == nullptr) return nullptr;
    BIO_set_data(bio, &tap);
    BIO_set_init(bio, 1);
    return bio;
}

}  // namespace reprompt::net
