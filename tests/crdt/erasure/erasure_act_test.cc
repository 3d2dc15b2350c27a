// SPDX-License-Identifier: Apache-2.0
#include "crdt/erasure/erasure_act.h"

#include <catch2/catch.hpp>

#include "tests/support/erasure_input.h"

using namespace cunju;

namespace {

ChangeId id_of(std::uint8_t first) {
  ChangeId out;
  out.value[0] = first;
  return out;
}

Bytes bytes_of(const Operation& operation) { return std::get<Bytes>(operation.value); }

ErasureAct example_act() {
  return {.reason = "本人要求删除",
          .basis = "个人信息保护法第四十七条",
          .asked_by = "本人",
          .targets = {{id_of(2), 1}, {id_of(1), 0}, {id_of(2), 0}, {id_of(1), 0}}};
}

/// Every shorter input, and every input with one bit flipped, is refused or says something else.
template <class Kind>
void check_strict(const Bytes& whole, Result<Kind> (*decode)(ByteView)) {
  const Result<Kind> decoded = decode(whole);
  REQUIRE(decoded);
  for (std::size_t size = 0; size < whole.size(); ++size)
    CHECK(decode(ByteView(whole).first(size)).has_error());
  Bytes longer = whole;
  longer.push_back(0);
  CHECK(decode(longer).error().code == Errc::kMalformed);
  for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
    Bytes altered = whole;
    altered[bit / 8] ^= static_cast<std::uint8_t>(1 << (bit % 8));
    const Result<Kind> other = decode(altered);
    CHECK((other.has_error() || !(other.value() == decoded.value())));
  }
}

}  // namespace

TEST_CASE("an act of erasing is sorted, and read back as it was written") {
  const Operation operation = erasure_act_operation(example_act());
  CHECK(operation.kind == static_cast<std::uint16_t>(OperationKind::kErasureAct));
  const Result<ErasureAct> act = decode_erasure_act(bytes_of(operation));
  REQUIRE(act);
  CHECK(act.value().reason == "本人要求删除");
  CHECK(act.value().basis == "个人信息保护法第四十七条");
  CHECK(act.value().asked_by == "本人");
  CHECK(act.value().targets ==
        std::vector<ErasureTarget>{{id_of(1), 0}, {id_of(2), 0}, {id_of(2), 1}});
  CHECK(read_erasure_act(std::vector{operation}) == act.value());
  check_strict(bytes_of(operation), decode_erasure_act);
}

TEST_CASE("an act that restricts says so in its version, and nothing else differs") {
  ErasureAct act = example_act();
  const Bytes erasing = bytes_of(erasure_act_operation(act));
  act.effect = ErasureEffect::kRestrict;
  const Bytes restricting = bytes_of(erasure_act_operation(act));
  CHECK(erasing[0] == 1);
  CHECK(restricting[0] == 2);
  CHECK(std::equal(erasing.begin() + 1, erasing.end(), restricting.begin() + 1, restricting.end()));
  const Result<ErasureAct> read = decode_erasure_act(restricting);
  REQUIRE(read);
  CHECK(read.value().effect == ErasureEffect::kRestrict);
  CHECK(decode_erasure_act(erasing).value().effect == ErasureEffect::kErase);
  check_strict(restricting, decode_erasure_act);
}

TEST_CASE("an act that lifts names acts and no parts, and is read back as it was written") {
  ErasureAct act = example_act();
  act.effect = ErasureEffect::kLift;
  act.targets.clear();
  act.lifted = {id_of(7), id_of(3), id_of(7)};
  const Bytes lifting = bytes_of(erasure_act_operation(act));
  CHECK(lifting[0] == 3);
  const Result<ErasureAct> read = decode_erasure_act(lifting);
  REQUIRE(read);
  CHECK(read.value().effect == ErasureEffect::kLift);
  CHECK(read.value().targets.empty());
  CHECK(read.value().lifted == std::vector<ChangeId>{id_of(3), id_of(7)});
  check_strict(lifting, decode_erasure_act);
  // Of nothing, and of more than an approval could name.
  Bytes none = lifting;
  none.resize(none.size() - 2 * ChangeId::kSize);
  none[none.size() - 2] = 0;
  CHECK(decode_erasure_act(none).error().code == Errc::kMalformed);
  Bytes many = none;
  many[many.size() - 2] = 1;
  many[many.size() - 1] = 1;
  many.resize(many.size() + 257 * ChangeId::kSize);
  CHECK(decode_erasure_act(many).error().code == Errc::kLimit);
  // A version that nobody knows yet is left alone, as this one is by older programs.
  Bytes newer = lifting;
  newer[0] = 4;
  CHECK(decode_erasure_act(newer).error().code == Errc::kUnsupported);
}

TEST_CASE("an approval and a receipt are read back as they were written") {
  const Operation approval =
      erasure_approval_operation({.acts = {id_of(3), id_of(1)}, .earlier = {id_of(9)}});
  const Result<ErasureApproval> read = decode_erasure_approval(bytes_of(approval));
  REQUIRE(read);
  CHECK(read.value().acts == std::vector<ChangeId>{id_of(1), id_of(3)});
  CHECK(read.value().earlier == std::vector<ChangeId>{id_of(9)});
  check_strict(bytes_of(approval), decode_erasure_approval);

  crypto::SeededRandom random(3);
  const auto node = crypto::SigningKey::generate(random);
  const auto space = random.make<SpaceId>();
  const ErasureReceipt receipt = sign_erasure_receipt(node, space, {id_of(2), id_of(1)});
  const Operation operation = erasure_receipt_operation(receipt);
  REQUIRE(read_erasure_receipt(std::vector{operation}) == receipt);
  CHECK(verify_erasure_receipt(receipt, space));
  CHECK_FALSE(verify_erasure_receipt(receipt, random.make<SpaceId>()));
  ErasureReceipt other = receipt;
  other.acts.push_back(id_of(7));
  CHECK_FALSE(verify_erasure_receipt(other, space));
  other = receipt;
  other.node = crypto::SigningKey::generate(random).node();
  CHECK_FALSE(verify_erasure_receipt(other, space));
  check_strict(bytes_of(operation), decode_erasure_receipt);
}

TEST_CASE("version 1 of an act has the recorded bytes") {
  const Bytes bytes = bytes_of(erasure_act_operation(
      {.reason = "a", .basis = "", .asked_by = "bc", .targets = {{id_of(0xAB), 258}}}));
  CHECK(to_hex(bytes) ==
        "01"
        "010061"
        "0000"
        "02006263"
        "0100"
        "ab" +
            std::string(62, '0') + "0201");
}

TEST_CASE("version 2 of an act has the recorded bytes") {
  const Bytes bytes = bytes_of(erasure_act_operation({.effect = ErasureEffect::kRestrict,
                                                      .reason = "a",
                                                      .basis = "",
                                                      .asked_by = "bc",
                                                      .targets = {{id_of(0xAB), 258}}}));
  CHECK(to_hex(bytes) ==
        "02"
        "010061"
        "0000"
        "02006263"
        "0100"
        "ab" +
            std::string(62, '0') + "0201");
}

TEST_CASE("what an erasure names beyond its limits is refused by the limit's name") {
  Bytes act = {1, 0, 0, 0, 0, 0, 0};
  put_u16(act, limits::kMaxErasureTargets + 1);
  CHECK(decode_erasure_act(act).error() == Error{Errc::kLimit, "kMaxErasureTargets"});
  Bytes text = {1};
  put_u16(text, limits::kMaxErasureTextBytes + 1);
  CHECK(decode_erasure_act(text).error() == Error{Errc::kLimit, "kMaxErasureTextBytes"});
  Bytes approval = {1};
  put_u16(approval, limits::kMaxErasureActs + 1);
  CHECK(decode_erasure_approval(approval).error() == Error{Errc::kLimit, "kMaxErasureActs"});
  Bytes earlier = {1, 0, 0};
  put_u16(earlier, limits::kMaxPriorApprovals + 1);
  CHECK(decode_erasure_approval(earlier).error() == Error{Errc::kLimit, "kMaxPriorApprovals"});
  CHECK(decode_erasure_act(Bytes{4}).error().code == Errc::kUnsupported);
  CHECK(decode_erasure_approval(Bytes{2}).error().code == Errc::kUnsupported);
  CHECK(decode_erasure_act(Bytes{1, 0, 0, 0, 0, 0, 0, 0, 0}).error().code == Errc::kMalformed);
  CHECK(decode_erasure_act(Bytes{1, 1, 0, 0xFF, 0, 0, 0, 0, 1, 0}).error().code ==
        Errc::kMalformed);
}

TEST_CASE("whatever is made of an erasure's bytes is refused or has one spelling") {
  crypto::SeededRandom random(11);
  for (const Bytes& whole : test::erasure_corpus()) {
    test::check_erasure_input(whole);
    for (int i = 0; i < 5'000; ++i) {
      std::array<std::uint8_t, 4> dice{};
      random.fill(dice);
      Bytes altered = whole;
      altered[(dice[0] * 256u + dice[1]) % altered.size()] = dice[2];
      if (dice[3] % 4 == 0) altered.resize(altered.size() - dice[3] % altered.size());
      test::check_erasure_input(altered);
    }
  }
  for (int i = 0; i < 20'000; ++i) {
    std::array<std::uint8_t, 96> noise{};
    random.fill(noise);
    noise[0] = 1;
    test::check_erasure_input(ByteView(noise).first(noise[95] % 96));
  }
}
