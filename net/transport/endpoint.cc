// SPDX-License-Identifier: Apache-2.0
#include "net/transport/endpoint.h"

#include <net/if.h>

#include <array>
#include <charconv>
#include <cstdint>

#include "net/transport/tcp.h"

namespace cunju::transport {

using boost::asio::ip::tcp;

namespace {

/// What stands between % and ]; empty where nothing does, and for 0, which is no interface.
std::string_view zone_of(std::string_view address) {
  const std::size_t sign = address.find('%'), end = address.rfind(']');
  if (sign == std::string_view::npos || end == std::string_view::npos || end < sign) return {};
  const std::string_view zone = address.substr(sign + 1, end - sign - 1);
  return zone.find_first_not_of('0') == std::string_view::npos ? std::string_view() : zone;
}

bool is_link_local(const tcp::endpoint& endpoint) {
  return endpoint.address().is_v6() && endpoint.address().to_v6().is_link_local();
}

}  // namespace

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
  const tcp::endpoint out(ip, port);
  // Each interface has such addresses: the system would only say that there is no way.
  if (is_link_local(out) && zone_of(address).empty())
    return fail(Errc::kInvalidArgument, std::string(kNoZone));
  return out;
}

std::string to_text(const tcp::endpoint& endpoint) {
  const std::string host = endpoint.address().to_string();
  const std::string port = std::to_string(endpoint.port());
  return endpoint.address().is_v6() ? "[" + host + "]:" + port : host + ":" + port;
}

std::string spelled(std::string_view address, const tcp::endpoint& parsed) {
  if (!is_link_local(parsed)) return to_text(parsed);
  boost::asio::ip::address_v6 ip = parsed.address().to_v6();
  std::array<char, IF_NAMESIZE> name{};
  const auto index = static_cast<unsigned>(ip.scope_id());
  if (index != 0 && ::if_indextoname(index, name.data()) != nullptr) return to_text(parsed);
  ip.scope_id(0);
  return "[" + ip.to_string() + "%" + std::string(zone_of(address)) +
         "]:" + std::to_string(parsed.port());
}

}  // namespace cunju::transport
