// SPDX-License-Identifier: Apache-2.0
//
// Stories of officers who turn against each other: mutual removal, circles, puppets, seniority.
#include "tests/crdt/roster/roster_story.h"

using namespace cunju;
using namespace cunju::test;

TEST_CASE("two officers remove each other: both are removed") {
  Story story(officer("Zhao") + officer("Qian"));
  story.says("Wang", {}, remove("Zhao", {cut("Zhao", 0)}));
  story.says("Zhao", {}, remove("Wang", {cut("Wang", 0)}));
  story.expect([](const StoryVillage& village) {
    CHECK_FALSE(village.is_member("Wang"));
    CHECK_FALSE(village.is_member("Zhao"));
    CHECK(village.is_officer("Qian"));
  });
}

TEST_CASE("of officers who remove each other nothing else stays that they did beside it") {
  Story story(officer("Zhao") + officer("Qian"));
  story.says("Wang", {}, remove("Zhao", {cut("Zhao", 0)}) + officer("Wang's friend"));
  story.says("Zhao", {}, remove("Wang", {cut("Wang", 0)}) + remove("Qian", {cut("Qian", 0)}));
  story.expect([](const StoryVillage& village) {
    CHECK_FALSE(village.is_member("Wang"));
    CHECK_FALSE(village.is_member("Zhao"));
    CHECK_FALSE(village.is_member("Wang's friend"));
    CHECK(village.is_officer("Qian"));
  });
}

TEST_CASE("three officers remove each other in a circle: all three are removed") {
  Story story(officer("Zhao") + officer("Qian") + officer("Sun"));
  story.says("Wang", {}, remove("Zhao", {cut("Zhao", 0)}));
  story.says("Zhao", {}, remove("Qian", {cut("Qian", 0)}));
  story.says("Qian", {}, remove("Wang", {cut("Wang", 0)}));
  story.expect([](const StoryVillage& village) {
    CHECK(village.roster().members.size() == 1);
    CHECK(village.is_officer("Sun"));
  });
}

TEST_CASE("in a circle it is all the same what else they took from each other") {
  Story story(officer("Zhao") + officer("Qian") + officer("Sun"));
  Cuts all{cut("Wang", 0), cut("Zhao", 0), cut("Qian", 0), cut("Sun", 9)};
  story.says("Wang", {}, remove("Zhao", {cut("Zhao", 0)}) + policy("chair", "roster", kRead, all));
  story.says("Zhao", {}, remove("Qian", {cut("Qian", 0)}));
  story.says("Qian", {}, remove("Wang", {cut("Wang", 0)}));
  story.expect([](const StoryVillage& village) {
    CHECK(village.roster().members.size() == 1);
    CHECK(village.is_officer("Sun"));
  });
}

TEST_CASE("a circle that one of them had heard of is none: only who did not know is removed") {
  Story story(officer("Zhao"));
  ChangeId first = story.says("Wang", {}, remove("Zhao", {cut("Zhao", 0)}));
  ChangeId answer = story.says("Zhao", {first}, remove("Wang", {cut("Wang", 0)}));
  story.expect([&](const StoryVillage& village) {
    CHECK(village.is_dead(answer));
    CHECK(village.is_officer("Wang"));
    CHECK_FALSE(village.is_member("Zhao"));
  });
}

TEST_CASE("a removal that the other's cut lets stand is no part of a circle") {
  Story story(officer("Zhao"));
  ChangeId first = story.says("Zhao", {}, remove("Wang", {cut("Wang", 1)}));
  ChangeId answer = story.says("Wang", {}, remove("Zhao", {cut("Zhao", 1)}));
  story.expect([&](const StoryVillage& village) {
    CHECK(village.is_in_force(first));
    CHECK_FALSE(village.is_in_force(answer));
    CHECK_FALSE(village.is_member("Wang"));
    CHECK(village.is_officer("Zhao"));
  });
}

TEST_CASE("two officers end each other's role and retire each other's key: neither is spared") {
  Story story(officer("Zhao") + officer("Qian"));
  story.says("Wang", {}, end_role("Zhao", "chair", {cut("Zhao", 0)}));
  story.says("Zhao", {}, retire("Wang", 0));
  story.expect([](const StoryVillage& village) {
    CHECK_FALSE(village.is_officer("Wang"));
    CHECK_FALSE(village.is_officer("Zhao"));
    CHECK(village.is_member("Zhao"));
  });
}

TEST_CASE("puppets of an officer who is removed can't remove the chair") {
  Story story(officer("Zhao"));
  story.says("Wang", {}, remove("Zhao", {cut("Zhao", 0)}));
  ChangeId made = story.says("Zhao", {}, officer("puppet"));
  ChangeId coup = story.says("puppet", {made}, remove("Wang", {cut("Wang", 0)}));
  story.expect([&](const StoryVillage& village) {
    CHECK_FALSE(village.is_in_force(coup));
    CHECK(village.is_officer("Wang"));
    CHECK_FALSE(village.is_member("puppet"));
  });
}

TEST_CASE("a puppet of a puppet is no better than a puppet") {
  Story story(officer("Zhao"));
  story.says("Wang", {}, remove("Zhao", {cut("Zhao", 0)}));
  ChangeId first = story.says("Zhao", {}, officer("puppet"));
  ChangeId second = story.says("puppet", {first}, officer("puppet's puppet"));
  ChangeId third = story.says("puppet's puppet", {second}, officer("the last"));
  story.says("the last", {third}, remove("Wang", {cut("Wang", 0)}));
  story.expect([](const StoryVillage& village) {
    CHECK(village.is_officer("Wang"));
    CHECK(village.roster().members.size() == 1);
  });
}

TEST_CASE("a founder who is removed does not come back through puppets, senior as they are not") {
  Story story;
  ChangeId zhao = story.says("Wang", {}, officer("Zhao"));
  ChangeId removed = story.says("Zhao", {zhao}, remove("Wang", {cut("Wang", 0)}));
  ChangeId made = story.says("Wang", {zhao}, officer("puppet"));
  story.says("puppet", {made}, remove("Zhao", {cut("Zhao", 0)}));
  story.expect([&](const StoryVillage& village) {
    CHECK(village.is_in_force(removed));
    CHECK(village.is_officer("Zhao"));
    CHECK(village.roster().members.size() == 1);
  });
}

TEST_CASE("a hundred puppets don't outvote the chair, whatever their ids") {
  Story story(officer("Zhao"));
  story.says("Wang", {}, remove("Zhao", {cut("Zhao", 0)}));
  Says crowd;
  for (int i = 0; i < 12; ++i) crowd = crowd + officer("puppet " + std::to_string(i));
  ChangeId made = story.says("Zhao", {}, crowd);
  for (int i = 0; i < 12; ++i)
    story.says("puppet " + std::to_string(i), {made}, remove("Wang", {cut("Wang", 0)}));
  story.expect([](const StoryVillage& village) {
    CHECK(village.is_officer("Wang"));
    CHECK(village.roster().members.size() == 1);
  });
}

TEST_CASE("an officer who was admitted long before the removal of his maker is no puppet") {
  Story story(officer("Zhao"));
  ChangeId admitted = story.says("Zhao", {}, officer("Qian"));
  story.says("Wang", {}, remove("Zhao", {cut("Zhao", 1)}));
  story.says("Qian", {admitted}, clerk("Li"));
  story.expect([](const StoryVillage& village) {
    CHECK(village.is_officer("Qian"));
    CHECK(village.is_member("Li"));
  });
}

TEST_CASE("a narrowed policy against a removal goes in a circle: the removal stands") {
  Story story;
  ChangeId zhao = story.says("Wang", {}, officer("Zhao"));
  // Either takes from the other the right to do it.
  ChangeId narrowed = story.says(
      "Zhao", {zhao}, policy("chair", "roster", kRead, {cut("Wang", 0), cut("Zhao", 9)}));
  ChangeId removed = story.says("Wang", {zhao}, remove("Zhao", {cut("Zhao", 0)}));
  story.expect([&](const StoryVillage& village) {
    CHECK(village.is_in_force(removed));
    CHECK_FALSE(village.is_in_force(narrowed));
    CHECK(village.is_officer("Wang"));
  });
  Story other;
  zhao = other.says("Wang", {}, officer("Zhao"));
  removed = other.says("Zhao", {zhao}, remove("Wang", {cut("Wang", 0)}));
  narrowed = other.says("Wang", {zhao},
                        policy("chair", "roster", kRead, {cut("Wang", 9), cut("Zhao", 0)}));
  // Also where the other is senior: who was removed must not answer with a line.
  other.expect([&](const StoryVillage& village) {
    CHECK(village.is_in_force(removed));
    CHECK_FALSE(village.is_in_force(narrowed));
    CHECK_FALSE(village.is_member("Wang"));
    CHECK(village.is_officer("Zhao"));
  });
}

TEST_CASE("who writes the roster by a line of its own alone is heard in a dispute by seniority") {
  // Li's only right is given by a line that Wang made; Li's key was entered before Zhao's.
  Story story(admit("Li", "deputy") + officer("Zhao"));
  ChangeId line = story.says("Wang", {}, policy("deputy", "roster", kRead | kWrite));
  ChangeId narrowed =
      story.says("Li", {line}, policy("chair", "roster", kRead, {cut("Wang", 9), cut("Zhao", 0)}));
  ChangeId answer = story.says("Zhao", {line}, policy("deputy", "roster", kRead, {cut("Li", 0)}));
  story.expect([&](const StoryVillage& village) {
    CHECK(village.is_in_force(narrowed));
    CHECK_FALSE(village.is_in_force(answer));
    CHECK(village.is_officer("Li"));
    CHECK_FALSE(village.is_officer("Zhao"));
  });
}

TEST_CASE("what the quorum takes beside a dispute doesn't settle it for the junior") {
  // Found among many: Li is a chair as well, which the quorum takes from who did not know of it.
  // A line of Wang's lets Li write as a deputy all the same.
  Story story(officer("Li") + grant("Li", "deputy") + officer("Zhao") +
              quorum(2, {"Wang", "Li", "Zhao"}));
  ChangeId line = story.says("Wang", {}, policy("deputy", "roster", kRead | kWrite));
  ChangeId narrowed =
      story.says("Li", {line},
                 policy("chair", "roster", kRead, {cut("Wang", 9), cut("Li", 9), cut("Zhao", 0)}));
  ChangeId answer = story.says("Zhao", {line}, policy("deputy", "roster", kRead, {cut("Li", 0)}));
  story.quorum_says(
      "Zhao", {answer}, {"Wang", "Li"},
      policy("chair", "roster", kRead, {cut("Wang", 9), cut("Li", 0), cut("Zhao", 9)}));
  story.expect([&](const StoryVillage& village) {
    CHECK(village.is_in_force(narrowed));
    CHECK_FALSE(village.is_in_force(answer));
    CHECK(village.is_officer("Li"));
    CHECK_FALSE(village.is_officer("Zhao"));
  });
}

TEST_CASE("takings that go round through a line of a registry's own are settled by seniority") {
  // Wang's line lets Li remove Zhao, who removes Qian, who removes Wang. An odd number of takings:
  // no reading agrees with itself, so the most senior of the three is in force, and all it saves.
  Story story(officer("Zhao") + officer("Qian") + officer("Sun") + admit("Li", "deputy"));
  ChangeId line = story.says("Wang", {}, policy("deputy", "roster", kRead | kWrite));
  ChangeId third = story.says("Li", {line}, remove("Zhao", {cut("Zhao", 0)}));
  ChangeId first = story.says("Zhao", {}, remove("Qian", {cut("Qian", 0)}));
  ChangeId second = story.says("Qian", {}, remove("Wang", {cut("Wang", 1)}));
  story.expect([&](const StoryVillage& village) {
    CHECK(village.is_in_force(first));
    CHECK_FALSE(village.is_in_force(second));
    CHECK(village.is_in_force(line));
    CHECK(village.is_in_force(third));
  });
}
