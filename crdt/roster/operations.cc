// SPDX-License-Identifier: Apache-2.0
#include "crdt/roster/operations.h"

#include "crdt/change/change.h"

namespace cunju {
namespace {

constexpr std::string_view kDeviceLabel = "cunju entry 1";
constexpr std::string_view kNodeLabel = "cunju node 1";
constexpr std::string_view kEpochLabel = "cunju epoch 1";

std::array<std::uint8_t, 1> suite_byte() { return {kSuiteEd25519Blake2b}; }

}  // namespace

std::span<const Cut> cuts_of(const RosterOperation& operation) {
  if (const auto* removal = std::get_if<RemoveMember>(&operation)) return removal->cuts;
  if (const auto* end = std::get_if<EndRole>(&operation)) return end->cuts;
  if (const auto* policy = std::get_if<SetPolicy>(&operation)) return policy->cuts;
  if (const auto* device = std::get_if<RetireDevice>(&operation)) return {&device->cut, 1};
  return {};
}

AddDevice device_entry(const crypto::SigningKey& device, const SpaceId& space,
                       const MemberId& member) {
  return {.member = member,
          .author = device.author(),
          .signature = device.sign(kDeviceLabel, {suite_byte(), space.view(), member.view()})};
}

bool verify_device_entry(const AddDevice& entry, const SpaceId& space) {
  return crypto::verify(entry.author.view(), kDeviceLabel,
                        {suite_byte(), space.view(), entry.member.view()}, entry.signature);
}

Signature sign_node_entry(const crypto::SigningKey& node, const SpaceId& space, const WireKey& wire,
                          const MemberId& member) {
  return node.sign(kNodeLabel, {suite_byte(), space.view(), wire.view(), member.view()});
}

bool verify_node_entry(const AddNode& entry, const SpaceId& space) {
  return crypto::verify(entry.node.view(), kNodeLabel,
                        {suite_byte(), space.view(), entry.wire.view(), entry.member.view()},
                        entry.signature);
}

Hash epoch_hash(const SpaceId& space, const AuthorKey& carrier, std::span<const ChangeId> pins,
                std::span<const RosterOperation> operations) {
  crypto::Hasher hasher(kEpochLabel);
  Bytes counts;
  hasher.add(suite_byte()).add(space.view()).add(carrier.view());
  put_u32(counts, static_cast<std::uint32_t>(pins.size()));
  hasher.add(counts);
  for (const ChangeId& pin : pins) hasher.add(pin.view());
  for (const RosterOperation& operation : operations) {
    Bytes bytes;
    if (const auto* epoch = std::get_if<Epoch>(&operation)) {
      bytes = encode_roster_operation(Epoch{.voided = epoch->voided, .signatures = {}});
    } else {
      bytes = encode_roster_operation(operation);
    }
    Bytes size;
    put_u32(size, static_cast<std::uint32_t>(bytes.size()));
    hasher.add(size).add(bytes);
  }
  return hasher.finish();
}

Cosignature cosign_epoch(const crypto::SigningKey& key, const Hash& epoch) {
  return {key.author(), key.sign(kEpochLabel, {epoch.view()})};
}

bool verify_cosignature(const Cosignature& cosignature, const Hash& epoch) {
  return crypto::verify(cosignature.author.view(), kEpochLabel, {epoch.view()},
                        cosignature.signature);
}

}  // namespace cunju
