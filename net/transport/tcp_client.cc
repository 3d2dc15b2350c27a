// SPDX-License-Identifier: Apache-2.0
#include <boost/asio/io_context.hpp>
#include <utility>

#include "net/transport/connection.h"
#include "net/transport/endpoint.h"
#include "net/transport/tcp.h"

namespace cunju::transport {

TcpClient::TcpClient(std::shared_ptr<Connection> connection) : connection_(std::move(connection)) {}

TcpClient::~TcpClient() { connection_->drop(); }

Link& TcpClient::link() { return *connection_; }

void TcpClient::check_address() { connection_->check_address(); }

Result<std::string> spell_address(std::string_view address) {
  CUNJU_TRY(Connection::Endpoint endpoint, parse_endpoint(address));
  return spelled(address, endpoint);
}

Result<std::unique_ptr<TcpClient>> tcp_connect(const Context& context, std::string_view address,
                                               const Options& options) {
  CUNJU_TRY(Connection::Endpoint endpoint, parse_endpoint(address));
  auto connection = std::make_shared<Connection>(context, options, noise::Role::kInitiator,
                                                 Connection::Socket(context.io));
  // A zone is spelled by its interface as long as that is there; callers know the address by what
  // they wrote.
  const bool has_zone = address.find('%') != std::string_view::npos;
  connection->start_connecting(endpoint, has_zone ? std::string(address) : to_text(endpoint));
  return std::unique_ptr<TcpClient>(new TcpClient(std::move(connection)));
}

}  // namespace cunju::transport
