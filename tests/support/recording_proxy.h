// SPDX-License-Identifier: Apache-2.0
//
// Somebody on the line: listens on loopback, passes every byte on to a server and keeps a copy of
// all of them, in either direction. A thread of its own, until it is destroyed.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <list>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "crdt/base/check.h"

namespace cunju::test {

class RecordingProxy {
 public:
  /// `server`: an address with its port behind the last colon; on loopback.
  explicit RecordingProxy(const std::string& server)
      : server_port_(static_cast<std::uint16_t>(std::stoul(server.substr(server.rfind(':') + 1)))) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in own = loopback(0);
    socklen_t size = sizeof(own);
    const bool is_open = ::bind(listener_, reinterpret_cast<sockaddr*>(&own), sizeof(own)) == 0 &&
                         ::listen(listener_, 16) == 0 &&
                         ::getsockname(listener_, reinterpret_cast<sockaddr*>(&own), &size) == 0;
    CUNJU_CHECK(is_open, "tests need a port");
    address_ = "127.0.0.1:" + std::to_string(ntohs(own.sin_port));
    thread_ = std::thread([this] { run(); });
  }
  ~RecordingProxy() {
    is_over_ = true;
    thread_.join();
    ::close(listener_);
  }
  RecordingProxy(const RecordingProxy&) = delete;
  RecordingProxy& operator=(const RecordingProxy&) = delete;

  const std::string& address() const { return address_; }
  /// What callers sent so far, and what the server did; of all connections, one after the other as
  /// they came.
  std::string to_server() const { return copy_of(to_server_); }
  std::string from_server() const { return copy_of(from_server_); }

 private:
  struct Pair {
    int caller, server;
    bool is_open = true;
  };

  static sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in out{};
    out.sin_family = AF_INET;
    out.sin_port = htons(port);
    out.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return out;
  }
  std::string copy_of(const std::string& bytes) const {
    const std::lock_guard lock(mutex_);
    return bytes;
  }
  void accept_caller() {
    Pair pair{::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC),
              ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    const sockaddr_in to = loopback(server_port_);
    if (::connect(pair.server, reinterpret_cast<const sockaddr*>(&to), sizeof(to)) != 0)
      pair.is_open = false;
    pairs_.push_back(pair);
  }
  /// False when that end has closed.
  bool pass_on(int from, int to, std::string& copy) {
    std::array<char, 64 * 1024> bytes;
    const ssize_t count = ::recv(from, bytes.data(), bytes.size(), 0);
    if (count <= 0) return false;
    {
      const std::lock_guard lock(mutex_);
      copy.append(bytes.data(), static_cast<std::size_t>(count));
    }
    for (ssize_t sent = 0; sent < count;) {
      const ssize_t now =
          ::send(to, bytes.data() + sent, static_cast<std::size_t>(count - sent), MSG_NOSIGNAL);
      if (now <= 0) return false;
      sent += now;
    }
    return true;
  }
  void run() {
    while (!is_over_) {
      std::vector<pollfd> wait{{listener_, POLLIN, 0}};
      for (const Pair& pair : pairs_) {
        wait.push_back({pair.caller, POLLIN, 0});
        wait.push_back({pair.server, POLLIN, 0});
      }
      if (::poll(wait.data(), wait.size(), 50) <= 0) continue;
      std::size_t at = 1;
      for (Pair& pair : pairs_) {
        if ((wait[at].revents) != 0)
          pair.is_open = pair.is_open && pass_on(pair.caller, pair.server, to_server_);
        if ((wait[at + 1].revents) != 0)
          pair.is_open = pair.is_open && pass_on(pair.server, pair.caller, from_server_);
        at += 2;
      }
      if ((wait[0].revents & POLLIN) != 0) accept_caller();
      pairs_.remove_if([](const Pair& pair) {
        if (pair.is_open) return false;
        ::close(pair.caller);
        ::close(pair.server);
        return true;
      });
    }
    for (const Pair& pair : pairs_) {
      ::close(pair.caller);
      ::close(pair.server);
    }
  }

  std::uint16_t server_port_;
  int listener_ = -1;
  std::string address_;
  std::list<Pair> pairs_;  ///< Only the thread's.
  mutable std::mutex mutex_;
  std::string to_server_, from_server_;
  std::atomic<bool> is_over_{false};
  std::thread thread_;
};

}  // namespace cunju::test
