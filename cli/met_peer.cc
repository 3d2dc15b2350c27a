// SPDX-License-Identifier: Apache-2.0
#include "cli/met_peer.h"

#include "node/peers/peer_book.h"

namespace cunju::cli {

void note_met_peer(const peers::PeerEvent& event, MetPeer& peer) {
  if (event.wire) peer.wire = event.wire;
  if (!event.peer.empty()) peer.name = event.peer;
}

Result<void> look_up_met_peer(node::Node& node, MetPeer& peer) {
  if (!peer.wire) return ok();
  CUNJU_TRY(const peers::PeerHints hints, node.peer_book().find(*peer.wire));
  peer.is_noted = hints.is_metered;
  peer.id = short_id(peer.wire->hex());
  return ok();
}

Label own_node_text(const std::string& address) {
  const std::string at = visible(address, false);
  return {at + "：那就是这台电脑自己", at + ": that is this computer itself"};
}

}  // namespace cunju::cli
