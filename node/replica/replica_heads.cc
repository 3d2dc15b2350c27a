// SPDX-License-Identifier: Apache-2.0
//
// What a sync session reads of heads and of what was here before a moment (net/sync/port.h).
#include <algorithm>
#include <set>
#include <utility>

#include "crdt/base/limits.h"
#include "node/replica/heads.h"
#include "node/replica/replica.h"

namespace cunju::replica {

/// Ordinals count what is admitted, so the next one is the position.
std::uint64_t Replica::position_of(const Reader& reader) {
  const std::optional<store::Entry> last =
      reader.read().last_with_prefix(reader.tables().changes, {});
  return last ? get_u64_be(last->key) + 1 : 0;
}

Result<std::uint64_t> Replica::position() {
  std::uint64_t out = 0;
  CUNJU_TRYV(read([&](Reader& reader) -> Result<void> {
    out = position_of(reader);
    return ok();
  }));
  return out;
}

Result<sync::SharedHeads> Replica::shared_heads(const WireKey& peer) {
  static const Hash kNoHeads = sync::HeadsSum().digest();
  sync::SharedHeads out;
  CUNJU_TRYV(read([&](Reader& reader) -> Result<void> {
    out = {.spaces = {}, .position = position_of(reader)};
    CUNJU_TRY(const Sharing sharing, Sharing::of(reader, sealer_, peer));
    CUNJU_TRY(const std::vector<SpaceId> all, sharing.spaces());
    // Nearly never, and asked of thousands of spaces.
    const bool has_gaps = reader.read().count(reader.tables().gaps) > 0;
    out.spaces.reserve(all.size());
    for (const SpaceId& space : all) {
      CUNJU_TRY(const std::uint32_t space_no, require_space(reader, space));
      Key key;
      key.u32(space_no);
      const std::optional<ByteView> row = reader.read().get(reader.tables().head_sums, key);
      std::optional<sync::SpaceHeads> heads =
          row ? HeadSumRow::decode_digest(space, *row)
              : sync::SpaceHeads{.space = space, .digest = kNoHeads, .count = 0};
      if (!heads) return fail(Errc::kCorrupt, "the sum of a space's heads");
      // What is equal to a peer's has no gaps: as long as there are, all is compared.
      if (has_gaps && reader.read().last_with_prefix(reader.tables().gaps, key))
        heads->digest = Hash();
      out.spaces.push_back(*heads);
    }
    return ok();
  }));
  return out;
}

Result<std::uint64_t> Replica::scan_heads(std::span<const SpaceId> spaces,
                                          const sync::HeadVisitor& visit) {
  std::uint64_t out = 0;
  CUNJU_TRYV(read([&](Reader& reader) -> Result<void> {
    out = position_of(reader);
    // Nearly never, and asked of a hundred thousand logs.
    const bool has_gaps = reader.read().count(reader.tables().gaps) > 0;
    // In the order in which their rows lie in the store: one walk through it, and not a jump for
    // each space.
    std::vector<std::pair<std::uint32_t, std::size_t>> order;
    order.reserve(spaces.size());
    for (std::size_t at = 0; at < spaces.size(); ++at) {
      CUNJU_TRY(const std::uint32_t space_no, require_space(reader, spaces[at]));
      order.emplace_back(space_no, at);
    }
    std::ranges::sort(order);
    for (const auto& place : order) {
      const std::uint32_t space_no = place.first;
      const std::size_t at = place.second;
      CUNJU_TRYV(visit_ends(reader, space_no, [&](const sync::AuthorHead& head) {
        if (!has_gaps || !reader.has_gap(space_no, head.author)) visit(at, head);
      }));
    }
    return ok();
  }));
  return out;
}

Result<std::vector<sync::AuthorHead>> Replica::all_heads(const SpaceId& space) {
  std::vector<sync::AuthorHead> out;
  CUNJU_TRYV(read([&](Reader& reader) -> Result<void> {
    CUNJU_TRY(std::uint32_t space_no, require_space(reader, space));
    CUNJU_TRY(std::vector<BranchEntry> all, reader.branches(space_no));
    out = list_heads(std::move(all));
    return ok();
  }));
  return out;
}

Result<std::vector<sync::AuthorHead>> Replica::heads(const SpaceId& space) {
  CUNJU_TRY(std::vector<sync::AuthorHead> out, all_heads(space));
  CUNJU_TRYV(read([&](Reader& reader) -> Result<void> {
    CUNJU_TRY(std::uint32_t space_no, require_space(reader, space));
    std::erase_if(
        out, [&](const sync::AuthorHead& head) { return reader.has_gap(space_no, head.author); });
    return ok();
  }));
  return out;
}

Result<std::vector<sync::AuthorHead>> Replica::heads_of(const SpaceId& space,
                                                        const AuthorKey& author) {
  std::vector<sync::AuthorHead> out;
  CUNJU_TRYV(read([&](Reader& reader) -> Result<void> {
    CUNJU_TRY(std::uint32_t space_no, require_space(reader, space));
    CUNJU_TRY(LogTree tree, reader.log_tree(space_no, author));
    if (!reader.has_gap(space_no, author)) out = list_heads(author, tree);
    return ok();
  }));
  return out;
}

Result<bool> Replica::has_change(const SpaceId& space, const ChangeId& id) {
  bool out = false;
  CUNJU_TRYV(read([&](Reader& reader) -> Result<void> {
    CUNJU_TRY(std::uint32_t space_no, require_space(reader, space));
    std::optional<IdRow> row = reader.find_id(id);
    out = row && row->space_no == space_no;
    return ok();
  }));
  return out;
}

Result<std::vector<wire::Sample>> Replica::samples(const SpaceId& space, const AuthorKey& author) {
  std::vector<wire::Sample> out;
  CUNJU_TRYV(read([&](Reader& reader) -> Result<void> {
    CUNJU_TRY(std::uint32_t space_no, require_space(reader, space));
    CUNJU_TRY(LogTree tree, reader.log_tree(space_no, author));
    std::set<std::pair<std::uint64_t, std::uint64_t>> places;  // seq, ordinal
    for (const BranchRow& branch : tree.branches()) {
      // 1, 2, 4 ... changes before its end, and the first: a peer that parts n changes before it
      // gets at most as many again that it has.
      const std::uint64_t last = branch.next_seq - 1;
      for (std::uint64_t back = 0;; back = back == 0 ? 1 : 2 * back) {
        const Seq seq{back < last ? last - back : 0};
        std::optional<LogRow> log = reader.find_on_path(tree, branch, seq);
        if (!log) return fail(Errc::kCorrupt, "a log has a gap");
        if (places.size() < limits::kMaxSamples) places.emplace(seq.value, log->ordinal);
        if (seq.value == 0) break;
      }
    }
    for (auto place = places.rbegin(); place != places.rend(); ++place) {
      CUNJU_TRY(StoredChange stored, reader.require_change(place->second));
      out.push_back({.seq = {place->first}, .id = stored.change.id});
    }
    return ok();
  }));
  return out;
}

Result<std::optional<ChangeId>> Replica::find_change(const SpaceId& space, const AuthorKey& author,
                                                     Seq seq) {
  std::optional<ChangeId> out;
  CUNJU_TRYV(read([&](Reader& reader) -> Result<void> {
    CUNJU_TRY(std::uint32_t space_no, require_space(reader, space));
    std::optional<BranchRow> row = reader.find_first_branch(space_no, author);
    if (!row) return ok();
    std::optional<LogRow> log = reader.find_log(row->number, seq);
    if (!log) return ok();
    CUNJU_TRY(StoredChange stored, reader.require_change(log->ordinal));
    out = stored.change.id;
    return ok();
  }));
  return out;
}

std::uint64_t Replica::end_before(const Reader& reader, const BranchRow& branch,
                                  std::uint64_t position) {
  const auto is_before = [&](std::uint64_t seq) {
    const std::optional<LogRow> log = reader.find_log(branch.number, Seq{seq});
    return log && log->ordinal < position;
  };
  if (position == 0 || branch.next_seq == branch.from_seq) return branch.from_seq;
  if (is_before(branch.next_seq - 1)) return branch.next_seq;
  // Along a log ordinals grow.
  std::uint64_t low = branch.from_seq, high = branch.next_seq - 1;
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    if (is_before(middle)) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

Result<sync::LogHave> Replica::log_before(const Reader& reader, std::uint32_t space_no,
                                          const AuthorKey& author, std::uint64_t position) {
  sync::LogHave out;
  CUNJU_TRY(const LogTree tree, reader.log_tree(space_no, author));
  for (const BranchRow& branch : tree.branches()) {
    const std::uint64_t end = end_before(reader, branch, position);
    if (end == branch.from_seq) continue;
    const std::optional<LogRow> log = reader.find_log(branch.number, Seq{end - 1});
    if (!log) return fail(Errc::kCorrupt, "a log has a gap");
    CUNJU_TRY(const StoredChange stored, reader.require_change(log->ordinal));
    out.note(Seq{end - 1}, stored.change.id);
  }
  return out;
}

Result<sync::LogHave> Replica::have_before(const SpaceId& space, const AuthorKey& author,
                                           std::uint64_t position) {
  sync::LogHave out;
  CUNJU_TRYV(read([&](Reader& reader) -> Result<void> {
    CUNJU_TRY(std::uint32_t space_no, require_space(reader, space));
    CUNJU_TRY(out, log_before(reader, space_no, author, position));
    return ok();
  }));
  return out;
}

Result<std::vector<ChangeId>> Replica::changes_at(const SpaceId& space, const AuthorKey& author,
                                                  Seq seq) {
  std::vector<ChangeId> out;
  CUNJU_TRYV(read([&](Reader& reader) -> Result<void> {
    CUNJU_TRY(std::uint32_t space_no, require_space(reader, space));
    CUNJU_TRY(const LogTree tree, reader.log_tree(space_no, author));
    for (const BranchRow& branch : tree.branches()) {
      const std::optional<LogRow> log = reader.find_log(branch.number, seq);
      if (!log) continue;
      CUNJU_TRY(const StoredChange stored, reader.require_change(log->ordinal));
      out.push_back(stored.change.id);
    }
    return ok();
  }));
  return out;
}

Result<Hash> Replica::recompute_digest(const SpaceId& space) {
  sync::HeadsSum sum;
  CUNJU_TRYV(read([&](Reader& reader) -> Result<void> {
    CUNJU_TRY(std::uint32_t space_no, require_space(reader, space));
    CUNJU_TRY(sum, compute_heads_sum(reader, space_no));
    return ok();
  }));
  return sum.digest();
}

}  // namespace cunju::replica
