// SPDX-License-Identifier: Apache-2.0
//
// The replica's confidential scopes: sealing what is written, the state of each scope, and handing
// keys to who is entitled.
#include <algorithm>
#include <iterator>

#include "crdt/base/limits.h"
#include "node/replica/handing_over.h"
#include "node/replica/replica.h"

namespace cunju::replica {
namespace {

/// Wraps in one change: as many as fit a part's body and take a fraction of a second to make.
constexpr std::size_t kWrapsPerChange = 512;

Scope scope_at(ByteView key) { return Scope{static_cast<std::uint16_t>(key[4] << 8 | key[5])}; }

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
      CUNJU_TRY(const std::set<std::uint64_t> wraps,
                reader.untaken_wraps(space_no, {&own_devices_.back(), 1}));
      is_needed = is_needed || !wraps.empty();
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

std::set<AuthorKey> Replica::own_devices() const {
  std::set<AuthorKey> out;
  for (const crypto::SigningKey& device : own_devices_) out.insert(device.author());
  return out;
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

Result<std::vector<Operation>> Replica::find_unwrapped(const Reader& reader, std::uint32_t space_no,
                                                       const SpaceId& space,
                                                       const AuthorKey& sender,
                                                       const std::set<AuthorKey>& again) {
  std::vector<Operation> out;
  CUNJU_TRY(const ScopeKeys* keys, reader.scope_keys(space_no));
  CUNJU_TRY(RosterGraph * graph, reader.roster(space_no, space));
  if (graph->size() == 0) return out;
  const std::shared_ptr<const Roster> roster = graph->now();
  // Whoever was given a key may pass it on to those who are entitled now, whatever roles are left
  // to them: a sole reader whose role has ended is the only one who can.
  if (roster->find_author(sender) == nullptr) return out;
  CUNJU_TRY(const KeyTraffic traffic, read_key_traffic(reader, space_no, *graph, *roster));
  const bool is_own = std::ranges::any_of(
      own_devices_, [&](const crypto::SigningKey& own) { return own.author() == sender; });
  if (is_own) {
    for (const UnopenedWrap& unopened : find_unopened(*roster, traffic, *keys, sender))
      out.push_back(unopened_wrap_operation(unopened));
  }
  for (const LackedKey& lacked : find_lacked(*roster, traffic, *keys, sender, again)) {
    const auto& [scope, epoch] = lacked.epoch;
    Result<Bytes> wrap = crypto::wrap_epoch_key(*keys->find(scope, epoch),
                                                {.space = space,
                                                 .scope = scope,
                                                 .epoch = epoch,
                                                 .recipient = lacked.device,
                                                 .sender = sender},
                                                random_);
    // A roster entry that is no key belongs to nobody.
    if (wrap.has_value())
      out.push_back(hand_over_operation({scope, epoch, lacked.device, std::move(wrap).value()}));
  }
  return out;
}

Result<Appended> Replica::hand_over_epochs(const SpaceId& space, const crypto::SigningKey& author,
                                           std::uint64_t claimed_ms,
                                           const std::set<AuthorKey>& again) {
  std::vector<Operation> operations;
  CUNJU_TRYV(read([&](Reader& reader) -> Result<void> {
    CUNJU_TRY(const std::uint32_t space_no, require_space(reader, space));
    CUNJU_TRY(operations, find_unwrapped(reader, space_no, space, author.author(), again));
    return ok();
  }));
  if (operations.empty()) return Appended{};
  std::vector<ChangeDraft> drafts;
  for (std::size_t begin = 0; begin < operations.size(); begin += kWrapsPerChange) {
    const auto from = operations.begin() + static_cast<std::ptrdiff_t>(begin);
    const auto count = std::min(kWrapsPerChange, operations.size() - begin);
    drafts.push_back({.parts = {{.record = new_record_id(),
                                 .registry = std::string(kScopesRegistry),
                                 .scope = kOpenScope,
                                 .operations = {std::make_move_iterator(from),
                                                std::make_move_iterator(
                                                    from + static_cast<std::ptrdiff_t>(count))}}}});
  }
  return append(space, author, drafts, claimed_ms);
}

Result<std::vector<ScopeStatus>> Replica::scopes(const SpaceId& space, bool with_times) {
  std::map<Scope, ScopeStatus> found;
  CUNJU_TRYV(read([&](Reader& reader) -> Result<void> {
    CUNJU_TRY(const std::uint32_t space_no, require_space(reader, space));
    CUNJU_TRY(RosterGraph * graph, reader.roster(space_no, space));
    CUNJU_TRY(const ScopeKeys* keys, reader.scope_keys(space_no));
    const std::shared_ptr<const Roster> roster =
        graph->size() > 0 ? graph->now() : std::make_shared<const Roster>();
    CUNJU_TRY(const KeyTraffic traffic,
              read_key_traffic(reader, space_no, *graph, *roster, with_times));
    found = scope_status(*roster, traffic, *keys, own_devices_);
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
    return reader.visit_parts({space_no, record, kOpenScope},
                              [&](const Change& change, const Part&) {
                                for (const Part& part : change.parts)
                                  if (part.scope != kOpenScope && part.links.empty())
                                    ++out[part.scope];
                              });
  }));
  return out;
}

}  // namespace cunju::replica
