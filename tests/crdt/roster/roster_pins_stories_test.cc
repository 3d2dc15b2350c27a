// SPDX-License-Identifier: Apache-2.0
//
// Stories of who knew what: old pins, late changes, lying officers, more officers offline than a
// change can pin.
#include <algorithm>

#include "crdt/base/limits.h"
#include "tests/crdt/roster/roster_story.h"

using namespace cunju;
using namespace cunju::test;

TEST_CASE("a late change is put in force by an officer, and not by one who is removed beside") {
  Story story(officer("Zhao"));
  ChangeId late{crypto::hash({as_bytes("late")}).value};
  ChangeId other{crypto::hash({as_bytes("other")}).value};
  ChangeId removed = story.says("Wang", {}, remove("Zhao", {cut("Zhao", 0)}));
  story.says("Zhao", {}, {AdmitLate{{other}}});
  story.says("Wang", {removed}, {AdmitLate{{late}}});
  story.expect([&](const StoryVillage& village) {
    CHECK(village.graph().is_admitted_late(late));
    CHECK_FALSE(village.graph().is_admitted_late(other));
  });
}

TEST_CASE("a late change of the roster itself stays void when it is admitted late") {
  Story story(officer("Zhao"));
  ChangeId removed = story.says("Wang", {}, remove("Zhao", {cut("Zhao", 0)}));
  ChangeId beside = story.says("Zhao", {}, clerk("Li"));
  story.says("Wang", {removed}, {AdmitLate{{beside}}});
  story.expect([&](const StoryVillage& village) {
    CHECK(village.graph().is_admitted_late(beside));
    CHECK_FALSE(village.is_in_force(beside));
    CHECK_FALSE(village.is_member("Li"));
  });
}

TEST_CASE("an officer who does as if she had said nothing before says nothing more") {
  Story story(officer("Zhao"));
  story.says("Zhao", {}, clerk("Li"));
  std::vector<ChangeId> lies;
  for (int i = 0; i < 40; ++i)
    lies.push_back(
        story.says_beside_itself("Zhao", {story.founding()}, clerk("puppet " + std::to_string(i))));
  story.expect([&](const StoryVillage& village) {
    CHECK(std::ranges::all_of(lies, [&](const ChangeId& lie) { return village.is_dead(lie); }));
    CHECK(village.graph().heads().size() == 1);
    CHECK(village.roster().members.size() == 3);
  });
}

TEST_CASE("who had no right at the pins is nobody's parent and no head") {
  Story story;
  ChangeId admitted = story.says("Wang", {}, clerk("Li"));
  ChangeId tried = story.says("Li", {admitted}, officer("Li"));
  ChangeId stranger = story.says("stranger", {admitted}, officer("stranger"));
  story.expect([&](const StoryVillage& village) {
    CHECK(village.is_dead(tried));
    CHECK(village.is_dead(stranger));
    CHECK(village.graph().heads() == std::vector{admitted});
    CHECK_FALSE(village.is_officer("Li"));
  });
}

TEST_CASE(
    "of forty officers offline a change pins sixteen, those in force and what it pinned before") {
  Says officers;
  for (int i = 0; i < 40; ++i) officers = officers + officer("officer " + std::to_string(i));
  Story story(officers);
  std::vector<ChangeId> heads;
  for (int i = 0; i < 39; ++i)
    heads.push_back(story.says("officer " + std::to_string(i), {story.founding()},
                               clerk("clerk " + std::to_string(i))));
  ChangeId removal = story.says("Wang", {}, remove("officer 39", {cut("officer 39", 0)}));
  ChangeId void_one = story.says("officer 39", {story.founding()}, clerk("clerk 39"));
  std::vector<ChangeId> before(heads.begin() + 20, heads.begin() + 36);
  std::ranges::sort(before);
  story.expect([&](const StoryVillage& village) {
    const RosterGraph& graph = village.graph();
    CHECK(graph.heads().size() == 41);
    const AuthorKey li = laptop("clerk 3").author();
    std::vector<ChangeId> picked = graph.pick_pins(li, {}, limits::kMaxPins);
    CHECK(picked.size() == limits::kMaxPins);
    CHECK(std::ranges::is_sorted(picked));
    CHECK_FALSE(std::ranges::binary_search(picked, void_one));
    CHECK(graph.pick_pins(li, before, limits::kMaxPins) == before);
    // An officer's own last change is always among what it knows.
    picked = graph.pick_pins(laptop("Wang").author(), {}, limits::kMaxPins);
    CHECK(graph.dominates(picked, std::vector{removal}));
  });
}

TEST_CASE("sixteen pins that know of the officer's own change are not made seventeen") {
  Says officers;
  for (int i = 0; i < 17; ++i) officers = officers + officer("officer " + std::to_string(i));
  Story story(officers);
  ChangeId own = story.says("Wang", {}, clerk("Li"));
  std::vector<ChangeId> before;
  for (int i = 0; i < 16; ++i)
    before.push_back(
        story.says("officer " + std::to_string(i), {own}, clerk("clerk " + std::to_string(i))));
  // A seventeenth head, which knows of Wang's change as well.
  ChangeId seventeenth = story.says("officer 16", {own}, clerk("clerk 16"));
  std::ranges::sort(before);
  story.expect([&](const StoryVillage& village) {
    const std::vector<ChangeId> picked =
        village.graph().pick_pins(laptop("Wang").author(), before, limits::kMaxPins);
    CHECK(picked.size() == limits::kMaxPins);
    CHECK(picked == before);
    CHECK_FALSE(std::ranges::binary_search(picked, seventeenth));
  });
}

TEST_CASE("the past stays what it was: a roster at old pins knows of nothing that came later") {
  Story story;
  ChangeId admitted = story.says("Wang", {}, clerk("Li"));
  story.says("Wang", {}, remove("Li", {cut("Li", 0)}));
  story.expect([&](const StoryVillage& village) {
    auto then = village.graph().at(std::vector{admitted});
    CHECK(then->may(laptop("Li").author(), "minutes", kWrite));
    CHECK_FALSE(village.may_write("Li", "minutes"));
  });
}

TEST_CASE("puppets that fill an officer's pins do not push out what she said last") {
  Story story(officer("Zhao"));
  constexpr int kPuppets = 30;
  auto puppet = [](int i) { return "puppet " + std::to_string(i); };
  Says crowd;
  for (int i = 0; i < kPuppets; ++i) crowd = crowd + officer(puppet(i));
  const ChangeId made = story.says("Zhao", {}, crowd);
  const ChangeId first = story.says("Wang", {}, clerk("Li"));
  std::vector<ChangeId> heads;
  for (int i = 0; i < 15; ++i) heads.push_back(story.says(puppet(i), {made}, clerk("nobody")));
  const AuthorKey wang = laptop("Wang").author();
  std::vector<ChangeId> pins;
  story.expect([&](const StoryVillage& village) {
    pins = village.graph().pick_pins(wang, std::vector{story.founding()}, limits::kMaxPins);
    CHECK(pins.size() == limits::kMaxPins);
  });
  const ChangeId own = story.says("Wang", pins, clerk("Sun"));
  // A child on each of her pins, so that each would take a head of its own.
  for (int i = 0; i < 15; ++i)
    story.says(puppet(i), {heads[static_cast<std::size_t>(i)]}, clerk("x"));
  story.says(puppet(29), {first, made}, clerk("y"));
  std::vector<ChangeId> next;
  story.expect([&](const StoryVillage& village) {
    next = village.graph().pick_pins(wang, pins, limits::kMaxPins);
    CHECK(next.size() <= limits::kMaxPins);
    CHECK(village.graph().dominates(next, std::vector{own}));
    CHECK(village.graph().dominates(next, pins));
  });
  const ChangeId act = story.says_beside_itself("Wang", next, clerk("Qian"));
  story.expect([&](const StoryVillage& village) { CHECK_FALSE(village.is_dead(act)); });
}
