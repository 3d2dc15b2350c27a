// SPDX-License-Identifier: Apache-2.0
#include "net/sync/port.h"

#include "net/sync/heads_sum.h"

namespace cunju::sync {

Result<SharedHeads> Port::shared_heads(const WireKey& peer) {
  SharedHeads out;
  // The position first: what comes in between counts as not known to the peer.
  CUNJU_TRY(out.position, position());
  CUNJU_TRY(std::vector<SpaceId> spaces, shared_spaces(peer));
  for (const SpaceId& space : spaces) {
    CUNJU_TRY(std::vector<AuthorHead> all, heads(space));
    HeadsSum sum;
    for (const AuthorHead& head : all) sum.add(head.id);
    out.spaces.push_back({.space = space, .digest = sum.digest(), .count = sum.count()});
  }
  return out;
}

Result<std::uint64_t> Port::scan_heads(std::span<const SpaceId> spaces, const HeadVisitor& visit) {
  CUNJU_TRY(const std::uint64_t out, position());
  for (std::size_t at = 0; at < spaces.size(); ++at) {
    CUNJU_TRY(std::vector<AuthorHead> all, heads(spaces[at]));
    for (const AuthorHead& head : all) visit(at, head);
  }
  return out;
}

}  // namespace cunju::sync
