// SPDX-License-Identifier: Apache-2.0
#include "crdt/scopes/handed_epoch.h"

#include "crdt/base/check.h"
#include "crdt/base/limits.h"
#include "crdt/change/part_codec.h"
#include "crdt/roster/roster.h"

namespace cunju {
namespace {

constexpr std::size_t kHeadBytes = 2 + crypto::EpochId::kSize + AuthorKey::kSize;

void add_opened(const Operation& operation, std::vector<HandedEpoch>& out) {
  const auto* bytes = std::get_if<Bytes>(&operation.value);
  if (bytes == nullptr || operation.kind != static_cast<std::uint16_t>(OperationKind::kRoster))
    return;
  Result<RosterOperation> decoded = decode_roster_operation(*bytes);
  if (decoded.has_error()) return;
  const auto* opening = std::get_if<OpenEpoch>(&decoded.value());
  if (opening == nullptr) return;
  for (const EpochWrap& wrap : opening->wraps)
    out.push_back({opening->scope, opening->epoch, wrap.recipient, wrap.wrap});
}

}  // namespace

Operation hand_over_operation(const HandedEpoch& handed) {
  CUNJU_CHECK(handed.wrap.size() <= limits::kMaxWrapBytes, "wraps are made by wrap_epoch_key");
  Bytes value;
  put_u16(value, handed.scope.value);
  append(value, handed.epoch.view());
  append(value, handed.recipient.view());
  append(value, handed.wrap);
  return make_operation(OperationKind::kEpochWrap, "", std::move(value));
}

std::optional<HandedEpoch> read_handed_epoch(const Operation& operation) {
  const auto* value = std::get_if<Bytes>(&operation.value);
  if (value == nullptr || operation.kind != static_cast<std::uint16_t>(OperationKind::kEpochWrap) ||
      value->size() < kHeadBytes || value->size() > kHeadBytes + limits::kMaxWrapBytes)
    return std::nullopt;
  ByteReader in(*value);
  HandedEpoch out;
  out.scope = Scope{in.u16()};
  if (out.scope == kOpenScope) return std::nullopt;
  out.epoch = *crypto::EpochId::from(in.take(crypto::EpochId::kSize));
  out.recipient = *AuthorKey::from(in.take(AuthorKey::kSize));
  out.wrap = to_bytes(in.take(in.remaining()));
  return out;
}

std::vector<HandedEpoch> handed_epochs(const Change& change) {
  std::vector<HandedEpoch> out;
  for (const Part& part : change.parts) {
    if (part.scope != kOpenScope || part.presence != Presence::kPresent) continue;
    Result<Links> links = decode_links(part.links);
    if (links.has_error()) continue;
    const bool is_roster = links.value().registry == kRosterRegistry;
    if (!is_roster && links.value().registry != kScopesRegistry) continue;
    Result<Body> body = decode_body(part.body);
    if (body.has_error()) continue;
    for (const Operation& operation : body.value().operations) {
      if (is_roster) {
        add_opened(operation, out);
      } else if (std::optional<HandedEpoch> handed = read_handed_epoch(operation)) {
        out.push_back(std::move(*handed));
      }
      if (out.size() >= limits::kMaxHandedEpochs) {
        out.resize(limits::kMaxHandedEpochs);
        return out;
      }
    }
  }
  return out;
}

}  // namespace cunju
