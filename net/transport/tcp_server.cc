// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <list>
#include <map>
#include <string>
#include <utility>

#include "net/transport/connection.h"
#include "net/transport/endpoint.h"
#include "net/transport/tcp.h"

namespace cunju::transport {

namespace asio = boost::asio;
using asio::ip::tcp;
using ErrorCode = boost::system::error_code;

// Shared with its pending operations, like a connection.
class TcpServer::Acceptor : public std::enable_shared_from_this<TcpServer::Acceptor> {
 public:
  Acceptor(const Context& context, const Options& options)
      : context_(context), options_(options), acceptor_(context.io), pause_(context.io) {}

  ErrorCode open(const tcp::endpoint& endpoint) {
    ErrorCode error;
    acceptor_.open(endpoint.protocol(), error);
    if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(tcp::acceptor::max_listen_connections, error);
    if (!error) local_ = acceptor_.local_endpoint(error);
    if (!error) address_ = to_text(local_);
    return error;
  }

  void accept() {
    acceptor_.async_accept([self = shared_from_this()](const ErrorCode& error, tcp::socket socket) {
      self->on_accepted(error, std::move(socket));
    });
  }

  void close_door() {
    stopped_ = true;
    ErrorCode ignored;
    acceptor_.close(ignored);
    pause_.cancel();
  }

  void close_links() {
    for (const auto& connection : connections_) connection->close(std::nullopt);
  }

  void drop_links() {
    for (const auto& connection : std::exchange(connections_, {})) connection->drop();
  }

  void check_addresses() {
    for (const auto& connection : connections_) connection->check_address();
  }

  const std::string& address() const { return address_; }
  std::uint16_t port() const { return local_.port(); }
  // A closed connection stays in the list until its on_closed has been called.
  std::size_t open_connections() const {
    return static_cast<std::size_t>(
        std::ranges::count_if(connections_, [](const auto& c) { return !c->closed(); }));
  }
  std::uint64_t refused() const { return refused_; }

 private:
  void on_accepted(const ErrorCode& error, tcp::socket socket) {
    if (stopped_) return;
    // Out of descriptors, mostly: the waiting connection stays ready, so trying again at once would
    // spin. Clients wait in the operating system's queue until a descriptor is free.
    if (error) return accept_after_pause();
    ErrorCode gone;
    const tcp::endpoint peer = socket.remote_endpoint(gone);
    if (!gone && make_place()) serve(std::move(socket), peer);
    if (!stopped_) accept();
  }

  void accept_after_pause() {
    pause_.expires_after(options_.accept_pause);
    pause_.async_wait([self = shared_from_this()](const ErrorCode& error) {
      if (!error && !self->stopped_) self->accept();
    });
  }

  // Strangers can fill the house with handshakes that never end. One of them has to go: the oldest
  // of whoever has most of them, so that a crowd from one address pushes out itself, and an honest
  // client of another needs only to be faster than a crowd of addresses. Established links belong
  // to known peers and stay.
  bool make_place() {
    const auto handshakes = std::ranges::count_if(connections_, &Acceptor::in_handshake);
    const bool full = open_connections() >= options_.max_connections ||
                      static_cast<std::size_t>(handshakes) >= options_.max_handshakes;
    if (!full) return true;
    if (handshakes == 0) {
      ++refused_;
      return false;
    }
    oldest_of_the_most()->abort({Errc::kLimit, "a newer connection needed the place"});
    return true;
  }

  /// A whole IPv6 subnet is one household: its addresses cost nothing.
  static std::string household(const tcp::endpoint& peer) {
    const asio::ip::address address = peer.address();
    if (address.is_v4() || address.to_v6().is_v4_mapped()) return address.to_string();
    const auto bytes = address.to_v6().to_bytes();
    return {bytes.begin(), bytes.begin() + 8};
  }

  /// Of those in their handshake; there is one.
  std::shared_ptr<Connection> oldest_of_the_most() const {
    std::map<std::string, std::size_t> counts;
    for (const auto& connection : connections_)
      if (connection->in_handshake()) ++counts[household(connection->peer())];
    std::shared_ptr<Connection> out;
    std::size_t most = 0;
    for (const auto& connection : connections_) {
      if (!connection->in_handshake()) continue;
      const std::size_t count = counts[household(connection->peer())];
      if (count > most) {
        most = count;
        out = connection;
      }
    }
    return out;
  }

  static bool in_handshake(const std::shared_ptr<Connection>& connection) {
    return connection->in_handshake();
  }

  void serve(tcp::socket socket, const tcp::endpoint& peer) {
    auto connection = std::make_shared<Connection>(context_, options_, noise::Role::kResponder,
                                                   std::move(socket));
    connections_.push_back(connection);
    connection->set_on_finished([this](Connection& finished) {
      connections_.remove_if([&](const auto& c) { return c.get() == &finished; });
    });
    connection->start_accepted(peer);
  }

  const Context context_;
  const Options options_;
  tcp::acceptor acceptor_;
  boost::asio::steady_timer pause_;
  tcp::endpoint local_;
  std::string address_;
  bool stopped_ = false;
  std::list<std::shared_ptr<Connection>> connections_;  ///< Oldest first.
  std::uint64_t refused_ = 0;
};

TcpServer::TcpServer(std::shared_ptr<Acceptor> acceptor) : acceptor_(std::move(acceptor)) {}

TcpServer::~TcpServer() {
  acceptor_->close_door();
  acceptor_->drop_links();
}

Result<std::unique_ptr<TcpServer>> TcpServer::listen(const Context& context,
                                                     std::string_view address,
                                                     const Options& options) {
  CUNJU_TRY(tcp::endpoint endpoint, parse_endpoint(address));
  auto acceptor = std::make_shared<Acceptor>(context, options);
  const ErrorCode error = acceptor->open(endpoint);
  if (error == asio::error::address_in_use) return fail(Errc::kIo, std::string(kAddressInUse));
  if (error == boost::system::errc::address_not_available)
    return fail(Errc::kIo, std::string(kAddressNotOurs));
  if (error)
    return fail(Errc::kIo, "cannot listen on " + std::string(address) + ": " + error.message());
  acceptor->accept();
  return std::unique_ptr<TcpServer>(new TcpServer(std::move(acceptor)));
}

void TcpServer::check_addresses() { acceptor_->check_addresses(); }

void TcpServer::stop() {
  acceptor_->close_door();
  acceptor_->close_links();
}

const std::string& TcpServer::address() const { return acceptor_->address(); }
std::uint16_t TcpServer::port() const { return acceptor_->port(); }
std::size_t TcpServer::open_connections() const { return acceptor_->open_connections(); }
std::uint64_t TcpServer::refused_connections() const { return acceptor_->refused(); }

}  // namespace cunju::transport
