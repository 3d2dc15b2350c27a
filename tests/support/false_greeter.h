// SPDX-License-Identifier: Apache-2.0
//
// Whoever knows a node's public key can greet as it, and hang up on who calls: a computer that has
// the address which was the node's. On the loopback, one call at a time.
#pragma once

#include <array>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <string>
#include <thread>

#include "crdt/crypto/crypto.h"
#include "net/wire/greeting.h"

namespace cunju::test {

class FalseGreeter {
 public:
  /// `address`: "127.0.0.1:7700".
  FalseGreeter(const std::string& address, const WireKey& as)
      : where_(boost::asio::ip::address_v4::loopback(),
               static_cast<std::uint16_t>(std::stoul(address.substr(address.rfind(':') + 1)))),
        acceptor_(io_, where_),
        as_(as),
        thread_([this] { greet(); }) {}
  ~FalseGreeter() {
    is_over_ = true;
    Tcp::socket last(io_);
    boost::system::error_code ignored;
    last.connect(where_, ignored);
    thread_.join();
  }
  FalseGreeter(const FalseGreeter&) = delete;
  FalseGreeter& operator=(const FalseGreeter&) = delete;

  int calls() const { return calls_; }

 private:
  using Tcp = boost::asio::ip::tcp;

  void greet() {
    for (;;) {
      boost::system::error_code failed;
      Tcp::socket caller(io_);
      acceptor_.accept(caller, failed);
      if (failed || is_over_) return;
      ++calls_;
      const wire::Greeting greeting = wire::Greeting::make(as_, crypto::system_random());
      const ByteView bytes = greeting.bytes();
      boost::asio::write(caller, boost::asio::buffer(bytes.data(), bytes.size()), failed);
      std::array<char, 4096> answer{};
      caller.read_some(boost::asio::buffer(answer), failed);
    }
  }

  boost::asio::io_context io_;
  Tcp::endpoint where_;
  Tcp::acceptor acceptor_;
  WireKey as_;
  std::atomic<bool> is_over_ = false;
  std::atomic<int> calls_ = 0;
  std::thread thread_;
};

}  // namespace cunju::test
