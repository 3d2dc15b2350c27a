// SPDX-License-Identifier: Apache-2.0
#include "tests/support/cutting_proxy.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

#include "crdt/base/check.h"

namespace cunju::test {
namespace {

using Clock = std::chrono::steady_clock;

/// As little as the kernel allows waits in sockets: what waits there was not on the link.
constexpr int kSocketBytes = 16 * 1024;
constexpr std::size_t kMostAtOnce = 16 * 1024;
constexpr int kTickMs = 2;

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_port = htons(port);
  out.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return out;
}

const sockaddr* as_address(const sockaddr_in& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

int make_socket() {
  const int out = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  CUNJU_CHECK(out >= 0, "a test has sockets");
  ::setsockopt(out, SOL_SOCKET, SO_RCVBUF, &kSocketBytes, sizeof(kSocketBytes));
  ::setsockopt(out, SOL_SOCKET, SO_SNDBUF, &kSocketBytes, sizeof(kSocketBytes));
  return out;
}

void reset(int socket) {
  const linger now{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
  ::close(socket);
}

/// One direction of a connection.
struct Lane {
  int from = -1, to = -1;
  double allowance = 0;
  std::vector<char> waiting;

  /// False: one side is gone.
  bool pump(double earned, std::atomic<std::uint64_t>& count) {
    allowance = std::min(allowance + earned, static_cast<double>(kMostAtOnce));
    if (waiting.empty() && allowance >= 1) {
      waiting.resize(static_cast<std::size_t>(allowance));
      const ssize_t got = ::recv(from, waiting.data(), waiting.size(), MSG_DONTWAIT);
      waiting.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
      if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) return false;
      allowance -= static_cast<double>(waiting.size());
      count += waiting.size();
    }
    if (waiting.empty()) return true;
    const ssize_t sent = ::send(to, waiting.data(), waiting.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0) return errno == EAGAIN || errno == EINTR;
    waiting.erase(waiting.begin(), waiting.begin() + sent);
    return true;
  }
};

}  // namespace

struct CuttingProxy::Pipe {
  Lane up, down;
  Clock::time_point begun;
};

CuttingProxy::CuttingProxy(const std::string& server, const Options& options)
    : server_port_(static_cast<std::uint16_t>(std::stoi(server.substr(server.rfind(':') + 1)))),
      options_(options),
      listener_(make_socket()) {
  const sockaddr_in any = loopback(0);
  CUNJU_CHECK(::bind(listener_, as_address(any), sizeof(any)) == 0 && ::listen(listener_, 8) == 0,
              "loopback has a free port");
  ::fcntl(listener_, F_SETFL, O_NONBLOCK);
  sockaddr_in bound{};
  socklen_t size = sizeof(bound);
  ::getsockname(listener_, reinterpret_cast<sockaddr*>(&bound), &size);
  port_ = ntohs(bound.sin_port);
  thread_ = std::thread([this] { run(); });
}

CuttingProxy::~CuttingProxy() {
  stops_ = true;
  thread_.join();
  ::close(listener_);
}

void CuttingProxy::run() {
  std::vector<Pipe> pipes;
  Clock::time_point before = Clock::now();
  while (!stops_) {
    ::poll(nullptr, 0, kTickMs);
    const Clock::time_point now = Clock::now();
    const double earned = std::chrono::duration<double>(now - before).count() *
                          static_cast<double>(options_.bytes_per_second);
    before = now;
    const int caller = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (caller >= 0) {
      const int server = make_socket();
      const sockaddr_in target = loopback(server_port_);
      if (::connect(server, as_address(target), sizeof(target)) == 0) {
        pipes.push_back({.up = {.from = caller, .to = server, .waiting = {}},
                         .down = {.from = server, .to = caller, .waiting = {}},
                         .begun = now});
      } else {
        reset(caller);
        reset(server);
      }
    }
    std::erase_if(pipes, [&](Pipe& pipe) {
      const bool is_due = now - pipe.begun >= options_.cut_after;
      if (is_due) ++cuts_;
      // What is earned goes out in several turns: a socket holds little.
      bool lives = !is_due;
      for (double left = earned; lives && left > 0; left -= kMostAtOnce) {
        const double turn = std::min(left, static_cast<double>(kMostAtOnce));
        lives = pipe.up.pump(turn, bytes_of_caller_) && pipe.down.pump(turn, bytes_of_server_);
      }
      if (lives) return false;
      reset(pipe.up.from);
      reset(pipe.down.from);
      return true;
    });
  }
  for (const Pipe& pipe : pipes) {
    reset(pipe.up.from);
    reset(pipe.down.from);
  }
}

}  // namespace cunju::test
