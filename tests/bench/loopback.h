// SPDX-License-Identifier: Apache-2.0
//
// A whole sync over a TCP connection of the loopback interface, both ends in this process: channel,
// session and replica are the program's; the driver is a loop. An end can be made to speak an older
// version of the protocol, so that versions are compared in one run.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "tests/bench/measure.h"
#include "tests/bench/village.h"

namespace cunju::bench {

struct Traffic {
  std::size_t bytes = 0;  ///< What both ends gave to their sockets: greeting, handshake, frames.
  std::size_t messages = 0;
  std::array<double, 2> cpu{};  ///< Seconds of sender and receiver, channel and sockets included.
  double wall = 0;              ///< Of all of it, in seconds.
};

/// Until both have caught up and said goodbye. `version`: what both hellos say, at most
/// wire::kProtocolVersion. Gives the benchmark up when anything fails.
Traffic exchange_over_loopback(Village& from, Store& to, std::uint16_t version);

}  // namespace cunju::bench
