// SPDX-License-Identifier: Apache-2.0
// How far an erasure goes: what is kept and only hidden, and the attachments that go with it.
#include <set>

#include "crdt/attachment/reference.h"
#include "tests/node/replica/erasing_village.h"

using namespace cunju;
using namespace cunju::test;

TEST_CASE("what is restricted stays stored and travels, and is shown to nobody") {
  Erasing all;
  const auto parts = require(all.office->parts_of(all.space, all.record));
  const ChangeId act = all.say(all.office, all.clerk,
                               erasure_act_operation({.effect = ErasureEffect::kRestrict,
                                                      .reason = "保管期限未满",
                                                      .basis = "县表",
                                                      .asked_by = "本人",
                                                      .targets = parts.targets}));
  const ChangeId first = all.approve(all.office, all.village.founder, act);
  all.approve(all.office, all.supervisor, act, {first});
  CHECK(all.entry(all.office).fate == Fate::kDestroyed);
  CHECK(all.entry(all.office).here == 2);
  CHECK(all.is_in_logs(all.office));
  TestReplica peer(2);
  pull(*peer, *all.office, all.space);
  for (TestReplica* at : {&all.office, &peer}) {
    CHECK(all.name(*at, all.record).empty());
    CHECK_FALSE(all.is_in_history(*at));
    CHECK(all.is_in_logs(*at));
    CHECK(all.name(*at, all.other) == "留");
    check_against_replay(**at, all.space);
  }
  // Nobody says that it was destroyed.
  CHECK(
      require(all.office->append_receipts(all.space, all.clerk.device, all.village.founder.node, 7))
          .ids.empty());
  // What leaves by way of an export is without it.
  std::size_t without = 0;
  require(all.office->scan_log(
      all.space, all.clerk.author(), Seq{0},
      [&](const Change& change) {
        for (const Part& part : change.parts)
          without += part.presence == Presence::kErased ? 1u : 0u;
        return true;
      },
      Fate::kHidden));
  CHECK(without == 1);
  // Its time has come: an act that erases names the same parts.
  const ChangeId later =
      all.say(all.office, all.clerk,
              erasure_act_operation(
                  {.reason = "期满", .basis = "县表", .asked_by = "", .targets = parts.targets}));
  const ChangeId again = all.approve(all.office, all.village.founder, later);
  all.approve(all.office, all.supervisor, later, {again});
  CHECK_FALSE(all.is_in_logs(all.office));
  pull(*peer, *all.office, all.space);
  CHECK_FALSE(all.is_in_logs(peer));
  check_against_replay(*peer, all.space);
}

TEST_CASE("a restriction that two members lift is shown again on every node, in any order") {
  Erasing all;
  const auto parts = require(all.office->parts_of(all.space, all.record));
  const ChangeId act = all.say(all.office, all.clerk,
                               erasure_act_operation({.effect = ErasureEffect::kRestrict,
                                                      .reason = "有争议",
                                                      .basis = "第四十六条",
                                                      .asked_by = "本人",
                                                      .targets = parts.targets}));
  TestReplica early(2);
  pull(*early, *all.office, all.space);
  CHECK(all.name(early, all.record).empty());
  const RecordId lift = all.office.random().make<RecordId>();
  const auto say = [&](const Person& by, Operation operation) {
    return write_record(*all.office, all.space, by, lift, {std::move(operation)},
                        std::string(kErasuresRegistry));
  };
  const ChangeId lifting = say(all.clerk, erasure_act_operation({.effect = ErasureEffect::kLift,
                                                                 .reason = "争议已解决",
                                                                 .basis = "第四十六条",
                                                                 .asked_by = "本人",
                                                                 .targets = {},
                                                                 .lifted = {act}}));
  const ChangeId first =
      say(all.village.founder, erasure_approval_operation({.acts = {lifting}, .earlier = {}}));
  CHECK(all.name(all.office, all.record).empty());
  say(all.supervisor, erasure_approval_operation({.acts = {lifting}, .earlier = {first}}));
  TestReplica late(3);
  pull(*early, *all.office, all.space);
  pull(*late, *early, all.space);
  for (TestReplica* at : {&all.office, &early, &late}) {
    CHECK(all.name(*at, all.record) == kName);
    CHECK(all.is_in_history(*at));
    check_against_replay(**at, all.space);
    for (const replica::ErasureEntry& entry : require((*at)->erasures(all.space)).acts)
      CHECK(entry.is_lifted == (entry.act == act));
  }
  CHECK(require(all.office->state_hash(all.space)) == require(late->state_hash(all.space)));
  // Nobody claims to have destroyed anything by it.
  CHECK(
      require(all.office->append_receipts(all.space, all.clerk.device, all.village.founder.node, 7))
          .ids.empty());
  // Restricted again, by an act that the lift does not name.
  all.say(all.office, all.clerk,
          erasure_act_operation({.effect = ErasureEffect::kRestrict,
                                 .reason = "又有争议",
                                 .basis = "第四十六条",
                                 .asked_by = "本人",
                                 .targets = parts.targets}));
  pull(*late, *all.office, all.space);
  CHECK(all.name(all.office, all.record).empty());
  CHECK(all.name(late, all.record).empty());
  check_against_replay(*late, all.space);
}

TEST_CASE("a lift that fails at any step changes nothing, and can be repeated") {
  for (std::uint64_t n = 1;; ++n) {
    CAPTURE(n);
    FailingOffice office;
    TestReplica& at = office.at;
    const Village& village = office.village;
    const auto lift = at.random().make<RecordId>();
    const std::string registry(kErasuresRegistry);
    const ErasureAct restricting{
        .effect = ErasureEffect::kRestrict,
        .reason = "r",
        .basis = {},
        .asked_by = {},
        .targets = require(at->parts_of(village.space, office.record)).targets};
    const ChangeId act =
        write_record(*at, village.space, village.founder, at.random().make<RecordId>(),
                     {erasure_act_operation(restricting)}, registry);
    const ChangeId lifting = write_record(*at, village.space, village.founder, lift,
                                          {erasure_act_operation({.effect = ErasureEffect::kLift,
                                                                  .reason = "r",
                                                                  .basis = {},
                                                                  .asked_by = {},
                                                                  .targets = {},
                                                                  .lifted = {act}})},
                                          registry);
    const ChangeId first =
        write_record(*at, village.space, village.founder, lift,
                     {erasure_approval_operation({.acts = {lifting}, .earlier = {}})}, registry);
    const replica::ChangeDraft confirmation = draft_of(
        lift, {erasure_approval_operation({.acts = {lifting}, .earlier = {first}})}, registry);
    const FailingOffice::Attempt tried = office.confirm(n, confirmation);
    const auto is_shown = [&] {
      const auto view = require(at->view(village.space, office.record));
      return view && view->state.find("name", FieldKind::kRegister) != nullptr;
    };
    CHECK(is_shown() == tried.is_said);
    if (!tried.is_said) office.confirm_again(confirmation);
    CHECK(is_shown());
    check_against_replay(*at, village.space);
    if (!tried.has_fired) break;
    REQUIRE(n < 200);
  }
}

namespace {

/// Attachments that a replica was told to destroy; refuses as long as it is told to.
struct Destroyer {
  std::set<attachment::Address> destroyed;
  bool is_refusing = false;

  replica::Replica::AttachmentDestroyer call() {
    return [this](const attachment::Address& address) -> Result<void> {
      if (is_refusing) return fail(Errc::kIo, "the disk");
      destroyed.insert(address);
      return ok();
    };
  }
};

attachment::Reference reference_to(TestReplica& at, const char* name) {
  return {.address = at.random().make<attachment::Address>(),
          .key = {},
          .content = {},
          .size = 10,
          .media = "image/png",
          .name = name};
}

}  // namespace

TEST_CASE("attachments of what is erased are destroyed, and those of other records stay") {
  Erasing all;
  const auto own = reference_to(all.office, "own.png");
  const auto replaced = reference_to(all.office, "replaced.png");
  const auto shared = reference_to(all.office, "shared.png");
  const auto attach = [&](const RecordId& record, const char* field,
                          const attachment::Reference& reference) {
    write_record(*all.office, all.space, all.clerk, record,
                 {set_field(field, attachment::encode_reference(reference))}, "rental");
  };
  attach(all.record, "scan", replaced);
  attach(all.record, "scan", own);
  attach(all.record, "photo", shared);
  attach(all.other, "photo", shared);
  // The other record has another photo by now: its history still has the shared one.
  attach(all.other, "photo", reference_to(all.office, "new.png"));
  TestReplica away(2);
  pull(*away, *all.office, all.space);
  Destroyer here, there;
  require(all.office->set_attachment_destroyer(here.call()));
  require(away->set_attachment_destroyer(there.call()));
  const ChangeId act = all.act(all.office, all.clerk);
  const ChangeId first = all.approve(all.office, all.village.founder, act);
  CHECK(here.destroyed.empty());
  all.approve(all.office, all.supervisor, act, {first});
  const std::set<attachment::Address> expected{own.address, replaced.address};
  CHECK(here.destroyed == expected);
  CHECK(require(all.office->erasures(all.space)).doomed == 0);
  pull(*away, *all.office, all.space);
  CHECK(there.destroyed == expected);
}

TEST_CASE("an attachment that can't be destroyed now is tried again, and no receipt is signed") {
  Erasing all;
  const auto own = reference_to(all.office, "own.png");
  write_record(*all.office, all.space, all.clerk, all.record,
               {set_field("scan", attachment::encode_reference(own))}, "rental");
  Destroyer disk{.destroyed = {}, .is_refusing = true};
  require(all.office->set_attachment_destroyer(disk.call()));
  all.erase(all.office);
  CHECK_FALSE(all.is_in_logs(all.office));
  CHECK(require(all.office->erasures(all.space)).doomed == 1);
  CHECK(all.office->append_receipts(all.space, all.clerk.device, all.village.founder.node, 7)
            .error()
            .code == Errc::kIo);
  // As after a crash: a new process has nobody yet who destroys, and signs nothing.
  all.office.reopen();
  CHECK(
      require(all.office->append_receipts(all.space, all.clerk.device, all.village.founder.node, 7))
          .ids.empty());
  disk.is_refusing = false;
  require(all.office->set_attachment_destroyer(disk.call()));
  CHECK(disk.destroyed == std::set<attachment::Address>{own.address});
  CHECK(
      require(all.office->append_receipts(all.space, all.clerk.device, all.village.founder.node, 7))
          .ids.size() == 1);
}
