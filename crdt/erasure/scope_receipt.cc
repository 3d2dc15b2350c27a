// SPDX-License-Identifier: Apache-2.0
#include "crdt/erasure/scope_receipt.h"

#include "crdt/change/change.h"

namespace cunju {
namespace {

constexpr std::uint8_t kVersion = 2;
constexpr std::string_view kLabel = "cunju let go 1";

Bytes encode_unsigned(const ScopeReceipt& receipt) {
  Bytes out;
  put_u8(out, kVersion);
  append(out, receipt.node.view());
  put_u8(out, static_cast<std::uint8_t>(receipt.replication));
  append(out, receipt.act.view());
  return out;
}

}  // namespace

ScopeReceipt sign_scope_receipt(const crypto::SigningKey& node, const SpaceId& space,
                                Replication replication, const ChangeId& act) {
  ScopeReceipt out{.node = node.node(), .replication = replication, .act = act, .signature = {}};
  const Bytes suite = {kSuiteEd25519Blake2b};
  out.signature = node.sign(kLabel, {suite, space.view(), encode_unsigned(out)});
  return out;
}

Operation scope_receipt_operation(const ScopeReceipt& receipt) {
  Bytes out = encode_unsigned(receipt);
  append(out, receipt.signature.view());
  return make_operation(OperationKind::kErasureReceipt, "", std::move(out));
}

bool verify_scope_receipt(const ScopeReceipt& receipt, const SpaceId& space) {
  const Bytes suite = {kSuiteEd25519Blake2b};
  return crypto::verify(receipt.node.view(), kLabel,
                        {suite, space.view(), encode_unsigned(receipt)}, receipt.signature);
}

Result<ScopeReceipt> decode_scope_receipt(ByteView bytes) {
  ByteReader in(bytes);
  const std::uint8_t version = in.u8();
  if (!in.ok() || version == 0) return fail(Errc::kMalformed, "no version");
  if (version != kVersion) return fail(Errc::kUnsupported, "another kind of receipt");
  ScopeReceipt out;
  out.node = {in.array<NodeKey::kSize>()};
  const std::uint8_t replication = in.u8();
  out.act = {in.array<ChangeId::kSize>()};
  out.signature = {in.array<Signature::kSize>()};
  if (!in.ok() || !in.at_end() || replication > static_cast<std::uint8_t>(Replication::kWitness))
    return fail(Errc::kMalformed, "a receipt about a scope");
  out.replication = static_cast<Replication>(replication);
  return out;
}

std::optional<ScopeReceipt> read_scope_receipt(std::span<const Operation> operations) {
  for (const Operation& operation : operations) {
    const auto* bytes = std::get_if<Bytes>(&operation.value);
    if (operation.kind != static_cast<std::uint16_t>(OperationKind::kErasureReceipt) ||
        bytes == nullptr)
      continue;
    Result<ScopeReceipt> decoded = decode_scope_receipt(*bytes);
    if (decoded.has_value()) return decoded.value();
  }
  return std::nullopt;
}

}  // namespace cunju
