// SPDX-License-Identifier: Apache-2.0
//
// Stories of forked logs: restored backups, stolen keys, and who says which branch stands.
#include <algorithm>

#include "crdt/base/limits.h"
#include "tests/crdt/roster/roster_story.h"

using namespace cunju;
using namespace cunju::test;

namespace {

/// Wang's key says two things after the founding.
struct Forked {
  explicit Forked(const Says& founding) : story(founding) {
    left = story.says("Wang", {}, clerk("left"));
    story.goes_on_after("Wang", story.founding());
    right = story.says("Wang", {}, clerk("right"));
  }
  Story story;
  ChangeId left, right;
};

}  // namespace

TEST_CASE(
    "a restored backup forks the chair's key and the branch that an officer built on stands") {
  Story story(officer("Zhao"));
  ChangeId one = story.says("Wang", {}, clerk("Li"));
  ChangeId lost = story.says("Wang", {}, clerk("Sun"));
  ChangeId built = story.says("Zhao", {lost}, clerk("Qian"));
  story.goes_on_after("Wang", one);
  ChangeId again = story.says("Wang", {}, clerk("Zhou"));
  story.expect([&](const StoryVillage& village) {
    CHECK(village.graph().fork_point(laptop("Wang").author()) == Seq{2});
    CHECK(village.covers("Wang") == std::vector{lost});
    CHECK(village.is_in_force(one));
    CHECK(village.is_in_force(lost));
    CHECK(village.is_in_force(built));
    CHECK_FALSE(village.is_in_force(again));
    CHECK_FALSE(village.is_dead(again));
    CHECK(village.is_member("Sun"));
    CHECK_FALSE(village.is_member("Zhou"));
    CHECK(village.is_officer("Wang"));
  });
}

TEST_CASE("a thief forks the founder at the beginning and nothing that others built on is lost") {
  Story story(officer("Zhao"));
  ChangeId one = story.says("Wang", {}, clerk("Li"));
  ChangeId two = story.says("Zhao", {one}, clerk("Sun"));
  story.goes_on_after("Wang", std::nullopt);
  ChangeId theft = story.says("Wang", {}, remove("Zhao", {cut("Zhao", 0)}));
  story.expect([&](const StoryVillage& village) {
    CHECK(village.graph().fork_point(laptop("Wang").author()) == Seq{0});
    CHECK(village.is_in_force(story.founding()));
    CHECK(village.is_in_force(one));
    CHECK(village.is_in_force(two));
    CHECK_FALSE(village.is_in_force(theft));
    CHECK(village.is_officer("Zhao"));
    CHECK(village.is_member("Li"));
  });
}

TEST_CASE("two officers cover different branches: the senior's stands") {
  Forked forked(officer("Zhao") + officer("Qian"));
  ChangeId junior = forked.story.says("Qian", {forked.left}, clerk("Li"));
  ChangeId senior = forked.story.says("Zhao", {forked.right}, clerk("Sun"));
  forked.story.expect([&](const StoryVillage& village) {
    CHECK(village.covers("Wang") == std::vector{forked.right, forked.left});
    CHECK(village.is_in_force(forked.right));
    CHECK_FALSE(village.is_in_force(forked.left));
    // What they did themselves does not rest on either.
    CHECK(village.is_in_force(junior));
    CHECK(village.is_in_force(senior));
  });
}

TEST_CASE("of one officer's acts the first decides the branch") {
  Forked forked(officer("Zhao"));
  ChangeId first = forked.story.says("Zhao", {forked.left}, clerk("Li"));
  // Two branches are known now, and the name is too late.
  forked.story.says(
      "Zhao", {first, forked.right},
      retire("Wang", 0) + end_role("Wang", "clerk", {cut_after("Wang", 2, forked.right)}));
  forked.story.expect([&](const StoryVillage& village) {
    CHECK(village.covers("Wang") == std::vector{forked.left, forked.right});
    CHECK(village.is_in_force(forked.left));
    CHECK_FALSE(village.is_in_force(forked.right));
  });
}

TEST_CASE("a puppet on the branch can't cover its maker's branch") {
  Story story(officer("Zhao"));
  ChangeId made = story.says("Wang", {}, officer("puppet"));
  ChangeId deeds = story.says("puppet", {made}, clerk("friend"));
  story.goes_on_after("Wang", story.founding());
  ChangeId other = story.says("Wang", {}, clerk("Li"));
  story.expect([&](const StoryVillage& village) {
    CHECK(village.covers("Wang").empty());
    for (const ChangeId& act : {made, deeds, other}) CHECK_FALSE(village.is_in_force(act));
    CHECK(village.roster().members.size() == 2);
  });
  story.says("Zhao", {other}, clerk("Sun"));
  story.expect([&](const StoryVillage& village) {
    CHECK(village.is_in_force(other));
    CHECK_FALSE(village.is_in_force(made));
    CHECK_FALSE(village.is_in_force(deeds));
  });
}

TEST_CASE("who has seen both and names none decides nothing, and may name one later") {
  Forked forked(officer("Zhao"));
  ChangeId both = forked.story.says("Zhao", {forked.left, forked.right}, clerk("Li"));
  forked.story.expect([&](const StoryVillage& village) {
    CHECK(village.covers("Wang").empty());
    CHECK_FALSE(village.is_in_force(forked.left));
    CHECK_FALSE(village.is_in_force(forked.right));
    CHECK(village.is_in_force(both));
  });
  forked.story.says("Zhao", {}, {RetireDevice{cut_after("Wang", 2, forked.right)}});
  forked.story.expect([&](const StoryVillage& village) {
    CHECK(village.covers("Wang") == std::vector{forked.right});
    CHECK(village.is_in_force(forked.right));
    CHECK_FALSE(village.is_in_force(forked.left));
    CHECK_FALSE(village.is_officer("Wang"));
  });
}

TEST_CASE("a key retired at one branch: what the cut names stands, not what its act has seen") {
  Forked forked(officer("Zhao"));
  forked.story.says("Zhao", {forked.right}, {RetireDevice{cut_after("Wang", 2, forked.left)}});
  forked.story.expect([&](const StoryVillage& village) {
    CHECK(village.covers("Wang") == std::vector{forked.left});
    CHECK(village.is_in_force(forked.left));
    CHECK_FALSE(village.is_in_force(forked.right));
  });
}

TEST_CASE("a cut from before the fork names no branch") {
  Forked forked(officer("Zhao"));
  forked.story.says("Zhao", {forked.right},
                    {RetireDevice{cut_after("Wang", 1, forked.story.founding())}});
  forked.story.expect([&](const StoryVillage& village) {
    CHECK(village.covers("Wang") == std::vector{forked.right});
    CHECK(village.is_in_force(forked.right));
  });
}

TEST_CASE("a cut that names a record leaves of the roster what its act has seen") {
  Forked forked(officer("Zhao"));
  ChangeId record{crypto::hash({as_bytes("record")}).value};
  forked.story.says("Zhao", {forked.left}, {RetireDevice{cut_after("Wang", 4, record)}});
  forked.story.expect([&](const StoryVillage& village) {
    CHECK(village.covers("Wang") == std::vector{record, forked.left});
    CHECK(village.is_in_force(forked.left));
    CHECK_FALSE(village.is_in_force(forked.right));
  });
}

TEST_CASE("a fork doesn't void the quorum's act") {
  Story story(officer("Zhao") + quorum(2, {"Wang", "Zhao"}));
  ChangeId act = story.quorum_says("Wang", {story.founding()}, {"Zhao"}, clerk("Li"));
  story.goes_on_after("Wang", story.founding());
  ChangeId other = story.says("Wang", {}, clerk("Sun"));
  story.expect([&](const StoryVillage& village) {
    CHECK(village.is_in_force(act));
    CHECK_FALSE(village.is_in_force(other));
    CHECK(village.is_member("Li"));
    CHECK_FALSE(village.is_member("Sun"));
  });
}

TEST_CASE("a second laptop of the same person covers nothing") {
  Forked forked(key("Wang", "Wang's phone") + officer("Zhao"));
  ChangeId phone = forked.story.says("Wang's phone", {forked.left}, clerk("Li"));
  forked.story.expect([&](const StoryVillage& village) {
    CHECK(village.is_in_force(phone));
    CHECK(village.covers("Wang").empty());
    CHECK_FALSE(village.is_in_force(forked.left));
  });
}

TEST_CASE("a junior's act goes on along the branch that the senior's began and can't leave it") {
  Story story(officer("Zhao") + officer("Qian") + officer("Sun"));
  ChangeId one = story.says("Wang", {}, clerk("left"));
  ChangeId two = story.says("Wang", {}, clerk("further"));
  ChangeId three = story.says("Wang", {}, clerk("unseen"));
  story.goes_on_after("Wang", story.founding());
  ChangeId other = story.says("Wang", {}, clerk("right"));
  story.says("Zhao", {one}, clerk("Li"));
  story.says("Qian", {other}, clerk("Zhou"));
  story.says("Sun", {two}, clerk("Wu"));
  story.expect([&](const StoryVillage& village) {
    CHECK(village.covers("Wang") == std::vector{one, other, two});
    CHECK(village.is_in_force(one));
    CHECK(village.is_in_force(two));
    CHECK_FALSE(village.is_in_force(three));
    CHECK_FALSE(village.is_in_force(other));
  });
}

TEST_CASE("what a junior's branch says when it is released opens no senior's decision again") {
  Forked forked(officer("Zhao") + officer("Qian"));
  ChangeId named = forked.story.says("Zhao", {forked.story.founding()},
                                     {RetireDevice{cut_after("Wang", 2, forked.left)}});
  forked.story.goes_on_after("Zhao", std::nullopt);
  ChangeId beside = forked.story.says("Zhao", {}, clerk("Li"));
  forked.story.says("Qian", {named}, clerk("Sun"));
  forked.story.expect([&](const StoryVillage& village) {
    CHECK(village.covers("Zhao") == std::vector{named});
    CHECK(village.is_in_force(named));
    CHECK_FALSE(village.is_in_force(beside));
    CHECK(village.covers("Wang").empty());
    CHECK_FALSE(village.is_in_force(forked.left));
    CHECK_FALSE(village.is_officer("Wang"));
  });
}

TEST_CASE("what a senior's branch says when it is released counts for a junior's") {
  Story story(officer("Zhao") + officer("Qian"));
  ChangeId left = story.says("Zhao", {}, clerk("left"));
  story.goes_on_after("Zhao", std::nullopt);
  ChangeId right = story.says("Zhao", {}, clerk("right"));
  ChangeId names = story.says("Wang", {}, end_role("Zhao", "clerk", {cut_after("Zhao", 1, right)}));
  story.goes_on_after("Wang", story.founding());
  story.says("Wang", {}, clerk("Li"));
  story.says("Qian", {names}, clerk("Sun"));
  story.says("Qian", {left}, clerk("Zhou"));
  story.expect([&](const StoryVillage& village) {
    CHECK(village.is_in_force(names));
    CHECK(village.covers("Zhao") == std::vector{right, left});
    CHECK(village.is_in_force(right));
    CHECK_FALSE(village.is_in_force(left));
  });
}

TEST_CASE(
    "a branch that is released takes from those as well who wrote above it while it was void") {
  Story story(officer("Zhao") + officer("Qian"));
  story.goes_on_after("Wang", std::nullopt);
  ChangeId taken = story.says("Wang", {}, remove("Zhao", {cut("Zhao", 0)}));
  // Two branches of Wang's are known, the founding and this: the removal is void so far.
  ChangeId above = story.says("Zhao", {story.founding(), taken}, clerk("Li"));
  ChangeId named =
      story.says("Qian", {above}, end_role("Wang", "teller", {cut_after("Wang", 1, taken)}));
  story.expect([&](const StoryVillage& village) {
    CHECK_FALSE(village.is_dead(above));
    CHECK(village.graph().at(std::vector{above})->members.contains(person("Li")));
    CHECK(village.is_in_force(taken));
    CHECK(village.is_in_force(named));
    CHECK_FALSE(village.is_in_force(above));
    CHECK_FALSE(village.is_member("Li"));
  });
}

TEST_CASE("nobody gets a rank from an entry on a branch that does not stand") {
  Story story(officer("Zhao") + officer("Li"));
  ChangeId sun = story.says("Wang", {}, officer("Sun"));
  ChangeId qian = story.says("Wang", {}, officer("Qian"));
  ChangeId made = story.says("Sun", {qian}, officer("puppet"));
  // Zhao helps: an entry of the puppet's key as old as Sun's, on one of two branches.
  story.says("Zhao", {}, key("puppet", "puppet"));
  story.goes_on_after("Zhao", std::nullopt);
  story.says("Zhao", {}, key("puppet", "puppet"));
  ChangeId left = story.says("Li", {}, clerk("left"));
  story.goes_on_after("Li", std::nullopt);
  ChangeId right = story.says("Li", {}, clerk("right"));
  story.says("puppet", {made, right}, clerk("friend"));
  story.says("Qian", {qian, left}, clerk("Zhou"));
  story.expect([&](const StoryVillage& village) {
    CHECK(village.is_in_force(sun));
    CHECK(village.covers("Li") == std::vector{left, right});
    CHECK(village.is_in_force(left));
    CHECK_FALSE(village.is_in_force(right));
  });
}

TEST_CASE("a fork that only records show voids what follows until somebody builds on it") {
  Story story(officer("Zhao"));
  ChangeId before = story.says("Wang", {}, clerk("Li"));
  story.writes("Wang", 3);
  ChangeId after = story.says("Wang", {}, clerk("Sun"));
  story.log_is_forked("Wang", 3);
  story.log_is_forked("Wang", 4);
  story.expect([&](const StoryVillage& village) {
    CHECK(village.graph().fork_point(laptop("Wang").author()) == Seq{3});
    CHECK(village.is_in_force(before));
    CHECK_FALSE(village.is_in_force(after));
    CHECK_FALSE(village.is_member("Sun"));
    // Who pins it knows of no fork, and what is admissible stays so.
    CHECK(village.graph().at(std::vector{after})->members.contains(person("Sun")));
  });
  story.says("Zhao", {after}, clerk("Zhou"));
  story.expect([&](const StoryVillage& village) {
    CHECK(village.covers("Wang") == std::vector{after});
    CHECK(village.is_in_force(after));
    CHECK(village.is_member("Sun"));
  });
}

TEST_CASE("who knows both branches of its own log is not believed without the others") {
  Forked forked(officer("Zhao"));
  ChangeId joined = forked.story.says("Wang", {forked.left}, clerk("Li"));
  forked.story.expect([&](const StoryVillage& village) {
    CHECK_FALSE(village.is_dead(joined));
    CHECK_FALSE(village.is_in_force(joined));
    CHECK_FALSE(village.graph().at(std::vector{joined})->members.contains(person("Li")));
  });
}

TEST_CASE("a branch that does not stand is not pinned, nor what a puppet builds on it") {
  Story story(officer("Zhao"));
  ChangeId made = story.says("Wang", {}, officer("puppet"));
  ChangeId deeds = story.says("puppet", {made}, clerk("friend"));
  story.goes_on_after("Wang", story.founding());
  ChangeId other = story.says("Wang", {}, clerk("Li"));
  ChangeId built = story.says("Zhao", {other}, clerk("Sun"));
  story.expect([&](const StoryVillage& village) {
    const RosterGraph& graph = village.graph();
    const AuthorKey zhao = laptop("Zhao").author();
    CHECK(graph.heads().size() == 2);
    CHECK(graph.pick_pins(zhao, {}, limits::kMaxPins) == std::vector{built});
    CHECK_FALSE(village.is_in_force(deeds));
    std::vector<ChangeId> both{made, built};
    std::ranges::sort(both);
    CHECK(graph.pick_pins(zhao, std::vector{made}, limits::kMaxPins) == both);
    // Whose log is forked says on which branch it goes on.
    const AuthorKey wang = laptop("Wang").author();
    CHECK(graph.pick_pins(wang, {}, limits::kMaxPins, other) == std::vector{built});
    CHECK(graph.pick_pins(wang, {}, limits::kMaxPins, made) == both);
  });
}

TEST_CASE("what is void for another reason is pinned as ever, above an act of the quorum as well") {
  Story story(officer("Zhao") + officer("Qian") + quorum(2, {"Wang", "Zhao"}));
  ChangeId act = story.quorum_says("Wang", {story.founding()}, {"Zhao"}, clerk("Li"));
  story.goes_on_after("Wang", story.founding());
  ChangeId other = story.says("Wang", {}, clerk("Sun"));
  ChangeId removed = story.says("Zhao", {}, remove("Qian", {cut("Qian", 0)}));
  ChangeId beside = story.says("Qian", {act}, clerk("Zhou"));
  story.expect([&](const StoryVillage& village) {
    CHECK_FALSE(village.is_in_force(other));
    CHECK_FALSE(village.is_in_force(beside));
    std::vector<ChangeId> expected{removed, beside};
    std::ranges::sort(expected);
    CHECK(village.graph().pick_pins(laptop("Zhao").author(), {}, limits::kMaxPins) == expected);
  });
}

TEST_CASE("forty branches are forty heads, and none of them says anything") {
  Story story(officer("Zhao"));
  story.says("Zhao", {}, clerk("Li"));
  for (int i = 0; i < 40; ++i) {
    story.goes_on_after("Zhao", std::nullopt);
    story.says("Zhao", {}, clerk("puppet " + std::to_string(i)));
  }
  story.expect([&](const StoryVillage& village) {
    CHECK(village.graph().heads().size() == 41);
    CHECK(village.roster().members.size() == 2);
    CHECK(village.graph().pick_pins(laptop("Wang").author(), {}, limits::kMaxPins) ==
          std::vector{story.founding()});
  });
}

TEST_CASE("a reading notices a fork, and what covers it, that change no verdict") {
  const RosterChange founding = founding_change(officer("Zhao"));
  RosterGraph graph(SpaceId{founding.id.value});
  graph.add(founding);
  const ChangeId second{crypto::hash({as_bytes("second")}).value};
  graph.add({.id = second,
             .author = laptop("Wang").author(),
             .seq = Seq{1},
             .pins = {founding.id},
             .own_previous = founding.id,
             .operations = admit("Town", "office") + node("Town")});
  const RosterReading before = graph.reading();
  graph.note_fork(laptop("Wang").author(), Seq{5});
  const RosterReading forked = graph.reading();
  CHECK(graph.has_changed_since(before));
  CHECK(RosterGraph::forked_otherwise(before, forked) == std::vector{laptop("Wang").author()});
  graph.note_fork(laptop("Wang").author(), Seq{7});
  CHECK_FALSE(graph.has_changed_since(forked));
  ChangeId record{crypto::hash({as_bytes("record")}).value};
  graph.note_statement(laptop("Wang").author(), {.witness = laptop(node_of("Town")).author(),
                                                 .seq = Seq{0},
                                                 .id = ChangeId{crypto::hash({}).value},
                                                 .pins = {second},
                                                 .stated_seq = Seq{6},
                                                 .stated = record});
  CHECK(graph.covers(laptop("Wang").author()) == std::vector{record});
  CHECK(graph.has_changed_since(forked));
  CHECK_FALSE(graph.has_changed_since(graph.reading()));
}
