// SPDX-License-Identifier: Apache-2.0
//
// Secure links over TCP: a server that accepts them and a client that opens one. Both run on the
// thread that runs the io_context, which outlives them, as do keys, handler and randomness.
// Addresses are numeric: "127.0.0.1:7700", "[::1]:7700", "[fe80::1%eth0]:7700".
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "crdt/base/result.h"
#include "crdt/crypto/crypto.h"
#include "net/transport/link.h"

namespace boost::asio {
class io_context;
}

namespace cunju::transport {

class Connection;

/// What servers and clients borrow; all of it outlives them.
struct Context {
  boost::asio::io_context& io;
  const crypto::DhKey& own_key;
  ConnectionHandler& handler;
  crypto::RandomSource& random;
};

/// Contexts of kIo when nobody can be waited for at an address.
inline constexpr std::string_view kAddressInUse = "another program uses this address and port";
inline constexpr std::string_view kAddressNotOurs = "this computer does not have this address";

class TcpServer {
 public:
  /// Port 0 picks a free one. Errors: kInvalidArgument for an address that does not parse; kIo when
  /// the operating system refuses: kAddressInUse, kAddressNotOurs, or its own words.
  static Result<std::unique_ptr<TcpServer>> listen(const Context& context, std::string_view address,
                                                   const Options& options = {});
  TcpServer(const TcpServer&) = delete;
  TcpServer& operator=(const TcpServer&) = delete;
  /// Cuts what is still open. No handler call follows.
  ~TcpServer();

  /// Accepts no more and closes every link in order; on_closed follows for each.
  void stop();
  /// With the port that was picked.
  const std::string& address() const;
  std::uint16_t port() const;
  std::size_t open_connections() const;
  /// About once a second: closes links whose own address this computer has lost, as when it joins
  /// another Wi-Fi; kNetwork.
  void check_addresses();
  /// Connections turned away at the door for want of a place; the handler never saw them.
  std::uint64_t refused_connections() const;

 private:
  class Acceptor;
  explicit TcpServer(std::shared_ptr<Acceptor> acceptor);
  std::shared_ptr<Acceptor> acceptor_;
};

class TcpClient {
 public:
  TcpClient(const TcpClient&) = delete;
  TcpClient& operator=(const TcpClient&) = delete;
  /// Cuts the link if it is still open. No handler call follows. Allowed inside on_closed.
  ~TcpClient();

  Link& link();
  /// As TcpServer::check_addresses().
  void check_address();

 private:
  friend Result<std::unique_ptr<TcpClient>> tcp_connect(const Context& context,
                                                        std::string_view address,
                                                        const Options& options);
  explicit TcpClient(std::shared_ptr<Connection> connection);
  std::shared_ptr<Connection> connection_;
};

/// Context of kInvalidArgument for an address of one link, which can be called on none of them:
/// "[fe80::1]:7700".
inline constexpr std::string_view kNoZone = "a link-local address without its interface";

/// The address as links show it (Link::peer_address): "[::1]:7700" for "[0::1]:7700", and
/// "[fe80::1%eth0]:7700" for "[fe80::1%2]:7700", as a number may be another interface's tomorrow.
/// What it says of an interface that is not there stays. Errors: kInvalidArgument for one that does
/// not parse; kNoZone.
Result<std::string> spell_address(std::string_view address);

/// Starts to connect; the handler hears on_greeting and on_established, or on_closed. Errors:
/// kInvalidArgument for an address that does not parse.
Result<std::unique_ptr<TcpClient>> tcp_connect(const Context& context, std::string_view address,
                                               const Options& options = {});

}  // namespace cunju::transport
