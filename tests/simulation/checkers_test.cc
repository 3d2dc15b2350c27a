// SPDX-License-Identifier: Apache-2.0
// A checker that never fails checks nothing: each is shown a village in which its law is broken.
#include <catch2/catch.hpp>

#include "crdt/types/text/text_edits_codec.h"
#include "tests/simulation/checkers.h"
#include "tests/simulation/run.h"
#include "tests/simulation/world.h"
#include "tests/support/shown.h"

using namespace cunju;
using namespace cunju::simulation;

namespace {

/// A small village at rest.
struct Rested {
  Rested() : world({.seed = 5, .nodes = 3, .edits = 30, .topology = Topology::kLine}) {
    world.turmoil(30);
    world.quiet();
    world.check();
    REQUIRE(context().failures.empty());
  }
  Context& context() { return world.context(); }
  Node& node(std::size_t i) { return *world.nodes()[i]; }
  std::string failures() {
    std::string out;
    for (const std::string& failure : context().failures) out += failure + "\n";
    return out;
  }
  /// One more change at node 0 that nobody else hears of.
  ChangeId write_alone() {
    Writer writer(context());
    for (;;) {
      const std::vector<replica::ChangeDraft> drafts = writer.save();
      Result<replica::Appended> saved = node(0).write(drafts);
      if (saved) return saved.value().ids.front();
    }
  }

  World world;
};

}  // namespace

TEST_CASE("a change that reached one node only is seen by three checkers") {
  Rested rested;
  rested.write_alone();
  check_agreement(rested.context(), rested.world.nodes());
  CHECK(rested.failures().find("different states") != std::string::npos);
  CHECK(rested.failures().find("has other views than the rest") != std::string::npos);
  rested.context().failures.clear();
  check_nothing_lost(rested.context(), rested.world.nodes());
  CHECK(rested.failures().find("never arrived at n2") != std::string::npos);
  rested.context().failures.clear();
  check_against_replay(rested.context(), rested.world.nodes());
  CHECK(rested.failures().find("n1 has another state than the replay") != std::string::npos);
  CHECK(rested.failures().find("n1 has other views than the replay") != std::string::npos);
}

TEST_CASE("a disk that forgets what was saved is noticed when the node boots") {
  Rested rested;
  rested.node(0).back_up();
  const ChangeId lost = rested.write_alone();
  const Ledger ledger = rested.node(0).ledger();
  rested.node(0).restore();
  CHECK(rested.failures().empty());
  // The ledger that knows of the save, on the store that does not.
  rested.node(0).kill();
  rested.node(0).ledger() = ledger;
  rested.node(0).boot();
  CHECK(rested.failures().find("n0 lost change " + brief(lost)) != std::string::npos);
}

TEST_CASE("a node that stays cut off is no quiet") {
  Rested rested;
  rested.write_alone();
  // The link from node 0 fails again as soon as everything is repaired.
  rested.context().events.in_background(Time{1}, [&] {
    rested.world.network().block(0, 1);
    rested.world.network().block(1, 0);
  });
  rested.world.quiet();
  CHECK(rested.failures().find("not at rest after") != std::string::npos);
}

TEST_CASE("a change that waits for something is noticed where nobody lied") {
  Rested rested;
  const test::Person& person = rested.node(1).person();
  Change orphan = sign_change(person.device,
                              {.space = rested.context().space,
                               .author = person.author(),
                               .seq = {1000},
                               .prev = rested.context().random.make<ChangeId>()},
                              {});
  const std::vector<sync::Run> runs{{{orphan}}};
  test::require(rested.node(2).recording_port().accept(rested.context().space, runs));
  check_nothing_waits(rested.context(), rested.world.nodes());
  CHECK(rested.failures().find("n2 holds 1 changes") != std::string::npos);
}

TEST_CASE("a save that shows more than what was shown and typed is noticed") {
  Rested rested;
  Node& node = rested.node(0);
  const SpaceId& space = rested.context().space;
  const RecordId record = rested.context().random.make<RecordId>();
  const auto write = [&](const char* words, const char* value) {
    TextEdits edits;
    REQUIRE(edits.insert(0, words));
    const replica::ChangeDraft draft = test::draft_of(
        record, {make_operation(OperationKind::kTextEdit, "t", encode_text_edits(edits)),
                 test::set_field("a", std::string(value))});
    return std::vector{draft};
  };
  const std::vector<replica::ChangeDraft> first = write("路灯", "1"), second = write("修", "2");
  test::require(node.write(first));
  const test::ShownBefore before(node.replica(), space, second);
  const test::ShownBefore between(node.replica(), space, first);
  const replica::Appended other = test::require(node.write(first));
  CHECK(between.find_difference(node.replica(), other).empty());
  const replica::Appended saved = test::require(node.write(second));
  CHECK(rested.failures().empty());
  CHECK(before.find_difference(node.replica(), saved).find("[t: 修路灯路灯] in place of") !=
        std::string::npos);
}
