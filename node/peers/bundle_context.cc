// SPDX-License-Identifier: Apache-2.0
#include "node/peers/bundle_context.h"

#include <algorithm>
#include <limits>
#include <tuple>

#include "node/peers/bundle_annex.h"

namespace cunju::peers {

Result<std::optional<BundlePeer>> find_bundle_peer(replica::Replica& replica, const NodeKey& node,
                                                   const WireKey& wire) {
  BundlePeer out{.node = node, .wire = wire, .name = {}, .spaces = {}};
  CUNJU_TRY(const std::vector<SpaceId> shared, replica.shared_spaces(wire));
  for (const SpaceId& space : shared) {
    Result<std::shared_ptr<const Roster>> roster = replica.roster(space);
    const AddNode* entry = roster.has_value() ? roster.value()->find_wire(wire) : nullptr;
    if (entry == nullptr) {
      // A space that is being joined through it: its roster is what it will send.
      out.spaces.insert(space);
    } else if (entry->node == node) {
      out.spaces.insert(space);
      if (out.name.empty()) out.name = entry->name;
    }
  }
  if (out.spaces.empty()) return std::optional<BundlePeer>();
  return std::optional(std::move(out));
}

Result<std::vector<BundlePeer>> all_bundle_peers(replica::Replica& replica, const NodeKey& own,
                                                 const std::vector<SpaceId>& spaces) {
  std::set<std::pair<NodeKey, WireKey>> keys;
  for (const SpaceId& space : spaces) {
    Result<std::shared_ptr<const Roster>> roster = replica.roster(space);
    if (roster.has_error()) continue;
    for (const auto& [node, entry] : roster.value()->nodes)
      if (node != own) keys.emplace(node, entry.wire);
  }
  std::vector<BundlePeer> out;
  for (const auto& [node, wire] : keys) {
    CUNJU_TRY(std::optional<BundlePeer> peer, find_bundle_peer(replica, node, wire));
    if (!peer) continue;
    std::erase_if(peer->spaces,
                  [&](const SpaceId& space) { return !std::ranges::count(spaces, space); });
    if (!peer->spaces.empty()) out.push_back(*std::move(peer));
  }
  std::ranges::sort(out, [](const BundlePeer& a, const BundlePeer& b) {
    return std::tie(a.name, a.node) < std::tie(b.name, b.node);
  });
  return out;
}

Result<std::vector<SpaceReceipt>> make_receipts(const BundleContext& context,
                                                const BundlePeer& peer, bool is_dry_run) {
  std::vector<SpaceReceipt> out;
  // The longest number, so that what is announced is never too little.
  std::uint64_t number = std::numeric_limits<std::uint64_t>::max();
  if (!is_dry_run) {
    CUNJU_TRY(number, context.book.next_receipt_number());
  }
  CUNJU_TRY(const std::vector<bundle::LetterId> answers, context.book.letters_read(peer.node));
  for (const SpaceId& space : peer.spaces) {
    bundle::Receipt receipt{.space = space,
                            .node = context.keys.node.node(),
                            .to = peer.node,
                            .number = number,
                            .answers = answers,
                            .logs = {}};
    CUNJU_TRY(receipt.logs, bundle::describe_logs(context.replica, space));
    CUNJU_TRY(receipt.parts, find_lacked_parts(context.replica, space));
    if (context.attachments != nullptr) {
      CUNJU_TRY(receipt.attachments, context.attachments->carried.find_lacked(space));
    }
    out.push_back({.space = space, .bytes = bundle::encode_receipt(receipt, context.keys.node)});
  }
  return out;
}

}  // namespace cunju::peers
