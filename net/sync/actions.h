// SPDX-License-Identifier: Apache-2.0
//
// What a session is configured with and what it tells its driver to do. Plain values: the driver
// sends the messages in order, then closes if told so, and shows the rest as it likes.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crdt/base/bytes.h"
#include "crdt/base/error.h"
#include "crdt/base/limits.h"
#include "net/sync/port.h"

namespace cunju::sync {

/// Time since any fixed point, never going back. It decides when to ping and how large batches are.
using Time = std::chrono::milliseconds;

struct Options {
  /// One-shot: say goodbye when both sides have caught up and everything sent is acknowledged.
  bool leave_when_caught_up = false;
  /// Up to so many heads of both sides all are named at once; with none, sketches are always used.
  /// Part of the protocol: both sides must have the same.
  std::size_t whole_list_heads = limits::kWholeListHeads;
  std::size_t window_bytes = limits::kWindowBytes;
  /// Where the link is quick; pace.h.
  std::size_t batch_target_bytes = limits::kBatchTargetBytes;
  /// After so long without a message from this side it pings. The peer hears it also while what it
  /// sends itself, and the answer behind that, takes minutes.
  std::chrono::milliseconds ping_after{15'000};
  /// The link costs money: neither side sends confidential parts or attachments, which come in the
  /// next session without this. A peer whose program can't hold back is not exchanged with.
  bool is_metered = false;
  /// So long after a look through what is lacking here, the peer is asked for the rest again.
  std::chrono::milliseconds ask_parts_after{600'000};
  /// What this node's clock says, for the hello; 0: it does not say.
  std::uint64_t claimed_ms = 0;
};

/// What the session waits for from its peer next.
enum class Phase : std::uint8_t {
  kHello,
  kNews,
  kSketch,
  kSpaces,
  kHeads,
  kPlan,
  kTransfer,
  kLive,
  kClosed
};
std::string_view phase_name(Phase phase);

/// Stored bytes of attachments.
struct AttachmentAmounts {
  std::uint64_t came = 0;
  std::uint64_t to_come = 0;  ///< What is wanted of those to which records here refer.
  std::uint64_t went = 0;
  std::uint64_t to_go = 0;  ///< Of those that the peer has begun to fetch.
};

/// Counts since the start. Bytes are those of changes as stored. Live pushes count as sent and
/// received and belong to no plan, so these may pass the planned ones.
struct Progress {
  Phase phase = Phase::kHello;
  Amount planned_out;
  Amount sent;
  Amount acked;
  Amount planned_in;  ///< The peer's claim: shown, never trusted.
  Amount received;
  AcceptReport accepted;            ///< What became of the received changes here.
  std::uint64_t peer_clock_ms = 0;  ///< What the peer's clock said in its hello; 0: nothing.
  AcceptReport taken;               ///< What became of the sent changes there, as the peer says.
  bool is_metered = false;          ///< One side has said that the link costs money.
  Amount held_back;                 ///< Changes that went without parts for that, and their bytes.
  std::uint64_t came_without = 0;   ///< Changes that came with parts withheld.
  PartsReport filled;               ///< What came of parts that had been lacking here.
  std::uint64_t let_go = 0;         ///< Parts that this node may not have any more, and destroyed.
  AttachmentAmounts attachments;
};

/// No error: a clean end.
struct Close {
  std::optional<Error> error;
  bool by_peer = false;  ///< The peer said goodbye; the error is its reason.
};

struct Actions {
  std::vector<Bytes> messages;
  std::optional<Close> close;  ///< After the messages.
  bool caught_up = false;      ///< Both sides have just caught up; at most once in a session.
  bool progressed = false;     ///< Session::progress() has changed.
  std::vector<std::string> log;
};

}  // namespace cunju::sync
