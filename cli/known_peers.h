// SPDX-License-Identifier: Apache-2.0
//
// The other nodes of this home's rosters, and how a person names one of them: the same for every
// verb that takes one.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "cli/session.h"

namespace cunju::cli {

/// One node as the rosters of this home's spaces have it.
struct KnownPeer {
  std::string name;
  std::set<std::string> roles;
  std::set<std::string> spaces;
};
using KnownPeers = std::map<WireKey, KnownPeer>;

Result<KnownPeers> known_peers(node::Node& node, const std::vector<SpaceId>& spaces);
/// Those that `word` means: by name, by an address where one was met, or by how a key begins.
Result<std::vector<WireKey>> find_known_peers(node::Node& node, const KnownPeers& known,
                                              const std::string& word);
/// The one. Errors: kNotFound, kConflict (several), both explained.
Result<WireKey> require_known_peer(const Invocation& call, node::Node& node,
                                   const KnownPeers& known, const std::string& word);

}  // namespace cunju::cli
