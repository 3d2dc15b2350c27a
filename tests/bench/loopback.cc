// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/loopback.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>

#include "net/sync/session.h"
#include "net/wire/channel.h"

namespace cunju::bench {
namespace {

constexpr std::size_t kReadBytes = 256 * 1024;

int check(int outcome, const char* what) {
  if (outcome < 0) give_up({Errc::kIo, std::string(what) + ": " + std::strerror(errno)});
  return outcome;
}

struct Socket {
  explicit Socket(int descriptor) : fd(descriptor) {}
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket() { ::close(fd); }
  int fd;
};

/// Both ends of a fresh connection.
std::array<std::unique_ptr<Socket>, 2> connect_pair() {
  const Socket listener(check(::socket(AF_INET, SOCK_STREAM, 0), "socket"));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* const raw = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof address;
  check(::bind(listener.fd, raw, size), "bind");
  check(::listen(listener.fd, 1), "listen");
  check(::getsockname(listener.fd, raw, &size), "getsockname");
  auto caller = std::make_unique<Socket>(check(::socket(AF_INET, SOCK_STREAM, 0), "socket"));
  check(::connect(caller->fd, raw, size), "connect");
  auto called = std::make_unique<Socket>(check(::accept(listener.fd, nullptr, nullptr), "accept"));
  const int on = 1;
  for (const int fd : {caller->fd, called->fd})
    check(::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on), "setsockopt");
  return {std::move(caller), std::move(called)};
}

class OpenDoor final : public wire::Gatekeeper {
 public:
  bool is_known(const WireKey&) override { return true; }
  std::optional<wire::PairingSecret> find_pairing(const wire::InvitationId&) override {
    return std::nullopt;
  }
};

/// The keys of both channels; the replicas know the ends by the village's.
struct Keys {
  crypto::SeededRandom random{77};
  crypto::DhKey caller = crypto::DhKey::generate(random);
  crypto::DhKey called = crypto::DhKey::generate(random);
};

class End {
 public:
  End(sync::Port& port, const WireKey& peer, std::uint16_t version, Keys& keys, bool is_caller,
      int socket)
      : port_(port),
        peer_(peer),
        version_(version),
        keys_(keys),
        channel_(is_caller ? wire::Channel::initiator(keys.random)
                           : wire::Channel::responder(keys.called, door_, keys.random)),
        socket_(socket) {}

  /// Reads and writes what goes without waiting. False: nothing went.
  bool step() {
    const double begin = now().cpu;
    const bool has_read = read();
    const bool has_written = write();
    cpu += now().cpu - begin;
    return has_read || has_written;
  }
  bool is_done() const { return has_closed_ && output_.empty(); }

  std::size_t bytes = 0;
  std::size_t messages = 0;
  double cpu = 0;

 private:
  bool read() {
    Bytes input(kReadBytes);
    const ssize_t size = ::recv(socket_, input.data(), input.size(), MSG_DONTWAIT);
    if (size <= 0) return false;
    must(channel_.on_bytes(ByteView(input).first(static_cast<std::size_t>(size))));
    if (channel_.awaits_start()) must(channel_.start_known(keys_.caller, keys_.called.wire()));
    if (channel_.established() && !session_) {
      session_.emplace(port_, peer_, channel_.handshake_hash(),
                       sync::Options{.leave_when_caught_up = true});
      apply(session_->start(time()));
    }
    for (const Bytes& message : channel_.take_messages())
      if (!has_closed_) apply(session_->on_message(time(), message));
    return true;
  }
  bool write() {
    append(output_, channel_.take_output());
    if (output_.empty()) return false;
    const ssize_t size = ::send(socket_, output_.data(), output_.size(), MSG_DONTWAIT);
    if (size <= 0) return false;
    bytes += static_cast<std::size_t>(size);
    output_.erase(output_.begin(), output_.begin() + size);
    return true;
  }
  void apply(sync::Actions actions) {
    if (actions.close && actions.close->error) give_up(*actions.close->error);
    for (Bytes& message : actions.messages) must(channel_.send(as_version(std::move(message))));
    messages += actions.messages.size();
    has_closed_ = has_closed_ || actions.close.has_value();
  }
  /// A hello says the version that is to be spoken.
  Bytes as_version(Bytes message) const {
    if (version_ == wire::kProtocolVersion) return message;
    wire::Message content = must(wire::decode_message(message));
    auto* const hello = std::get_if<wire::Hello>(&content);
    if (hello == nullptr) return message;
    hello->version = version_;
    hello->dictionary = 0;
    return must(wire::encode_message(content));
  }
  static sync::Time time() { return sync::Time{static_cast<std::int64_t>(now().wall * 1'000)}; }

  sync::Port& port_;
  WireKey peer_;
  std::uint16_t version_;
  Keys& keys_;
  OpenDoor door_;
  wire::Channel channel_;
  int socket_;
  std::optional<sync::Session> session_;
  Bytes output_;
  bool has_closed_ = false;
};

}  // namespace

Traffic exchange_over_loopback(Village& from, Store& to, std::uint16_t version) {
  const auto sockets = connect_pair();
  Keys keys;
  End sender(*from.replica, from.peer_wire, version, keys, true, sockets[0]->fd);
  End receiver(*to.replica, from.own_wire, version, keys, false, sockets[1]->fd);
  const double begin = now().wall;
  // A responder greets before it is asked.
  while (!sender.is_done() || !receiver.is_done()) {
    const bool has_sent = sender.step();
    const bool has_received = receiver.step();
    if (!has_sent && !has_received && now().wall - begin > 600)
      give_up({Errc::kTimeout, "nothing moves any more"});
  }
  return {.bytes = sender.bytes + receiver.bytes,
          .messages = sender.messages + receiver.messages,
          .cpu = {sender.cpu, receiver.cpu},
          .wall = now().wall - begin};
}

}  // namespace cunju::bench
