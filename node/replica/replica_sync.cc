// SPDX-License-Identifier: Apache-2.0
//
// The replica as a sync session sees it (net/sync/port.h).
#include <algorithm>
#include <queue>

#include "crdt/base/limits.h"
#include "node/replica/replica.h"

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

/// What this node has to get whole, it does not take with gaps: a relay that reduced a genuine
/// change (its hashes still verify) would otherwise make views differ for good, because the whole
/// change counts as known afterwards. Nothing can be erased or redacted in a log yet.
Result<void> check_presence(const Change& change, Replication own) {
  for (const Part& part : change.parts) {
    if (part.presence == Presence::kPresent) continue;
    bool may_lack = part.presence == Presence::kWithheld &&
                    (part.scope != kOpenScope || own == Replication::kWitness);
    if (!may_lack)
      return fail(Errc::kTampered, "a part of change " + change.id.hex() + " is missing");
  }
  return ok();
}

void withhold(Change& change, Replication replication) {
  // Statements decide with the roster which of its acts count.
  if (replication == Replication::kFull || read_statement(change)) return;
  // Without the roster a node could admit nothing, so every node gets it.
  const std::optional<std::size_t> roster_part = find_roster_part(change);
  for (std::size_t i = 0; i < change.parts.size(); ++i) {
    if (i == roster_part) continue;
    Part& part = change.parts[i];
    const bool may_have = replication == Replication::kShell && part.scope == kOpenScope;
    if (may_have || part.presence == Presence::kRedacted) continue;
    part.presence = Presence::kWithheld;
    part.links.clear();
    part.body.clear();
    part.body_hash = {};
  }
}

}  // namespace

Result<std::vector<SpaceId>> Replica::shared_spaces(const WireKey& peer) {
  CUNJU_TRY(std::vector<SpaceId> all, spaces());
  std::vector<SpaceId> out;
  CUNJU_TRYV(read([&](Reader& reader) -> Result<void> {
    for (const SpaceId& space : all) {
      std::optional<ByteView> inviter = reader.read().get(tables_.joining, space.view());
      bool is_shared = inviter && equal(*inviter, peer.view());
      if (!is_shared) {
        CUNJU_TRY(std::uint32_t space_no, require_space(reader, space));
        CUNJU_TRY(RosterGraph * graph, reader.roster(space_no, space));
        is_shared = graph->size() > 0 && graph->now()->find_wire(peer) != nullptr;
      }
      if (is_shared) out.push_back(space);
    }
    return ok();
  }));
  std::ranges::sort(out);
  return out;
}

Result<std::vector<sync::AuthorHead>> Replica::heads(const SpaceId& space) {
  std::vector<sync::AuthorHead> out;
  CUNJU_TRYV(read([&](Reader& reader) -> Result<void> {
    CUNJU_TRY(std::uint32_t space_no, require_space(reader, space));
    CUNJU_TRY(std::vector<AuthorEntry> authors, reader.authors(space_no));
    for (const auto& [author, row] : authors) {
      if (row.next_seq > 0) out.push_back({author, Seq{row.next_seq - 1}, row.head});
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
    std::optional<AuthorRow> row = reader.find_author(space_no, author);
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

Result<void> Replica::note_caught_up(const SpaceId& space, const WireKey& peer) {
  std::vector<sync::AuthorHead> same;
  for (const AuthorKey& author : own_authors_) {
    CUNJU_TRY(std::vector<ToldHead> all, told(space, author));
    // Who said something else, or more than is here, has not taken it back.
    if (std::ranges::any_of(all,
                            [&](const ToldHead& one) { return one.peer == peer && !one.is_here; }))
      continue;
    CUNJU_TRY(Cut end, cut_of(space, author, std::nullopt));
    if (end.end > 0) same.push_back({.author = author, .seq = Seq{end.end - 1}, .id = end.last});
  }
  return note_heads(space, peer, same);
}

Result<sync::Amount> Replica::measure_missing(const SpaceId& space, const sync::Have& have) {
  sync::Amount out;
  CUNJU_TRYV(read([&](Reader& reader) -> Result<void> {
    CUNJU_TRY(std::uint32_t space_no, require_space(reader, space));
    CUNJU_TRY(std::vector<AuthorEntry> rows, reader.authors(space_no));
    for (const auto& [author, row] : rows) {
      auto known = have.find(author);
      std::uint64_t from = known == have.end() ? 0 : known->second;
      if (from >= row.next_seq) continue;
      out.changes += row.next_seq - from;
      std::optional<LogRow> before;
      if (from > 0) before = reader.find_log(row.number, Seq{from - 1});
      out.bytes += row.log_bytes - (before ? before->log_bytes : 0);
    }
    return ok();
  }));
  return out;
}

Result<std::uint64_t> Replica::provable_end(const Reader& reader, const AuthorRow& author,
                                            std::uint64_t from) {
  // A log may end in changes that only a change proves which was refused or is still held here.
  // They can't be passed on, and must not keep everything else from being.
  for (std::uint64_t end = author.next_seq; end > from; --end) {
    std::optional<LogRow> log = reader.find_log(author.number, Seq{end - 1});
    if (!log) return fail(Errc::kCorrupt, "a log has a gap");
    CUNJU_TRY(StoredChange stored, reader.require_change(log->ordinal));
    if (stored.signature_checked || has_valid_signature(stored.change)) return end;
  }
  return from;
}

Result<void> Replica::complete_run(const Reader& reader, const AuthorRow& author, sync::Run& run) {
  // The run must end at a change whose own signature verifies; a damaged inner one is passed over.
  while (!has_valid_signature(run.changes.back())) {
    std::optional<LogRow> log =
        reader.find_log(author.number, run.changes.back().header.seq.next());
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
    std::uint64_t ordinal;
    AuthorKey author;
    AuthorRow row;
    bool operator>(const Cursor& other) const { return ordinal > other.ordinal; }
  };
  struct Building {
    sync::Run run;
    AuthorRow row;
    bool last_checked = false;
  };
  std::vector<sync::Run> out;
  CUNJU_TRYV(read([&](Reader& reader) -> Result<void> {
    CUNJU_TRY(std::uint32_t space_no, require_space(reader, space));
    Replication replication = Replication::kFull;
    CUNJU_TRY(RosterGraph * graph, reader.roster(space_no, space));
    if (graph->size() > 0) {
      const std::shared_ptr<const Roster> roster = graph->now();
      if (const AddNode* node = roster->find_wire(peer)) {
        replication = node->replication;
      } else if (!peer.is_zero()) {
        std::optional<ByteView> inviter = reader.read().get(tables_.joining, space.view());
        if (!inviter || !equal(*inviter, peer.view())) return ok();
      }
    }
    CUNJU_TRY(std::vector<AuthorEntry> rows, reader.authors(space_no));
    // Merging the authors' logs by ordinal gives an order in which predecessors and pins, and on
    // this node also parents, come first; so the receiver seldom has to hold anything.
    std::priority_queue<Cursor, std::vector<Cursor>, std::greater<>> cursors;
    auto push = [&](const AuthorKey& author, const AuthorRow& row, std::uint64_t seq) {
      if (seq >= row.next_seq) return;
      if (std::optional<LogRow> log = reader.find_log(row.number, Seq{seq}))
        cursors.push({log->ordinal, author, row});
    };
    for (auto& [author, row] : rows) {
      auto known = have.find(author);
      const std::uint64_t from = known == have.end() ? 0 : known->second;
      CUNJU_TRY(row.next_seq, provable_end(reader, row, from));
      push(author, row, from);
    }
    std::vector<AuthorKey> order;
    std::map<AuthorKey, Building> building;
    std::size_t bytes = 0, changes = 0;
    while (!cursors.empty() && (changes == 0 || bytes < max_bytes) &&
           changes < limits::kMaxBatchChanges) {
      Cursor cursor = cursors.top();
      cursors.pop();
      CUNJU_TRY(StoredChange stored, reader.require_change(cursor.ordinal));
      auto [at, is_new] = building.try_emplace(cursor.author);
      if (is_new) order.push_back(cursor.author);
      at->second.row = cursor.row;
      at->second.last_checked = stored.signature_checked;
      bytes += 256;
      for (const Part& part : stored.change.parts) bytes += part.links.size() + part.body.size();
      ++changes;
      push(cursor.author, cursor.row, stored.change.header.seq.value + 1);
      at->second.run.changes.push_back(std::move(stored.change));
    }
    for (const AuthorKey& author : order) {
      Building& built = building[author];
      if (!built.last_checked) {
        CUNJU_TRYV(complete_run(reader, built.row, built.run));
      }
      have[author] = built.run.changes.back().header.seq.value + 1;
      for (Change& change : built.run.changes) withhold(change, replication);
      out.push_back(std::move(built.run));
    }
    return ok();
  }));
  return out;
}

Result<sync::AcceptReport> Replica::accept(const SpaceId& space, std::span<const sync::Run> runs) {
  // Everything that needs no store happens before the write transaction begins.
  for (const sync::Run& run : runs) {
    CUNJU_TRYV(verify_run(space, run));
    for (const Change& change : run.changes) {
      CUNJU_TRYV(check_presence(change, own_replication_));
    }
  }
  sync::AcceptReport report;
  CUNJU_TRYV(write([&](Admission& admission, store::WriteTransaction&) -> Result<void> {
    CUNJU_TRYV(require_space(admission, space));
    for (const sync::Run& run : runs) {
      for (const Change& change : run.changes) {
        CUNJU_TRYV(admission.take(change, &change == &run.changes.back()));
      }
    }
    report = admission.report();
    return ok();
  }));
  return report;
}

}  // namespace cunju::replica
