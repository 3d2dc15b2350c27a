// SPDX-License-Identifier: Apache-2.0
//
// The fourth part of Admission and of Reader: witness statements. What a change names and states is
// kept in two derived tables, whether it counts or not; who asks looks whether the statement's part
// is in force (witness_times.h).
#include <algorithm>
#include <functional>
#include <tuple>
#include <utility>

#include "crdt/witness/statement.h"
#include "node/replica/admission.h"

namespace cunju::replica {

Result<void> Admission::index_statements(const Change& change, const Origin& origin) {
  const std::uint32_t space_no = origin.row.space_no;
  if (!change.header.seen.is_zero() && !change.header.is_founding()) {
    Key prefix, key;
    prefix.u32(space_no).u32(origin.branch_no);
    key.u32(space_no).u32(origin.branch_no).u64(change.header.seq.value);
    // A row for each change of mind is enough.
    std::optional<store::Entry> last = txn_.last_with_prefix(tables_.seen, prefix);
    if (!last || !equal(last->value, change.header.seen.view())) {
      CUNJU_TRYV(txn_.put(tables_.seen, key, change.header.seen.view()));
    }
  }
  const std::optional<std::vector<WitnessedHead>> stated = read_statement(change);
  if (!stated) return ok();
  for (const WitnessedHead& head : *stated) {
    Key key;
    key.u32(space_no).u32(origin.branch_no).bytes(head.author.view());
    key.u64(head.seq.value).u64(origin.row.ordinal);
    Bytes value = to_bytes(head.id.view());
    put_u64_be(value, change.header.claimed_ms);
    CUNJU_TRYV(txn_.put(tables_.witnessed, key, value));
  }
  return index_covers(change, origin.row, *stated);
}

/// What a witness states of a log that is known to be forked says which branch it had. The roster
/// hears of it at the end, once for all statements, or whoever makes many would have it judged as
/// often.
Result<void> Admission::index_covers(const Change& change, const IdRow& row,
                                     std::span<const WitnessedHead> stated) {
  CUNJU_TRY(auto forks, fork_points(row.space_no));
  if (forks.empty()) return ok();
  CUNJU_TRY(RosterGraph * graph, roster(row.space_no, change.space()));
  CUNJU_TRY(const std::vector<ChangeId>* pins, known_pins(row.pins_ordinal));
  if (!graph->at(*pins)->may(change.header.author, kWitnessRegistry, kWrite)) return ok();
  for (const WitnessedHead& head : stated) {
    if (forks.contains(head.author))
      covers_[{row.space_no, change.space()}].emplace_back(row.ordinal, head);
  }
  return ok();
}

Result<void> Admission::tell_of_covers() {
  for (const auto& [space, covers] : std::exchange(covers_, {})) {
    const auto& [space_no, id] = space;
    CUNJU_TRY(RosterGraph * graph, roster(space_no, id));
    const RosterReading before = graph->reading();
    bool is_news = false;
    for (const auto& [ordinal, head] : covers) {
      CUNJU_TRY(const bool is_new, put_cover(space_no, ordinal, head));
      is_news = is_news || is_new;
    }
    // Of a space in which a log has just been forked everything is looked at again anyway.
    if (is_news && !rebuilt_.contains(space_no)) {
      CUNJU_TRYV(rejudge(space_no, id, before));
    }
  }
  return ok();
}

Result<bool> Admission::put_cover(std::uint32_t space_no, std::uint64_t ordinal,
                                  const WitnessedHead& head) {
  Key key;
  key.u32(space_no).u64(ordinal).bytes(head.author.view());
  if (read_.get(tables_.covers, key)) return false;
  Bytes value;
  put_u64_be(value, head.seq.value);
  append(value, head.id.view());
  CUNJU_TRYV(txn_.put(tables_.covers, key, value));
  return true;
}

/// Of a log that has just turned out to be forked: what was stated of it before. It has to be there
/// before the fork is known, because from then on only statements that are new are asked for.
Result<void> Admission::index_covers_of(std::uint32_t space_no, const SpaceId& space,
                                        const AuthorKey& author) {
  CUNJU_TRY(RosterGraph * graph, roster(space_no, space));
  CUNJU_TRY(std::vector<BranchEntry> all, branches(space_no));
  for (const auto& [witness, branch] : all) {
    if (!graph->is_node(witness)) continue;
    std::vector<std::pair<std::uint64_t, WitnessedHead>> rows;
    Key prefix;
    prefix.u32(space_no).u32(branch.number).bytes(author.view());
    CUNJU_TRYV(read_.scan_prefix(tables_.witnessed, prefix, [&](ByteView key, ByteView value) {
      rows.push_back(
          {get_u64_be(key.subspan(48)),
           {author, Seq{get_u64_be(key.subspan(40))}, *ChangeId::from(value.first(32))}});
      return true;
    }));
    for (const auto& [ordinal, head] : rows) {
      CUNJU_TRY(StoredChange stored, require_change(ordinal));
      std::optional<IdRow> row = find_id(stored.change.id);
      if (!row) return fail(Errc::kCorrupt, "a statement without id row");
      CUNJU_TRY(const std::vector<ChangeId>* pins, known_pins(row->pins_ordinal));
      if (!graph->at(*pins)->may(witness, kWitnessRegistry, kWrite)) continue;
      CUNJU_TRYV(put_cover(space_no, ordinal, head));
    }
  }
  return ok();
}

Result<std::vector<WitnessHead>> Reader::witness_heads(std::uint32_t space_no,
                                                       const Roster& roster) const {
  std::vector<std::tuple<std::uint64_t, AuthorKey, ChangeId>> found;
  for (const auto& [key, node] : roster.nodes) {
    const AuthorKey author{key.value};
    if (!roster.may(author, kWitnessRegistry, kWrite)) continue;
    const std::optional<BranchRow> row = find_first_branch(space_no, author);
    if (!row || row->next_seq == 0) continue;
    const std::optional<IdRow> head = find_id(row->head);
    if (!head) return fail(Errc::kCorrupt, "a head without id row");
    found.emplace_back(head->ordinal, author, row->head);
  }
  std::ranges::sort(found, std::greater<>());
  std::vector<WitnessHead> out;
  for (const auto& [ordinal, author, id] : found) out.push_back({author, id});
  return out;
}

Result<Reader::ReadStatements> Reader::statements_up_to(std::uint32_t space_no,
                                                        const SpaceId& space,
                                                        const ChangeId& seen) const {
  ReadStatements out;
  const std::optional<IdRow> named = find_id(seen);
  if (!named) {
    out.missing = seen;
    return out;
  }
  if (named->space_no != space_no) {
    out.is_false = true;
    return out;
  }
  CUNJU_TRY(StoredChange newest, require_change(named->ordinal));
  const AuthorKey node = newest.change.header.author;
  CUNJU_TRY(RosterGraph * graph, roster(space_no, space));
  if (!graph->is_node(node)) return out;
  const Seq last = newest.change.header.seq;
  CUNJU_TRY(const LogTree tree, log_tree(space_no, node));
  CUNJU_TRY(const BranchRow* branch, branch_of(tree, last, named->ordinal));
  const RecordKey record{space_no, witness_record(space, node), kOpenScope};
  Result<void> failed = ok();
  const IsOnPath is_on = paths(space_no, failed);
  std::map<AuthorKey, std::optional<NamedChange>> tips;
  for (Seq seq{0}; seq <= last; seq = seq.next()) {
    const std::optional<LogRow> log = find_on_path(tree, *branch, seq);
    if (!log) return fail(Errc::kCorrupt, "a log has a gap");
    CUNJU_TRY(StoredChange stored, require_change(log->ordinal));
    const std::optional<std::vector<WitnessedHead>> heads = read_statement(stored.change);
    if (!heads) continue;
    const std::optional<IdRow> row = find_id(stored.change.id);
    if (!row) return fail(Errc::kCorrupt, "admitted change without id row");
    // Its place in its record was judged by the same roster, and that is kept; what is void there
    // may be so for another reason. Asking the roster at every statement's pins costs as much as
    // there are acts, each time.
    CUNJU_TRY(const std::optional<StoredNode> placed, find_node(record, log->ordinal));
    if (!placed || placed->node.is_void) {
      CUNJU_TRY(std::vector<ChangeId> pins, pins_at(row->pins_ordinal));
      if (!graph->at(pins)->may(node, kWitnessRegistry, kWrite)) continue;
    }
    for (const WitnessedHead& head : *heads) {
      const std::optional<IdRow> at = find_id(head.id);
      if (!at) {
        out.missing = head.id;
        return out;
      }
      CUNJU_TRY(bool is_there, holds(space_no, head.author, head.seq, at->ordinal));
      if (at->space_no != space_no || !is_there) {
        out.is_false = true;
        return out;
      }
      extend_path(tips[head.author], head.author, {head.seq, head.id}, is_on);
      CUNJU_TRYV(failed);
    }
  }
  if (tips.empty()) return out;
  out.told = {.witness = node, .seq = last, .id = seen, .tips = {}};
  for (const auto& [log, tip] : tips) out.told.tips.emplace(log, *tip);
  // The statements themselves are changes that somebody has acknowledged.
  out.told.tips[node] = {last, seen};
  return out;
}

Result<bool> Reader::is_on_path(std::uint32_t space_no, const AuthorKey& log,
                                const NamedChange& earlier, const NamedChange& later) const {
  const std::optional<IdRow> named = find_id(later.id), wanted = find_id(earlier.id);
  if (!named || !wanted || named->space_no != space_no || later.seq < earlier.seq) return false;
  CUNJU_TRY(const LogTree* tree, known_tree(space_no, log));
  CUNJU_TRY(const bool is_there, holds(space_no, log, later.seq, named->ordinal));
  if (!is_there) return false;
  CUNJU_TRY(const BranchRow* branch, branch_of(*tree, later.seq, named->ordinal));
  const std::optional<LogRow> before = find_on_path(*tree, *branch, earlier.seq);
  return before && before->ordinal == wanted->ordinal;
}

IsOnPath Reader::paths(std::uint32_t space_no, Result<void>& failed) const {
  return [this, space_no, &failed](const AuthorKey& log, const NamedChange& earlier,
                                   const NamedChange& later) {
    Result<bool> found = is_on_path(space_no, log, earlier, later);
    if (found.has_error()) failed = found.error();
    return found.has_value() && found.value();
  };
}

}  // namespace cunju::replica
