// SPDX-License-Identifier: Apache-2.0
#include "node/replica/handing_over.h"

#include <algorithm>

namespace cunju::replica {
namespace {

/// Changes that are looked at for the act that opened an epoch, oldest first. It comes before
/// whatever was handed over, since nobody can name an epoch before it is made.
constexpr std::size_t kMaxOpeningLooks = 64;

constexpr std::size_t kEpochAt = 6, kRecipientAt = kEpochAt + crypto::EpochId::kSize,
                      kRestAt = kRecipientAt + AuthorKey::kSize;

Scope scope_at(ByteView key) { return Scope{static_cast<std::uint16_t>(key[4] << 8 | key[5])}; }

ScopeKeys::Id epoch_at(ByteView key) {
  return {scope_at(key), *crypto::EpochId::from(key.subspan(kEpochAt, crypto::EpochId::kSize))};
}

AuthorKey recipient_at(ByteView key) {
  return *AuthorKey::from(key.subspan(kRecipientAt, AuthorKey::kSize));
}

bool is_in_force(const Roster& roster, const ScopeKeys::Id& epoch) {
  const auto scope = roster.scopes.find(epoch.first);
  return scope != roster.scopes.end() &&
         std::ranges::find(scope->second.epochs, epoch.second) != scope->second.epochs.end();
}

bool has(const std::map<ScopeKeys::Id, Senders>& traffic, const ScopeKeys::Id& epoch,
         const AuthorKey& device, const AuthorKey& sender) {
  const auto senders = traffic.find(epoch);
  if (senders == traffic.end()) return false;
  const auto of = senders->second.find(device);
  return of != senders->second.end() && of->second.contains(sender);
}

/// None: the act is not among the changes that brought wraps of the epoch.
Result<std::optional<std::string>> find_name(const Reader& reader, std::uint32_t space_no,
                                             const ScopeKeys::Id& epoch) {
  std::set<std::uint64_t> ordinals;
  Key prefix;
  prefix.u32(space_no).u16(epoch.first.value).bytes(epoch.second.view());
  CUNJU_TRYV(reader.read().scan_prefix(reader.tables().wraps, prefix, [&](ByteView key, ByteView) {
    ordinals.insert(get_u64_be(key.last(8)));
    if (ordinals.size() > kMaxOpeningLooks) ordinals.erase(std::prev(ordinals.end()));
    return true;
  }));
  for (const std::uint64_t ordinal : ordinals) {
    CUNJU_TRY(const StoredChange stored, reader.require_change(ordinal));
    const std::optional<OpenEpoch> opening = find_opening(stored.change, epoch.first, epoch.second);
    if (opening) return std::optional(opening->name);
  }
  return std::optional<std::string>();
}

/// Another process of this home may run a program of before, whose rows do not say who sent it.
Result<void> read_wraps(const Reader& reader, std::uint32_t space_no, KeyTraffic& out) {
  std::vector<Bytes> unsaid;
  Key prefix;
  prefix.u32(space_no);
  CUNJU_TRYV(
      reader.read().scan_prefix(reader.tables().wraps, prefix, [&](ByteView key, ByteView value) {
        if (const std::optional<AuthorKey> sender = AuthorKey::from(value)) {
          out.wraps[epoch_at(key)][recipient_at(key)].insert(*sender);
        } else {
          unsaid.push_back(to_bytes(key));
        }
        return true;
      }));
  for (const Bytes& key : unsaid) {
    CUNJU_TRY(const StoredChange stored, reader.require_change(get_u64_be(ByteView(key).last(8))));
    out.wraps[epoch_at(key)][recipient_at(key)].insert(stored.change.header.author);
  }
  return ok();
}

Result<void> read_rows(const Reader& reader, std::uint32_t space_no, KeyTraffic& out) {
  CUNJU_TRYV(read_wraps(reader, space_no, out));
  Key prefix;
  prefix.u32(space_no);
  CUNJU_TRYV(
      reader.read().scan_prefix(reader.tables().unopened, prefix, [&](ByteView key, ByteView) {
        out.unopened[epoch_at(key)][recipient_at(key)].insert(
            *AuthorKey::from(key.subspan(kRestAt, AuthorKey::kSize)));
        return true;
      }));
  return reader.read().scan_prefix(
      reader.tables().scoped, prefix, [&](ByteView key, ByteView value) {
        if (const std::optional<ScopedRow> row = ScopedRow::decode(value))
          ++out.parts[{scope_at(key), row->hint}];
        return true;
      });
}

}  // namespace

std::uint64_t KeyTraffic::parts_of(const ScopeKeys::Id& epoch) const {
  const auto found = parts.find({epoch.first, crypto::epoch_hint(epoch.second).value});
  return found == parts.end() ? 0 : found->second;
}

bool KeyTraffic::is_given(const ScopeKeys::Id& epoch, const AuthorKey& device) const {
  const auto given = wraps.find(epoch);
  if (given == wraps.end()) return false;
  const auto senders = given->second.find(device);
  return senders != given->second.end() &&
         std::ranges::any_of(senders->second, [&](const AuthorKey& sender) {
           return !has(unopened, epoch, device, sender);
         });
}

const std::set<MemberId>& KeyTraffic::in_whose_time(const ScopeKeys::Id& epoch) const {
  static const std::set<MemberId> kNobody;
  const auto found = times.find(epoch);
  return found == times.end() ? kNobody : found->second;
}

Result<KeyTraffic> read_key_traffic(const Reader& reader, std::uint32_t space_no,
                                    const RosterGraph& graph, const Roster& roster,
                                    bool with_times) {
  KeyTraffic out;
  CUNJU_TRYV(read_rows(reader, space_no, out));
  for (const auto& [epoch, senders] : out.wraps) {
    if (is_in_force(roster, epoch) || out.parts_of(epoch) == 0) continue;
    CUNJU_TRY(std::optional<std::string> name, find_name(reader, space_no, epoch));
    if (name) out.fallen.emplace(epoch, *std::move(name));
  }
  if (with_times || roster.has_from_now())
    for (const NeededEpoch& epoch : needed_epochs(roster, out))
      out.times.emplace(epoch.id, graph.in_whose_time(epoch.id.first, epoch.id.second));
  return out;
}

std::vector<NeededEpoch> needed_epochs(const Roster& roster, const KeyTraffic& traffic) {
  std::vector<NeededEpoch> out;
  for (const auto& [number, scope] : roster.scopes)
    for (const crypto::EpochId& epoch : scope.epochs) out.push_back({{number, epoch}, scope.name});
  for (const auto& [epoch, name] : traffic.fallen) {
    // What was sealed for another scope that had the number is not for the readers of this one.
    const auto scope = roster.scopes.find(epoch.first);
    if (scope != roster.scopes.end() && scope->second.name == name) out.push_back({epoch, name});
  }
  return out;
}

std::vector<UnopenedWrap> find_unopened(const Roster& roster, const KeyTraffic& traffic,
                                        const ScopeKeys& keys, const AuthorKey& device) {
  std::vector<UnopenedWrap> out;
  for (const NeededEpoch& epoch : needed_epochs(roster, traffic)) {
    const auto given = traffic.wraps.find(epoch.id);
    if (given == traffic.wraps.end() || keys.find(epoch.id.first, epoch.id.second) != nullptr ||
        !roster.may_read_scope(device, epoch.name))
      continue;
    const auto senders = given->second.find(device);
    if (senders == given->second.end()) continue;
    for (const AuthorKey& sender : senders->second)
      if (!has(traffic.unopened, epoch.id, device, sender))
        out.push_back({epoch.id.first, epoch.id.second, sender});
  }
  return out;
}

std::vector<LackedKey> find_lacked(const Roster& roster, const KeyTraffic& traffic,
                                   const ScopeKeys& keys, const AuthorKey& sender,
                                   const std::set<AuthorKey>& again) {
  std::vector<LackedKey> out;
  for (const NeededEpoch& epoch : needed_epochs(roster, traffic)) {
    if (keys.find(epoch.id.first, epoch.id.second) == nullptr) continue;
    for (const AuthorKey& device : roster.entitled_devices(epoch.name)) {
      if (!roster.may_be_handed(device, epoch.name, traffic.in_whose_time(epoch.id))) continue;
      const bool is_given =
          traffic.is_given(epoch.id, device) || has(traffic.wraps, epoch.id, device, sender);
      if (!is_given || again.contains(device)) out.push_back({epoch.id, device});
    }
  }
  return out;
}

std::map<Scope, ScopeStatus> scope_status(const Roster& roster, const KeyTraffic& traffic,
                                          const ScopeKeys& keys,
                                          std::span<const crypto::SigningKey> own) {
  std::map<Scope, ScopeStatus> out;
  auto status_of = [&](const ScopeKeys::Id& epoch, std::string name) {
    EpochStatus status{.epoch = epoch.second,
                       .has_key = keys.find(epoch.first, epoch.second) != nullptr,
                       .wrapped = {},
                       .unopened = {},
                       .parts = traffic.parts_of(epoch),
                       .name = std::move(name),
                       .in_whose_time = traffic.in_whose_time(epoch)};
    if (const auto said = traffic.unopened.find(epoch); said != traffic.unopened.end())
      status.unopened = said->second;
    const auto given = traffic.wraps.find(epoch);
    if (given == traffic.wraps.end()) return status;
    for (const auto& [device, senders] : given->second) {
      const bool is_own = std::ranges::any_of(
          own, [&](const crypto::SigningKey& each) { return each.author() == device; });
      if (is_own && !status.has_key) {
        status.unopened[device].insert(senders.begin(), senders.end());
      } else if (traffic.is_given(epoch, device)) {
        status.wrapped.insert(device);
      }
    }
    // Who has the key by now has nothing to complain of.
    std::erase_if(status.unopened,
                  [&](const auto& entry) { return status.wrapped.contains(entry.first); });
    return status;
  };
  for (const auto& [number, scope] : roster.scopes) {
    out[number].name = scope.name;
    for (const crypto::EpochId& epoch : scope.epochs)
      out[number].epochs.push_back(status_of({number, epoch}, {}));
  }
  for (const auto& [epoch, name] : traffic.fallen)
    out[epoch.first].fallen.push_back(status_of(epoch, name));
  return out;
}

}  // namespace cunju::replica
