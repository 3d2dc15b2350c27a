// SPDX-License-Identifier: Apache-2.0
//
// What the statements of supervisors' and office nodes do to acts that take something.
#include "tests/crdt/roster/roster_story.h"

using namespace cunju;
using namespace cunju::test;

TEST_CASE("the nodes of supervisors and the office are witnesses, and nobody's device is") {
  Story story;
  const ChangeId all = story.says("Wang", {},
                                  clerk("Li") + node("Li") + admit("Town", "office") +
                                      node("Town") + admit("Sun", "supervisor") + node("Sun"));
  story.writes(node_of("Town"), 1);
  story.expect([&](const StoryVillage& village) {
    CHECK(village.may_write(node_of("Town"), "witness"));
    CHECK(village.may_write(node_of("Sun"), "witness"));
    CHECK_FALSE(village.may_write(node_of("Li"), "witness"));
    CHECK(village.minutes_of(node_of("Town"), {all}, "witness") == kForEver);
    CHECK(village.minutes_of(node_of("Li"), {all}, "witness") == 0);
    for (const char* laptop_name : {"Wang", "Li", "Town", "Sun"}) {
      CHECK_FALSE(village.may_write(laptop_name, "witness"));
      CHECK(village.minutes_of(laptop_name, {all}, "witness") == 0);
    }
    // A node writes that and nothing else.
    for (const char* registry : {"minutes", "roster", "definition"})
      CHECK_FALSE(village.may_write(node_of("Town"), registry));
    CHECK(village.minutes_of(node_of("Town"), {all}) == 0);
  });
}

TEST_CASE("a clerk whose line * lets it write everything is no witness by that") {
  Story story;
  story.says("Wang", {}, clerk("Li") + node("Li"));
  story.says("Wang", {}, policy("supervisor", "*", kRead | kWrite));
  story.says("Wang", {}, admit("Sun", "supervisor") + node("Sun"));
  const ChangeId given =
      story.says("Wang", {}, policy("clerk", "witness", kWrite, {cut("Wang", 9), cut("Li", 0)}));
  const ChangeId taken =
      story.says("Wang", {}, policy("supervisor", "witness", kRead, {cut("Sun", 0)}));
  story.expect([&](const StoryVillage& village) {
    // The line "witness" alone decides, whatever other lines say.
    CHECK(village.may_write(node_of("Li"), "witness"));
    CHECK_FALSE(village.may_write(node_of("Sun"), "witness"));
    CHECK(village.minutes_of(node_of("Li"), {story.founding()}, "witness") == 0);
    CHECK(village.minutes_of(node_of("Li"), {given}, "witness") == kForEver);
    CHECK(village.minutes_of(node_of("Sun"), {taken}, "witness") == 0);
  });
}

TEST_CASE("a removed office's statements stand up to the cut") {
  Story story;
  const ChangeId known = story.says("Wang", {}, admit("Town", "office") + node("Town"));
  story.writes(node_of("Town"), 7);
  SECTION("that the removal names") {
    story.says("Wang", {}, remove("Town", {cut("Town", 0), cut(node_of("Town"), 5)}));
  }
  SECTION("that the end of its role names") {
    story.says("Wang", {}, end_role("Town", "office", {cut("Town", 0), cut(node_of("Town"), 5)}));
  }
  SECTION("where a node without a cut is cut at the statement that the taker had read") {
    story.says_having_read({{node_of("Town"), 5}}, "Wang", {}, remove("Town", {cut("Town", 0)}));
  }
  SECTION("when only the node is retired, at the statement that the taker had read") {
    story.says_having_read({{node_of("Town"), 5}}, "Wang", {}, retire_node("Town"));
  }
  SECTION("and an ancestor's reading counts as the taker's") {
    story.says_having_read({{node_of("Town"), 5}}, "Wang", {}, clerk("Li"));
    story.says("Wang", {}, remove("Town", {cut("Town", 0)}));
  }
  story.expect([&](const StoryVillage& village) {
    CHECK(village.minutes_of(node_of("Town"), {known}, "witness") == 5);
    CHECK_FALSE(village.may_write(node_of("Town"), "witness"));
  });
}

TEST_CASE("a removal that names no node's log takes effect all the same") {
  Story story;
  const ChangeId known = story.says("Wang", {}, admit("Town", "office") + node("Town"));
  story.writes(node_of("Town"), 3);
  const ChangeId removal = story.says("Wang", {}, remove("Town", {cut("Town", 0)}));
  story.expect([&](const StoryVillage& village) {
    CHECK_FALSE(village.is_member("Town"));
    CHECK(village.is_in_force(removal));
    CHECK(village.minutes_of(node_of("Town"), {known}, "witness") == 0);
  });
}

TEST_CASE("a cut below what the office acknowledged needs the recovery quorum") {
  Story story(quorum(2, {"Wang", "Zhao", "Town"}));
  story.says("Wang", {}, officer("Zhao") + clerk("Li") + admit("Town", "office") + node("Town"));
  const ChangeId known = story.says("Wang", {}, clerk("Qian"));
  story.writes("Li", 9);
  SECTION("to count when an officer alone says it") {
    const auto act = GENERATE(0, 1, 2, 3);
    story.says_having_read(
        {{"Li", 6}}, "Wang", {},
        act == 0   ? remove("Li", {story.cut_here("Li", 5)})
        : act == 1 ? end_role("Li", "clerk", {story.cut_here("Li", 5)})
        : act == 2 ? Says{RetireDevice{story.cut_here("Li", 5)}}
                   : policy("clerk", "minutes", kRead,
                            {story.cut_here("Li", 5), cut("Qian", 0), cut("Wang", 99)}));
    story.expect([&](const StoryVillage& village) {
      CHECK(village.is_member("Li"));
      CHECK(village.minutes_of("Li", {known}) == kForEver);
      CHECK(village.may_write("Li", "minutes"));
    });
  }
  SECTION("even if the officer read the statement in an earlier act") {
    story.says_having_read({{"Li", 6}}, "Wang", {}, clerk("Sun"));
    story.says("Wang", {}, remove("Li", {story.cut_here("Li", 5)}));
    story.expect([&](const StoryVillage& village) { CHECK(village.is_member("Li")); });
  }
  SECTION("even if it is another who had read it") {
    const ChangeId read = story.says_having_read({{"Li", 6}}, "Zhao", {known}, clerk("Sun"));
    story.says("Wang", {read}, remove("Li", {story.cut_here("Li", 5)}));
    story.expect([&](const StoryVillage& village) { CHECK(village.is_member("Li")); });
  }
  SECTION("and at what was acknowledged an officer is enough") {
    story.says_having_read({{"Li", 6}}, "Wang", {}, remove("Li", {story.cut_here("Li", 6)}));
    story.expect([&](const StoryVillage& village) {
      CHECK_FALSE(village.is_member("Li"));
      CHECK(village.minutes_of("Li", {known}) == 6);
    });
  }
  SECTION("and who had not read it could not know") {
    story.says_having_read({{"Li", 6}}, "Zhao", {known}, clerk("Sun"));
    story.says("Wang", {known}, remove("Li", {story.cut_here("Li", 5)}));
    story.expect([&](const StoryVillage& village) {
      CHECK_FALSE(village.is_member("Li"));
      CHECK(village.minutes_of("Li", {known}) == 5);
    });
  }
  SECTION("which may cut below it") {
    const ChangeId read = story.says_having_read({{"Li", 6}}, "Zhao", {known}, clerk("Sun"));
    story.quorum_says("Wang", {read}, {"Zhao"}, remove("Li", {story.cut_here("Li", 5)}));
    story.expect([&](const StoryVillage& village) {
      CHECK_FALSE(village.is_member("Li"));
      CHECK(village.minutes_of("Li", {known}) == 5);
    });
  }
  SECTION("for what the office itself has stated as well") {
    story.writes(node_of("Town"), 4);
    story.says_having_read(
        {{node_of("Town"), 4}}, "Wang", {},
        end_role("Town", "office", {cut("Town", 0), story.cut_here(node_of("Town"), 3)}));
    story.expect([&](const StoryVillage& village) {
      CHECK(village.has_role("Town", "office"));
      CHECK(village.minutes_of(node_of("Town"), {known}, "witness") == kForEver);
    });
  }
}
