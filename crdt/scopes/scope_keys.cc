// SPDX-License-Identifier: Apache-2.0
#include "crdt/scopes/scope_keys.h"

#include <algorithm>

namespace cunju {
namespace {

void clear(Part& part) {
  part.links.clear();
  part.body.clear();
}

Opening open_links_with(const crypto::PartKey& key, const crypto::Place& place, Part& part) {
  Result<Bytes> links = crypto::open_links(key, place, part.links);
  if (links.has_error()) return Opening::kUnreadable;
  if (part.presence == Presence::kPresent) {
    Result<Bytes> body = crypto::open_body(key, place, part.links, part.body);
    part.body = body.has_value() ? std::move(body).value() : Bytes();
  }
  part.links = std::move(links).value();
  return Opening::kOpened;
}

Opening open_part(const ScopeKeys& keys, Change& change, std::size_t index) {
  Part& part = change.parts[index];
  if (part.scope == kOpenScope) return Opening::kOpen;
  if (part.presence == Presence::kWithheld || part.presence == Presence::kRedacted)
    return Opening::kAbsent;
  // A founding change has no epochs yet, so whoever puts confidential parts there is lying.
  if (change.header.is_founding()) return Opening::kUnreadable;
  Result<crypto::EpochHint> hint = crypto::read_epoch_hint(part.links);
  if (hint.has_error())
    return hint.error().code == Errc::kUnsupported ? Opening::kNoKey : Opening::kUnreadable;
  if (const std::optional<KeyOfPart> found = keys.key_of_part(change, index))
    return open_links_with(found->key, place_of_part(change, index, found->epoch), part);
  return keys.of(part.scope, hint.value()).empty() ? Opening::kNoKey : Opening::kUnreadable;
}

}  // namespace

void ScopeKeys::add(Scope scope, const crypto::EpochId& epoch, crypto::EpochKey key) {
  keys_.try_emplace({scope, epoch}, std::move(key));
}

const crypto::EpochKey* ScopeKeys::find(Scope scope, const crypto::EpochId& epoch) const {
  auto found = keys_.find({scope, epoch});
  return found == keys_.end() ? nullptr : &found->second;
}

void ScopeKeys::add_part(const ChangeId& change, std::uint16_t part, KeyOfPart key) {
  parts_.try_emplace({change, part}, std::move(key));
}

std::optional<KeyOfPart> ScopeKeys::key_of_part(const Change& change, std::size_t index) const {
  const Part& part = change.parts[index];
  if (part.scope == kOpenScope || part.links.empty() || change.header.is_founding())
    return std::nullopt;
  const auto shown = parts_.find({change.id, static_cast<std::uint16_t>(index)});
  if (shown != parts_.end())
    return KeyOfPart{shown->second.epoch, {shown->second.key.secret.clone()}};
  Result<crypto::EpochHint> hint = crypto::read_epoch_hint(part.links);
  if (hint.has_error()) return std::nullopt;
  for (const auto& [epoch, key] : of(part.scope, hint.value())) {
    Result<crypto::PartKey> derived =
        crypto::derive_part_key(*key, place_of_part(change, index, epoch), part.links);
    if (derived.has_value()) return KeyOfPart{epoch, std::move(derived).value()};
  }
  return std::nullopt;
}

std::vector<ScopeKeys::Id> ScopeKeys::ids() const {
  std::vector<Id> out;
  for (const auto& [id, key] : keys_) out.push_back(id);
  return out;
}

std::vector<std::pair<crypto::EpochId, const crypto::EpochKey*>> ScopeKeys::of(
    Scope scope, const crypto::EpochHint& hint) const {
  std::vector<std::pair<crypto::EpochId, const crypto::EpochKey*>> out;
  crypto::EpochId first;
  std::ranges::copy(hint.value, first.value.begin());
  for (auto at = keys_.lower_bound({scope, first}); at != keys_.end(); ++at) {
    if (at->first.first != scope || crypto::epoch_hint(at->first.second) != hint) break;
    out.emplace_back(at->first.second, &at->second);
  }
  return out;
}

std::vector<ScopeKeys::Id> ScopeKeys::take_wraps(const SpaceId& space, const AuthorKey& sender,
                                                 std::span<const HandedEpoch> handed,
                                                 const crypto::SigningKey& device) {
  std::vector<Id> out;
  for (const HandedEpoch& wrap : handed) {
    if (wrap.recipient != device.author() || find(wrap.scope, wrap.epoch) != nullptr) continue;
    Result<crypto::EpochKey> key = crypto::unwrap_epoch_key(device,
                                                            {.space = space,
                                                             .scope = wrap.scope,
                                                             .epoch = wrap.epoch,
                                                             .recipient = wrap.recipient,
                                                             .sender = sender},
                                                            wrap.wrap);
    if (key.has_error()) continue;
    add(wrap.scope, wrap.epoch, std::move(key).value());
    out.emplace_back(wrap.scope, wrap.epoch);
  }
  std::ranges::sort(out);
  return out;
}

crypto::Place place_of_part(const Change& change, std::size_t part, const crypto::EpochId& epoch) {
  return {.space = change.header.space,
          .author = change.header.author,
          .seq = change.header.seq,
          .prev = change.header.prev,
          .part_index = static_cast<std::uint16_t>(part),
          .scope = change.parts[part].scope,
          .epoch = epoch};
}

std::vector<Opening> open_parts(const ScopeKeys& keys, Change& change) {
  std::vector<Opening> out;
  out.reserve(change.parts.size());
  for (std::size_t i = 0; i < change.parts.size(); ++i) {
    Part& part = change.parts[i];
    const Opening opening = open_part(keys, change, i);
    if (opening == Opening::kNoKey) {
      part.presence = Presence::kWithheld;
      part.body_hash = {};
    }
    if (opening == Opening::kNoKey || opening == Opening::kUnreadable) clear(part);
    out.push_back(opening);
  }
  return out;
}

bool has_confidential_parts(const Change& change) {
  return std::ranges::any_of(change.parts,
                             [](const Part& part) { return part.scope != kOpenScope; });
}

std::optional<crypto::EpochHint> hint_of(const Part& part) {
  if (part.scope == kOpenScope || part.links.empty()) return std::nullopt;
  Result<crypto::EpochHint> hint = crypto::read_epoch_hint(part.links);
  if (hint.has_error()) return std::nullopt;
  return hint.value();
}

}  // namespace cunju
