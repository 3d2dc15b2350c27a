// SPDX-License-Identifier: Apache-2.0
//
// The replica's erasures: what a record's erasure would name, how far each has come, and receipts.
#include <algorithm>

#include "node/replica/part_attachments.h"
#include "node/replica/replica.h"

namespace cunju::replica {
namespace {

/// Changes read per transaction, so that a look through all of them never keeps a snapshot long.
constexpr std::size_t kScanBatch = 256;

/// Adds what a change says about the records that `out` has.
void add_parts_of(const Reader& reader, std::uint32_t space_no, const StoredChange& stored,
                  const Change& shown, std::map<RecordId, PartsOfRecord>& out) {
  const LinksOfParts links = decode_links_of(shown);
  std::uint64_t unreadable = 0;
  std::set<RecordId> concerned;
  for (std::size_t i = 0; i < links.size(); ++i) {
    const ErasureTarget target{stored.change.id, static_cast<std::uint16_t>(i)};
    if (!links[i]) {
      const Part& part = stored.change.parts[i];
      const bool may_say =
          part.presence == Presence::kPresent || part.presence == Presence::kWithheld;
      if (part.scope != kOpenScope && may_say &&
          reader.fate_of(space_no, target) < Fate::kConfirmed)
        ++unreadable;
      continue;
    }
    auto record = out.find(links[i]->record);
    if (record == out.end() || !may_be_erased(shown.parts[i])) continue;
    concerned.insert(record->first);
    if (reader.fate_of(space_no, target) < Fate::kConfirmed)
      record->second.targets.push_back(target);
  }
  for (const RecordId& record : concerned) out[record].unreadable += unreadable;
}

}  // namespace

Result<void> Replica::destroy_doomed_keys() {
  std::vector<keys::KeyNumber> doomed;
  CUNJU_TRYV(data_.read([&](store::ReadTransaction& txn) -> Result<void> {
    return txn.scan(tables_.doomed, {}, [&](ByteView key, ByteView) {
      if (key.size() == 4) doomed.push_back(keys::KeyNumber{get_u32_be(key)});
      return true;
    });
  }));
  if (doomed.empty()) return ok();
  CUNJU_TRYV(sealer_.destroy(doomed));
  return data_.write([&](store::WriteTransaction& txn) -> Result<void> {
    for (const keys::KeyNumber& key : doomed) {
      Key row;
      row.u32(key.value);
      CUNJU_TRYV(txn.erase(tables_.doomed, row));
    }
    return ok();
  });
}

Result<void> Replica::set_attachment_destroyer(AttachmentDestroyer destroyer) {
  attachment_destroyer_ = std::move(destroyer);
  return destroy_doomed_attachments();
}

Result<std::uint64_t> Replica::spare_referred(std::set<attachment::Address>& addresses) {
  std::uint64_t next = 0, unreadable = 0;
  for (bool is_done = false; !is_done && !addresses.empty();) {
    CUNJU_TRYV(read([&](Reader& reader) -> Result<void> {
      const std::uint64_t end = position_of(reader);
      const std::uint64_t last = std::min<std::uint64_t>(next + kScanBatch, end);
      std::set<attachment::Address> referred;
      for (; next < last; ++next) {
        CUNJU_TRY(StoredChange stored, reader.require_change(next));
        CUNJU_TRY(const std::uint32_t space_no, require_space(reader, stored.change.space()));
        CUNJU_TRY(const ScopeKeys* keys, reader.scope_keys(space_no));
        open_parts(*keys, stored.change);
        for (const Part& part : stored.change.parts)
          unreadable += add_attachments_of(part, referred) ? 0 : 1;
        // Without its key, or not here at all: of what was let go the attachments are still here.
        unreadable += static_cast<std::uint64_t>(
            std::ranges::count(stored.change.parts, Presence::kWithheld, &Part::presence));
      }
      for (const attachment::Address& address : referred) addresses.erase(address);
      is_done = next == end;
      return ok();
    }));
  }
  return unreadable;
}

Result<void> Replica::destroy_doomed_attachments() {
  if (!attachment_destroyer_) return ok();
  std::set<attachment::Address> doomed;
  CUNJU_TRYV(data_.read([&](store::ReadTransaction& txn) -> Result<void> {
    return txn.scan(tables_.doomed_attachments, {}, [&](ByteView key, ByteView) {
      if (const auto address = attachment::Address::from(key)) doomed.insert(*address);
      return true;
    });
  }));
  if (doomed.empty()) return ok();
  std::set<attachment::Address> unreferred = doomed;
  CUNJU_TRYV(spare_referred(unreferred));
  for (const attachment::Address& address : unreferred) {
    CUNJU_TRYV(attachment_destroyer_(address));
  }
  return data_.write([&](store::WriteTransaction& txn) -> Result<void> {
    for (const attachment::Address& address : doomed) {
      CUNJU_TRYV(txn.erase(tables_.doomed_attachments, address.view()));
    }
    return ok();
  });
}

Result<PartsOfRecord> Replica::parts_of(const SpaceId& space, const RecordId& record) {
  CUNJU_TRY(auto parts, parts_of(space, std::set<RecordId>{record}));
  return std::move(parts[record]);
}

Result<std::map<RecordId, PartsOfRecord>> Replica::parts_of(const SpaceId& space,
                                                            const std::set<RecordId>& records) {
  std::map<RecordId, PartsOfRecord> out;
  for (const RecordId& record : records) out[record];
  std::uint64_t next = 0;
  for (bool is_done = records.empty(); !is_done;) {
    CUNJU_TRYV(read([&](Reader& reader) -> Result<void> {
      CUNJU_TRY(const std::uint32_t space_no, require_space(reader, space));
      const std::uint64_t end = position_of(reader);
      const std::uint64_t last = std::min<std::uint64_t>(next + kScanBatch, end);
      for (; next < last; ++next) {
        CUNJU_TRY(const StoredChange stored, reader.require_change(next));
        if (stored.change.space() != space) continue;
        CUNJU_TRY(const ReadableChange read, reader.readable(space_no, stored.change));
        add_parts_of(reader, space_no, stored, read.of(stored.change), out);
      }
      is_done = next == end;
      return ok();
    }));
  }
  for (auto& [record, parts] : out) std::ranges::sort(parts.targets);
  return out;
}

Result<std::vector<ErasureEntry>> Replica::list_acts(const Reader& reader, std::uint32_t space_no,
                                                     const SpaceId& space) {
  CUNJU_TRY(std::vector<ErasureStatement> statements, reader.erasure_statements(space_no, space));
  const Erasures erasures(std::move(statements));
  std::vector<ErasureEntry> out;
  for (const ErasureStatement& statement : erasures.statements()) {
    const auto act = erasures.acts().find(statement.id);
    if (act == erasures.acts().end() || act->second.statement != &statement) continue;
    const std::optional<IdRow> row = reader.find_id(statement.id);
    if (!row) return fail(Errc::kCorrupt, "admitted change without id row");
    CUNJU_TRY(const StoredChange stored, reader.require_change(row->ordinal));
    ErasureEntry entry{.erasure = {},
                       .act = statement.id,
                       .author = statement.author,
                       .claimed_ms = stored.change.header.claimed_ms,
                       .said = *statement.act,
                       .fate = act->second.fate,
                       .is_lifted = act->second.is_lifted,
                       .approvers = act->second.approvers,
                       .approvals = {},
                       .receipts = {}};
    for (const std::optional<Links>& links : decode_links_of(stored.change))
      if (links && links->registry == kErasuresRegistry) entry.erasure = links->record;
    for (const ErasureStatement& other : erasures.statements())
      if (other.approval && other.voice.may_approve &&
          std::ranges::binary_search(other.approval->acts, statement.id))
        entry.approvals.push_back({other.id, other.voice.member});
    CUNJU_TRYV(count_bodies(reader, space_no, entry));
    out.push_back(std::move(entry));
  }
  return out;
}

Result<void> Replica::count_bodies(const Reader& reader, std::uint32_t space_no,
                                   ErasureEntry& entry) {
  for (const ErasureTarget& target : entry.said.targets) {
    const std::optional<IdRow> row = reader.find_id(target.change);
    if (!row || row->space_no != space_no) continue;
    CUNJU_TRY(const StoredChange stored, reader.require_change(row->ordinal));
    if (target.part >= stored.change.parts.size()) continue;
    const Part& part = stored.change.parts[target.part];
    if (part.presence == Presence::kPresent && may_be_erased(part)) ++entry.here;
    if (part.presence == Presence::kErased) ++entry.erased;
  }
  return ok();
}

Result<void> Replica::visit_receipts(
    const Reader& reader, std::uint32_t space_no,
    const std::function<void(const Change& change, const Body& body)>& visit) {
  std::vector<std::uint64_t> ordinals;
  Key prefix;
  prefix.u32(space_no);
  CUNJU_TRYV(
      reader.read().scan_prefix(reader.tables().erasures, prefix, [&](ByteView key, ByteView) {
        ordinals.push_back(get_u64_be(key.subspan(4)));
        return true;
      }));
  for (const std::uint64_t ordinal : ordinals) {
    CUNJU_TRY(const StoredChange stored, reader.require_change(ordinal));
    const LinksOfParts links = decode_links_of(stored.change);
    for (std::size_t i = 0; i < links.size(); ++i) {
      const Part& part = stored.change.parts[i];
      if (!links[i] || links[i]->registry != kReceiptsRegistry || part.scope != kOpenScope ||
          part.presence != Presence::kPresent)
        continue;
      const Result<Body> body = decode_body(part.body);
      if (body.has_value()) visit(stored.change, body.value());
    }
  }
  return ok();
}

Result<std::map<ChangeId, std::vector<HeardReceipt>>> Replica::heard_receipts(
    const Reader& reader, std::uint32_t space_no, const SpaceId& space) {
  std::map<ChangeId, std::vector<HeardReceipt>> out;
  CUNJU_TRYV(visit_receipts(reader, space_no, [&](const Change& change, const Body& body) {
    const std::optional<ErasureReceipt> receipt = read_erasure_receipt(body.operations);
    if (!receipt || !verify_erasure_receipt(*receipt, space)) return;
    for (const ChangeId& act : receipt->acts) {
      std::vector<HeardReceipt>& of = out[act];
      if (std::ranges::find(of, receipt->node, &HeardReceipt::node) == of.end())
        of.push_back({receipt->node, change.header.claimed_ms});
    }
  }));
  return out;
}

Result<ErasureReport> Replica::erasures(const SpaceId& space) {
  ErasureReport out;
  CUNJU_TRYV(read([&](Reader& reader) -> Result<void> {
    CUNJU_TRY(const std::uint32_t space_no, require_space(reader, space));
    CUNJU_TRY(out.acts, list_acts(reader, space_no, space));
    CUNJU_TRY(auto receipts, heard_receipts(reader, space_no, space));
    for (ErasureEntry& entry : out.acts) entry.receipts = std::move(receipts[entry.act]);
    Key prefix;
    prefix.u32(space_no);
    out.doomed =
        reader.read().count(tables_.doomed) + reader.read().count(tables_.doomed_attachments);
    return reader.read().scan_prefix(tables_.gaps, prefix, [&](ByteView, ByteView) {
      ++out.gaps;
      return true;
    });
  }));
  return out;
}

Result<Appended> Replica::append_receipts(const SpaceId& space, const crypto::SigningKey& author,
                                          const crypto::SigningKey& node,
                                          std::uint64_t claimed_ms) {
  CUNJU_TRYV(destroy_doomed_keys());
  CUNJU_TRYV(destroy_doomed_attachments());
  std::vector<ChangeId> acts;
  std::optional<ScopeReceipt> about_scope;
  CUNJU_TRYV(read([&](Reader& reader) -> Result<void> {
    if (reader.read().count(tables_.doomed_attachments) > 0) return ok();
    CUNJU_TRY(const std::uint32_t space_no, require_space(reader, space));
    CUNJU_TRY(RosterGraph * graph, reader.roster(space_no, space));
    if (graph->size() == 0 || !graph->now()->may(author.author(), kReceiptsRegistry, kWrite))
      return ok();
    CUNJU_TRY(about_scope, due_scope_receipt(reader, space_no, space, node));
    CUNJU_TRY(const std::vector<ErasureEntry> known, list_acts(reader, space_no, space));
    if (known.empty()) return ok();
    CUNJU_TRY(auto receipts, heard_receipts(reader, space_no, space));
    for (const ErasureEntry& entry : known) {
      if (entry.fate != Fate::kDestroyed || entry.here > 0) continue;
      if (entry.said.effect == ErasureEffect::kLift) continue;
      if (std::ranges::find(receipts[entry.act], node.node(), &HeardReceipt::node) ==
          receipts[entry.act].end())
        acts.push_back(entry.act);
    }
    return ok();
  }));
  std::vector<Operation> receipts;
  for (std::span<const ChangeId> left = acts; !left.empty();) {
    const auto some = left.first(std::min(left.size(), limits::kMaxErasureActs));
    left = left.subspan(some.size());
    receipts.push_back(
        erasure_receipt_operation(sign_erasure_receipt(node, space, {some.begin(), some.end()})));
  }
  if (about_scope) receipts.push_back(scope_receipt_operation(*about_scope));
  Appended out;
  for (Operation& receipt : receipts) {
    const ChangeDraft draft{.parts = {{.record = new_record_id(),
                                       .registry = std::string(kReceiptsRegistry),
                                       .scope = kOpenScope,
                                       .operations = {std::move(receipt)}}}};
    CUNJU_TRY(Appended appended, append(space, author, {&draft, 1}, claimed_ms));
    if (out.ids.empty()) out.first = appended.first;
    out.ids.insert(out.ids.end(), appended.ids.begin(), appended.ids.end());
  }
  return out;
}

}  // namespace cunju::replica
