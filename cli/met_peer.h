// SPDX-License-Identifier: Apache-2.0
//
// Whom one call has met, for what is to be said about it afterwards.
#pragma once

#include <optional>
#include <string>

#include "cli/session.h"
#include "node/peers/own_node.h"
#include "node/peers/peer_event.h"

namespace cunju::cli {

struct MetPeer {
  std::optional<WireKey> wire;
  std::string name;
  std::string id;         ///< As `peers set` takes it.
  bool is_noted = false;  ///< As metered here, by `peers set`; else it says so itself.
};

/// From each event of the call.
void note_met_peer(const peers::PeerEvent& event, MetPeer& peer);
/// After it: what is remembered of whom it met. Errors: those of the store.
Result<void> look_up_met_peer(node::Node& node, MetPeer& peer);

/// What to say when the call ended with peers::kOwnNode.
/// Nobody can tell this computer from one with a copy of its home: both have its keys.
Label own_node_text(const std::string& address);
/// What to do then: two that write under the same keys fork their logs.
Label own_node_advice();
/// Both, as the end of the call.
void explain_own_node(Terminal& terminal, const std::string& address);

}  // namespace cunju::cli
