// SPDX-License-Identifier: Apache-2.0
//
// What writing and reading bundles borrow from the node, and whom they may deal with: nodes that
// the roster of a shared space names.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "net/bundle/receipt.h"
#include "node/keys/keystore.h"
#include "node/peers/bundle_book.h"
#include "node/replica/replica.h"

namespace cunju::peers {

struct BundleAttachments;

/// All of it outlives the calls.
struct BundleContext {
  replica::Replica& replica;
  const keys::UnlockedKeys& keys;
  BundleBook& book;
  crypto::RandomSource& random;
  std::uint64_t claimed_ms = 0;  ///< This machine's claim of the date.
  /// bundle_annex.h; null: bundles neither bring attachments nor take them.
  BundleAttachments* attachments = nullptr;
};

/// Another node with the spaces that this node shares with it.
struct BundlePeer {
  NodeKey node;
  WireKey wire;
  std::string name;          ///< As a roster calls it; empty while no roster tells of it.
  std::set<SpaceId> spaces;  ///< Never empty.
};

/// The node with these keys, if a space is shared with it: one whose roster has exactly this entry,
/// or one that is being joined through this wire key.
Result<std::optional<BundlePeer>> find_bundle_peer(replica::Replica& replica, const NodeKey& node,
                                                   const WireKey& wire);
/// Every other node of the spaces, by name and key.
Result<std::vector<BundlePeer>> all_bundle_peers(replica::Replica& replica, const NodeKey& own,
                                                 const std::vector<SpaceId>& spaces);

/// A receipt of each shared space for that node, signed, with one new number; under `is_dry_run` it
/// has the size of one and is none.
struct SpaceReceipt {
  SpaceId space;
  Bytes bytes;
};
Result<std::vector<SpaceReceipt>> make_receipts(const BundleContext& context,
                                                const BundlePeer& peer, bool is_dry_run);

/// Bytes done and in all, about once a block.
using BundleProgress = std::function<void(std::uint64_t done, std::uint64_t total)>;

}  // namespace cunju::peers
