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
  return {at + "：那是这台电脑自己，或者是另一台用着同一份数据拷贝的电脑",
          at + ": that is this computer, or another one with a copy of this home"};
}

Label own_node_advice() {
  return {
      "写的是自己的地址，就换成另一台电脑的。拷贝过数据，从现在起只用其中一台，"
      "并且先和同事的电脑交换，再继续记。",
      "If it is this computer's own address, give another one's. If this home was copied, use "
      "only one of them from now on; exchange with a colleague before going on."};
}

void explain_own_node(Terminal& terminal, const std::string& address) {
  terminal.explain_whole(
      {own_node_text(address), {"没有改动任何数据。", "Nothing was changed."}, own_node_advice()});
}

}  // namespace cunju::cli
