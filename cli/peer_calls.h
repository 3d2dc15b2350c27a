// SPDX-License-Identifier: Apache-2.0
//
// Calls of a command to an address or to a peer where it was met before, and why nobody was met:
// `sync` and `doctor` call alike.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/meet_words.h"
#include "cli/met_peer.h"
#include "cli/session.h"

namespace cunju::cli {

struct CallOptions {
  std::optional<WireKey> expected;  ///< Who alone is to be met, and exchanged with.
  std::string expected_name;
  bool is_metered = false;
  peers::PeerListener listener = {};  ///< Of all that happens, but for how a link ended.
};

/// What one call came to.
struct PeerCall {
  std::string address;
  MetPeer peer;  ///< Who was met, or greeted.
  std::uint64_t peer_clock_ms = 0;
  transport::LinkEnd end = transport::LinkEnd::kOpen;
  bool has_called = false;  ///< Else what went wrong is here, or a signal ended it.
  Result<node::SyncOutcome> outcome;
  MeetFinding finding;

  bool is_stopped() const {
    return outcome.has_error() && outcome.error().context == node::kStoppedBySignal;
  }
};

PeerCall call_address(node::Node& node, const std::string& address, const CallOptions& options);
/// One remembered address of the expected peer after the other, in the order of the book, until
/// somebody lets this node in at one: the last call says how that went. Empty when none is
/// remembered. Errors: those of the store.
Result<std::vector<PeerCall>> call_remembered(node::Node& node, const CallOptions& options);
/// What the error of such a call is to say, in place of the words for its kind.
void explain_call(Terminal& terminal, const PeerCall& call);

}  // namespace cunju::cli
