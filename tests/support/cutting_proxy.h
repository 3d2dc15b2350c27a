// SPDX-License-Identifier: Apache-2.0
//
// A link on loopback that is slow and breaks: forwards connections to a server at a bounded rate
// and resets each of them, both ways, after a fixed time. Counts what was put on it. Has a thread
// of its own; sockets of the kernel, so that the real program is on both sides.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <thread>

namespace cunju::test {

class CuttingProxy {
 public:
  struct Options {
    std::chrono::milliseconds cut_after{5'000};
    std::uint64_t bytes_per_second = 8'000'000;  ///< Each way.
  };
  /// `server`: "127.0.0.1:PORT".
  CuttingProxy(const std::string& server, const Options& options);
  CuttingProxy(const CuttingProxy&) = delete;
  CuttingProxy& operator=(const CuttingProxy&) = delete;
  ~CuttingProxy();

  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  /// Bytes that the server put on the link, whether or not they arrived.
  std::uint64_t bytes_of_server() const { return bytes_of_server_; }
  std::uint64_t bytes_of_caller() const { return bytes_of_caller_; }
  std::uint64_t cuts() const { return cuts_; }

 private:
  struct Pipe;
  void run();

  std::uint16_t server_port_;
  Options options_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<std::uint64_t> bytes_of_server_ = 0, bytes_of_caller_ = 0, cuts_ = 0;
  std::atomic<bool> stops_ = false;
  std::thread thread_;
};

}  // namespace cunju::test
