// SPDX-License-Identifier: Apache-2.0
//
// The replica as a sync session sees it (net/sync/port.h).
#include <algorithm>
#include <queue>
#include <set>
#include <tuple>

#include "crdt/base/limits.h"
#include "node/replica/heads.h"
#include "node/replica/lacking.h"
#include "node/replica/replica.h"
#include "node/replica/urgent_logs.h"

namespace cunju::replica {
namespace {

Result<void> verify_run(const SpaceId& space, const sync::Run& run) {
  if (run.changes.empty()) return fail(Errc::kMalformed, "empty run");
  for (std::size_t i = 0; i < run.changes.size(); ++i) {
    if (run.changes[i].space() != space) return fail(Errc::kMalformed, "run of another space");
    if (i > 0) {
      CUNJU_TRYV(check_successor(run.changes[i - 1], run.changes[i]));
    }
  }
  // One verification covers the run: each prev is a hash over header and signature before it.
  if (!has_valid_signature(run.changes.back()))
    return fail(Errc::kBadSignature, "signature of change " + run.changes.back().id.hex());
  return ok();
}

/// Open parts have to come whole to everybody but a witness: a relay that left out the part about
/// the roster of a genuine change (its hashes still verify) would make it an act that never was, so
/// such a change is not taken.
/// What else is withheld is lacking here (lacking.h) and asked for. What stands as erased is taken:
/// without a confirmed act it is a gap, and the log is asked for again until an act or the body
/// comes (Reader::has_gap). `own`: none where no roster says what this node may have.
Result<void> check_presence(const Change& change, std::optional<Replication> own) {
  for (const Part& part : change.parts) {
    if (part.presence == Presence::kPresent) continue;
    if (part.presence == Presence::kErased && may_be_erased(part)) continue;
    bool may_lack = part.presence == Presence::kWithheld &&
                    (part.scope != kOpenScope || !own || own == Replication::kWitness);
    if (!may_lack)
      return fail(Errc::kTampered, "a part of change " + change.id.hex() + " is missing");
  }
  return ok();
}

}  // namespace

Result<std::vector<std::uint64_t>> Replica::find_urgent(const Reader& reader,
                                                        std::uint32_t space_no,
                                                        std::span<const Missing> missing) {
  std::vector<LackedLog> lacked;
  for (const Missing& each : missing)
    lacked.push_back({each.author, each.branch.number, each.from});
  return replica::find_urgent(reader, space_no, lacked);
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

Result<void> Replica::note_claims(const SpaceId& space, const WireKey& peer,
                                  std::span<const sync::AuthorHead> claims) {
  std::vector<sync::AuthorHead> own;
  for (const sync::AuthorHead& claim : claims) {
    if (std::ranges::find(own_authors_, claim.author) != own_authors_.end()) own.push_back(claim);
  }
  if (own.empty()) return ok();
  return write([&](Admission& admission, store::WriteTransaction& txn) -> Result<void> {
    CUNJU_TRY(std::uint32_t space_no, require_space(admission, space));
    for (const sync::AuthorHead& claim : own) {
      Key key;
      key.u32(space_no).bytes(claim.author.view()).bytes(peer.view());
      Bytes value;
      put_u64(value, claim.seq.value);
      cunju::append(value, claim.id.view());
      CUNJU_TRYV(txn.put(tables_.claims, key, value));
    }
    return ok();
  });
}

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

Result<void> Replica::note_heads(const SpaceId& space, const WireKey& peer,
                                 std::span<const sync::AuthorHead> heads) {
  std::vector<sync::AuthorHead> news;
  CUNJU_TRYV(read([&](Reader& reader) -> Result<void> {
    CUNJU_TRY(std::uint32_t space_no, require_space(reader, space));
    for (const sync::AuthorHead& head : heads) {
      if (std::ranges::find(own_authors_, head.author) == own_authors_.end()) continue;
      CUNJU_TRY(auto before, reader.told(space_no, head.author));
      if (std::ranges::find(before, std::pair(peer, head)) == before.end()) news.push_back(head);
    }
    return ok();
  }));
  if (news.empty()) return ok();
  return write([&](Admission& admission, store::WriteTransaction& txn) -> Result<void> {
    CUNJU_TRY(std::uint32_t space_no, require_space(admission, space));
    for (const sync::AuthorHead& head : news) {
      Key key;
      key.u32(space_no).bytes(head.author.view()).bytes(peer.view());
      Bytes value;
      put_u64(value, head.seq.value);
      cunju::append(value, head.id.view());
      CUNJU_TRYV(txn.put(tables_.told, key, value));
    }
    return ok();
  });
}

Result<void> Replica::note_caught_up(const SpaceId& space, const WireKey& peer,
                                     std::uint64_t until) {
  CUNJU_TRY(const std::vector<AuthorKey> authors, not_told(space, peer));
  if (authors.empty()) return ok();
  std::vector<sync::AuthorHead> same;
  for (const AuthorKey& author : authors) {
    CUNJU_TRY(std::vector<ToldHead> all, told(space, author));
    // Who said something else, or more than is here, has not taken it back.
    if (std::ranges::any_of(all,
                            [&](const ToldHead& one) { return one.peer == peer && !one.is_here; }))
      continue;
    CUNJU_TRY(const Cut end, cut_of(space, author, std::nullopt));
    // What another process has written meanwhile was not sent yet.
    CUNJU_TRY(const sync::LogHave before, have_before(space, author, until));
    if (end.end > before.count) continue;
    if (end.end > 0) same.push_back({.author = author, .seq = Seq{end.end - 1}, .id = end.last});
  }
  return note_heads(space, peer, same);
}

/// The own authors of whose last change the peer has not said yet that it has it. Nearly always
/// none, and asked for thousands of spaces at once.
Result<std::vector<AuthorKey>> Replica::not_told(const SpaceId& space, const WireKey& peer) {
  std::vector<AuthorKey> out;
  if (own_authors_.empty()) return out;
  CUNJU_TRYV(read([&](Reader& reader) -> Result<void> {
    CUNJU_TRY(std::uint32_t space_no, require_space(reader, space));
    for (const AuthorKey& author : own_authors_) {
      const std::optional<BranchRow> log = reader.find_first_branch(space_no, author);
      if (!log || log->next_seq == 0) continue;
      Key key;
      key.u32(space_no).bytes(author.view()).bytes(peer.view());
      Bytes value;
      put_u64(value, log->next_seq - 1);
      cunju::append(value, log->head.view());
      const std::optional<ByteView> row = reader.read().get(tables_.told, key);
      if (!row || !equal(*row, value)) out.push_back(author);
    }
    return ok();
  }));
  return out;
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

Result<std::uint64_t> Replica::provable_end(const Reader& reader, const BranchRow& branch,
                                            std::uint64_t from) {
  // A log may end in changes that only a change proves which was refused or is still held here.
  // They can't be passed on, and must not keep everything else from being.
  for (std::uint64_t end = branch.next_seq; end > from; --end) {
    std::optional<LogRow> log = reader.find_log(branch.number, Seq{end - 1});
    if (!log) return fail(Errc::kCorrupt, "a log has a gap");
    CUNJU_TRY(StoredChange stored, reader.require_change(log->ordinal));
    if (stored.signature_checked || has_valid_signature(stored.change)) return end;
  }
  return from;
}

Result<void> Replica::complete_run(const Reader& reader, const BranchRow& branch, sync::Run& run) {
  // The run must end at a change whose own signature verifies; a damaged inner one is passed over.
  while (!has_valid_signature(run.changes.back())) {
    std::optional<LogRow> log =
        reader.find_log(branch.number, run.changes.back().header.seq.next());
    if (!log) return fail(Errc::kCorrupt, "a log ends in a change with a bad signature");
    CUNJU_TRY(StoredChange stored, reader.require_change(log->ordinal));
    run.changes.push_back(std::move(stored.change));
    if (stored.signature_checked) return ok();
  }
  return ok();
}

Result<std::vector<sync::Run>> Replica::next_runs(const SpaceId& space, const WireKey& peer,
                                                  sync::Have& have, std::size_t max_bytes) {
  struct Cursor {
    /// What proves that a key has signed twice goes first: until a node has it, it believes it.
    bool is_after_forks;
    /// Then the roster and what says of erasing (urgent_logs.h).
    bool is_after_urgent;
    std::uint64_t ordinal;
    std::size_t log;  ///< In `missing`.
    bool operator>(const Cursor& other) const {
      return std::tie(is_after_forks, is_after_urgent, ordinal) >
             std::tie(other.is_after_forks, other.is_after_urgent, other.ordinal);
    }
  };
  struct Building {
    sync::Run run;
    bool last_checked = false;
  };
  std::vector<sync::Run> out;
  CUNJU_TRYV(read([&](Reader& reader) -> Result<void> {
    CUNJU_TRY(std::uint32_t space_no, require_space(reader, space));
    CUNJU_TRY(const std::optional<Replication> allowed, peer_scope(reader, space_no, space, peer));
    if (!allowed) return ok();
    CUNJU_TRY(std::vector<Missing> missing, find_missing(reader, space_no, have));
    CUNJU_TRY(const Replication replication,
              scope_as_known(reader, space_no, space, peer, *allowed, missing));
    CUNJU_TRY(const std::vector<std::uint64_t> urgent, find_urgent(reader, space_no, missing));
    std::uint64_t left = 0;
    for (const Missing& each : missing) left += bytes_of(reader, each);
    // Merging the logs by ordinal gives an order in which predecessors and pins, and on this node
    // also parents, come first; so the receiver seldom has to hold anything.
    std::priority_queue<Cursor, std::vector<Cursor>, std::greater<>> cursors;
    auto push = [&](std::size_t log, std::uint64_t seq) {
      const Missing& each = missing[log];
      if (seq >= each.branch.next_seq) return;
      if (std::optional<LogRow> row = reader.find_log(each.branch.number, Seq{seq}))
        cursors.push({!each.is_forked, seq >= urgent[log], row->ordinal, log});
    };
    for (std::size_t log = 0; log < missing.size(); ++log) {
      Missing& each = missing[log];
      CUNJU_TRY(each.branch.next_seq, provable_end(reader, each.branch, each.from));
      push(log, each.from);
    }
    std::vector<std::size_t> order;
    std::map<std::size_t, Building> building;
    std::size_t bytes = 0, changes = 0;
    bool has_urgent = false;
    while (!cursors.empty() && (changes == 0 || bytes < max_bytes) &&
           changes < limits::kMaxBatchChanges) {
      Cursor cursor = cursors.top();
      // Other spaces have urgent things too, and what is not can wait for them.
      if (has_urgent && cursor.is_after_urgent && changes > 0 && left > max_bytes) break;
      cursors.pop();
      CUNJU_TRY(StoredChange stored, reader.require_change(cursor.ordinal));
      // Who is no witness does not take what this node, being one, has without its open parts.
      if (replication != Replication::kWitness && lacks_open_part(stored.change)) continue;
      auto [at, is_new] = building.try_emplace(cursor.log);
      if (is_new) order.push_back(cursor.log);
      at->second.last_checked = stored.signature_checked;
      bytes += 256;
      for (const Part& part : stored.change.parts) bytes += part.links.size() + part.body.size();
      ++changes;
      has_urgent = has_urgent || !cursor.is_after_urgent;
      push(cursor.log, stored.change.header.seq.value + 1);
      // What is erased for good goes to nobody, whether or not its body is still here.
      at->second.run.changes.push_back(reader.reduced(space_no, stored.change, Fate::kConfirmed));
    }
    for (std::size_t log : order) {
      Building& built = building[log];
      if (!built.last_checked) {
        CUNJU_TRYV(complete_run(reader, missing[log].branch, built.run));
      }
      const Change& last = built.run.changes.back();
      const AuthorKey& author = missing[log].author;
      auto [entry, is_new] = have.logs.try_emplace(author);
      if (is_new) {
        CUNJU_TRY(entry->second, log_before(reader, space_no, author, have.before));
      }
      sync::LogHave& known = entry->second;
      known.count = std::max(known.count, last.header.seq.value + 1);
      std::erase(known.heads, built.run.changes.front().header.prev);
      known.heads.push_back(last.id);
      for (Change& change : built.run.changes) withhold(change, replication);
      out.push_back(std::move(built.run));
    }
    return ok();
  }));
  return out;
}

Result<sync::AcceptReport> Replica::accept(const SpaceId& space, std::span<const sync::Run> runs) {
  // Everything that needs no store happens before the write transaction begins.
  std::optional<Replication> own = Replication::kFull;
  bool may_be_stale = false;
  CUNJU_TRYV(read([&](Reader& reader) -> Result<void> {
    CUNJU_TRY(const std::uint32_t space_no, require_space(reader, space));
    may_be_stale = is_narrowed(reader, space_no);
    if (own_node_) {
      CUNJU_TRY(own, scope_of(reader, space_no, space, *own_node_));
    }
    return ok();
  }));
  std::vector<std::span<const Change>> taken;
  std::uint64_t left_out = 0;
  for (const sync::Run& run : runs) {
    CUNJU_TRYV(verify_run(space, run));
    std::size_t whole = 0;
    for (; whole < run.changes.size(); ++whole) {
      const Result<void> presence = check_presence(run.changes[whole], own);
      if (presence.has_value()) continue;
      // A sender who has not heard that this node is no witness any more means no harm.
      if (!may_be_stale || !lacks_open_part(run.changes[whole])) return presence.error();
      break;
    }
    taken.push_back(std::span(run.changes).first(whole));
    left_out += run.changes.size() - whole;
  }
  sync::AcceptReport report;
  CUNJU_TRYV(write([&](Admission& admission, store::WriteTransaction&) -> Result<void> {
    CUNJU_TRYV(require_space(admission, space));
    for (std::size_t run = 0; run < taken.size(); ++run) {
      for (const Change& change : taken[run]) {
        CUNJU_TRYV(admission.take(change, &change == &runs[run].changes.back()));
      }
    }
    report = admission.report();
    report.refused += left_out;
    return ok();
  }));
  return report;
}

}  // namespace cunju::replica
