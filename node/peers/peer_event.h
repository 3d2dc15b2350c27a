// SPDX-License-Identifier: Apache-2.0
//
// What the node tells its operator about peers: values for a status line or a log.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "crdt/base/error.h"
#include "crdt/base/ids.h"
#include "net/sync/actions.h"

namespace cunju::peers {

struct PeerEvent {
  enum class Kind : std::uint8_t {
    kConnected,  ///< A session begins.
    kPaired,     ///< An invitation was used; on the invited side, a sync may follow.
    kProgress,
    kCaughtUp,
    kClosed,
    kLog,
  };
  Kind kind = Kind::kLog;
  std::string address;
  std::string peer;             ///< Name of the peer's node in a roster, or its key in short.
  std::optional<WireKey> wire;  ///< Whose node it is, once it has proven that.
  sync::Progress progress;
  std::uint64_t bytes_in = 0;  ///< On the wire, handshake and framing included.
  std::uint64_t bytes_out = 0;
  std::optional<Error> error;  ///< kClosed: why, unless it was in order.
  std::string text;            ///< kLog: for the log. kPaired: the space's id.
};

using PeerListener = std::function<void(const PeerEvent&)>;

}  // namespace cunju::peers
