// SPDX-License-Identifier: Apache-2.0
//
// One TCP connection driving a wire::Channel: reads, writes, deadlines, back-pressure. Inside
// net/transport only. Single threaded.
// Ownership: its owner and its pending operations each hold a share, because Asio needs the
// buffers until an operation has returned; closing cancels the operations, so nothing lives on.
// Phases: connecting -> handshake -> open -> closing (sends the rest) -> lingering -> closed.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "net/transport/link.h"
#include "net/transport/tcp.h"

namespace cunju::transport {

class Connection final : public Link, public std::enable_shared_from_this<Connection> {
 public:
  using Socket = boost::asio::ip::tcp::socket;
  using Endpoint = boost::asio::ip::tcp::endpoint;

  /// As responder on an accepted socket, as initiator on a fresh one.
  Connection(const Context& context, const Options& options, noise::Role role, Socket socket);

  void start_accepted(const Endpoint& peer);
  /// `address`: what the caller knows it by.
  void start_connecting(const Endpoint& peer, std::string address);
  /// Called once, after on_closed.
  void set_on_finished(std::function<void(Connection&)> on_finished);
  /// Closes now; no call of any kind follows.
  void drop();
  bool in_handshake() const { return phase_ == Phase::kHandshake; }
  /// Closes a link whose own address this computer has no longer: nothing can come to it.
  void check_address();
  const Endpoint& peer() const { return peer_; }
  bool closed() const { return phase_ == Phase::kClosed; }

  Result<void> send(ByteView message) override;
  void close(std::optional<Error> reason) override;
  void abort(Error reason) override;
  const std::string& peer_address() const override { return peer_address_; }
  const wire::Channel& channel() const override { return channel_; }
  LinkCounters counters() const override;
  LinkEnd end() const override { return end_; }

 private:
  using Clock = std::chrono::steady_clock;
  using ErrorCode = boost::system::error_code;
  enum class Phase : std::uint8_t {
    kConnecting,
    kHandshake,
    kOpen,
    kClosing,
    kLingering,
    kClosed,
  };

  void enter(Phase phase, std::chrono::milliseconds time_limit);
  void begin_handshake();
  /// What a failure in the handshake says about who is at the other end.
  LinkEnd end_of_handshake(const std::optional<Error>& error) const;
  void read();
  void on_read(const ErrorCode& error, std::size_t count);
  void on_end_of_stream();
  void on_bytes(ByteView bytes);
  Result<void> start();
  void deliver();
  void flush();
  void on_written(const ErrorCode& error, std::size_t count);
  void relieve();
  void begin_lingering();
  void finish(std::optional<Error> error);
  void report_closed();
  std::size_t backlog() const { return outgoing_.size() - sent_ + channel_.output_bytes(); }
  Clock::time_point next_deadline() const;
  void watch();
  void on_timer();

  const Context context_;
  const Options options_;
  ConnectionHandler* handler_;
  std::function<void(Connection&)> on_finished_;
  Socket socket_;
  boost::asio::steady_timer timer_;
  Endpoint peer_;
  std::string peer_address_;
  wire::Channel channel_;

  Phase phase_ = Phase::kConnecting;
  Clock::time_point phase_deadline_ = Clock::time_point::max();
  Clock::time_point last_read_;
  Clock::time_point last_write_;
  LinkEnd end_ = LinkEnd::kOpen;
  std::optional<Error> reason_;
  bool reading_ = false;
  bool writing_ = false;
  bool delivering_ = false;
  /// More than the permitted backlog is unsent: neither read nor deliver.
  bool congested_ = false;

  /// A stranger gets a small one.
  static constexpr std::size_t kHandshakeInputBytes = 1024;
  static constexpr std::size_t kInputBytes = 32 * 1024;
  Bytes input_ = Bytes(kHandshakeInputBytes);
  std::deque<Bytes> messages_;
  Bytes outgoing_;
  std::size_t sent_ = 0;
  std::uint64_t bytes_in_ = 0;
  std::uint64_t bytes_out_ = 0;
};

}  // namespace cunju::transport
