// SPDX-License-Identifier: Apache-2.0
#include "net/sync/port.h"

#include <algorithm>

#include "net/sync/heads_sum.h"

namespace cunju::sync {

Result<std::vector<SpaceId>> Port::shared_before(const WireKey& peer, std::uint64_t) {
  return shared_spaces(peer);
}

Result<bool> Port::is_shared_before(const WireKey& peer, const SpaceId& space,
                                    std::uint64_t position) {
  CUNJU_TRY(const std::vector<SpaceId> spaces, shared_before(peer, position));
  return std::ranges::binary_search(spaces, space);
}

Result<SharedSum> Port::shared_sum(const WireKey& peer) {
  SharedSum out;
  // The position first: what comes in between counts as not known to the peer.
  CUNJU_TRY(out.position, position());
  CUNJU_TRY(const std::vector<SpaceId> spaces, shared_spaces(peer));
  out.spaces = spaces.size();
  HeadsSum sum;
  for (const SpaceId& space : spaces) {
    sum.add(HeadsSum::presence(space));
    CUNJU_TRY(const std::vector<AuthorHead> all, heads(space));
    for (const AuthorHead& head : all) sum.add(head.id);
  }
  out.heads = sum.count() - out.spaces;
  out.digest = sum.digest();
  return out;
}

Result<std::optional<std::vector<RecentLog>>> Port::recent_logs(const WireKey&, std::uint64_t) {
  return std::optional<std::vector<RecentLog>>();
}

Result<void> Port::note_met(const WireKey& peer, std::uint64_t until) {
  CUNJU_TRY(const std::vector<SpaceId> spaces, shared_before(peer, until));
  for (const SpaceId& space : spaces) {
    CUNJU_TRYV(note_caught_up(space, peer, until));
  }
  return ok();
}

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
