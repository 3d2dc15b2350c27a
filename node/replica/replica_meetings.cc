// SPDX-License-Identifier: Apache-2.0
//
// What a sync session asks of who shares what, and what it notes when both have the same
// (net/sync/port.h). Read from what sharing.h keeps.
#include <algorithm>

#include "net/wire/news_limits.h"
#include "node/replica/heads.h"
#include "node/replica/replica.h"

namespace cunju::replica {

Result<std::vector<SpaceId>> Replica::shared_spaces(const WireKey& peer) {
  std::vector<SpaceId> out;
  CUNJU_TRYV(read([&](Reader& reader) -> Result<void> {
    CUNJU_TRY(const Sharing sharing, Sharing::of(reader, sealer_, peer));
    CUNJU_TRY(out, sharing.spaces());
    return ok();
  }));
  return out;
}

Result<bool> Replica::knows_peer(const WireKey& peer) {
  bool out = false;
  CUNJU_TRYV(read([&](Reader& reader) -> Result<void> {
    CUNJU_TRY(const Sharing sharing, Sharing::of(reader, sealer_, peer));
    CUNJU_TRY(const std::vector<SpaceId> first, sharing.spaces(std::nullopt, 1));
    out = !first.empty();
    return ok();
  }));
  return out;
}

Result<std::vector<SpaceId>> Replica::shared_before(const WireKey& peer, std::uint64_t position) {
  std::vector<SpaceId> out;
  CUNJU_TRYV(read([&](Reader& reader) -> Result<void> {
    CUNJU_TRY(const Sharing sharing, Sharing::of(reader, sealer_, peer));
    CUNJU_TRY(out, sharing.spaces(position));
    return ok();
  }));
  return out;
}

Result<bool> Replica::is_shared_before(const WireKey& peer, const SpaceId& space,
                                       std::uint64_t position) {
  bool out = false;
  CUNJU_TRYV(read([&](Reader& reader) -> Result<void> {
    CUNJU_TRY(const Sharing sharing, Sharing::of(reader, sealer_, peer));
    CUNJU_TRY(out, sharing.includes(space, position));
    return ok();
  }));
  return out;
}

Result<sync::SharedSum> Replica::shared_sum(const WireKey& peer) {
  sync::SharedSum out;
  CUNJU_TRYV(read([&](Reader& reader) -> Result<void> {
    CUNJU_TRY(const Sharing sharing, Sharing::of(reader, sealer_, peer));
    CUNJU_TRY(const PeerSumRow row, sharing.sum());
    out = {.digest = row.sum.digest(),
           .spaces = row.spaces,
           .heads = row.sum.count() - row.spaces,
           .position = position_of(reader),
           .has_gaps = sharing.has_gaps()};
    if (const std::optional<MetRow> met = sharing.met()) out.met = met->meeting;
    return ok();
  }));
  return out;
}

Result<std::optional<std::vector<sync::RecentLog>>> Replica::recent_logs(const WireKey& peer,
                                                                         std::uint64_t since) {
  std::optional<std::vector<sync::RecentLog>> out;
  CUNJU_TRYV(read([&](Reader& reader) -> Result<void> {
    CUNJU_TRY(const Sharing sharing, Sharing::of(reader, sealer_, peer));
    CUNJU_TRY(out, sharing.recent_logs(since));
    return ok();
  }));
  return out;
}

Result<std::optional<std::set<SpaceId>>> Replica::spaces_since(std::uint64_t position) {
  std::set<SpaceId> out;
  bool is_all = true;
  CUNJU_TRYV(read([&](Reader& reader) -> Result<void> {
    std::set<std::uint32_t> seen;
    std::size_t rows = 0;
    Key first;
    first.u64(position);
    return reader.read().scan(tables_.recent, first, [&](ByteView, ByteView value) {
      const std::optional<RecentRow> row = RecentRow::decode(value);
      is_all = row && ++rows <= wire::kMaxRecentRows;
      if (!is_all || !seen.insert(row->space_no).second) return is_all;
      Key key;
      key.u32(row->space_no);
      const std::optional<ByteView> sharers = reader.read().get(tables_.sharers, key);
      const std::optional<SharersRow> named = sharers ? SharersRow::decode(*sharers) : std::nullopt;
      is_all = named.has_value();
      if (named) out.insert(named->space);
      return is_all;
    });
  }));
  return is_all ? std::optional(std::move(out)) : std::optional<std::set<SpaceId>>();
}

/// Spaces in which an author of this node may have written what the peer is not known to have.
Result<std::set<SpaceId>> Replica::find_untold(const Sharing& sharing,
                                               const std::optional<MetRow>& last) {
  std::set<SpaceId> out;
  if (own_authors_.empty()) return out;
  std::optional<std::vector<sync::RecentLog>> recent;
  if (last && last->own == hash_of_authors(own_authors_)) {
    CUNJU_TRY(recent, sharing.recent_logs(last->meeting.position));
  }
  if (!recent) {
    CUNJU_TRY(const std::vector<SpaceId> all, sharing.spaces());
    out.insert(all.begin(), all.end());
    return out;
  }
  for (const sync::RecentLog& log : *recent)
    if (std::ranges::find(own_authors_, log.author) != own_authors_.end()) out.insert(log.space);
  return out;
}

Result<void> Replica::note_met(const WireKey& peer, std::uint64_t until) {
  std::optional<MetRow> last;
  std::set<SpaceId> untold;
  MetRow now{.meeting = {}, .own = hash_of_authors(own_authors_)};
  bool has_gaps = false, is_whole = true;
  CUNJU_TRYV(read([&](Reader& reader) -> Result<void> {
    CUNJU_TRY(const Sharing sharing, Sharing::of(reader, sealer_, peer));
    CUNJU_TRY(const PeerSumRow sum, sharing.sum());
    last = sharing.met();
    has_gaps = sharing.has_gaps();
    // What was written since the session looked counts as written after the meeting.
    now.meeting = {.digest = sum.sum.digest(), .position = std::min(until, position_of(reader))};
    CUNJU_TRY(untold, find_untold(sharing, last));
    // Nothing of what came to be shared since then was said to the peer.
    for (auto at = untold.begin(); at != untold.end();) {
      CUNJU_TRY(const bool was_shared, sharing.includes(*at, until));
      is_whole = is_whole && was_shared;
      at = was_shared ? std::next(at) : untold.erase(at);
    }
    return ok();
  }));
  for (const SpaceId& space : untold) {
    CUNJU_TRYV(note_caught_up(space, peer, until));
  }
  // A meeting that leaves out a space would have it passed over the next time.
  if (has_gaps || !is_whole) return ok();
  // What both had is the same as it was; only what others wrote to meanwhile has to be looked at
  // the next time, so it is seldom worth a write.
  if (last && last->meeting.digest == now.meeting.digest && last->own == now.own &&
      now.meeting.position - last->meeting.position < wire::kMaxRecentRows / 2)
    return ok();
  return write([&](Admission& admission, store::WriteTransaction& txn) -> Result<void> {
    CUNJU_TRY(const Sharing sharing, Sharing::of(admission, sealer_, peer));
    CUNJU_TRY(const PeerSumRow sum, sharing.sum());
    // Another process was quicker: there will be a next time.
    if (sum.spaces == 0 || sum.sum.digest() != now.meeting.digest) return ok();
    return txn.put(tables_.met, sharing.mark().view(), now.encode());
  });
}

Result<std::vector<SpaceId>> Replica::recompute_shared(const WireKey& peer) {
  CUNJU_TRY(std::vector<SpaceId> all, spaces());
  std::vector<SpaceId> out;
  CUNJU_TRYV(read([&](Reader& reader) -> Result<void> {
    for (const SpaceId& space : all) {
      CUNJU_TRY(std::uint32_t space_no, require_space(reader, space));
      CUNJU_TRY(const std::set<WireKey> peers, reader.peers(space_no, space));
      if (peers.contains(peer)) out.push_back(space);
    }
    return ok();
  }));
  std::ranges::sort(out);
  return out;
}

Result<Hash> Replica::recompute_shared_digest(const WireKey& peer) {
  CUNJU_TRY(const std::vector<SpaceId> shared, recompute_shared(peer));
  sync::HeadsSum out;
  CUNJU_TRYV(read([&](Reader& reader) -> Result<void> {
    for (const SpaceId& space : shared) {
      CUNJU_TRY(std::uint32_t space_no, require_space(reader, space));
      CUNJU_TRY(const sync::HeadsSum sum, compute_heads_sum(reader, space_no));
      out.add(sync::HeadsSum::presence(space));
      out.add(sum);
    }
    return ok();
  }));
  return out.digest();
}

}  // namespace cunju::replica
