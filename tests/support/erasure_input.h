// SPDX-License-Identifier: Apache-2.0
//
// What must hold of any bytes that are read as an act of erasing, an approval, a receipt or marks;
// for the fuzzer and for a run over a small corpus.
#pragma once

#include <vector>

#include "crdt/base/check.h"
#include "crdt/erasure/erasure_act.h"
#include "crdt/erasure/person_marks.h"

namespace cunju::test {

/// What is taken has one spelling.
inline void check_erasure_input(ByteView bytes) {
  const auto is_same = [&](const Operation& operation) {
    return equal(std::get<Bytes>(operation.value), bytes);
  };
  if (Result<ErasureAct> act = decode_erasure_act(bytes); act.has_value())
    CUNJU_CHECK(is_same(erasure_act_operation(act.value())), "an act has one spelling");
  if (Result<ErasureApproval> approval = decode_erasure_approval(bytes); approval.has_value())
    CUNJU_CHECK(is_same(erasure_approval_operation(approval.value())),
                "an approval has one spelling");
  if (Result<PersonMarks> marks = PersonMarks::decode(bytes); marks.has_value())
    CUNJU_CHECK(equal(marks.value().encode(), bytes), "marks have one spelling");
  if (Result<ErasureReceipt> receipt = decode_erasure_receipt(bytes); receipt.has_value())
    CUNJU_CHECK(is_same(erasure_receipt_operation(receipt.value())), "a receipt has one spelling");
}

/// One of each kind, whole.
inline std::vector<Bytes> erasure_corpus() {
  crypto::SeededRandom random(0xE2A5E);
  const auto id = [&] { return random.make<ChangeId>(); };
  const auto bytes_of = [](const Operation& operation) { return std::get<Bytes>(operation.value); };
  const auto node = crypto::SigningKey::generate(random);
  return {
      bytes_of(erasure_act_operation({.reason = "本人要求",
                                      .basis = "第四十七条",
                                      .asked_by = "本人",
                                      .targets = {{id(), 0}, {id(), 7}}})),
      bytes_of(erasure_act_operation({.effect = ErasureEffect::kRestrict,
                                      .reason = "保管期限",
                                      .basis = "",
                                      .asked_by = "",
                                      .targets = {{id(), 1}}})),
      bytes_of(erasure_act_operation({.effect = ErasureEffect::kLift,
                                      .reason = "争议已解决",
                                      .basis = "第四十六条",
                                      .asked_by = "本人",
                                      .targets = {},
                                      .lifted = {id(), id()}})),
      PersonMarks({"identity:11010519491231002X", "name:张三|phone:13800000000"}, random).encode(),
      bytes_of(erasure_approval_operation({.acts = {id(), id()}, .earlier = {id()}})),
      bytes_of(erasure_receipt_operation(
          sign_erasure_receipt(node, random.make<SpaceId>(), {id(), id()})))};
}

}  // namespace cunju::test
