// SPDX-License-Identifier: Apache-2.0
//
// The replica's questions about logs: what is in them, how they branch, where a cut falls, and what
// others say of them.
#include <algorithm>

#include "crdt/base/check.h"
#include "node/replica/replica.h"

namespace cunju::replica {
namespace {

/// Changes read per transaction, so that a long log never keeps a snapshot for long.
constexpr std::size_t kScanBatch = 256;

}  // namespace

Result<void> Replica::scan_log(const SpaceId& space, const AuthorKey& author, Seq first,
                               const std::function<bool(const Change&)>& visit, Fate without) {
  CUNJU_CHECK(without <= Fate::kConfirmed, "what is erased for good leaves the node for nobody");
  std::uint64_t seq = first.value;
  std::size_t at = 0;
  for (bool is_done = false; !is_done;) {
    is_done = true;
    std::vector<Change> batch;
    CUNJU_TRYV(read([&](Reader& reader) -> Result<void> {
      CUNJU_TRY(std::uint32_t space_no, require_space(reader, space));
      CUNJU_TRY(LogTree tree, reader.log_tree(space_no, author));
      if (at == tree.branches().size()) return ok();
      const BranchRow& branch = tree.branches()[at];
      seq = std::max(seq, branch.from_seq);
      for (; seq < branch.next_seq && batch.size() < kScanBatch; ++seq) {
        std::optional<LogRow> log = reader.find_log(branch.number, Seq{seq});
        if (!log) return fail(Errc::kCorrupt, "a log has a gap");
        CUNJU_TRY(const StoredChange stored, reader.require_change(log->ordinal));
        batch.push_back(reader.reduced(space_no, stored.change, without));
      }
      if (seq >= branch.next_seq) {
        ++at;
        seq = first.value;
      }
      is_done = at == tree.branches().size();
      return ok();
    }));
    for (const Change& change : batch) {
      if (!visit(change)) return ok();
    }
  }
  return ok();
}

Result<Cut> Replica::cut_of(const SpaceId& space, const AuthorKey& author,
                            std::optional<std::uint64_t> end, const std::optional<ChangeId>& head) {
  Cut out{.author = author, .end = 0, .last = {}};
  CUNJU_TRYV(read([&](Reader& reader) -> Result<void> {
    CUNJU_TRY(std::uint32_t space_no, require_space(reader, space));
    CUNJU_TRY(LogTree tree, reader.log_tree(space_no, author));
    const BranchRow* branch = tree.empty() ? nullptr : &tree.first();
    out.end = branch == nullptr ? 0 : branch->next_seq;
    if (head) {
      auto named = std::ranges::find(tree.branches(), *head, &BranchRow::head);
      if (named == tree.branches().end()) return fail(Errc::kNotFound, "branch " + head->hex());
      branch = &*named;
      out.end = branch->next_seq;
    } else if (tree.is_forked()) {
      CUNJU_TRY(RosterGraph * graph, reader.roster(space_no, space));
      CUNJU_TRY(std::optional<StandingTip> tip, reader.standing_tip(space_no, author, *graph));
      if (tip) branch = &tree.numbered(tip->branch_no);
      out.end = tip ? tip->seq.value + 1 : tree.fork_point()->value;
    }
    if (end) out.end = *end;
    if (out.end == 0) return ok();
    std::optional<LogRow> log;
    if (branch != nullptr) log = reader.find_on_path(tree, *branch, Seq{out.end - 1});
    if (!log) return fail(Errc::kNotFound, "change " + std::to_string(out.end - 1));
    CUNJU_TRY(StoredChange stored, reader.require_change(log->ordinal));
    out.last = stored.change.id;
    return ok();
  }));
  return out;
}

Result<std::vector<Branch>> Replica::branches(const SpaceId& space, const AuthorKey& author) {
  std::vector<Branch> out;
  CUNJU_TRYV(read([&](Reader& reader) -> Result<void> {
    CUNJU_TRY(std::uint32_t space_no, require_space(reader, space));
    CUNJU_TRY(RosterGraph * graph, reader.roster(space_no, space));
    CUNJU_TRY(LogTree tree, reader.log_tree(space_no, author));
    CUNJU_TRY(std::optional<StandingTip> tip, reader.standing_tip(space_no, author, *graph));
    for (const BranchRow& branch : tree.branches()) {
      Branch each{.from = {branch.from_seq},
                  .end = branch.next_seq,
                  .head = branch.head,
                  .standing = branch.next_seq};
      if (tree.is_forked()) each.standing = tree.fork_point()->value;
      // The path of the tip and this one's are the same up to where they part.
      while (tip && each.standing < std::min(branch.next_seq, tip->seq.value + 1)) {
        const Seq next{each.standing};
        std::optional<LogRow> here = reader.find_on_path(tree, branch, next);
        std::optional<LogRow> there =
            reader.find_on_path(tree, tree.numbered(tip->branch_no), next);
        if (!here || !there || here->ordinal != there->ordinal) break;
        ++each.standing;
      }
      out.push_back(each);
    }
    return ok();
  }));
  std::ranges::sort(out, [](const Branch& a, const Branch& b) {
    return std::tie(a.from, a.head) < std::tie(b.from, b.head);
  });
  return out;
}

Result<bool> Replica::is_on_path(const SpaceId& space, const AuthorKey& log,
                                 const NamedChange& earlier, const NamedChange& later) {
  bool out = false;
  CUNJU_TRYV(read([&](Reader& reader) -> Result<void> {
    CUNJU_TRY(std::uint32_t space_no, require_space(reader, space));
    CUNJU_TRY(out, reader.is_on_path(space_no, log, earlier, later));
    return ok();
  }));
  return out;
}

Result<std::map<AuthorKey, Seq>> Replica::forks(const SpaceId& space) {
  std::map<AuthorKey, Seq> out;
  CUNJU_TRYV(read([&](Reader& reader) -> Result<void> {
    CUNJU_TRY(std::uint32_t space_no, require_space(reader, space));
    CUNJU_TRY(out, reader.fork_points(space_no));
    return ok();
  }));
  return out;
}

Result<std::vector<Claim>> Replica::claims(const SpaceId& space, const AuthorKey& author) {
  std::vector<Claim> out;
  CUNJU_TRYV(read([&](Reader& reader) -> Result<void> {
    CUNJU_TRY(std::uint32_t space_no, require_space(reader, space));
    CUNJU_TRY(auto all, reader.claims(space_no, author));
    for (const auto& [peer, head] : all) out.push_back({peer, head.seq, head.id});
    return ok();
  }));
  return out;
}

Result<std::vector<ToldHead>> Replica::told(const SpaceId& space, const AuthorKey& author) {
  std::vector<ToldHead> out;
  CUNJU_TRYV(read([&](Reader& reader) -> Result<void> {
    CUNJU_TRY(std::uint32_t space_no, require_space(reader, space));
    CUNJU_TRY(auto all, reader.told(space_no, author));
    CUNJU_TRY(const LogTree* tree, reader.known_tree(space_no, author));
    for (const auto& [peer, head] : all) {
      ToldHead told{.peer = peer, .seq = head.seq, .id = head.id};
      const std::optional<IdRow> id = reader.find_id(head.id);
      if (id) {
        CUNJU_TRY(told.is_here, reader.holds(space_no, author, head.seq, id->ordinal));
      }
      const bool has_place = std::ranges::any_of(tree->branches(), [&](const BranchRow& branch) {
        return reader.find_log(branch.number, told.seq).has_value();
      });
      told.is_different = has_place && !told.is_here;
      out.push_back(told);
    }
    return ok();
  }));
  return out;
}

Result<std::vector<Acknowledged>> Replica::acknowledged(const SpaceId& space,
                                                        const AuthorKey& author) {
  std::vector<Acknowledged> out;
  CUNJU_TRYV(read([&](Reader& reader) -> Result<void> {
    CUNJU_TRY(std::uint32_t space_no, require_space(reader, space));
    CUNJU_TRY(WitnessTimes times, WitnessTimes::load(reader, space_no, space));
    out = times.acknowledged(author);
    return ok();
  }));
  return out;
}

}  // namespace cunju::replica
