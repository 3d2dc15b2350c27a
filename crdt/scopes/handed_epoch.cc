// SPDX-License-Identifier: Apache-2.0
#include "crdt/scopes/handed_epoch.h"

#include "crdt/base/check.h"
#include "crdt/base/limits.h"
#include "crdt/change/part_codec.h"
#include "crdt/roster/roster.h"

namespace cunju {
namespace {

constexpr std::size_t kHeadBytes = 2 + crypto::EpochId::kSize + AuthorKey::kSize;

constexpr std::size_t kUnopenedBytes = 2 + crypto::EpochId::kSize + AuthorKey::kSize;

std::optional<OpenEpoch> read_opening(const Operation& operation) {
  const auto* bytes = std::get_if<Bytes>(&operation.value);
  if (bytes == nullptr || operation.kind != static_cast<std::uint16_t>(OperationKind::kRoster))
    return std::nullopt;
  Result<RosterOperation> decoded = decode_roster_operation(*bytes);
  auto* opening = decoded.has_value() ? std::get_if<OpenEpoch>(&decoded.value()) : nullptr;
  if (opening == nullptr) return std::nullopt;
  return std::move(*opening);
}

/// Visits the operations of the open parts in which keys are opened and handed over, until false.
template <class Visit>
void visit_operations(const Change& change, const Visit& visit) {
  for (const Part& part : change.parts) {
    if (part.scope != kOpenScope || part.presence != Presence::kPresent) continue;
    Result<Links> links = decode_links(part.links);
    if (links.has_error()) continue;
    const bool is_roster = links.value().registry == kRosterRegistry;
    if (!is_roster && links.value().registry != kScopesRegistry) continue;
    Result<Body> body = decode_body(part.body);
    if (body.has_error()) continue;
    for (const Operation& operation : body.value().operations)
      if (!visit(operation, is_roster)) return;
  }
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
  visit_operations(change, [&](const Operation& operation, bool is_roster) {
    if (!is_roster) {
      if (std::optional<HandedEpoch> handed = read_handed_epoch(operation))
        out.push_back(std::move(*handed));
    } else if (const std::optional<OpenEpoch> opening = read_opening(operation)) {
      for (const EpochWrap& wrap : opening->wraps)
        out.push_back({opening->scope, opening->epoch, wrap.recipient, wrap.wrap});
    }
    return out.size() < limits::kMaxHandedEpochs;
  });
  if (out.size() > limits::kMaxHandedEpochs) out.resize(limits::kMaxHandedEpochs);
  return out;
}

Operation unopened_wrap_operation(const UnopenedWrap& unopened) {
  Bytes value;
  put_u16(value, unopened.scope.value);
  append(value, unopened.epoch.view());
  append(value, unopened.sender.view());
  return make_operation(OperationKind::kEpochUnopened, "", std::move(value));
}

std::optional<UnopenedWrap> read_unopened_wrap(const Operation& operation) {
  const auto* value = std::get_if<Bytes>(&operation.value);
  if (value == nullptr || value->size() != kUnopenedBytes ||
      operation.kind != static_cast<std::uint16_t>(OperationKind::kEpochUnopened))
    return std::nullopt;
  ByteReader in(*value);
  UnopenedWrap out;
  out.scope = Scope{in.u16()};
  if (out.scope == kOpenScope) return std::nullopt;
  out.epoch = *crypto::EpochId::from(in.take(crypto::EpochId::kSize));
  out.sender = *AuthorKey::from(in.take(AuthorKey::kSize));
  return out;
}

std::vector<UnopenedWrap> unopened_wraps(const Change& change) {
  std::vector<UnopenedWrap> out;
  visit_operations(change, [&](const Operation& operation, bool is_roster) {
    std::optional<UnopenedWrap> unopened = is_roster ? std::nullopt : read_unopened_wrap(operation);
    if (unopened) out.push_back(*unopened);
    return out.size() < limits::kMaxHandedEpochs;
  });
  return out;
}

std::optional<OpenEpoch> find_opening(const Change& change, Scope scope,
                                      const crypto::EpochId& epoch) {
  std::optional<OpenEpoch> out;
  visit_operations(change, [&](const Operation& operation, bool is_roster) {
    std::optional<OpenEpoch> opening = is_roster ? read_opening(operation) : std::nullopt;
    if (opening && opening->scope == scope && opening->epoch == epoch) out = std::move(opening);
    return !out;
  });
  return out;
}

}  // namespace cunju
