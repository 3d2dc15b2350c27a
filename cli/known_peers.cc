// SPDX-License-Identifier: Apache-2.0
#include "cli/known_peers.h"

#include <algorithm>

#include "cli/record_lookup.h"
#include "node/council/roster_acts.h"
#include "node/peers/peer_book.h"

namespace cunju::cli {

Result<KnownPeers> known_peers(node::Node& node, const std::vector<SpaceId>& spaces) {
  KnownPeers out;
  for (const SpaceId& space : spaces) {
    Result<std::shared_ptr<const Roster>> roster = node.replica().roster(space);
    if (roster.has_error()) continue;
    for (const auto& [key, entry] : roster.value()->nodes) {
      if (entry.wire == node.keystore().wire()) continue;
      KnownPeer& peer = out[entry.wire];
      peer.name = entry.name;
      peer.spaces.insert(roster.value()->space_name);
      const auto member = roster.value()->members.find(entry.member);
      if (member == roster.value()->members.end()) continue;
      for (const RoleGrant& grant : member->second.roles) peer.roles.insert(grant.role);
    }
  }
  return out;
}

Result<std::vector<WireKey>> find_known_peers(node::Node& node, const KnownPeers& known,
                                              const std::string& word) {
  std::vector<WireKey> out;
  for (const auto& [wire, peer] : known) {
    CUNJU_TRY(const peers::PeerHints hints, node.peer_book().find(wire));
    const bool is_key = word.size() >= council::kFewestDigits && wire.hex().starts_with(word);
    const bool is_address =
        std::ranges::find(hints.addresses, word, &peers::AddressHint::address) !=
        hints.addresses.end();
    if (peer.name == word || is_key || is_address) out.push_back(wire);
  }
  return out;
}

Result<WireKey> require_known_peer(const Invocation& call, node::Node& node,
                                   const KnownPeers& known, const std::string& word) {
  CUNJU_TRY(const std::vector<WireKey> found, find_known_peers(node, known, word));
  const std::string list = call.terminal.command("peers --json");
  if (found.empty())
    return refused(call, Errc::kNotFound,
                   {"不认识这台电脑：" + word + "。可写名称、钥匙的开头（" + list +
                        "），或带端口的地址，例如 192.168.1.8:7700",
                    "no node is known as " + word + ": write its name, how its key begins (" +
                        list + "), or an address with its port, for example 192.168.1.8:7700"});
  if (found.size() > 1)
    return refused(call, Errc::kConflict,
                   {"有几台电脑都叫 " + word + "，请写钥匙的开头（" + list + "）",
                    "several nodes are " + word + ": write how its key begins (" + list + ")"});
  return found.front();
}

}  // namespace cunju::cli
