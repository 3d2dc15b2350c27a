// SPDX-License-Identifier: Apache-2.0
//
// A version's name says what was shown, and is not taken for anything else.
#include "node/registry/text_version.h"

#include <algorithm>

#include "node/council/roster_acts.h"
#include "tests/node/registry/minutes_desks.h"

using namespace cunju;
using namespace cunju::registry;
using namespace cunju::registry::testing;
using test::require;

namespace {

/// A clerk goes on below a note, and the note's author is removed by an office that lacks both.
struct NotedMinutes {
  NotedMinutes()
      : a(51),
        b(52),
        clerk(test::admit_person(*a.replica, a.village, a.replica.random(), "李敏")),
        third(test::admit_person(*a.replica, a.village, a.replica.random(), "王强")) {
    id = add_minutes(a, "修路灯。");
    exchange();
    write(b, b.act(third), "附注。修路灯。");
    write(b, b.act(clerk), "附注。修路灯。乙又写。");
    written = seen(b);
  }
  void remove_third() {
    const auto removal = require(council::plan_removal(*a.replica, a.space, third.member));
    require(a.replica->append_roster(a.space, a.founder().device, removal.operations, 0));
  }
  void exchange() { a.exchange(b); }
  void write(Office& office, const Act& act, const std::string& text) {
    require(office.book().set(act, kRegistry, id, std::vector{put(kText, text)}));
  }
  RecordView view(Office& office) {
    auto out = require(office.replica->view(office.space, id));
    REQUIRE(out.has_value());
    return std::move(*out);
  }
  Seen seen(Office& office) { return seen_of(view(office)); }
  std::string mark_now() {
    const RecordView now = view(a);
    const auto changes = require(a.replica->text_changes(a.space, id));
    return require(mark_of_now({.registry = kRegistry, .changes = changes, .now = now}));
  }
  Result<Seen> read(const std::vector<ChangeId>& heads, const std::string& mark, VersionUse use) {
    const RecordView now = view(a);
    const auto changes = require(a.replica->text_changes(a.space, id));
    return read_version({.heads = heads, .mark = mark}, use,
                        {.registry = kRegistry, .changes = changes, .now = now});
  }
  std::string text_at(const Seen& version) {
    const auto changes = require(a.replica->text_changes(a.space, id));
    return require(text_at_version(kText, kRegistry, changes, version.heads, &version.left_out));
  }

  SampleOffice a;
  Office b;
  test::Person clerk, third;
  RecordId id;
  Seen written;
};

constexpr VersionUse kUses[] = {VersionUse::kRead, VersionUse::kTake, VersionUse::kWrite,
                                VersionUse::kConfirm};

}  // namespace

TEST_CASE("the mark of what is left out has the recorded digits") {
  ChangeId one, two;
  one.value.fill(1);
  two.value.fill(2);
  CHECK(left_out_mark({}).empty());
  // BLAKE2b-256 by Python's hashlib.
  CHECK(left_out_mark(std::vector{one}) == "58cfbfe41a0de7e3");
  CHECK(left_out_mark(std::vector{one, two}) == "bb1964b8521c6e19");
}

TEST_CASE("a version in which nothing is left out has no mark, and serves every use") {
  NotedMinutes world;
  world.exchange();
  CHECK(world.mark_now().empty());
  for (const VersionUse use : kUses) {
    const Seen read = require(world.read(world.written.heads, {}, use));
    CHECK(read.left_out.empty());
    CHECK(world.text_at(read) == "附注。修路灯。乙又写。");
    CHECK(
        (world.read(world.written.heads, "0000000000000000", use).error().code == Errc::kConflict));
    CHECK(world.read({ChangeId()}, {}, use).error().code == Errc::kNotFound);
  }
}

TEST_CASE("a version that was shown before words were taken out of it is not today's") {
  NotedMinutes world;
  world.remove_third();
  world.exchange();
  const std::string mark = world.mark_now();
  REQUIRE(mark.size() == kMarkDigits);
  REQUIRE(world.seen(world.a).heads == world.written.heads);
  for (const VersionUse use : {VersionUse::kTake, VersionUse::kWrite, VersionUse::kConfirm})
    CHECK(world.read(world.written.heads, {}, use).error().code == Errc::kConflict);
  for (const VersionUse use : kUses)
    CHECK(world.text_at(require(world.read(world.written.heads, mark, use))) == "修路灯。乙又写。");
  CHECK(world.text_at(require(world.read(world.written.heads, {}, VersionUse::kRead))) ==
        "修路灯。乙又写。");
}

TEST_CASE("an older version is read as its author had it or as it was shown, by its mark") {
  NotedMinutes world;
  world.remove_third();
  world.exchange();
  const std::string mark = world.mark_now();
  world.write(world.a, world.a.act(), "修路灯。乙又写。甲。");
  for (const VersionUse use : {VersionUse::kRead, VersionUse::kTake, VersionUse::kWrite}) {
    CHECK(world.text_at(require(world.read(world.written.heads, {}, use))) ==
          "附注。修路灯。乙又写。");
    CHECK(world.text_at(require(world.read(world.written.heads, mark, use))) == "修路灯。乙又写。");
  }
  // Who confirms has read the text without what is taken out of it.
  CHECK(world.read(world.written.heads, {}, VersionUse::kConfirm).error().code == Errc::kConflict);
  require(world.read(world.written.heads, mark, VersionUse::kConfirm));
}

TEST_CASE("what is left out beside a version is not in its mark") {
  NotedMinutes world;
  world.remove_third();
  const Seen before = world.seen(world.a);
  world.exchange();
  REQUIRE_FALSE(world.view(world.a).left_out.empty());
  for (const VersionUse use : kUses) require(world.read(before.heads, {}, use));
}

TEST_CASE("nobody writes on a version whose head is left out, though it can be read") {
  NotedMinutes world;
  world.remove_third();
  world.exchange();
  const ChangeId note = world.view(world.a).left_out_ids().front();
  CHECK(world.read({note}, {}, VersionUse::kWrite).error().code == Errc::kInvalidArgument);
  for (const VersionUse use : {VersionUse::kRead, VersionUse::kTake})
    CHECK(world.text_at(require(world.read({note}, {}, use))) == "附注。修路灯。");
}
