// SPDX-License-Identifier: Apache-2.0
//
// What a peer lacks of the logs here, by what it is known to have.
#include <algorithm>
#include <map>

#include "node/replica/replica.h"
#include "node/replica/urgent_logs.h"

namespace cunju::replica {

/// For each branch the first number of which a peer that has `have` holds nothing.
Result<std::vector<std::uint64_t>> Replica::first_missing(const Reader& reader,
                                                          std::uint32_t space_no,
                                                          const AuthorKey& author,
                                                          const LogTree& tree,
                                                          const sync::LogHave& have) {
  const std::vector<BranchRow>& branches = tree.branches();
  std::vector<std::uint64_t> out;
  for (const BranchRow& branch : branches)
    out.push_back(have.awaits_samples ? branch.next_seq : branch.from_seq);
  if (have.awaits_samples) return out;
  if (!tree.is_forked()) {
    const BranchRow& branch = tree.first();
    // A peer that is ahead lacks nothing; otherwise its count must be backed by a head that is
    // here, or its log is another one.
    if (have.heads.empty() || have.count > branch.next_seq) return std::vector{have.count};
    std::optional<LogRow> last;
    if (have.count > 0) last = reader.find_log(branch.number, Seq{have.count - 1});
    for (const ChangeId& head : have.heads) {
      std::optional<IdRow> row = reader.find_id(head);
      if (last && row && row->ordinal == last->ordinal) return std::vector{have.count};
    }
  }
  // A log may have thousands of branches, and the peer as many heads: each is looked at once.
  std::map<ChangeId, const BranchRow*> by_head;
  std::map<std::uint32_t, std::size_t> places;
  for (std::size_t at = 0; at < branches.size(); ++at) {
    by_head.emplace(branches[at].head, &branches[at]);
    places.emplace(branches[at].number, at);
  }
  std::vector<bool> is_reached(branches.size());
  for (const ChangeId& head : have.heads) {
    const BranchRow* holder = nullptr;
    std::uint64_t end = 0;
    if (auto found = by_head.find(head); found != by_head.end()) {
      holder = found->second;
      end = holder->next_seq;
    } else {
      const std::optional<IdRow> row = reader.find_id(head);
      if (!row || row->space_no != space_no) continue;
      CUNJU_TRY(const StoredChange stored, reader.require_change(row->ordinal));
      if (stored.change.header.author != author) continue;
      const Seq seq = stored.change.header.seq;
      CUNJU_TRY(holder, reader.branch_of(tree, seq, row->ordinal));
      end = seq.value + 1;
    }
    // What each branch holds on the head's path. From one that was reached before on, that is
    // known.
    while (holder != nullptr) {
      const std::size_t at = places.at(holder->number);
      out[at] = std::max(out[at], end);
      if (is_reached[at]) break;
      is_reached[at] = true;
      end = holder->from_seq;
      holder = tree.parent_of(*holder);
    }
  }
  return out;
}

Result<std::vector<Replica::Missing>> Replica::find_missing(const Reader& reader,
                                                            std::uint32_t space_no,
                                                            const sync::Have& have) {
  CUNJU_TRY(std::vector<BranchEntry> rows, reader.branches(space_no));
  std::vector<Missing> out;
  for (std::size_t at = 0; at < rows.size();) {
    const AuthorKey author = rows[at].first;
    std::vector<BranchRow> branches;
    for (; at < rows.size() && rows[at].first == author; ++at) branches.push_back(rows[at].second);
    const LogTree tree(std::move(branches));
    auto known = have.logs.find(author);
    std::vector<std::uint64_t> from;
    if (known != have.logs.end()) {
      CUNJU_TRY(from, first_missing(reader, space_no, author, tree, known->second));
    } else {
      for (const BranchRow& branch : tree.branches())
        from.push_back(end_before(reader, branch, have.before));
    }
    for (std::size_t branch = 0; branch < from.size(); ++branch) {
      const BranchRow& row = tree.branches()[branch];
      if (from[branch] < row.next_seq) out.push_back({author, row, from[branch], tree.is_forked()});
    }
  }
  return out;
}

Result<std::vector<std::uint64_t>> Replica::find_urgent(const Reader& reader,
                                                        std::uint32_t space_no,
                                                        std::span<const Missing> missing) {
  std::vector<LackedLog> lacked;
  for (const Missing& each : missing)
    lacked.push_back({each.author, each.branch.number, each.from});
  return replica::find_urgent(reader, space_no, lacked);
}

std::uint64_t Replica::bytes_of(const Reader& reader, const Missing& missing) {
  const BranchRow& row = missing.branch;
  std::optional<LogRow> before;
  if (missing.from > row.from_seq) before = reader.find_log(row.number, Seq{missing.from - 1});
  return row.log_bytes - (before ? before->log_bytes : 0);
}

Result<sync::Amount> Replica::measure_missing(const SpaceId& space, const sync::Have& have) {
  sync::Amount out;
  CUNJU_TRYV(read([&](Reader& reader) -> Result<void> {
    CUNJU_TRY(std::uint32_t space_no, require_space(reader, space));
    CUNJU_TRY(std::vector<Missing> missing, find_missing(reader, space_no, have));
    for (const Missing& each : missing) {
      out.changes += each.branch.next_seq - each.from;
      out.bytes += bytes_of(reader, each);
    }
    return ok();
  }));
  return out;
}

Result<bool> Replica::lacks_urgent(const SpaceId& space, const sync::Have& have) {
  bool out = false;
  CUNJU_TRYV(read([&](Reader& reader) -> Result<void> {
    CUNJU_TRY(std::uint32_t space_no, require_space(reader, space));
    CUNJU_TRY(const std::vector<Missing> missing, find_missing(reader, space_no, have));
    CUNJU_TRY(const std::vector<std::uint64_t> urgent, find_urgent(reader, space_no, missing));
    for (std::size_t log = 0; log < missing.size(); ++log)
      out = out || urgent[log] > missing[log].from;
    return ok();
  }));
  return out;
}

}  // namespace cunju::replica
