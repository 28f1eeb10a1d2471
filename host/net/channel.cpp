// SPDX-License-Identifier: MPL-2.0
#include "net/channel.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "net/tls.hpp"
#include "net/wait.hpp"

namespace reprompt::net {

/// A channel is in clear (stream empty), encrypted and verified (stream set), or over (socket closed). There
/// is no state "encrypted but not trusted": upgrade gives the stream out only after the certificate was
/// judged, and any error ends the channel, so that a late answer meets nobody.
struct Channel::State {
    UniqueFd socket;
    bool loopback = false;
    bool spoken = false;  ///< something was said in clear
    std::unique_ptr<TlsStream> stream;
    std::array<char, 4096> buffer{};

    void end() noexcept {
        stream.reset();
        socket.reset();
    }
    Expected<std::size_t, IoError> receive(std::size_t most, Deadline deadline, const Cancel& cancel);
    Expected<void, IoError> send(std::string_view bytes, Deadline deadline, const Cancel& cancel);
    [[nodiscard]] bool has_bytes_waiting() noexcept {
        char octet = 0;
        return ::recv(socket.get(), &octet, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
    }
    /// Nothing to do after the end, after the deadline or after a cancel, even if bytes are there.
    [[nodiscard]] Expected<void, IoError> may_go_on(const std::string& what, Deadline deadline,
                                                    const Cancel& cancel) const;
};

Expected<void, IoError> Channel::State::may_go_on(const std::string& what, Deadline deadline,
                                                  const Cancel& cancel) const {
    if (!socket) return fail(Failure::connection_closed, "the connection is closed");
    if (cancel.cancelled()) return Unexpected<IoError>(error_of(Waited::cancelled, what));
    if (deadline.passed()) return Unexpected<IoError>(error_of(Waited::timeout, what));
    return {};
}

Expected<std::size_t, IoError> Channel::State::receive(std::size_t most, Deadline deadline,
                                                       const Cancel& cancel) {
    const std::size_t size = std::min(most, buffer.size());
    if (stream) return stream->read(buffer.data(), size, deadline, cancel);
    for (;;) {
        const auto count = ::recv(socket.get(), buffer.data(), size, 0);
        if (count > 0) return static_cast<std::size_t>(count);
        if (count == 0) return fail(Failure::connection_closed, "the server closed the connection");
        if (errno == EAGAIN || errno == EWOULDBLOCK) {
            const Waited waited = wait_for(socket.get(), POLLIN, deadline, cancel);
            if (waited != Waited::ready) return Unexpected<IoError>(error_of(waited, "no reply"));
        } else if (errno != EINTR) {
            return fail(Failure::connection_closed, with_errno("connection lost", errno));
        }
    }
}

Expected<void, IoError> Channel::State::send(std::string_view bytes, Deadline deadline,
                                             const Cancel& cancel) {
    if (stream) return stream->write(bytes, deadline, cancel);
    while (!bytes.empty()) {
        const auto count = ::send(socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (count >= 0) {
            bytes.remove_prefix(static_cast<std::size_t>(count));
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            const Waited waited = wait_for(socket.get(), POLLOUT, deadline, cancel);
            if (waited != Waited::ready) return Unexpected<IoError>(error_of(waited, "cannot send"));
        } else if (errno != EINTR) {
            return fail(Failure::connection_closed, with_errno("connection lost", errno));
        }
    }
    return {};
}

Channel::Channel(UniqueFd socket, bool loopback) : state_(std::make_unique<State>()) {
    state_->socket = std::move(socket);
    state_->loopback = loopback;
}

Channel::~Channel() {
    if (state_ && state_->stream) state_->stream->say_goodbye();
}

Channel::Channel(Channel&&) noexcept = default;
Channel& Channel::operator=(Channel&&) noexcept = default;

Expected<void, IoError> Channel::upgrade(const std::string& host, std::uint16_t port,
                                         const TrustPolicy& policy, TrustOracle* oracle, TlsFacts& facts,
                                         Deadline deadline, const Cancel& cancel) {
    facts = {};
    if (auto ready = state_->may_go_on("TLS: no answer", deadline, cancel); !ready) {
        state_->end();
        return ready;
    }
    // In TLS the client speaks first (RFC 8446 section 2). After STARTTLS whatever waits here came in clear
    // from someone who wants it taken for the server's protected words.
    if (state_->spoken && !state_->stream && state_->has_bytes_waiting()) {
        state_->end();
        return fail(Failure::starttls_injection, "bytes followed the STARTTLS answer before TLS");
    }
    auto stream =
        TlsStream::open(state_->socket.get(), {host, port}, policy, oracle, facts, deadline, cancel);
    if (!stream) {
        state_->end();
        return Unexpected<IoError>(stream.error());
    }
    state_->stream = std::move(*stream);
    return {};
}

Expected<std::string_view, IoError> Channel::read(Deadline deadline, const Cancel& cancel, std::size_t most) {
    if (auto ready = state_->may_go_on("no reply", deadline, cancel); !ready) {
        state_->end();
        return Unexpected<IoError>(ready.error());
    }
    const auto count = state_->receive(most, deadline, cancel);
    if (!count) {
        state_->end();
        return Unexpected<IoError>(count.error());
    }
    state_->spoken = true;
    return std::string_view(state_->buffer.data(), *count);
}

Expected<void, IoError> Channel::write(std::string_view bytes, Deadline deadline, const Cancel& cancel) {
    auto sent = state_->may_go_on("cannot send", deadline, cancel);
    if (sent) sent = state_->send(bytes, deadline, cancel);
    if (!sent) state_->end();
    return sent;
}

UniqueFd Channel::give_socket_away() noexcept {
    UniqueFd socket = state_->stream ? UniqueFd() : std::move(state_->socket);
    state_->end();
    return socket;
}

bool Channel::encrypted() const noexcept {
    return state_->stream != nullptr;
}

bool Channel::loopback() const noexcept {
    return state_->loopback;
}

std::optional<ChannelProof> Channel::proof() const noexcept {
    if (!state_->socket) return std::nullopt;
    if (state_->stream || state_->loopback) return ChannelProof();
    return std::nullopt;
}

}  // namespace reprompt::net
