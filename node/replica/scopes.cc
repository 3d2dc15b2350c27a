// SPDX-License-Identifier: Apache-2.0
//
// The fifth part of Admission and of Reader: confidential scopes. A part whose key is not here
// stands as one that is withheld. When the key comes, everything of its scope is placed anew,
// because a part that was sealed may be an ancestor of one that was not; so what is shown is a
// function of the changes and the keys, whichever came first.
#include <algorithm>
#include <utility>

#include "node/replica/admission.h"

namespace cunju::replica {
namespace {

constexpr std::size_t kRecordScopeBytes = 4 + RecordId::kSize;

Scope scope_at(ByteView key, std::size_t offset) {
  return Scope{static_cast<std::uint16_t>(key[offset] << 8 | key[offset + 1])};
}

Key scope_prefix(std::uint32_t space_no, Scope scope) {
  Key out;
  out.u32(space_no).u16(scope.value);
  return out;
}

ScopedRow::State state_of(Opening opening) {
  switch (opening) {
    case Opening::kOpen:
    case Opening::kOpened:
      return ScopedRow::State::kOpened;
    case Opening::kNoKey:
      return ScopedRow::State::kSealed;
    case Opening::kUnreadable:
      return ScopedRow::State::kUnreadable;
    case Opening::kAbsent:
      break;
  }
  return ScopedRow::State::kAbsent;
}

}  // namespace

Result<ScopeKeys*> Reader::scope_keys(std::uint32_t space_no) const {
  auto found = scope_keys_.find(space_no);
  if (found != scope_keys_.end()) return &found->second;
  ScopeKeys keys;
  std::vector<std::pair<Bytes, Bytes>> rows;
  Key prefix;
  prefix.u32(space_no);
  CUNJU_TRYV(read_.scan_prefix(tables_.epoch_keys, prefix, [&](ByteView key, ByteView value) {
    rows.emplace_back(to_bytes(key), to_bytes(value));
    return true;
  }));
  for (const auto& [key, sealed] : rows) {
    CUNJU_TRY(const ByteView value, open("epoch_keys", key, sealed));
    const std::optional<crypto::EpochId> epoch =
        crypto::EpochId::from(ByteView(key).subspan(std::min<std::size_t>(6, key.size())));
    if (!epoch || value.size() != 32) return fail(Errc::kCorrupt, "the key of an epoch");
    keys.add(scope_at(key, 4), *epoch, crypto::EpochKey{crypto::Secret<32>(value)});
    crypto::wipe(scratch_);
  }
  return &scope_keys_.emplace(space_no, std::move(keys)).first->second;
}

Result<ReadableChange> Reader::readable(std::uint32_t space_no, const Change& change) const {
  ReadableChange out;
  const bool is_whole = std::ranges::all_of(change.parts, [](const Part& part) {
    return part.presence == Presence::kPresent && part.scope == kOpenScope;
  });
  // Most stores have neither, and this is asked for every change that is looked into.
  if (is_whole && read_.count(tables_.fates) == 0) return out;
  CUNJU_TRY(const ScopeKeys* keys, scope_keys(space_no));
  out.opened = change;
  out.openings = open_parts(*keys, *out.opened);
  const bool is_touched = apply_fates(
      *out.opened, [&](const ErasureTarget& target) { return fate_of(space_no, target); });
  if (!is_touched && !has_confidential_parts(change)) out.opened.reset();
  return out;
}

Result<StoredChange> Reader::require_readable(std::uint32_t space_no, std::uint64_t ordinal) const {
  CUNJU_TRY(StoredChange stored, require_change(ordinal));
  CUNJU_TRY(ReadableChange read, readable(space_no, stored.change));
  if (read.opened) stored.change = std::move(*read.opened);
  return stored;
}

Result<void> Admission::note_confidential(const Origin& origin, const Part& stored,
                                          std::uint16_t part, Opening opening) {
  Key key = scope_prefix(origin.row.space_no, stored.scope);
  key.u64(origin.row.ordinal).u16(part);
  ScopedRow row{.state = state_of(opening)};
  if (const std::optional<crypto::EpochHint> hint = hint_of(stored)) row.hint = hint->value;
  return txn_.put(tables_.scoped, key, row.encode());
}

Result<void> Admission::take_wraps(std::uint32_t space_no, std::uint64_t ordinal,
                                   const Change& change) {
  if (change.header.is_founding()) return ok();
  const std::vector<HandedEpoch> handed = handed_epochs(change);
  for (const HandedEpoch& each : handed) {
    Key key = scope_prefix(space_no, each.scope);
    key.bytes(each.epoch.view()).bytes(each.recipient.view()).u64(ordinal);
    CUNJU_TRYV(txn_.put(tables_.wraps, key, change.header.author.view()));
  }
  for (const UnopenedWrap& each : unopened_wraps(change)) {
    Key key = scope_prefix(space_no, each.scope);
    key.bytes(each.epoch.view()).bytes(change.header.author.view()).bytes(each.sender.view());
    CUNJU_TRYV(txn_.put(tables_.unopened, key, marker()));
  }
  return take_keys(space_no, change.space(), change.header.author, handed);
}

Result<void> Admission::take_keys(std::uint32_t space_no, const SpaceId& space,
                                  const AuthorKey& sender, std::span<const HandedEpoch> handed) {
  if (handed.empty() || own_devices_.empty()) return ok();
  CUNJU_TRY(ScopeKeys * keys, scope_keys(space_no));
  for (const crypto::SigningKey& device : own_devices_) {
    for (const ScopeKeys::Id& id : keys->take_wraps(space, sender, handed, device)) {
      Key key = scope_prefix(space_no, id.first);
      key.bytes(id.second.view());
      CUNJU_TRYV(put_sealed(tables_.epoch_keys, "epoch_keys", key, keys::kStoreKey,
                            keys->find(id.first, id.second)->secret.view()));
      CUNJU_TRY(const bool is_late, has_sealed(space_no, id));
      if (is_late) reopened_.emplace(space_no, id.first);
    }
  }
  return ok();
}

/// Whether parts are here that name the epoch and were not opened.
Result<bool> Admission::has_sealed(std::uint32_t space_no, const ScopeKeys::Id& id) {
  bool out = false;
  const crypto::EpochHint hint = crypto::epoch_hint(id.second);
  CUNJU_TRYV(read_.scan_prefix(
      tables_.scoped, scope_prefix(space_no, id.first), [&](ByteView, ByteView value) {
        const std::optional<ScopedRow> row = ScopedRow::decode(value);
        // Another epoch with that hint may have been taken for it.
        out = row && row->state != ScopedRow::State::kOpened &&
              row->state != ScopedRow::State::kAbsent && row->hint == hint.value;
        return !out;
      }));
  return out;
}

Result<std::set<std::uint64_t>> Reader::untaken_wraps(
    std::uint32_t space_no, std::span<const crypto::SigningKey> devices) const {
  std::set<std::uint64_t> out;
  Key prefix;
  prefix.u32(space_no);
  CUNJU_TRY(const ScopeKeys* keys, scope_keys(space_no));
  constexpr std::size_t kEpochAt = 6, kRecipientAt = kEpochAt + crypto::EpochId::kSize;
  CUNJU_TRYV(read_.scan_prefix(tables_.wraps, prefix, [&](ByteView key, ByteView) {
    const auto epoch = crypto::EpochId::from(key.subspan(kEpochAt, crypto::EpochId::kSize));
    const auto recipient = AuthorKey::from(key.subspan(kRecipientAt, AuthorKey::kSize));
    const bool is_own = std::ranges::any_of(
        devices, [&](const auto& device) { return device.author() == recipient; });
    if (is_own && keys->find(scope_at(key, 4), *epoch) == nullptr)
      out.insert(get_u64_be(key.last(8)));
    return true;
  }));
  return out;
}

Result<void> Admission::take_old_wraps(std::uint32_t space_no) {
  CUNJU_TRY(const std::set<std::uint64_t> ordinals, untaken_wraps(space_no, own_devices_));
  for (const std::uint64_t ordinal : ordinals) {
    CUNJU_TRY(const StoredChange stored, require_change(ordinal));
    CUNJU_TRYV(take_keys(space_no, stored.change.space(), stored.change.header.author,
                         handed_epochs(stored.change)));
  }
  return ok();
}

Result<void> Admission::rebuild_scope(std::uint32_t space_no, Scope scope) {
  std::set<std::pair<std::uint64_t, std::uint16_t>> places;
  CUNJU_TRYV(
      read_.scan_prefix(tables_.scoped, scope_prefix(space_no, scope), [&](ByteView key, ByteView) {
        places.emplace(get_u64_be(key.subspan(6)),
                       static_cast<std::uint16_t>(key[14] << 8 | key[15]));
        return true;
      }));
  CUNJU_TRYV(drop_scope(space_no, scope, places));
  std::optional<std::uint64_t> last;
  for (const auto& [ordinal, part] : places) {
    if (std::exchange(last, ordinal) == ordinal) continue;
    CUNJU_TRYV(replace_parts(ordinal, scope));
  }
  return ok();
}

/// What is derived of one scope: its graphs, views, index entries, late and held parts.
Result<void> Admission::drop_scope(
    std::uint32_t space_no, Scope scope,
    const std::set<std::pair<std::uint64_t, std::uint16_t>>& places) {
  auto is_of_scope = [&](const RecordKey& record) {
    return record.space_no == space_no && record.scope == scope;
  };
  std::erase_if(slots_, [&](const auto& entry) { return is_of_scope(entry.first); });
  std::erase_if(rejudged_, is_of_scope);
  Key prefix;
  prefix.u32(space_no);
  auto find_rows = [&](store::Table table, auto&& is_meant) -> Result<std::vector<Bytes>> {
    std::vector<Bytes> keys;
    CUNJU_TRYV(read_.scan_prefix(table, prefix, [&](ByteView key, ByteView) {
      if (is_meant(key)) keys.push_back(to_bytes(key));
      return true;
    }));
    return keys;
  };
  auto erase_rows = [&](store::Table table, auto&& is_meant) -> Result<void> {
    CUNJU_TRY(const std::vector<Bytes> keys, find_rows(table, is_meant));
    for (const Bytes& key : keys) {
      CUNJU_TRYV(txn_.erase(table, key));
    }
    return ok();
  };
  for (store::Table table : {tables_.graph, tables_.views, tables_.held}) {
    CUNJU_TRYV(
        erase_rows(table, [&](ByteView key) { return scope_at(key, kRecordScopeBytes) == scope; }));
  }
  auto stands_for = [&](ByteView key) { return scope_at(key, key.size() - 2) == scope; };
  CUNJU_TRYV(erase_rows(tables_.conflicts, stands_for));
  CUNJU_TRY(const std::vector<Bytes> indexed, find_rows(tables_.records, stands_for));
  for (const Bytes& key : indexed) {
    CUNJU_TRYV(unindex_record(key));
  }
  for (const auto& [ordinal, part] : places) {
    Key late;
    late.u32(space_no).u64(ordinal).u16(part);
    CUNJU_TRYV(txn_.erase(tables_.late, late));
  }
  std::vector<Bytes> waiting;
  CUNJU_TRYV(read_.scan(tables_.waiting, {}, [&](ByteView key, ByteView) {
    const auto part = static_cast<std::uint16_t>(key[40] << 8 | key[41]);
    if (places.contains({get_u64_be(key.subspan(32)), part})) waiting.push_back(to_bytes(key));
    return true;
  }));
  for (const Bytes& key : waiting) {
    CUNJU_TRYV(txn_.erase(tables_.waiting, key));
  }
  return ok();
}

}  // namespace cunju::replica
