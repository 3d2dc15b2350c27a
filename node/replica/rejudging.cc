// SPDX-License-Identifier: Apache-2.0
//
// The third part of Admission: what a roster change does to parts that have their place already.
// Whoever is removed loses what was written beyond the cut, whoever was let in by a void act never
// was here, and late changes that somebody admits come into force. Each part's row in its record's
// graph says whether it is late, and the records concerned are computed anew from these rows.
#include <algorithm>
#include <tuple>

#include "node/replica/admission.h"

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
  return change.header.seq.value >= graph->effective_end(*pins, change.header.author, registry) &&
         !graph->is_admitted_late(change.id);
}

Result<void> Admission::write_node(const RecordKey& record, std::uint64_t ordinal,
                                   const StoredNode& node) {
  Key key = record.key();
  key.u64(ordinal);
  CUNJU_TRYV(put_sealed(tables_.graph, "graph", key, node.encode()));
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
  CUNJU_TRY(std::vector<AuthorEntry> all, authors(space_no));
  for (const auto& [author, row] : all) {
    CUNJU_TRYV(rejudge_author(space_no, row, *graph, before));
  }
  for (const ChangeId& id : RosterGraph::admitted_at_one(before, graph->reading())) {
    std::optional<IdRow> row = find_id(id);
    if (row && row->space_no == space_no) {
      CUNJU_TRYV(rejudge_change(row->ordinal));
    }
  }
  return ok();
}

/// A log is looked at by the stretches that pin the same roster, from its end; only changes that
/// the law has changed its mind about are read.
Result<void> Admission::rejudge_author(std::uint32_t space_no, const AuthorRow& author,
                                       const RosterGraph& graph, const RosterReading& before) {
  const RosterReading now = graph.reading();
  const std::set<std::string> registries = graph.registries_told_apart();
  std::uint64_t end = author.next_seq;
  std::uint64_t pins_ordinal = author.pins_ordinal;
  while (end > 0) {
    CUNJU_TRY(StoredChange first, require_change(pins_ordinal));
    const ChangeHeader& header = first.change.header;
    std::uint64_t from = end, to = header.seq.value;
    for (const std::string& registry : registries) {
      if (header.pins.empty()) break;
      const std::uint64_t was =
          graph.effective_end_at(before, header.pins, header.author, registry);
      const std::uint64_t is = graph.effective_end_at(now, header.pins, header.author, registry);
      if (was == is) continue;
      from = std::min(from, std::max(header.seq.value, std::min(was, is)));
      to = std::max(to, std::min(end, std::max(was, is)));
    }
    for (std::uint64_t seq = from; seq < to; ++seq) {
      std::optional<LogRow> log = find_log(author.number, Seq{seq});
      if (!log) return fail(Errc::kCorrupt, "a log has a gap");
      CUNJU_TRYV(rejudge_change(log->ordinal));
    }
    end = header.seq.value;
    if (end == 0) break;
    std::optional<LogRow> log = find_log(author.number, Seq{end - 1});
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
  };
  std::vector<Placed> all;
  CUNJU_TRYV(visit_graph(record, [&](StoredNode& node, Change& change, const Part& part) {
    Placed placed{.id = change.id,
                  .dot = {change.header.author, change.header.seq},
                  .node = std::move(node.node),
                  .registry = {},
                  .operations = {}};
    placed.node.is_void = placed.node.is_void || node.is_late;
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
                           .operations = placed.operations});
  }
  view_slot->is_dirty = true;
  return ok();
}

}  // namespace cunju::replica
