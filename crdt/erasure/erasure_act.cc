// SPDX-License-Identifier: Apache-2.0
#include "crdt/erasure/erasure_act.h"

#include <algorithm>

#include "crdt/base/check.h"
#include "crdt/change/change.h"

namespace cunju {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::string_view kReceiptLabel = "cunju erased 1";

template <class Item>
void sort_out(std::vector<Item>& items) {
  std::ranges::sort(items);
  items.erase(std::unique(items.begin(), items.end()), items.end());
}

void put_text(Bytes& out, const std::string& text) {
  CUNJU_CHECK(text.size() <= limits::kMaxErasureTextBytes, "the caller checks what was typed");
  put_u16(out, static_cast<std::uint16_t>(text.size()));
  append(out, as_bytes(text));
}

void put_ids(Bytes& out, const std::vector<ChangeId>& ids, std::size_t limit) {
  CUNJU_CHECK(ids.size() <= limit, "the caller splits what it names");
  put_u16(out, static_cast<std::uint16_t>(ids.size()));
  for (const ChangeId& id : ids) append(out, id.view());
}

/// At most `newest`.
Result<std::uint8_t> read_version(ByteReader& in, std::uint8_t newest) {
  const std::uint8_t version = in.u8();
  if (!in.ok() || version == 0) return fail(Errc::kMalformed, "no version");
  if (version > newest) return fail(Errc::kUnsupported, "an erasure of a newer program");
  return version;
}

Result<std::string> read_text(ByteReader& in) {
  const std::size_t size = in.u16();
  if (size > limits::kMaxErasureTextBytes) return fail(Errc::kLimit, "kMaxErasureTextBytes");
  std::string out(as_text(in.take(size)));
  if (!in.ok() || !is_utf8(out)) return fail(Errc::kMalformed, "a text of an erasure");
  return out;
}

template <class Item>
Result<void> add_ascending(std::vector<Item>& out, const Item& item) {
  if (!out.empty() && !(out.back() < item))
    return fail(Errc::kMalformed, "what an erasure names is not ascending");
  out.push_back(item);
  return ok();
}

Result<std::vector<ChangeId>> read_ids(ByteReader& in, std::size_t limit, const char* name) {
  const std::size_t count = in.u16();
  if (count > limit) return fail(Errc::kLimit, name);
  std::vector<ChangeId> out;
  for (std::size_t i = 0; i < count && in.ok(); ++i) {
    CUNJU_TRYV(add_ascending(out, ChangeId{in.array<ChangeId::kSize>()}));
  }
  return out;
}

Result<void> check_end(const ByteReader& in) {
  if (!in.ok() || !in.at_end()) return fail(Errc::kMalformed, "the size of an erasure");
  return ok();
}

Bytes encode_unsigned(const ErasureReceipt& receipt) {
  Bytes out;
  put_u8(out, kVersion);
  append(out, receipt.node.view());
  put_ids(out, receipt.acts, limits::kMaxErasureActs);
  return out;
}

template <class Kind>
std::optional<Kind> read_first(std::span<const Operation> operations, OperationKind kind,
                               Result<Kind> (*decode)(ByteView)) {
  for (const Operation& operation : operations) {
    const auto* bytes = std::get_if<Bytes>(&operation.value);
    if (operation.kind != static_cast<std::uint16_t>(kind) || bytes == nullptr) continue;
    Result<Kind> decoded = decode(*bytes);
    if (decoded.has_value()) return std::move(decoded).value();
  }
  return std::nullopt;
}

}  // namespace

Operation erasure_act_operation(ErasureAct act) {
  const bool lifts = act.effect == ErasureEffect::kLift;
  sort_out(act.targets);
  sort_out(act.lifted);
  CUNJU_CHECK(act.targets.empty() == lifts && act.lifted.empty() != lifts,
              "an act names parts, and one that lifts names acts");
  CUNJU_CHECK(act.targets.size() <= limits::kMaxErasureTargets, "the caller splits what it names");
  Bytes out;
  put_u8(out, static_cast<std::uint8_t>(act.effect));
  put_text(out, act.reason);
  put_text(out, act.basis);
  put_text(out, act.asked_by);
  if (lifts) {
    put_ids(out, act.lifted, limits::kMaxErasureActs);
    return make_operation(OperationKind::kErasureAct, "", std::move(out));
  }
  put_u16(out, static_cast<std::uint16_t>(act.targets.size()));
  for (const ErasureTarget& target : act.targets) {
    append(out, target.change.view());
    put_u16(out, target.part);
  }
  return make_operation(OperationKind::kErasureAct, "", std::move(out));
}

Operation erasure_approval_operation(ErasureApproval approval) {
  sort_out(approval.acts);
  sort_out(approval.earlier);
  CUNJU_CHECK(!approval.acts.empty(), "an approval is of something");
  Bytes out;
  put_u8(out, kVersion);
  put_ids(out, approval.acts, limits::kMaxErasureActs);
  put_ids(out, approval.earlier, limits::kMaxPriorApprovals);
  return make_operation(OperationKind::kErasureApproval, "", std::move(out));
}

ErasureReceipt sign_erasure_receipt(const crypto::SigningKey& node, const SpaceId& space,
                                    std::vector<ChangeId> acts) {
  sort_out(acts);
  CUNJU_CHECK(!acts.empty(), "a receipt is of something");
  ErasureReceipt out{.node = node.node(), .acts = std::move(acts), .signature = {}};
  const Bytes suite = {kSuiteEd25519Blake2b};
  out.signature = node.sign(kReceiptLabel, {suite, space.view(), encode_unsigned(out)});
  return out;
}

Operation erasure_receipt_operation(const ErasureReceipt& receipt) {
  Bytes out = encode_unsigned(receipt);
  append(out, receipt.signature.view());
  return make_operation(OperationKind::kErasureReceipt, "", std::move(out));
}

bool verify_erasure_receipt(const ErasureReceipt& receipt, const SpaceId& space) {
  const Bytes suite = {kSuiteEd25519Blake2b};
  return crypto::verify(receipt.node.view(), kReceiptLabel,
                        {suite, space.view(), encode_unsigned(receipt)}, receipt.signature);
}

Result<ErasureAct> decode_erasure_act(ByteView bytes) {
  ByteReader in(bytes);
  ErasureAct out;
  CUNJU_TRY(const std::uint8_t version,
            read_version(in, static_cast<std::uint8_t>(ErasureEffect::kLift)));
  out.effect = static_cast<ErasureEffect>(version);
  CUNJU_TRY(out.reason, read_text(in));
  CUNJU_TRY(out.basis, read_text(in));
  CUNJU_TRY(out.asked_by, read_text(in));
  if (out.effect == ErasureEffect::kLift) {
    CUNJU_TRY(out.lifted, read_ids(in, limits::kMaxErasureActs, "kMaxErasureActs"));
    CUNJU_TRYV(check_end(in));
    if (out.lifted.empty()) return fail(Errc::kMalformed, "a lift of nothing");
    return out;
  }
  const std::size_t count = in.u16();
  if (count == 0) return fail(Errc::kMalformed, "an erasure of nothing");
  if (count > limits::kMaxErasureTargets) return fail(Errc::kLimit, "kMaxErasureTargets");
  for (std::size_t i = 0; i < count && in.ok(); ++i) {
    ErasureTarget target{.change = {in.array<ChangeId::kSize>()}, .part = in.u16()};
    CUNJU_TRYV(add_ascending(out.targets, target));
  }
  CUNJU_TRYV(check_end(in));
  return out;
}

Result<ErasureApproval> decode_erasure_approval(ByteView bytes) {
  ByteReader in(bytes);
  ErasureApproval out;
  CUNJU_TRYV(read_version(in, kVersion));
  CUNJU_TRY(out.acts, read_ids(in, limits::kMaxErasureActs, "kMaxErasureActs"));
  CUNJU_TRY(out.earlier, read_ids(in, limits::kMaxPriorApprovals, "kMaxPriorApprovals"));
  CUNJU_TRYV(check_end(in));
  if (out.acts.empty()) return fail(Errc::kMalformed, "an approval of nothing");
  return out;
}

Result<ErasureReceipt> decode_erasure_receipt(ByteView bytes) {
  ByteReader in(bytes);
  ErasureReceipt out;
  CUNJU_TRYV(read_version(in, kVersion));
  out.node = {in.array<NodeKey::kSize>()};
  CUNJU_TRY(out.acts, read_ids(in, limits::kMaxErasureActs, "kMaxErasureActs"));
  out.signature = {in.array<Signature::kSize>()};
  CUNJU_TRYV(check_end(in));
  if (out.acts.empty()) return fail(Errc::kMalformed, "a receipt of nothing");
  return out;
}

std::optional<ErasureAct> read_erasure_act(std::span<const Operation> operations) {
  return read_first(operations, OperationKind::kErasureAct, decode_erasure_act);
}

std::optional<ErasureApproval> read_erasure_approval(std::span<const Operation> operations) {
  return read_first(operations, OperationKind::kErasureApproval, decode_erasure_approval);
}

std::optional<ErasureReceipt> read_erasure_receipt(std::span<const Operation> operations) {
  return read_first(operations, OperationKind::kErasureReceipt, decode_erasure_receipt);
}

}  // namespace cunju
