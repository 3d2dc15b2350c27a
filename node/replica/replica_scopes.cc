// SPDX-License-Identifier: Apache-2.0
//
// The replica's confidential scopes: sealing what is written, the state of each scope, and handing
// keys to who is entitled.
#include <algorithm>

#include "crdt/base/limits.h"
#include "node/replica/replica.h"

namespace cunju::replica {
namespace {

/// Wraps in one change: as many as fit a part's body and take a fraction of a second to make.
constexpr std::size_t kWrapsPerChange = 512;

Scope scope_at(ByteView key) { return Scope{static_cast<std::uint16_t>(key[4] << 8 | key[5])}; }

/// Who got which epoch's key.
using Wrapped = std::map<ScopeKeys::Id, std::set<AuthorKey>>;

Result<Wrapped> find_wrapped(const Reader& reader, std::uint32_t space_no) {
  Wrapped out;
  Key prefix;
  prefix.u32(space_no);
  CUNJU_TRYV(reader.read().scan_prefix(reader.tables().wraps, prefix, [&](ByteView key, ByteView) {
    const ByteView names = key.subspan(6);
    out[{scope_at(key), *crypto::EpochId::from(names.first(crypto::EpochId::kSize))}].insert(
        *AuthorKey::from(names.subspan(crypto::EpochId::kSize, AuthorKey::kSize)));
    return true;
  }));
  return out;
}

}  // namespace

Result<void> Replica::add_own_device(const crypto::SigningKey& device) {
  const bool is_known = std::ranges::any_of(
      own_devices_, [&](const auto& own) { return own.author() == device.author(); });
  if (is_known) return ok();
  own_devices_.push_back(crypto::SigningKey::from_seed(device.seed()));
  // Mostly there is nothing, and looking must not stop who writes.
  bool is_needed = false;
  CUNJU_TRY(const std::vector<SpaceId> all, spaces());
  CUNJU_TRYV(read([&](Reader& reader) -> Result<void> {
    for (const SpaceId& space : all) {
      CUNJU_TRY(const std::uint32_t space_no, require_space(reader, space));
      CUNJU_TRY(const ScopeKeys* keys, reader.scope_keys(space_no));
      CUNJU_TRY(const Wrapped wrapped, find_wrapped(reader, space_no));
      for (const auto& [id, devices] : wrapped)
        if (devices.contains(device.author()) && keys->find(id.first, id.second) == nullptr)
          is_needed = true;
    }
    return ok();
  }));
  if (!is_needed) return ok();
  return write([&](Admission& admission, store::WriteTransaction&) -> Result<void> {
    for (const SpaceId& space : all) {
      CUNJU_TRY(const std::uint32_t space_no, require_space(admission, space));
      CUNJU_TRYV(admission.take_old_wraps(space_no));
    }
    return ok();
  });
}

Result<Part> Replica::build_part(Admission& admission, std::uint32_t space_no,
                                 const NextChange& next, std::size_t index, const PartDraft& draft,
                                 std::vector<ChangeId> parents) {
  CUNJU_TRY(Part open, build_part(draft, std::move(parents)));
  if (draft.scope == kOpenScope) return open;
  auto scope = next.roster->scopes.find(draft.scope);
  if (scope == next.roster->scopes.end()) return fail(Errc::kMissing, std::string(kNoEpoch));
  CUNJU_TRY(const ScopeKeys* keys, admission.scope_keys(space_no));
  const crypto::EpochId& epoch = scope->second.current();
  const crypto::EpochKey* key = keys->find(draft.scope, epoch);
  // An older key would be one that somebody who was taken out has as well.
  if (key == nullptr) return fail(Errc::kMissing, std::string(kNoEpochKey));
  const crypto::Place place{.space = next.header.space,
                            .author = next.header.author,
                            .seq = next.header.seq,
                            .prev = next.header.prev,
                            .part_index = static_cast<std::uint16_t>(index),
                            .scope = draft.scope,
                            .epoch = epoch};
  CUNJU_TRY(crypto::SealedPart sealed,
            crypto::seal_part(*key, place, {.links = open.links, .body = open.body}, random_));
  return make_part(draft.scope, std::move(sealed.links), std::move(sealed.body));
}

Result<std::vector<HandedEpoch>> Replica::find_unwrapped(const Reader& reader,
                                                         std::uint32_t space_no,
                                                         const SpaceId& space,
                                                         const AuthorKey& sender, std::size_t max) {
  std::vector<HandedEpoch> out;
  CUNJU_TRY(const ScopeKeys* keys, reader.scope_keys(space_no));
  if (keys->is_empty()) return out;
  CUNJU_TRY(RosterGraph * graph, reader.roster(space_no, space));
  if (graph->size() == 0) return out;
  CUNJU_TRY(const Wrapped wrapped, find_wrapped(reader, space_no));
  const std::shared_ptr<const Roster> roster = graph->now();
  // Whoever was given a key may pass it on to those who are entitled now, whatever roles are left
  // to them: a sole reader whose role has ended is the only one who can.
  if (roster->find_author(sender) == nullptr) return out;
  for (const auto& [number, scope] : roster->scopes) {
    const std::vector<AuthorKey> entitled = roster->entitled_devices(scope.name);
    for (const crypto::EpochId& epoch : scope.epochs) {
      const crypto::EpochKey* key = keys->find(number, epoch);
      if (key == nullptr) continue;
      auto known = wrapped.find({number, epoch});
      for (const AuthorKey& device : entitled) {
        if (known != wrapped.end() && known->second.contains(device)) continue;
        if (out.size() == max) return out;
        Result<Bytes> wrap = crypto::wrap_epoch_key(*key,
                                                    {.space = space,
                                                     .scope = number,
                                                     .epoch = epoch,
                                                     .recipient = device,
                                                     .sender = sender},
                                                    random_);
        // A roster entry that is no key belongs to nobody.
        if (wrap.has_value()) out.push_back({number, epoch, device, std::move(wrap).value()});
      }
    }
  }
  return out;
}

Result<Appended> Replica::hand_over_epochs(const SpaceId& space, const crypto::SigningKey& author,
                                           std::uint64_t claimed_ms) {
  Appended out;
  for (;;) {
    std::vector<HandedEpoch> handed;
    CUNJU_TRYV(read([&](Reader& reader) -> Result<void> {
      CUNJU_TRY(const std::uint32_t space_no, require_space(reader, space));
      CUNJU_TRY(handed, find_unwrapped(reader, space_no, space, author.author(), kWrapsPerChange));
      return ok();
    }));
    if (handed.empty()) return out;
    ChangeDraft draft{.parts = {{.record = new_record_id(),
                                 .registry = std::string(kScopesRegistry),
                                 .scope = kOpenScope,
                                 .operations = {}}}};
    for (const HandedEpoch& each : handed)
      draft.parts.front().operations.push_back(hand_over_operation(each));
    CUNJU_TRY(Appended appended, append(space, author, {&draft, 1}, claimed_ms));
    if (out.ids.empty()) out.first = appended.first;
    out.ids.insert(out.ids.end(), appended.ids.begin(), appended.ids.end());
    if (handed.size() < kWrapsPerChange) return out;
  }
}

Result<std::vector<ScopeStatus>> Replica::scopes(const SpaceId& space) {
  std::map<Scope, ScopeStatus> found;
  CUNJU_TRYV(read([&](Reader& reader) -> Result<void> {
    CUNJU_TRY(const std::uint32_t space_no, require_space(reader, space));
    CUNJU_TRY(RosterGraph * graph, reader.roster(space_no, space));
    CUNJU_TRY(const ScopeKeys* keys, reader.scope_keys(space_no));
    CUNJU_TRY(Wrapped wrapped, find_wrapped(reader, space_no));
    if (graph->size() > 0) {
      for (const auto& [number, scope] : graph->now()->scopes) {
        ScopeStatus& status = found[number];
        status.name = scope.name;
        for (const crypto::EpochId& epoch : scope.epochs)
          status.epochs.push_back({.epoch = epoch,
                                   .has_key = keys->find(number, epoch) != nullptr,
                                   .wrapped = std::move(wrapped[{number, epoch}])});
      }
    }
    Key prefix;
    prefix.u32(space_no);
    return reader.read().scan_prefix(tables_.scoped, prefix, [&](ByteView key, ByteView value) {
      ScopeStatus& status = found[scope_at(key)];
      const std::optional<ScopedRow> row = ScopedRow::decode(value);
      ++status.parts;
      if (row && row->state == ScopedRow::State::kSealed) ++status.sealed;
      if (row && row->state == ScopedRow::State::kUnreadable) ++status.unreadable;
      return true;
    });
  }));
  std::vector<ScopeStatus> out;
  for (auto& [number, status] : found) {
    status.scope = number;
    out.push_back(std::move(status));
  }
  return out;
}

Result<std::map<Scope, std::string>> Replica::readable_scopes(const SpaceId& space) {
  std::map<Scope, std::string> out;
  CUNJU_TRYV(read([&](Reader& reader) -> Result<void> {
    CUNJU_TRY(const std::uint32_t space_no, require_space(reader, space));
    CUNJU_TRY(RosterGraph * graph, reader.roster(space_no, space));
    if (graph->size() == 0) return ok();
    const std::shared_ptr<const Roster> roster = graph->now();
    for (const auto& [number, scope] : roster->scopes) {
      for (const crypto::SigningKey& device : own_devices_)
        if (roster->may_read_scope(device.author(), scope.name)) out.emplace(number, scope.name);
    }
    return ok();
  }));
  return out;
}

Result<std::vector<ScopedView>> Replica::views(const SpaceId& space, const RecordId& record) {
  std::vector<ScopedView> out;
  CUNJU_TRYV(read([&](Reader& reader) -> Result<void> {
    CUNJU_TRY(const std::uint32_t space_no, require_space(reader, space));
    CUNJU_TRY(out, reader.find_views(space_no, record));
    return ok();
  }));
  return out;
}

Result<std::map<Scope, std::uint64_t>> Replica::hidden_parts(const SpaceId& space,
                                                             const RecordId& record) {
  std::map<Scope, std::uint64_t> out;
  CUNJU_TRYV(read([&](Reader& reader) -> Result<void> {
    CUNJU_TRY(const std::uint32_t space_no, require_space(reader, space));
    return reader.visit_graph({space_no, record, kOpenScope},
                              [&](StoredNode&, Change& change, const Part&) {
                                for (const Part& part : change.parts)
                                  if (part.scope != kOpenScope && part.links.empty())
                                    ++out[part.scope];
                              });
  }));
  return out;
}

}  // namespace cunju::replica
