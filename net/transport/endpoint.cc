// SPDX-License-Identifier: Apache-2.0
#include "net/transport/endpoint.h"

#include <charconv>
#include <cstdint>

namespace cunju::transport {

using boost::asio::ip::tcp;

Result<tcp::endpoint> parse_endpoint(std::string_view address) {
  const auto unusable = [&] {
    return fail(Errc::kInvalidArgument, "not an address and port: " + std::string(address));
  };
  const std::size_t colon = address.rfind(':');
  if (colon == std::string_view::npos) return unusable();
  std::string_view host = address.substr(0, colon);
  const std::string_view port_text = address.substr(colon + 1);
  std::uint16_t port = 0;
  const char* end = port_text.data() + port_text.size();
  const auto [stop, error] = std::from_chars(port_text.data(), end, port);
  if (error != std::errc() || stop != end) return unusable();
  // Without the brackets the last group of an IPv6 address would pass for a port.
  const bool bracketed = host.starts_with('[') && host.ends_with(']');
  if (bracketed) host = host.substr(1, host.size() - 2);
  boost::system::error_code failed;
  const auto ip = boost::asio::ip::make_address(std::string(host), failed);
  if (failed || ip.is_v6() != bracketed) return unusable();
  return tcp::endpoint(ip, port);
}

std::string to_text(const tcp::endpoint& endpoint) {
  const std::string host = endpoint.address().to_string();
  const std::string port = std::to_string(endpoint.port());
  return endpoint.address().is_v6() ? "[" + host + "]:" + port : host + ":" + port;
}

}  // namespace cunju::transport
