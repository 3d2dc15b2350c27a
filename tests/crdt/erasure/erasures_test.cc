// SPDX-License-Identifier: Apache-2.0
#include "crdt/erasure/erasures.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "crdt/change/part_codec.h"

using namespace cunju;

namespace {

ChangeId id_of(std::uint8_t first) {
  ChangeId out;
  out.value[0] = first;
  return out;
}

MemberId member_of(std::uint8_t first) {
  MemberId out;
  out.value[0] = first;
  return out;
}

const ErasureTarget kTarget{id_of(100), 0};

ErasureStatement act(std::uint8_t id, std::vector<ErasureTarget> targets, bool is_late = false) {
  return {.id = id_of(id),
          .author = {},
          .voice = {.member = member_of(50)},
          .is_late = is_late,
          .act = ErasureAct{.reason = {}, .basis = {}, .asked_by = {}, .targets = targets},
          .approval = {}};
}

struct Approving {
  std::uint8_t id = 0;
  std::uint8_t member = 0;
  std::vector<ChangeId> acts, earlier;
  bool may = true;
  bool is_late = false;
  std::size_t needed = kErasureMembers;
};

ErasureStatement approval(const Approving& by) {
  return {.id = id_of(by.id),
          .author = {},
          .voice = {.member = member_of(by.member), .may_approve = by.may, .needed = by.needed},
          .is_late = by.is_late,
          .act = {},
          .approval = ErasureApproval{.acts = by.acts, .earlier = by.earlier}};
}

/// Whatever the order in which it is told.
Fate fate(std::vector<ErasureStatement> statements) {
  std::vector<std::size_t> order(statements.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::optional<Fate> out;
  do {
    std::vector<ErasureStatement> told;
    for (const std::size_t i : order) told.push_back(statements[i]);
    const Fate now = Erasures(std::move(told)).fate_of(kTarget);
    if (out) CHECK(*out == now);
    out = now;
  } while (std::ranges::next_permutation(order).found);
  return *out;
}

}  // namespace

TEST_CASE("an act in force hides, and two members who approve let it destroy") {
  CHECK(fate({act(1, {{id_of(101), 0}})}) == Fate::kNone);
  CHECK(fate({act(1, {kTarget})}) == Fate::kHidden);
  CHECK(fate({act(1, {kTarget}), approval({.id = 2, .member = 1, .acts = {id_of(1)}})}) ==
        Fate::kHidden);
  CHECK(fate({act(1, {kTarget}), approval({.id = 2, .member = 1, .acts = {id_of(1)}}),
              approval({.id = 3, .member = 2, .acts = {id_of(1)}, .earlier = {id_of(2)}})}) ==
        Fate::kDestroyed);
}

TEST_CASE("an act that restricts hides for good, and no approval lets it destroy") {
  const ErasureStatement one = approval({.id = 2, .member = 1, .acts = {id_of(1)}});
  const ErasureStatement two =
      approval({.id = 3, .member = 2, .acts = {id_of(1)}, .earlier = {id_of(2)}});
  ErasureStatement restricting = act(1, {kTarget});
  restricting.act->effect = ErasureEffect::kRestrict;
  CHECK(fate({restricting}) == Fate::kHidden);
  CHECK(fate({restricting, one, two}) == Fate::kHidden);
  // How far it has come is told all the same.
  const Erasures erasures({restricting, one, two});
  CHECK(erasures.acts().at(id_of(1)).fate == Fate::kDestroyed);
  // Late, it hides nothing but what is confirmed.
  restricting.is_late = true;
  CHECK(fate({restricting}) == Fate::kNone);
  CHECK(fate({restricting, one, two}) == Fate::kHidden);
  // An act that erases the same, when the rule allows it, is the greater one.
  restricting.is_late = false;
  CHECK(fate({restricting, act(4, {kTarget}), approval({.id = 5, .member = 1, .acts = {id_of(4)}}),
              approval({.id = 6, .member = 2, .acts = {id_of(4)}, .earlier = {id_of(5)}})}) ==
        Fate::kDestroyed);
}

TEST_CASE("a restriction is lifted by an act that names it and that two members approve of") {
  ErasureStatement restricting = act(1, {kTarget});
  restricting.act->effect = ErasureEffect::kRestrict;
  ErasureStatement lift = act(4, {});
  lift.act->effect = ErasureEffect::kLift;
  lift.act->lifted = {id_of(1)};
  const ErasureStatement one = approval({.id = 5, .member = 1, .acts = {id_of(4)}});
  const ErasureStatement two =
      approval({.id = 6, .member = 2, .acts = {id_of(4)}, .earlier = {id_of(5)}});
  CHECK(fate({restricting, lift}) == Fate::kHidden);
  CHECK(fate({restricting, lift, one}) == Fate::kHidden);
  CHECK(fate({restricting, lift, one, two}) == Fate::kNone);
  CHECK(Erasures({restricting, lift, one, two}).acts().at(id_of(1)).is_lifted);
  // Whether the restriction itself was approved makes no difference.
  const ErasureStatement kept = approval({.id = 7, .member = 1, .acts = {id_of(1)}});
  CHECK(fate({restricting, kept, lift, one, two}) == Fate::kNone);
  // Restricted again, by an act that the lift does not name.
  ErasureStatement again = act(8, {kTarget});
  again.act->effect = ErasureEffect::kRestrict;
  CHECK(fate({restricting, lift, one, two, again}) == Fate::kHidden);
  // What erases the same goes on erasing.
  CHECK(fate({restricting, act(9, {kTarget}), lift, one, two}) == Fate::kHidden);
}

TEST_CASE("a lift ends no erasure that is confirmed, and counts as long as nothing of it is late") {
  const ErasureStatement one = approval({.id = 5, .member = 1, .acts = {id_of(4)}});
  const ErasureStatement two =
      approval({.id = 6, .member = 2, .acts = {id_of(4)}, .earlier = {id_of(5)}});
  ErasureStatement lift = act(4, {});
  lift.act->effect = ErasureEffect::kLift;
  lift.act->lifted = {id_of(1)};
  const ErasureStatement three = approval({.id = 10, .member = 1, .acts = {id_of(1)}});
  const ErasureStatement four =
      approval({.id = 11, .member = 2, .acts = {id_of(1)}, .earlier = {id_of(10)}});
  CHECK(Erasures({act(1, {kTarget}), lift, one, two, three, four}).fate_of(kTarget) ==
        Fate::kDestroyed);
  ErasureStatement restricting = act(1, {kTarget});
  restricting.act->effect = ErasureEffect::kRestrict;
  lift.is_late = true;
  CHECK(fate({restricting, lift, one, two}) == Fate::kHidden);
  lift.is_late = false;
  ErasureStatement late = one;
  late.is_late = true;
  CHECK(fate({restricting, lift, late, two}) == Fate::kHidden);
  // A lift of a lift is none.
  ErasureStatement counter = act(7, {});
  counter.act->effect = ErasureEffect::kLift;
  counter.act->lifted = {id_of(4)};
  const ErasureStatement last = approval({.id = 8, .member = 1, .acts = {id_of(7)}});
  CHECK(fate({restricting, lift, one, two, counter, last}) == Fate::kNone);
}

TEST_CASE(
    "an erasure that is not confirmed is taken back by who asked, or by one who may approve") {
  ErasureStatement lift = act(4, {});
  lift.act->effect = ErasureEffect::kLift;
  lift.act->lifted = {id_of(1)};
  const ErasureStatement erasing = act(1, {kTarget});
  // Every act here is member 50's.
  CHECK(fate({erasing, lift}) == Fate::kNone);
  CHECK(Erasures({erasing, lift}).acts().at(id_of(1)).is_lifted);
  lift.voice = {.member = member_of(2), .may_approve = true};
  CHECK(fate({erasing, lift}) == Fate::kNone);
  // Another member without the right, and nobody's device, take nothing back.
  lift.voice = {.member = member_of(2), .may_approve = false};
  CHECK(fate({erasing, lift}) == Fate::kHidden);
  ErasureStatement of_nobody = erasing;
  of_nobody.voice = {};
  lift.voice = {};
  CHECK(fate({of_nobody, lift}) == Fate::kHidden);
  // Nor does who was removed, and dates it back.
  lift.voice = {.member = member_of(2), .may_approve = true};
  lift.is_late = true;
  CHECK(fate({erasing, lift}) == Fate::kHidden);
  lift.is_late = false;
  // What is confirmed beside it, by members who had not heard of it, or by late ones, is not void.
  const ErasureStatement one = approval({.id = 2, .member = 1, .acts = {id_of(1)}});
  ErasureStatement two =
      approval({.id = 3, .member = 2, .acts = {id_of(1)}, .earlier = {id_of(2)}});
  CHECK(fate({erasing, lift, one}) == Fate::kNone);
  CHECK(fate({erasing, lift, one, two}) == Fate::kDestroyed);
  two.is_late = true;
  CHECK(fate({erasing, lift, one, two}) == Fate::kConfirmed);
  // It is named anew by an act of its own, and a restriction is not lifted so easily.
  CHECK(fate({erasing, lift, act(9, {kTarget})}) == Fate::kHidden);
  ErasureStatement restricting = erasing;
  restricting.act->effect = ErasureEffect::kRestrict;
  CHECK(fate({restricting, lift}) == Fate::kHidden);
}

TEST_CASE("an erasure needs a change that has both approvals behind it") {
  // Two who have not seen each other's: whoever writes next confirms.
  const ErasureStatement one = approval({.id = 2, .member = 1, .acts = {id_of(1)}});
  const ErasureStatement two = approval({.id = 3, .member = 2, .acts = {id_of(1)}});
  CHECK(fate({act(1, {kTarget}), one, two}) == Fate::kHidden);
  CHECK(fate({act(1, {kTarget}), one, two,
              approval({.id = 4, .member = 1, .acts = {id_of(1)}, .earlier = {id_of(3)}})}) ==
        Fate::kDestroyed);
}

TEST_CASE("one member twice, a member without the right, and another act's approval don't count") {
  const ErasureStatement one = approval({.id = 2, .member = 1, .acts = {id_of(1)}});
  CHECK(fate({act(1, {kTarget}), one,
              approval({.id = 3, .member = 1, .acts = {id_of(1)}, .earlier = {id_of(2)}})}) ==
        Fate::kHidden);
  CHECK(
      fate(
          {act(1, {kTarget}), one,
           approval(
               {.id = 3, .member = 2, .acts = {id_of(1)}, .earlier = {id_of(2)}, .may = false})}) ==
      Fate::kHidden);
  CHECK(fate({act(1, {kTarget}),
              approval({.id = 2, .member = 1, .acts = {id_of(1)}, .earlier = {}, .may = false}),
              approval({.id = 3, .member = 2, .acts = {id_of(1)}, .earlier = {id_of(2)}})}) ==
        Fate::kHidden);
  CHECK(fate({act(1, {kTarget}), approval({.id = 2, .member = 1, .acts = {id_of(9)}}),
              approval({.id = 3, .member = 2, .acts = {id_of(1)}, .earlier = {id_of(2)}})}) ==
        Fate::kHidden);
}

TEST_CASE("as many members have to approve as the roster at the pins demands") {
  const ErasureStatement one = approval({.id = 2, .member = 1, .acts = {id_of(1)}});
  CHECK(
      fate({act(1, {kTarget}), one,
            approval(
                {.id = 3, .member = 2, .acts = {id_of(1)}, .earlier = {id_of(2)}, .needed = 3})}) ==
      Fate::kHidden);
  CHECK(fate({act(1, {kTarget}),
              approval({.id = 3, .member = 2, .acts = {id_of(1)}, .earlier = {}, .needed = 1})}) ==
        Fate::kDestroyed);
}

TEST_CASE("an act that becomes late shows again what it hid, unless it was confirmed") {
  const ErasureStatement one = approval({.id = 2, .member = 1, .acts = {id_of(1)}});
  const ErasureStatement two =
      approval({.id = 3, .member = 2, .acts = {id_of(1)}, .earlier = {id_of(2)}});
  CHECK(fate({act(1, {kTarget}, true)}) == Fate::kNone);
  CHECK(fate({act(1, {kTarget}, true), one, two}) == Fate::kConfirmed);
  // Members who were removed and date their approvals back hide; they destroy nothing.
  const ErasureStatement backdated =
      approval({.id = 3, .member = 2, .acts = {id_of(1)}, .earlier = {id_of(2)}, .is_late = true});
  CHECK(fate({act(1, {kTarget}), one, backdated}) == Fate::kConfirmed);
  ErasureStatement late_one = one;
  late_one.is_late = true;
  CHECK(fate({act(1, {kTarget}), late_one, two}) == Fate::kConfirmed);
  // A third who is there makes it whole again.
  CHECK(fate({act(1, {kTarget}), one, backdated,
              approval({.id = 4, .member = 3, .acts = {id_of(1)}, .earlier = {id_of(2)}})}) ==
        Fate::kDestroyed);
}

TEST_CASE("the number of members is a line of the policy") {
  Roster roster;
  CHECK(members_needed(roster) == 2);
  roster.policy[{"chair", "erasures:3"}] = kApprove;
  CHECK(members_needed(roster) == 3);
  roster.policy[{"supervisor", "erasures:4"}] = kRead | kWrite;
  roster.policy[{"supervisor", "erasures:10"}] = kApprove;
  roster.policy[{"supervisor", "erasures:x"}] = kApprove;
  roster.policy[{"supervisor", "erasures:"}] = kApprove;
  CHECK(members_needed(roster) == 3);
  roster.policy.erase({"chair", "erasures:3"});
  roster.policy[{"chair", "erasures:1"}] = kApprove;
  CHECK(members_needed(roster) == 1);
}

TEST_CASE("no line of the policy lets one member decide as long as two could approve") {
  Roster roster;
  roster.policy[{"chair", "erasures:1"}] = kApprove;
  roster.policy[{"chair", std::string(kErasuresRegistry)}] = kRead | kWrite | kApprove;
  roster.policy[{"clerk", std::string(kErasuresRegistry)}] = kRead | kWrite;
  const auto admit = [&](std::uint8_t number, const char* role, bool has_device = true) {
    Member member;
    member.id = member_of(number);
    member.roles.insert({.role = role, .term_from = {}, .term_until = {}});
    roster.members.emplace(member.id, member);
    AuthorKey device;
    device.value[0] = number;
    if (has_device) roster.devices.emplace(device, member.id);
  };
  admit(1, "chair");
  admit(2, "clerk");
  admit(3, "chair", false);
  CHECK(members_needed(roster) == 1);
  // An approval of one who may not write there is void, so it takes no part in this either.
  roster.policy[{"grid", std::string(kErasuresRegistry)}] = kApprove;
  admit(6, "grid");
  CHECK(members_needed(roster) == 1);
  admit(4, "chair");
  CHECK(members_needed(roster) == 2);
  admit(5, "chair");
  roster.policy[{"clerk", "erasures:3"}] = kApprove;
  CHECK(members_needed(roster) == 3);
}

TEST_CASE("nothing that nodes need to agree can be erased") {
  auto part = [](std::string registry, const RecordId& record, Scope scope = kOpenScope) {
    Bytes links =
        encode_links({.salt = {}, .record = record, .registry = std::move(registry), .parents = {}})
            .value();
    return make_part(scope, std::move(links), encode_body({}).value());
  };
  RecordId record;
  record.value[3] = 1;
  CHECK(may_be_erased(part("rental", record)));
  CHECK(may_be_erased(part("erasures", record, Scope{3})));
  for (std::string_view registry : {kRosterRegistry, kDefinitionRegistry, kWitnessRegistry,
                                    kScopesRegistry, kErasuresRegistry, kReceiptsRegistry})
    CHECK_FALSE(may_be_erased(part(std::string(registry), record)));
  CHECK_FALSE(may_be_erased(part("rental", kRosterRecord)));
}

TEST_CASE("what is hidden stands as erased, and what is said to be erased as withheld") {
  crypto::SeededRandom random(5);
  const auto author = crypto::SigningKey::generate(random);
  const auto record = random.make<RecordId>();
  const Bytes links =
      encode_links({.salt = {}, .record = record, .registry = "rental", .parents = {}}).value();
  const Part part = make_part(kOpenScope, links, encode_body({}).value());
  const Change whole = sign_change(author, {.author = author.author()}, {part, part});
  const auto fates = [&](Fate first) {
    return [&whole, first](const ErasureTarget& target) {
      return target == ErasureTarget{whole.id, 0} ? first : Fate::kNone;
    };
  };
  Change shown = whole;
  CHECK_FALSE(apply_fates(shown, fates(Fate::kNone)));
  CHECK(apply_fates(shown, fates(Fate::kHidden)));
  CHECK(shown.parts[0].presence == Presence::kErased);
  CHECK(shown.parts[0].links == links);
  CHECK(shown.parts[0].body.empty());
  CHECK(shown.parts[1] == part);

  Change erased = whole;
  erased.parts[0] = erased_form(part);
  CHECK(parse_change(encode_change(erased)).value().id == whole.id);
  CHECK(has_valid_signature(erased));
  Change claimed = erased;
  CHECK(apply_fates(claimed, fates(Fate::kHidden)));
  CHECK(claimed.parts[0].presence == Presence::kWithheld);
  CHECK(claimed.parts[0].links.empty());
  Change confirmed = erased;
  CHECK_FALSE(apply_fates(confirmed, fates(Fate::kConfirmed)));
  CHECK(confirmed == erased);
}
