// SPDX-License-Identifier: Apache-2.0
//
// Numeric addresses as people type them, to Asio and back. Inside net/transport only.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <string>
#include <string_view>

#include "crdt/base/result.h"

namespace cunju::transport {

/// "127.0.0.1:7700" or "[::1]:7700". Errors: kInvalidArgument; kNoZone (tcp.h).
Result<boost::asio::ip::tcp::endpoint> parse_endpoint(std::string_view address);
std::string to_text(const boost::asio::ip::tcp::endpoint& endpoint);
/// `parsed` from `address`: as to_text(), and of a zone whose interface is not there as it was
/// written.
std::string spelled(std::string_view address, const boost::asio::ip::tcp::endpoint& parsed);

}  // namespace cunju::transport
