// SPDX-License-Identifier: Apache-2.0
//
// The half of Admission that places parts in record graphs and applies them to views.
#include <algorithm>
#include <set>
#include <utility>

#include "crdt/base/check.h"
#include "node/replica/admission.h"

namespace cunju::replica {
namespace {

Key held_key(const RecordKey& record, std::uint32_t branch_no) {
  Key key = record.key();
  key.u32(branch_no);
  return key;
}

bool is_roster(const Links& links) {
  return links.record == kRosterRecord || links.registry == kRosterRegistry;
}

/// True when the change may say something about (record, scope): names it, or withholds a part of
/// that scope.
bool may_concern(const Change& change, const RecordKey& record) {
  return std::ranges::any_of(change.parts, [&](const Part& part) {
    if (part.scope != record.scope) return false;
    if (part.presence == Presence::kWithheld || part.presence == Presence::kRedacted) return true;
    Result<Links> links = decode_links(part.links);
    return links.has_value() && links.value().record == record.record && !is_roster(links.value());
  });
}

}  // namespace

Result<void> Admission::place_parts(const Change& change, const Origin& origin,
                                    std::optional<Scope> only) {
  CUNJU_TRY(const ReadableChange readable_change, readable(origin.row.space_no, change));
  const Change& read = readable_change.of(change);
  const LinksOfParts links = decode_links_of(read);
  if (!only) {
    CUNJU_TRYV(index_statements(read, origin));
    CUNJU_TRYV(take_wraps(origin.row.space_no, origin.row.ordinal, change));
  }
  std::set<std::pair<RecordId, Scope>> concerned;
  for (std::size_t i = 0; i < read.parts.size(); ++i) {
    const Part& part = read.parts[i];
    if (only && part.scope != *only) continue;
    if (part.scope != kOpenScope) {
      CUNJU_TRYV(note_confidential(origin, change.parts[i], static_cast<std::uint16_t>(i),
                                   readable_change.of_part(i)));
    }
    CUNJU_TRYV(note_gap(change, origin, static_cast<std::uint16_t>(i)));
    CUNJU_TRYV(note_lacked(change, origin.row, static_cast<std::uint16_t>(i)));
    if (links[i] && is_roster(*links[i])) {
      CUNJU_TRYV(note_narrowed(origin.row.space_no, part));
    }
    if (part.presence == Presence::kWithheld || part.presence == Presence::kRedacted) continue;
    if (!links[i] || is_roster(*links[i])) continue;
    if (speaks_of_erasing(*links[i], part)) {
      CUNJU_TRYV(index_erasure(origin.row));
    }
    // A change speaks about a record once: the second part on it is void and has no place.
    if (!concerned.insert({links[i]->record, part.scope}).second) continue;
    CUNJU_TRYV(place(read, origin, static_cast<std::uint16_t>(i), *links[i]));
  }
  return ok();
}

Result<Admission::Origin> Admission::find_origin(const Change& change) const {
  std::optional<IdRow> row = find_id(change.id);
  if (!row) return fail(Errc::kCorrupt, "admitted change without id row");
  CUNJU_TRY(const LogTree* tree, known_tree(row->space_no, change.header.author));
  if (tree->empty()) return fail(Errc::kCorrupt, "an admitted change without a log");
  CUNJU_TRY(const BranchRow* branch, branch_of(*tree, change.header.seq, row->ordinal));
  return Origin{*row, branch->number};
}

Result<void> Admission::replace_parts(std::uint64_t ordinal, std::optional<Scope> only) {
  CUNJU_TRY(StoredChange stored, require_change(ordinal));
  CUNJU_TRY(Origin origin, find_origin(stored.change));
  arrived_.push_back(stored.change.id);
  CUNJU_TRYV(place_parts(stored.change, origin, only));
  while (!arrived_.empty()) {
    CUNJU_TRYV(place_waiting());
  }
  return ok();
}

Result<void> Admission::place_waiting() {
  // The front of arrived_ is handled here; what gets placed joins the queue behind it.
  CUNJU_CHECK(!arrived_.empty(), "called for an arrival");
  ChangeId arrived = arrived_.front();
  arrived_.pop_front();
  std::vector<Place> places;
  CUNJU_TRYV(read_.scan_prefix(tables_.waiting, arrived.view(), [&](ByteView key, ByteView) {
    places.push_back(
        {get_u64_be(key.subspan(32)), static_cast<std::uint16_t>(key[40] << 8 | key[41])});
    return true;
  }));
  for (Place at : places) {
    Key wait;
    wait.bytes(arrived.view()).u64(at.ordinal).u16(at.part);
    CUNJU_TRYV(txn_.erase(tables_.waiting, wait));
    CUNJU_TRY(StoredChange stored, require_change(at.ordinal));
    CUNJU_CHECK(at.part < stored.change.parts.size(), "a waiting part exists");
    CUNJU_TRY(Origin origin, find_origin(stored.change));
    CUNJU_TRY(ReadableChange read, readable(origin.row.space_no, stored.change));
    // Sealed again to this process: whoever has the key places it.
    if (read.of_part(at.part) == Opening::kNoKey) continue;
    if (read.opened) stored.change = std::move(*read.opened);
    CUNJU_TRY(Links links, decode_links(stored.change.parts[at.part].links));
    RecordKey record{origin.row.space_no, links.record, stored.change.parts[at.part].scope};
    if (rebuilt_.contains(record.space_no)) continue;
    Key held = held_key(record, origin.branch_no);
    held.u64(stored.change.header.seq.value);
    CUNJU_TRYV(txn_.erase(tables_.held, held));
    CUNJU_TRYV(place(stored.change, origin, at.part, links));
  }
  return ok();
}

Result<void> Admission::place(const Change& change, const Origin& origin, std::uint16_t part,
                              const Links& links) {
  const IdRow& row = origin.row;
  const Place at{row.ordinal, part};
  RecordKey record{row.space_no, links.record, change.parts[part].scope};
  CUNJU_TRY(Slot * view_slot, slot(record));

  CUNJU_TRY(std::optional<ChangeId> own_held, find_own_held(record, change, origin));
  if (own_held) return hold(record, origin.branch_no, change, at, *own_held);
  CUNJU_TRY(Parents parents, find_parents(change, origin, record, links, *view_slot));
  if (parents.missing) return hold(record, origin.branch_no, change, at, *parents.missing);
  CUNJU_TRY(bool may, may_write(change, row, links.registry));
  return apply(change, row, part, links, record, std::move(parents.nodes), parents.is_void || !may);
}

Result<std::optional<ChangeId>> Admission::find_own_held(const RecordKey& record,
                                                         const Change& change,
                                                         const Origin& origin) {
  CUNJU_TRY(const LogTree* tree, known_tree(record.space_no, change.header.author));
  const BranchRow* branch = &tree->numbered(origin.branch_no);
  std::uint64_t end = change.header.seq.value;
  while (end > 0) {
    Key prefix = held_key(record, branch->number);
    Key limit = prefix;
    limit.u64(end - 1);
    // The greatest held sequence number of the branch on this record that is before.
    std::optional<store::Entry> entry = read_.last_at_or_before(tables_.held, limit);
    if (entry && entry->key.size() == limit.view().size() &&
        equal(entry->key.first(prefix.view().size()), prefix)) {
      CUNJU_TRY(StoredChange stored, require_change(get_u64_be(entry->value)));
      return std::optional<ChangeId>(stored.change.id);
    }
    end = branch->from_seq;
    branch = tree->parent_of(*branch);
  }
  return std::optional<ChangeId>();
}

Result<Admission::Parents> Admission::find_parents(const Change& change, const Origin& origin,
                                                   const RecordKey& record, const Links& links,
                                                   const Slot& view_slot) {
  const IdRow& row = origin.row;
  Parents out;
  const std::vector<Head>& heads = view_slot.view.heads;
  const bool on_all_heads =
      view_slot.view.heads_see_all() && std::ranges::equal(links.parents, heads, {}, {}, &Head::id);
  for (const ChangeId& parent : links.parents) {
    std::optional<IdRow> parent_row = find_id(parent);
    // A change of another space counts as absent, like on a node that does not hold that space:
    // what is here beside this space must not decide anything in it.
    if (!parent_row || parent_row->space_no != row.space_no) {
      out.missing = parent;
      return out;
    }
    CUNJU_TRY(bool dominate, pins_dominate(change, row, *parent_row));
    if (!dominate) out.is_void = true;
    if (on_all_heads) continue;
    CUNJU_TRY(Kinship kinship, find_parent(parent, *parent_row, record, out));
    if (kinship == Kinship::kMissing) return out;
    // One look at a change of another record costs reading all of it, so a liar gets one a part.
    if (kinship == Kinship::kForeign) break;
  }
  if (on_all_heads) {
    // The change has seen the whole graph; its ancestors are the view's clock.
    if (!heads.empty())
      out.nodes.push_back({.clock = view_slot.view.clock, .depth = view_slot.view.max_depth});
    return out;
  }
  CUNJU_TRY(std::optional<GraphNode> own,
            find_own_previous(change, origin, record, view_slot.view.clock));
  if (own) out.nodes.push_back(std::move(*own));
  return out;
}

/// The author's previous change on this record counts as a parent whether named or not: the last on
/// the path of this one.
Result<std::optional<GraphNode>> Admission::find_own_previous(const Change& change,
                                                              const Origin& origin,
                                                              const RecordKey& record,
                                                              const VersionVector& clock) {
  CUNJU_TRY(const LogTree* tree, known_tree(record.space_no, change.header.author));
  const BranchRow& branch = tree->numbered(origin.branch_no);
  CUNJU_TRY(std::vector<AuthorKey> lines,
            lines_to(*tree, change.header.author, branch, change.header.seq));
  std::optional<Seq> last;
  for (const Dot& dot : clock) {
    if (std::ranges::find(lines, dot.author) == lines.end()) continue;
    if (!last || *last < dot.seq) last = dot.seq;
  }
  if (!last) return std::optional<GraphNode>();
  std::optional<LogRow> log = find_on_path(*tree, branch, *last);
  if (!log) return fail(Errc::kCorrupt, "a view names a change that is not in the log");
  CUNJU_TRY(std::optional<StoredNode> own, find_node(record, log->ordinal));
  if (!own) return fail(Errc::kCorrupt, "a view names a change that is not in its graph");
  return std::optional<GraphNode>(std::move(own->node));
}

Result<Admission::Kinship> Admission::find_parent(const ChangeId& parent, const IdRow& row,
                                                  const RecordKey& record, Parents& out) {
  CUNJU_TRY(std::optional<StoredNode> node, find_node(record, row.ordinal));
  if (node) {
    out.nodes.push_back(std::move(node->node));
    return Kinship::kParent;
  }
  CUNJU_TRY(StoredChange stored, require_readable(row.space_no, row.ordinal));
  if (may_concern(stored.change, record)) {
    out.missing = parent;
    return Kinship::kMissing;
  }
  // Parents never cross records: a liar's part.
  out.is_void = true;
  return Kinship::kForeign;
}

Result<bool> Admission::pins_dominate(const Change& change, const IdRow& newer,
                                      const IdRow& older) {
  if (newer.pins_ordinal == older.pins_ordinal) return true;
  CUNJU_TRY(const std::vector<ChangeId>* mine, known_pins(newer.pins_ordinal));
  CUNJU_TRY(const std::vector<ChangeId>* theirs, known_pins(older.pins_ordinal));
  if (*mine == *theirs) return true;
  CUNJU_TRY(RosterGraph * graph, roster(newer.space_no, change.space()));
  return graph->dominates(*mine, *theirs);
}

Result<bool> Admission::may_write(const Change& change, const IdRow& row,
                                  std::string_view registry) {
  CUNJU_TRY(const std::vector<ChangeId>* pins, known_pins(row.pins_ordinal));
  CUNJU_TRY(RosterGraph * graph, roster(row.space_no, change.space()));
  // The founding change pins nothing: what it says beside the roster is judged by itself. Without
  // a roster part it gives nobody a right.
  std::vector<ChangeId> own{change.id};
  if (pins->empty() && !graph->contains(change.id)) return false;
  return graph->at(pins->empty() ? own : *pins)->may(change.header.author, registry, kWrite);
}

Result<void> Admission::hold(const RecordKey& record, std::uint32_t branch_no, const Change& change,
                             Place at, const ChangeId& missing) {
  Key wait, held = held_key(record, branch_no);
  wait.bytes(missing.view()).u64(at.ordinal).u16(at.part);
  held.u64(change.header.seq.value);
  CUNJU_TRYV(txn_.put(tables_.waiting, wait, marker()));
  return txn_.put(tables_.held, held, encode_u64(at.ordinal));
}

Result<void> Admission::apply(const Change& change, const IdRow& row, std::uint16_t number,
                              const Links& links, const RecordKey& record,
                              std::vector<GraphNode> parents, bool is_void) {
  std::vector<const GraphNode*> borrowed;
  for (const GraphNode& parent : parents) borrowed.push_back(&parent);
  CUNJU_TRY(Dot dot, dot_of(row.space_no, change.header, row.ordinal));
  GraphNode node = derive_node(borrowed, nullptr, dot);

  std::vector<Operation> operations;
  const Part& part = change.parts[number];
  const bool is_void_before = is_void;
  if (part.presence == Presence::kPresent) {
    Result<Body> body = decode_body(part.body);
    if (body.has_value()) {
      operations = std::move(body.value().operations);
    } else {
      is_void = true;
    }
  }
  node.is_void = is_void;
  CUNJU_TRY(bool is_late, is_late_part(change, row, links.registry));
  CUNJU_TRYV(write_node(record, row.ordinal,
                        {.part = number,
                         .is_late = is_late,
                         .is_void_before = is_void_before,
                         .node = node,
                         .dot = dot}));
  if (speaks_of_erasing(links, part)) unsettled_.insert(row.space_no);

  CUNJU_TRY(Slot * view_slot, slot(record));
  view_slot->view.apply({.id = change.id,
                         .dot = dot,
                         .node = node,
                         .registry = links.registry,
                         .operations = operations,
                         .is_late = is_late,
                         .is_on_branch = dot.author != change.header.author});
  view_slot->exists = true;
  view_slot->is_dirty = true;
  if (arrived_.empty() || arrived_.back() != change.id) arrived_.push_back(change.id);
  return ok();
}

Result<Admission::Slot*> Admission::slot(const RecordKey& record) {
  auto found = slots_.find(record);
  if (found != slots_.end()) return &found->second;
  CUNJU_TRY(std::optional<RecordView> view, find_view(record));
  Slot out;
  if (view) {
    out.view = std::move(*view);
    out.exists = true;
    out.indexed = registries_of(out.view);
    out.indexed_conflict = out.view.state.has_conflict();
  }
  return &slots_.emplace(record, std::move(out)).first->second;
}

Result<const RecordView*> Admission::view(const RecordKey& record) {
  CUNJU_TRY(Slot * found, slot(record));
  return found->exists ? &found->view : nullptr;
}

Result<void> Admission::finish() {
  CUNJU_TRYV(write_head_sums());
  CUNJU_TRYV(tell_of_covers());
  for (std::uint32_t space_no : std::exchange(rebuilt_, {})) {
    CUNJU_TRYV(rebuild_space(space_no));
  }
  // What was admitted after the fork has its statements heard by the rebuilding only.
  CUNJU_TRYV(tell_of_covers());
  for (const auto& [space_no, scope] : std::exchange(reopened_, {})) {
    CUNJU_TRYV(rebuild_scope(space_no, scope));
  }
  CUNJU_TRYV(settle_erasures());
  for (const RecordKey& record : rejudged_) {
    CUNJU_TRYV(rebuild_view(record));
  }
  rejudged_.clear();
  for (auto& [record, view_slot] : slots_) {
    if (view_slot.is_dirty) {
      if (view_slot.view.has_stale_text()) {
        CUNJU_TRY(std::vector<TextChange> changes, text_changes(record));
        view_slot.view.settle_texts(changes);
      }
      CUNJU_TRYV(write_slot(record, view_slot));
    }
  }
  slots_.clear();
  // Last: what was told of forks has its say in who is in a roster.
  return write_sharing();
}

Result<void> Admission::write_slot(const RecordKey& record, Slot& view_slot) {
  const RecordView& view = view_slot.view;
  CUNJU_TRY(keys::KeyNumber sealed_under, key_of(record.space_no, record.record));
  CUNJU_TRYV(put_sealed(tables_.views, "views", record.key(), sealed_under, view.encode()));
  std::vector<std::string> names = registries_of(view);
  bool conflict = view.state.has_conflict();
  auto index_key = [&](const std::string& registry) -> Result<Key> {
    CUNJU_TRY(Hash registry_hash, sealer_.hash_name(as_bytes(registry)));
    Key key = registry_prefix(record.space_no, registry_hash);
    key.bytes(record.record.view()).u16(record.scope.value);
    return key;
  };
  if (names != view_slot.indexed || conflict != view_slot.indexed_conflict) {
    for (const std::string& name : view_slot.indexed) {
      CUNJU_TRY(Key key, index_key(name));
      CUNJU_TRYV(unindex_record(key));
      CUNJU_TRYV(txn_.erase(tables_.conflicts, key));
    }
    for (const std::string& name : names) {
      CUNJU_TRY(Key key, index_key(name));
      CUNJU_TRYV(index_record(key));
    }
    if (conflict) {
      CUNJU_TRY(Key key, index_key(view.registry));
      CUNJU_TRYV(txn_.put(tables_.conflicts, key, marker()));
    }
  }
  return ok();
}

/// Whether another scope of the record stands in the index of that registry.
Result<bool> Admission::has_other_row(ByteView index_key) {
  bool out = false;
  const ByteView record = index_key.first(kRegistryPrefixBytes + RecordId::kSize);
  CUNJU_TRYV(read_.scan_prefix(tables_.records, record, [&](ByteView key, ByteView) {
    out = !equal(key, index_key);
    return !out;
  }));
  return out;
}

Result<void> Admission::add_to_count(ByteView index_key, bool is_one_more) {
  const ByteView registry = index_key.first(kRegistryPrefixBytes);
  const std::optional<ByteView> row = read_.get(tables_.counted, registry);
  const std::uint64_t before = row && row->size() == 8 ? get_u64_be(*row) : 0;
  if (is_one_more) return txn_.put(tables_.counted, registry, encode_u64(before + 1));
  if (before > 1) return txn_.put(tables_.counted, registry, encode_u64(before - 1));
  CUNJU_TRYV(txn_.erase(tables_.counted, registry));
  return ok();
}

Result<void> Admission::index_record(ByteView index_key) {
  if (read_.get(tables_.records, index_key)) return ok();
  CUNJU_TRY(const bool is_counted, has_other_row(index_key));
  CUNJU_TRYV(txn_.put(tables_.records, index_key, marker()));
  return is_counted ? ok() : add_to_count(index_key, true);
}

Result<void> Admission::unindex_record(ByteView index_key) {
  CUNJU_TRY(const bool was_there, txn_.erase(tables_.records, index_key));
  if (!was_there) return ok();
  CUNJU_TRY(const bool is_counted, has_other_row(index_key));
  return is_counted ? ok() : add_to_count(index_key, false);
}

}  // namespace cunju::replica
