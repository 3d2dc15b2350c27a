// SPDX-License-Identifier: Apache-2.0
//
// The third part of Admission: what a roster change does to parts that have their place already.
// Whoever is removed loses what was written beyond the cut, whoever was let in by a void act never
// was here, and late changes that somebody admits come into force. Each part's row in its record's
// graph says whether it is late, and the records concerned are computed anew from these rows.
#include <algorithm>
#include <tuple>

#include "node/replica/admission.h"
#include "node/replica/sealed_late.h"

namespace cunju::replica {
namespace {

Key late_key(std::uint32_t space_no, std::uint64_t ordinal, std::uint16_t part) {
  Key key;
  key.u32(space_no).u64(ordinal).u16(part);
  return key;
}

}  // namespace

Result<bool> Admission::is_late_part(const Change& change, const IdRow& row,
                                     std::string_view registry) {
  CUNJU_TRY(RosterGraph * graph, roster(row.space_no, change.space()));
  CUNJU_TRY(const std::vector<ChangeId>* pins, known_pins(row.pins_ordinal));
  // The founding change pins nothing, and nothing is beside it.
  if (pins->empty()) return false;
  bool is_late =
      change.header.seq.value >= graph->effective_end(*pins, change.header.author, registry);
  if (!is_late) {
    CUNJU_TRY(bool is_standing, stands(change, row, *graph));
    is_late = !is_standing;
  }
  return is_late && !graph->is_admitted_late(change.id);
}

Result<bool> Admission::stands(const Change& change, const IdRow& row, const RosterGraph& graph) {
  return replica::stands(*this, change, row, graph);
}

Result<void> Admission::write_node(const RecordKey& record, std::uint64_t ordinal,
                                   const StoredNode& node) {
  Key key = record.key();
  key.u64(ordinal);
  CUNJU_TRY(keys::KeyNumber sealed_under, key_of(record.space_no, record.record));
  CUNJU_TRYV(put_sealed(tables_.graph, "graph", key, sealed_under, node.encode()));
  const Key late = late_key(record.space_no, ordinal, node.part);
  // What is void by its ancestors is nothing that anybody could admit.
  if (node.is_late && !node.node.is_void) return txn_.put(tables_.late, late, marker());
  CUNJU_TRYV(txn_.erase(tables_.late, late));
  return ok();
}

Result<void> Admission::rejudge(std::uint32_t space_no, const SpaceId& space,
                                const RosterReading& before) {
  CUNJU_TRY(RosterGraph * graph, roster(space_no, space));
  if (!graph->has_changed_since(before)) return ok();
  CUNJU_TRY(std::vector<BranchEntry> all, branches(space_no));
  // Most acts take from one member, and a branch has as many stretches as there were acts.
  const std::optional<std::set<AuthorKey>> judged = graph->judged_otherwise(before);
  for (const auto& [author, row] : all) {
    if (judged && !judged->contains(author)) continue;
    CUNJU_TRYV(rejudge_branch(space_no, row, *graph, before));
  }
  CUNJU_TRY(auto forks, fork_points(space_no));
  for (const auto& [author, fork_point] : forks) {
    CUNJU_TRYV(rejudge_fork(space_no, author, fork_point));
  }
  for (const ChangeId& id : RosterGraph::admitted_at_one(before, graph->reading())) {
    std::optional<IdRow> row = find_id(id);
    if (row && row->space_no == space_no) {
      CUNJU_TRYV(rejudge_change(row->ordinal));
    }
  }
  return ok();
}

Result<void> Admission::rejudge_fork(std::uint32_t space_no, const AuthorKey& author,
                                     Seq fork_point) {
  CUNJU_TRY(LogTree tree, log_tree(space_no, author));
  for (const BranchRow& branch : tree.branches()) {
    const std::uint64_t from = std::max(branch.from_seq, fork_point.value);
    for (std::uint64_t seq = from; seq < branch.next_seq; ++seq) {
      std::optional<LogRow> log = find_log(branch.number, Seq{seq});
      if (!log) return fail(Errc::kCorrupt, "a log has a gap");
      CUNJU_TRYV(rejudge_change(log->ordinal));
    }
  }
  return ok();
}

/// A branch is looked at by the stretches that pin the same roster, from its end; only changes that
/// the law has changed its mind about are read.
Result<void> Admission::rejudge_branch(std::uint32_t space_no, const BranchRow& branch,
                                       const RosterGraph& graph, const RosterReading& before) {
  const RosterReading now = graph.reading();
  const std::set<std::string> registries = graph.registries_told_apart();
  std::uint64_t end = branch.next_seq;
  std::uint64_t pins_ordinal = branch.pins_ordinal;
  while (end > branch.from_seq) {
    CUNJU_TRY(StoredChange first, require_change(pins_ordinal));
    const ChangeHeader& header = first.change.header;
    const std::uint64_t begin = std::max(header.seq.value, branch.from_seq);
    std::uint64_t from = end, to = begin;
    for (const std::string& registry : registries) {
      if (header.pins.empty()) break;
      const std::uint64_t was =
          graph.effective_end_at(before, header.pins, header.author, registry);
      const std::uint64_t is = graph.effective_end_at(now, header.pins, header.author, registry);
      if (was == is) continue;
      from = std::min(from, std::max(begin, std::min(was, is)));
      to = std::max(to, std::min(end, std::max(was, is)));
    }
    for (std::uint64_t seq = from; seq < to; ++seq) {
      std::optional<LogRow> log = find_log(branch.number, Seq{seq});
      if (!log) return fail(Errc::kCorrupt, "a log has a gap");
      CUNJU_TRYV(rejudge_change(log->ordinal));
    }
    end = begin;
    if (end == branch.from_seq) break;
    std::optional<LogRow> log = find_log(branch.number, Seq{end - 1});
    if (!log) return fail(Errc::kCorrupt, "a log has a gap");
    CUNJU_TRY(StoredChange previous, require_change(log->ordinal));
    std::optional<IdRow> row = find_id(previous.change.id);
    if (!row || row->space_no != space_no) return fail(Errc::kCorrupt, "change without id row");
    pins_ordinal = row->pins_ordinal;
  }
  return ok();
}

Result<void> Admission::rejudge_change(std::uint64_t ordinal) {
  CUNJU_TRY(StoredChange stored, require_change(ordinal));
  CUNJU_TRY(Origin origin, find_origin(stored.change));
  CUNJU_TRY(ReadableChange read, readable(origin.row.space_no, stored.change));
  if (read.opened) stored.change = std::move(*read.opened);
  const LinksOfParts links = decode_links_of(stored.change);
  for (std::size_t i = 0; i < links.size(); ++i) {
    if (!links[i]) continue;
    const RecordKey record{origin.row.space_no, links[i]->record, stored.change.parts[i].scope};
    CUNJU_TRY(std::optional<StoredNode> node, find_node(record, ordinal));
    // A part that is held has no place yet and is judged when it gets one.
    if (!node || node->part != i) continue;
    CUNJU_TRY(bool is_late, is_late_part(stored.change, origin.row, links[i]->registry));
    if (is_late == node->is_late) continue;
    node->is_late = is_late;
    CUNJU_TRYV(write_node(record, ordinal, *node));
    rejudged_.insert(record);
    if (speaks_of_erasing(*links[i], stored.change.parts[i])) unsettled_.insert(record.space_no);
  }
  return ok();
}

Result<void> Admission::rebuild_view(const RecordKey& record) {
  struct Placed {
    ChangeId id;
    Dot dot;
    GraphNode node;
    std::string registry;
    std::vector<Operation> operations;
    bool is_late = false;
    bool is_on_branch = false;
  };
  std::vector<Placed> all;
  CUNJU_TRYV(visit_graph(record, [&](StoredNode& node, Change& change, const Part& part) {
    Placed placed{.id = change.id,
                  .dot = node.dot,
                  .node = std::move(node.node),
                  .registry = {},
                  .operations = {},
                  .is_late = node.is_late,
                  .is_on_branch = node.dot.author != change.header.author};
    if (Result<Links> links = decode_links(part.links); links.has_value())
      placed.registry = std::move(links.value().registry);
    if (part.presence == Presence::kPresent) {
      Result<Body> body = decode_body(part.body);
      if (body.has_value()) placed.operations = std::move(body.value().operations);
    }
    all.push_back(std::move(placed));
  }));
  // Depth grows from ancestor to descendant, so this is a causal order.
  std::ranges::sort(all, [](const Placed& a, const Placed& b) {
    return std::tie(a.node.depth, a.id) < std::tie(b.node.depth, b.id);
  });
  CUNJU_TRY(Slot * view_slot, slot(record));
  view_slot->view = RecordView();
  for (const Placed& placed : all) {
    view_slot->view.apply({.id = placed.id,
                           .dot = placed.dot,
                           .node = placed.node,
                           .registry = placed.registry,
                           .operations = placed.operations,
                           .is_late = placed.is_late,
                           .is_on_branch = placed.is_on_branch});
  }
  view_slot->is_dirty = true;
  return ok();
}

Result<void> Admission::rewrite_roster() {
  std::vector<KnownRosterChange> rows;
  bool is_sound = true;
  CUNJU_TRYV(read_.scan(tables_.roster, {}, [&](ByteView key, ByteView value) {
    const std::optional<std::uint64_t> own_after = RosterRow::decode_own_after(value);
    is_sound = own_after.has_value();
    if (is_sound) rows.push_back({get_u32_be(key), get_u64_be(key.subspan(4)), *own_after});
    return is_sound;
  }));
  if (!is_sound) return fail(Errc::kCorrupt, "a row of the table of roster changes");
  CUNJU_TRYV(txn_.clear(tables_.roster));
  rosters_.entries.clear();
  rosters_.is_rewriting = true;
  Result<void> written = ok();
  // What was told to one is read in the roster of those before it.
  for (const KnownRosterChange& row : rows)
    if (written.has_value()) written = rewrite_roster_row(row);
  rosters_.is_rewriting = false;
  rosters_.entries.clear();
  return written;
}

Result<void> Admission::rewrite_roster_row(const KnownRosterChange& row) {
  CUNJU_TRY(StoredChange stored, require_change(row.ordinal));
  ReadStatements read;
  if (!stored.change.header.is_founding()) {
    const std::optional<IdRow> id = find_id(stored.change.id);
    if (!id) return fail(Errc::kCorrupt, "roster change without id row");
    CUNJU_TRY(std::vector<ChangeId> pins, pins_at(id->pins_ordinal));
    // As when it was admitted: the law relies on what its cuts name being here.
    CUNJU_TRY(read, read_told(row.space_no, stored.change, std::move(pins)));
    if (read.missing || read.is_false)
      return fail(Errc::kCorrupt, "a roster change without what it names");
  }
  Key key;
  key.u32(row.space_no).u64(row.ordinal);
  return txn_.put_new(tables_.roster, key, RosterRow{row.own_after, std::move(read.told)}.encode());
}

/// Drops what is derived of one space and places all its parts again, in the order of admission.
Result<void> Admission::rebuild_space(std::uint32_t space_no) {
  std::erase_if(slots_, [&](const auto& entry) { return entry.first.space_no == space_no; });
  std::erase_if(rejudged_, [&](const RecordKey& record) { return record.space_no == space_no; });
  Key prefix;
  prefix.u32(space_no);
  std::set<std::uint64_t> held;
  CUNJU_TRYV(read_.scan_prefix(tables_.held, prefix, [&](ByteView, ByteView value) {
    held.insert(get_u64_be(value));
    return true;
  }));
  std::vector<Bytes> waiting;
  CUNJU_TRYV(read_.scan(tables_.waiting, {}, [&](ByteView key, ByteView) {
    if (held.contains(get_u64_be(key.subspan(32)))) waiting.push_back(to_bytes(key));
    return true;
  }));
  for (const Bytes& key : waiting) {
    CUNJU_TRYV(txn_.erase(tables_.waiting, key));
  }
  for (store::Table table :
       {tables_.graph, tables_.views, tables_.records, tables_.conflicts, tables_.held,
        tables_.late, tables_.witnessed, tables_.seen, tables_.scoped, tables_.erasures,
        tables_.gaps, tables_.lacked, tables_.counted}) {
    CUNJU_TRYV(txn_.erase_prefix(table, prefix));
  }
  CUNJU_TRY(std::vector<BranchEntry> all, branches(space_no));
  std::vector<std::uint64_t> ordinals;
  for (const auto& [author, branch] : all) {
    for (std::uint64_t seq = branch.from_seq; seq < branch.next_seq; ++seq) {
      std::optional<LogRow> log = find_log(branch.number, Seq{seq});
      if (!log) return fail(Errc::kCorrupt, "a log has a gap");
      ordinals.push_back(log->ordinal);
    }
  }
  std::ranges::sort(ordinals);
  for (std::uint64_t ordinal : ordinals) {
    CUNJU_TRYV(replace_parts(ordinal));
  }
  // Whatever the lines are called now: what was erased stays so, and the rest is settled anew.
  unsettled_.insert(space_no);
  return ok();
}

}  // namespace cunju::replica
