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
