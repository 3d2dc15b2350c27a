// SPDX-License-Identifier: Apache-2.0
//
// What the node tells its operator about peers: values for a status line or a log.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "crdt/base/error.h"
#include "crdt/base/ids.h"
#include "net/sync/actions.h"
#include "net/transport/link.h"
#include "node/peers/invitation.h"
#include "node/peers/pairing_words.h"

namespace cunju::peers {

/// Of kPairing, on both sides.
struct PairingNews {
  enum class Kind : std::uint8_t {
    kNewWords,      ///< `words` are to be compared.
    kStillWaiting,  ///< The words from before stand. Joining: the other person has not compared
                    ///< them yet, or, at `stage` kWaiting, the one here has not.
    kOver,          ///< Nobody is let in by this invitation; `stage` says why.
    kRival,         ///< A second device asked with an invitation for which one waits.
    kRegretted,     ///< A device that was let in says that the words differed.
  };
  Kind kind = Kind::kOver;
  wire::InvitationId invitation;
  bool is_inviter = false;
  std::string name;  ///< Inviting: what the new device calls its person. Joining: the space's name.
  std::string role;
  std::optional<PairingWords> words;
  PairStage stage = PairStage::kOpen;
};

/// Context of kNotFound of a call at which another acquaintance greeted than the one who was to be
/// met; `peer` has its name. A greeting is a hint: it has proven nothing.
inline constexpr std::string_view kOtherPeer = "another node of the rosters is at that address";

struct PeerEvent {
  enum class Kind : std::uint8_t {
    kConnected,  ///< A session begins.
    kPairing,    ///< Something was said about an invitation: `pairing` has it.
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
  bool is_outgoing = false;     ///< This node called.
  /// Who alone was to be met where this node called, once somebody has greeted there.
  std::optional<WireKey> expected;
  transport::LinkEnd end = transport::LinkEnd::kOpen;  ///< kClosed: how far it had come.
  sync::Progress progress;
  std::uint64_t bytes_in = 0;  ///< On the wire, handshake and framing included.
  std::uint64_t bytes_out = 0;
  std::optional<Error> error;  ///< kClosed: why, unless it was in order.
  std::optional<PairingNews> pairing;
  std::string text;  ///< kLog: for the log. kPaired: the space's id.
};

using PeerListener = std::function<void(const PeerEvent&)>;

}  // namespace cunju::peers
