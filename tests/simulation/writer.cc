// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/writer.h"

#include <algorithm>

#include "crdt/base/check.h"
#include "crdt/types/text/text_edits_codec.h"

namespace cunju::simulation {
namespace {

struct EditKind {
  std::size_t weight;
  Operation (*make)(Dice&);
};

std::string state(Dice& dice) {
  static const std::vector<std::string> kStates{"草稿", "checked", "sealed"};
  return dice.pick(kStates);
}

Operation text_edit(Dice& dice) {
  TextEdits edits;
  CUNJU_CHECK(edits.insert(dice.below(12), "路灯") && edits.erase(dice.below(12), 1),
              "there is room");
  return make_operation(OperationKind::kTextEdit, "t", encode_text_edits(edits));
}

Value number(Dice& dice) { return static_cast<std::int64_t>(dice.below(5)); }
std::string field(Dice& dice) { return std::string(1, static_cast<char>('a' + dice.below(2))); }

constexpr EditKind kEdits[] = {
    {8,
     [](Dice& dice) {
       return make_operation(OperationKind::kRegisterSet, field(dice), number(dice));
     }},
    {1,
     [](Dice& dice) {
       return make_operation(OperationKind::kRegisterSet, field(dice), NoValue{});
     }},
    {4, [](Dice& dice) { return make_operation(OperationKind::kSetAdd, "s", number(dice)); }},
    {4, [](Dice& dice) { return make_operation(OperationKind::kSetRemove, "s", number(dice)); }},
    {4,
     [](Dice& dice) {
       return make_operation(OperationKind::kStateMove, "status", state(dice), state(dice));
     }},
    {3, text_edit},
    {1, [](Dice&) { return make_operation(OperationKind::kTextConfirm, "t", NoValue{}); }},
    {1,
     [](Dice& dice) {
       return make_operation(dice.one_in(2) ? OperationKind::kFreeze : OperationKind::kThaw,
                             std::string(kFreezeField), NoValue{});
     }},
    {1, [](Dice&) { return make_operation(OperationKind::kDelete, "", NoValue{}); }},
    {1,
     [](Dice& dice) {
       return Operation{.kind = 777, .field = field(dice), .value = number(dice), .previous = {}};
     }},
};

}  // namespace

Writer::Writer(Context& context) : context_(context) {
  const std::size_t count = context_.dice.between(2, 6);
  for (std::size_t i = 0; i < count; ++i) records_.push_back(context_.random.make<RecordId>());
}

std::vector<Operation> Writer::operations() {
  std::size_t total = 0;
  for (const EditKind& kind : kEdits) total += kind.weight;
  std::vector<Operation> out;
  for (std::size_t n = context_.dice.between(1, 3); n > 0; --n) {
    std::size_t at = context_.dice.below(total);
    const EditKind* kind = kEdits;
    for (; at >= kind->weight; ++kind) at -= kind->weight;
    out.push_back(kind->make(context_.dice));
  }
  return out;
}

replica::ChangeDraft Writer::draft() {
  replica::ChangeDraft out;
  std::vector<std::size_t> chosen;
  for (std::size_t n = context_.dice.one_in(8) ? 3 : 1; n > 0; --n) {
    const std::size_t record = context_.dice.below(records_.size());
    if (std::ranges::find(chosen, record) != chosen.end()) continue;
    chosen.push_back(record);
    out.parts.push_back({.record = records_[record],
                         .registry = registry_of(record),
                         .scope = context_.dice.one_in(12) ? kSealedScope : kOpenScope,
                         .operations = operations()});
  }
  return out;
}

std::vector<replica::ChangeDraft> Writer::save() {
  std::vector<replica::ChangeDraft> out(context_.dice.one_in(8) ? context_.dice.between(2, 3) : 1);
  for (replica::ChangeDraft& one : out) one = draft();
  return out;
}

}  // namespace cunju::simulation
