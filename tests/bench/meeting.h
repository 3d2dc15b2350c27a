// SPDX-License-Identifier: Apache-2.0
//
// Two sessions that talk to each other in memory, and what that took.
#pragma once

#include <array>
#include <cstdint>

#include "net/sync/session.h"

namespace cunju::bench {

/// Until both are done, one trip of all that is on its way after the other.
struct Meeting {
  std::size_t bytes = 0;
  std::size_t messages = 0;
  std::size_t trips = 0;  ///< Until nothing but plans and goodbyes was said: two are a round trip.
  std::array<double, 2> cpu_ms{};
  std::array<std::uint64_t, 2> planned{};
};

/// `channel` chooses the handshake hash; `attachments`: null where a side exchanges none. Ends the
/// program when a session fails.
Meeting meet(sync::Port& a, sync::Port& b, const WireKey& key_of_a, const WireKey& key_of_b,
             std::uint8_t channel, std::array<sync::AttachmentPort*, 2> attachments = {});

}  // namespace cunju::bench
