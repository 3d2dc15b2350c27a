// SPDX-License-Identifier: Apache-2.0
//
// A system bus that hangs: it takes connections and never answers. Programs and libraries find it
// by DBUS_SYSTEM_BUS_ADDRESS.
#pragma once

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "crdt/base/check.h"
#include "tests/support/temp_folder.h"

namespace cunju::test {

class HangingBus {
 public:
  HangingBus() : path_((folder_ / "bus").string()) {
    listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un at{};
    at.sun_family = AF_UNIX;
    CUNJU_CHECK(path_.size() < sizeof(at.sun_path), "a temporary folder has a short name");
    std::memcpy(at.sun_path, path_.c_str(), path_.size() + 1);
    const bool is_open =
        listener_ >= 0 &&
        ::bind(listener_, reinterpret_cast<const sockaddr*>(&at), sizeof(at)) == 0 &&
        ::listen(listener_, 16) == 0;
    CUNJU_CHECK(is_open, "tests need sockets");
    thread_ = std::jthread([this](const std::stop_token& over) { run(over); });
  }
  ~HangingBus() {
    thread_.request_stop();
    thread_.join();
    for (const int caller : callers_) ::close(caller);
    ::close(listener_);
  }
  HangingBus(const HangingBus&) = delete;
  HangingBus& operator=(const HangingBus&) = delete;

  std::string address() const { return "unix:path=" + path_; }
  /// How many have called.
  int calls() const { return calls_; }

 private:
  void run(const std::stop_token& over) {
    while (!over.stop_requested()) {
      pollfd waiting{.fd = listener_, .events = POLLIN, .revents = 0};
      if (::poll(&waiting, 1, 50) <= 0) continue;
      const int caller = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (caller < 0) continue;
      callers_.push_back(caller);
      ++calls_;
    }
  }

  TempFolder folder_;
  std::string path_;
  int listener_ = -1;
  std::vector<int> callers_;
  std::atomic<int> calls_ = 0;
  std::jthread thread_;
};

}  // namespace cunju::test
