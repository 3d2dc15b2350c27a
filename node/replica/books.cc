// SPDX-License-Identifier: Apache-2.0
#include "node/replica/books.h"

#include <algorithm>

namespace cunju::replica {

namespace {

void append_place(std::string_view table_name, ByteView key, Bytes& out) {
  append(out, as_bytes(table_name));
  out.push_back(0);
  append(out, key);
}

}  // namespace

Bytes place_of(std::string_view table_name, ByteView key) {
  Bytes place;
  place.reserve(table_name.size() + 1 + key.size());
  append_place(table_name, key, place);
  return place;
}

std::optional<std::uint32_t> Reader::find_space(const SpaceId& space) const {
  std::optional<ByteView> row = read_.get(tables_.spaces, space.view());
  if (!row || row->size() != 4) return std::nullopt;
  return get_u32_be(*row);
}

std::optional<BranchRow> Reader::find_first_branch(std::uint32_t space_no,
                                                   const AuthorKey& author) const {
  Key key;
  key.u32(space_no).bytes(author.view());
  std::optional<ByteView> row = read_.get(tables_.logs, key);
  return row ? BranchRow::decode(*row) : std::nullopt;
}

Result<std::vector<BranchEntry>> Reader::branches(std::uint32_t space_no) const {
  std::vector<BranchEntry> out;
  bool is_sound = true;
  Key prefix;
  prefix.u32(space_no);
  CUNJU_TRYV(read_.scan_prefix(tables_.logs, prefix, [&](ByteView key, ByteView value) {
    std::optional<AuthorKey> author = AuthorKey::from(key.subspan(4, AuthorKey::kSize));
    std::optional<BranchRow> row = BranchRow::decode(value);
    is_sound = author && row;
    if (is_sound) out.emplace_back(*author, *row);
    return is_sound;
  }));
  if (!is_sound) return fail(Errc::kCorrupt, "a row of the table of logs");
  return out;
}

Result<LogTree> Reader::log_tree(std::uint32_t space_no, const AuthorKey& author) const {
  std::vector<BranchRow> out;
  bool is_sound = true;
  Key prefix;
  prefix.u32(space_no).bytes(author.view());
  CUNJU_TRYV(read_.scan_prefix(tables_.logs, prefix, [&](ByteView, ByteView value) {
    std::optional<BranchRow> row = BranchRow::decode(value);
    is_sound = row.has_value();
    if (is_sound) out.push_back(*row);
    return is_sound;
  }));
  if (!is_sound) return fail(Errc::kCorrupt, "a row of the table of logs");
  return LogTree(std::move(out));
}

Result<const LogTree*> Reader::known_tree(std::uint32_t space_no, const AuthorKey& author) const {
  auto found = trees_.find({space_no, author});
  if (found == trees_.end()) {
    CUNJU_TRY(LogTree tree, log_tree(space_no, author));
    found = trees_.emplace(std::pair(space_no, author), std::move(tree)).first;
  }
  return &found->second;
}

Result<std::map<AuthorKey, Seq>> Reader::fork_points(std::uint32_t space_no) const {
  std::map<AuthorKey, Seq> out;
  Key prefix;
  prefix.u32(space_no);
  bool is_sound = true;
  CUNJU_TRYV(read_.scan_prefix(tables_.forks, prefix, [&](ByteView key, ByteView value) {
    std::optional<AuthorKey> author = AuthorKey::from(key.subspan(4));
    is_sound = author && value.size() == 8;
    if (is_sound) out.emplace(*author, Seq{get_u64_be(value)});
    return is_sound;
  }));
  if (!is_sound) return fail(Errc::kCorrupt, "a row of the table of forks");
  return out;
}

std::optional<IdRow> Reader::find_id(const ChangeId& id) const {
  std::optional<ByteView> row = read_.get(tables_.ids, id.view());
  return row ? IdRow::decode(*row) : std::nullopt;
}

std::optional<LogRow> Reader::find_log(std::uint32_t branch_no, Seq seq) const {
  Key key;
  key.u32(branch_no).u64(seq.value);
  std::optional<ByteView> row = read_.get(tables_.log, key);
  return row ? LogRow::decode(*row) : std::nullopt;
}

std::optional<LogRow> Reader::find_on_path(const LogTree& tree, const BranchRow& branch,
                                           Seq seq) const {
  return find_log(tree.holder(branch, seq).number, seq);
}

Result<const BranchRow*> Reader::branch_of(const LogTree& tree, Seq seq,
                                           std::uint64_t ordinal) const {
  if (tree.branches().size() == 1) return &tree.first();
  for (const BranchRow& branch : tree.branches()) {
    std::optional<LogRow> log = find_log(branch.number, seq);
    if (log && log->ordinal == ordinal) return &branch;
  }
  return fail(Errc::kCorrupt, "an admitted change is in no branch of its log");
}

Result<bool> Reader::holds(std::uint32_t space_no, const AuthorKey& author, Seq seq,
                           std::uint64_t ordinal) const {
  CUNJU_TRY(const LogTree* tree, known_tree(space_no, author));
  return std::ranges::any_of(tree->branches(), [&](const BranchRow& branch) {
    std::optional<LogRow> log = find_log(branch.number, seq);
    return log && log->ordinal == ordinal;
  });
}

Result<AuthorKey> Reader::line_of(const LogTree& tree, const AuthorKey& author,
                                  const BranchRow& branch, Seq seq) const {
  const std::optional<std::uint64_t> start = tree.line_start(branch, seq);
  if (!start) return author;
  // A line is named after the change that begins it.
  if (!branch.first.is_zero() && *start == branch.from_seq) return AuthorKey{branch.first.value};
  std::optional<LogRow> log = find_log(branch.number, Seq{*start});
  if (!log) return fail(Errc::kCorrupt, "a log has a gap");
  CUNJU_TRY(StoredChange stored, require_change(log->ordinal));
  return AuthorKey{stored.change.id.value};
}

Result<Dot> Reader::dot_of(std::uint32_t space_no, const ChangeHeader& header,
                           std::uint64_t ordinal) const {
  CUNJU_TRY(const LogTree* tree, known_tree(space_no, header.author));
  if (!tree->is_forked()) return Dot{header.author, header.seq};
  CUNJU_TRY(const BranchRow* branch, branch_of(*tree, header.seq, ordinal));
  CUNJU_TRY(AuthorKey line, line_of(*tree, header.author, *branch, header.seq));
  return Dot{line, header.seq};
}

Result<std::optional<StandingTip>> Reader::standing_tip(std::uint32_t space_no,
                                                        const AuthorKey& author,
                                                        const RosterGraph& graph) const {
  std::optional<StandingTip> tip;
  const std::optional<Seq> fork_point = graph.fork_point(author);
  if (!fork_point) return tip;
  CUNJU_TRY(const LogTree* tree, known_tree(space_no, author));
  for (const ChangeId& id : graph.covers(author)) {
    std::optional<IdRow> covered = find_id(id);
    if (!covered || covered->space_no != space_no) continue;
    CUNJU_TRY(StoredChange stored, require_change(covered->ordinal));
    const Seq seq = stored.change.header.seq;
    if (stored.change.header.author != author || seq < *fork_point) continue;
    CUNJU_TRY(const BranchRow* branch, branch_of(*tree, seq, covered->ordinal));
    if (tip) {
      // Only what goes on where the tip ends can move it.
      if (seq < tip->seq) continue;
      std::optional<LogRow> on_path = find_on_path(*tree, *branch, tip->seq);
      if (!on_path || on_path->ordinal != tip->ordinal) continue;
    }
    tip = StandingTip{branch->number, seq, covered->ordinal};
  }
  return tip;
}

Result<std::vector<AuthorKey>> Reader::lines_to(const LogTree& tree, const AuthorKey& author,
                                                const BranchRow& branch, Seq seq) const {
  std::vector<AuthorKey> out;
  const BranchRow* at = &branch;
  Seq end = seq;
  while (at != nullptr) {
    CUNJU_TRY(AuthorKey line, line_of(tree, author, *at, end));
    out.push_back(line);
    const std::optional<std::uint64_t> start = tree.line_start(*at, end);
    if (!start || *start == 0) break;
    end = Seq{*start - 1};
    if (*start == at->from_seq) at = tree.parent_of(*at);
  }
  return out;
}

Result<ByteView> Reader::open(std::string_view table_name, ByteView key, ByteView sealed) const {
  place_.clear();
  append_place(table_name, key, place_);
  return sealer_.open(place_, sealed, scratch_);
}

std::vector<std::string> registries_of(const RecordView& view) {
  std::vector<std::string> out;
  if (!view.registry.empty()) out.push_back(view.registry);
  for (const RegistryClaim& claim : view.others) out.push_back(claim.registry);
  return out;
}

Bytes encode_stored(const Change& change, bool signature_checked) {
  constexpr std::size_t kUsualBytes = 1024;
  Bytes out;
  out.reserve(kUsualBytes);
  put_u8(out, signature_checked ? 1 : 0);
  append_change(out, change);
  return out;
}

Result<StoredChange> parse_stored(ByteView value) {
  if (value.empty()) return fail(Errc::kCorrupt, "a stored change is empty");
  StoredChange out;
  out.signature_checked = (value[0] & 1) != 0;
  CUNJU_TRY(out.change, parse_change(value.subspan(1)));
  return out;
}

Result<StoredChange> Reader::require_change(std::uint64_t ordinal) const {
  Key key;
  key.u64(ordinal);
  std::optional<ByteView> sealed = read_.get(tables_.changes, key);
  if (!sealed) return fail(Errc::kCorrupt, "change " + std::to_string(ordinal) + " is missing");
  CUNJU_TRY(ByteView value, open("changes", key, *sealed));
  return parse_stored(value);
}

Bytes StoredNode::encode() const {
  Bytes out;
  put_u16(out, part);
  put_u8(out, static_cast<std::uint8_t>((is_late ? 1 : 0) | (is_void_before ? 2 : 0)));
  append(out, node.encode());
  return out;
}

Result<std::optional<StoredNode>> Reader::find_node(const RecordKey& record,
                                                    std::uint64_t ordinal) const {
  Key key = record.key();
  key.u64(ordinal);
  std::optional<ByteView> sealed = read_.get(tables_.graph, key);
  if (!sealed) return std::optional<StoredNode>();
  CUNJU_TRY(ByteView value, open("graph", key, *sealed));
  ByteReader in(value);
  StoredNode out;
  out.part = in.u16();
  const std::uint8_t flags = in.u8();
  out.is_late = (flags & 1) != 0;
  out.is_void_before = (flags & 2) != 0;
  CUNJU_TRY(out.node, GraphNode::decode(in.take(in.remaining())));
  return std::optional<StoredNode>(std::move(out));
}

Result<std::optional<RecordView>> Reader::find_view(const RecordKey& record) const {
  Key key = record.key();
  std::optional<ByteView> sealed = read_.get(tables_.views, key);
  if (!sealed) return std::optional<RecordView>();
  CUNJU_TRY(ByteView value, open("views", key, *sealed));
  CUNJU_TRY(RecordView view, RecordView::decode(value));
  return std::optional<RecordView>(std::move(view));
}

Result<std::vector<TextChange>> Reader::text_changes(const RecordKey& record) const {
  std::vector<TextChange> out;
  CUNJU_TRYV(visit_graph(record, [&out](StoredNode& node, Change& change, const Part& part) {
    TextChange text{.id = change.id,
                    .author = change.header.author,
                    .dot = node.dot,
                    .node = std::move(node.node),
                    .registry = {},
                    .parents = {},
                    .operations = {},
                    .is_left_out = node.is_late && !node.node.is_void};
    Result<Links> links = decode_links(part.links);
    if (links.has_value()) {
      text.registry = std::move(links.value().registry);
      text.parents = std::move(links.value().parents);
    }
    if (part.presence == Presence::kPresent && !text.node.is_void) {
      Result<Body> body = decode_body(part.body);
      if (body.has_value()) text.operations = std::move(body.value().operations);
    }
    // Only what texts are made of is kept: a record may have many changes.
    std::erase_if(text.operations,
                  [](const Operation& operation) { return !is_of_texts(operation); });
    out.push_back(std::move(text));
  }));
  return out;
}

Result<std::vector<ChangeId>> Reader::pins_at(std::uint64_t pins_ordinal) const {
  Key key;
  key.u64(pins_ordinal);
  std::optional<ByteView> sealed = read_.get(tables_.changes, key);
  if (!sealed)
    return fail(Errc::kCorrupt, "change " + std::to_string(pins_ordinal) + " is missing");
  CUNJU_TRY(ByteView value, open("changes", key, *sealed));
  if (value.empty()) return fail(Errc::kCorrupt, "a stored change is empty");
  // The header is enough: every part would have to be hashed for the rest.
  CUNJU_TRY(SignedHeader front, parse_signed_header(value.subspan(1)));
  return std::move(front.header.pins);
}

Result<Reader::Told> Reader::heads_by_peer(store::Table table, std::uint32_t space_no,
                                           const AuthorKey& author) const {
  Told out;
  bool is_sound = true;
  Key prefix;
  prefix.u32(space_no).bytes(author.view());
  CUNJU_TRYV(read_.scan_prefix(table, prefix, [&](ByteView key, ByteView value) {
    std::optional<WireKey> peer = WireKey::from(key.last(WireKey::kSize));
    ByteReader in(value);
    const Seq seq{in.u64()};
    std::optional<ChangeId> id = ChangeId::from(in.take(in.remaining()));
    is_sound = peer && id;
    if (is_sound) out.push_back({*peer, {.author = author, .seq = seq, .id = *id}});
    return is_sound;
  }));
  if (!is_sound) return fail(Errc::kCorrupt, "a row about what a peer has");
  return out;
}

Result<Reader::Told> Reader::claims(std::uint32_t space_no, const AuthorKey& author) const {
  CUNJU_TRY(Told out, heads_by_peer(tables_.claims, space_no, author));
  const std::optional<BranchRow> row = find_first_branch(space_no, author);
  std::erase_if(
      out, [&](const auto& claim) { return claim.second.seq.value < (row ? row->next_seq : 0); });
  return out;
}

Result<Reader::Told> Reader::told(std::uint32_t space_no, const AuthorKey& author) const {
  return heads_by_peer(tables_.told, space_no, author);
}

Result<RosterGraph*> Reader::roster(std::uint32_t space_no, const SpaceId& space) const {
  RosterCache::Entry& entry = rosters_.entries[space_no];
  if (!entry.graph) entry.graph = std::make_unique<RosterGraph>(space);
  std::vector<std::pair<std::uint64_t, RosterRow>> rows;
  bool is_sound = true;
  Key first;
  first.u32(space_no).u64(entry.next_ordinal);
  CUNJU_TRYV(read_.scan(tables_.roster, first, [&](ByteView key, ByteView value) {
    if (get_u32_be(key) != space_no) return false;
    std::optional<RosterRow> row = RosterRow::decode(value);
    is_sound = row.has_value();
    if (is_sound) rows.emplace_back(get_u64_be(key.subspan(4)), std::move(*row));
    return is_sound;
  }));
  if (!is_sound) return fail(Errc::kCorrupt, "a row of the table of roster changes");
  for (auto& [ordinal, known] : rows) {
    CUNJU_TRY(StoredChange stored, require_change(ordinal));
    std::optional<IdRow> row = find_id(stored.change.id);
    if (!row) return fail(Errc::kCorrupt, "roster change without id row");
    CUNJU_TRY(std::vector<ChangeId> pins, pins_at(row->pins_ordinal));
    std::optional<ChangeId> own_previous;
    if (known.own_after > 0) {
      CUNJU_TRY(StoredChange previous, require_change(known.own_after - 1));
      own_previous = previous.change.id;
    }
    Result<void> failed = ok();
    entry.graph->add(make_roster_change(stored.change, std::move(pins), own_previous,
                                        std::move(known.witnessed)),
                     paths(space_no, failed));
    CUNJU_TRYV(failed);
    entry.next_ordinal = ordinal + 1;
  }
  CUNJU_TRYV(tell_of_forks(space_no, entry));
  return entry.graph.get();
}

Result<std::set<WireKey>> Reader::peers(std::uint32_t space_no, const SpaceId& space) const {
  std::set<WireKey> out;
  CUNJU_TRY(RosterGraph * graph, roster(space_no, space));
  if (graph->size() > 0)
    for (const auto& [key, node] : graph->now()->nodes) out.insert(node.wire);
  CUNJU_TRY(const std::optional<WireKey> inviter, find_inviter(space));
  if (inviter && !graph->has_entered(*inviter)) out.insert(*inviter);
  return out;
}

Result<std::optional<WireKey>> Reader::find_inviter(const SpaceId& space) const {
  const std::optional<ByteView> sealed = read_.get(tables_.joining, space.view());
  if (!sealed) return std::optional<WireKey>();
  Result<ByteView> wire = open("joining", space.view(), *sealed);
  if (wire.has_value()) return WireKey::from(wire.value());
  const Errc code = wire.error().code;
  if (code == Errc::kTampered || code == Errc::kMalformed || code == Errc::kUnsupported)
    return std::optional<WireKey>();
  return wire.error();
}

Result<void> Reader::tell_of_forks(std::uint32_t space_no, RosterCache::Entry& entry) const {
  if (rosters_.is_rewriting) return ok();
  CUNJU_TRY(auto forks, fork_points(space_no));
  for (const auto& [author, at] : forks) {
    // What was stated of the log before it was known to be forked has its rows since.
    if (entry.graph->note_fork(author, at)) entry.next_cover = 0;
  }
  if (forks.empty()) return ok();
  struct Row {
    std::uint64_t ordinal;
    AuthorKey author;
    Seq seq;
    ChangeId id;
  };
  std::vector<Row> rows;
  Key first;
  first.u32(space_no).u64(entry.next_cover);
  CUNJU_TRYV(read_.scan(tables_.covers, first, [&](ByteView key, ByteView value) {
    if (get_u32_be(key) != space_no) return false;
    rows.push_back({get_u64_be(key.subspan(4)), *AuthorKey::from(key.subspan(12, 32)),
                    Seq{get_u64_be(value)}, *ChangeId::from(value.subspan(8, 32))});
    return true;
  }));
  for (const Row& row : rows) {
    CUNJU_TRY(StoredChange stored, require_change(row.ordinal));
    std::optional<IdRow> place = find_id(stored.change.id);
    if (!place) return fail(Errc::kCorrupt, "a statement without id row");
    CUNJU_TRY(std::vector<ChangeId> pins, pins_at(place->pins_ordinal));
    entry.graph->note_statement(row.author, {.witness = stored.change.header.author,
                                             .seq = stored.change.header.seq,
                                             .id = stored.change.id,
                                             .pins = std::move(pins),
                                             .stated_seq = row.seq,
                                             .stated = row.id});
    entry.next_cover = row.ordinal + 1;
  }
  return ok();
}

LinksOfParts decode_links_of(const Change& change) {
  LinksOfParts out;
  out.reserve(change.parts.size());
  for (const Part& part : change.parts) {
    out.emplace_back();
    if (part.links.empty()) continue;
    Result<Links> links = decode_links(part.links);
    if (links.has_value()) out.back() = std::move(links).value();
  }
  return out;
}

std::optional<std::size_t> find_roster_part(const Change& change, const LinksOfParts& links) {
  for (std::size_t i = 0; i < change.parts.size(); ++i) {
    if (change.parts[i].scope == kOpenScope && links[i] && links[i]->record == kRosterRecord &&
        links[i]->registry == kRosterRegistry)
      return i;
  }
  return std::nullopt;
}

std::optional<std::size_t> find_roster_part(const Change& change) {
  return find_roster_part(change, decode_links_of(change));
}

RosterChange make_roster_change(const Change& change, std::vector<ChangeId> pins,
                                std::optional<ChangeId> own_previous, WitnessedLogs witnessed) {
  RosterChange out{.id = change.id,
                   .author = change.header.author,
                   .seq = change.header.seq,
                   .pins = std::move(pins),
                   .own_previous = own_previous,
                   .is_well_formed = false,
                   .operations = {},
                   .witnessed = std::move(witnessed)};
  std::optional<std::size_t> index = find_roster_part(change);
  if (!index || change.parts[*index].presence != Presence::kPresent) return out;
  Result<Links> links = decode_links(change.parts[*index].links);
  Result<Body> body = decode_body(change.parts[*index].body);
  if (links.has_error() || body.has_error() || links.value().parents != out.pins) return out;
  for (const Operation& operation : body.value().operations) {
    const auto* bytes = std::get_if<Bytes>(&operation.value);
    if (operation.kind != static_cast<std::uint16_t>(OperationKind::kRoster) || bytes == nullptr) {
      // A newer program's kind of operation: the roster is not understood from here on.
      out.operations.push_back(UnknownRosterOperation{});
      continue;
    }
    Result<RosterOperation> decoded = decode_roster_operation(*bytes);
    if (decoded.has_error()) {
      // A part says all that it says or nothing.
      out.operations.clear();
      return out;
    }
    out.operations.push_back(std::move(decoded).value());
  }
  out.is_well_formed = true;
  return out;
}

}  // namespace cunju::replica
