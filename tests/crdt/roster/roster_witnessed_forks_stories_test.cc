// SPDX-License-Identifier: Apache-2.0
//
// Stories of forked logs of which an office or a supervisor had seen one branch.
#include "tests/crdt/roster/roster_story.h"

using namespace cunju;
using namespace cunju::test;

namespace {

Says office(const std::string& name) { return admit(name, "office") + node(name); }

/// Wang's laptop is restored from a backup that knew `one`, and what it had said since is said no
/// more.
struct Restored {
  explicit Restored(const Says& others = office("Town")) {
    others_in = story.says("Wang", {}, others);
    one = story.says("Wang", {}, clerk("Li"));
    point = story.written("Wang");
    lost = story.says("Wang", {}, clerk("Sun"));
  }
  void restore() {
    story.goes_on_after("Wang", one);
    again = story.says("Wang", {}, clerk("Zhou"));
    story.log_is_forked("Wang", point);
  }
  Story story;
  ChangeId others_in, one, lost, again;
  std::uint64_t point = 0;  ///< The place of `lost`, and of `again`.
};

}  // namespace

TEST_CASE("what the office had seen of a lone officer's log stands after her backup forked it") {
  Restored told;
  told.story.node_states("Town", {told.lost}, "Wang", told.point, told.lost);
  told.restore();
  told.story.expect([&](const StoryVillage& village) {
    CHECK(village.covers("Wang") == std::vector{told.lost});
    CHECK(village.is_in_force(told.lost));
    CHECK_FALSE(village.is_in_force(told.again));
    CHECK(village.is_member("Sun"));
    CHECK_FALSE(village.is_member("Zhou"));
  });
}

TEST_CASE("without a statement neither branch of a lone officer stands") {
  Restored told;
  told.restore();
  told.story.expect([&](const StoryVillage& village) {
    CHECK(village.covers("Wang").empty());
    CHECK_FALSE(village.is_in_force(told.lost));
    CHECK_FALSE(village.is_in_force(told.again));
  });
}

TEST_CASE("a statement of a record change brings with it what its witness had seen of the roster") {
  Restored told;
  told.story.node_states("Town", {told.lost}, "Wang", told.point + 3);
  told.restore();
  told.story.expect([&](const StoryVillage& village) {
    // The change that it names, for those who have the log, and the roster change before it.
    REQUIRE(village.covers("Wang").size() == 2);
    CHECK(village.covers("Wang").back() == told.lost);
    CHECK(village.is_in_force(told.lost));
    CHECK_FALSE(village.is_in_force(told.again));
  });
}

TEST_CASE("a statement about what came before the fork says nothing about the branches") {
  Restored told;
  told.story.node_states("Town", {told.one}, "Wang", told.point - 1, told.one);
  told.restore();
  told.story.expect([&](const StoryVillage& village) {
    CHECK(village.covers("Wang").empty());
    CHECK_FALSE(village.is_in_force(told.lost));
  });
}

TEST_CASE("who is no witness covers no branch by what its node states") {
  SECTION("a clerk") {
    Restored told(clerk("Qian") + node("Qian"));
    told.story.node_states("Qian", {told.lost}, "Wang", told.point, told.lost);
    told.restore();
    told.story.expect(
        [&](const StoryVillage& village) { CHECK_FALSE(village.is_in_force(told.lost)); });
  }
  SECTION("an office that the log's owner is, too") {
    Restored told(grant("Wang", "office") + node("Wang"));
    told.story.node_states("Wang", {told.lost}, "Wang", told.point, told.lost);
    told.restore();
    told.story.expect(
        [&](const StoryVillage& village) { CHECK_FALSE(village.is_in_force(told.lost)); });
  }
  SECTION("an office that was not one yet where its statement pins") {
    Restored told(Says{});
    told.story.node_states("Town", {told.one}, "Wang", told.point, told.lost);
    const ChangeId late = told.story.says("Wang", {}, office("Town"));
    told.restore();
    told.story.expect([&](const StoryVillage& village) {
      CHECK_FALSE(village.is_in_force(told.lost));
      CHECK_FALSE(village.is_in_force(late));
    });
  }
  SECTION("an office that somebody let in on the branch itself") {
    Restored told(Says{});
    const ChangeId late = told.story.says("Wang", {}, office("Town"));
    told.story.node_states("Town", {late}, "Wang", told.point + 1, late);
    told.restore();
    told.story.expect([&](const StoryVillage& village) {
      CHECK_FALSE(village.is_in_force(told.lost));
      CHECK_FALSE(village.is_in_force(late));
    });
  }
}

TEST_CASE("a removed office's statements cover up to the cut of its node's log") {
  Restored told(officer("Zhao") + office("Town"));
  told.story.node_states("Town", {told.one}, "Wang", told.point, told.lost);
  std::uint64_t end = 0;
  SECTION("before it") { end = 1; }
  SECTION("beyond it") { end = 0; }
  told.story.says("Zhao", {told.others_in},
                  remove("Town", {cut("Town", 0), cut(node_of("Town"), end)}));
  told.restore();
  told.story.expect(
      [&](const StoryVillage& village) { CHECK(village.is_in_force(told.lost) == (end == 1)); });
}

TEST_CASE("of two witnesses who saw different branches the one that was entered first is heard") {
  Restored told(office("Town") + office("County"));
  told.story.node_states("Town", {told.lost}, "Wang", told.point, told.lost);
  told.restore();
  SECTION("the first of them had seen the lost branch") {
    told.story.node_states("County", {told.again}, "Wang", told.point, told.again);
    told.story.expect([&](const StoryVillage& village) {
      CHECK(village.covers("Wang") == std::vector{told.lost, told.again});
      CHECK(village.is_in_force(told.lost));
      CHECK_FALSE(village.is_in_force(told.again));
    });
  }
  SECTION("a witness that states both by turns is heard by what it said first") {
    told.story.node_states("Town", {told.again}, "Wang", told.point, told.again);
    told.story.expect([&](const StoryVillage& village) {
      CHECK(village.is_in_force(told.lost));
      CHECK_FALSE(village.is_in_force(told.again));
    });
  }
}

TEST_CASE("an officer who was entered before the office is heard before it") {
  Restored told(officer("Zhao") + office("Town"));
  told.story.node_states("Town", {told.lost}, "Wang", told.point, told.lost);
  told.restore();
  told.story.says("Zhao", {told.again}, clerk("Qian"));
  told.story.expect([&](const StoryVillage& village) {
    CHECK(village.covers("Wang") == std::vector{told.again, told.lost});
    CHECK(village.is_in_force(told.again));
    CHECK_FALSE(village.is_in_force(told.lost));
  });
}

TEST_CASE("a witness gets no rank from an entry of its node that is void") {
  Restored told(officer("Zhao"));
  // Zhao is removed beside what she enters; Wang enters Town, and later County again.
  const ChangeId void_entry = told.story.says("Zhao", {told.others_in}, office("County"));
  const ChangeId removal = told.story.says("Wang", {}, remove("Zhao", {cut("Zhao", 0)}));
  told.story.says("Wang", {removal}, office("Town"));
  const ChangeId entry = told.story.says("Wang", {}, office("County"));
  const ChangeId more = told.story.says("Wang", {}, clerk("Chen"));
  told.story.node_states("Town", {more}, "Wang", told.story.written("Wang") - 1, more);
  told.story.goes_on_after("Wang", entry);
  const ChangeId other = told.story.says("Wang", {}, clerk("Hu"));
  told.story.log_is_forked("Wang", told.story.written("Wang") - 1);
  told.story.node_states("County", {other}, "Wang", told.story.written("Wang") - 1, other);
  told.story.expect([&](const StoryVillage& village) {
    CHECK_FALSE(village.is_in_force(void_entry));
    CHECK(village.covers("Wang") == std::vector{more, other});
    CHECK(village.is_in_force(more));
    CHECK_FALSE(village.is_in_force(other));
  });
}

TEST_CASE("a node covers no branch of the log that has its own key") {
  // Wang enters the key of the office's node as one of hers as well.
  Restored told(office("Town") + key("Wang", node_of("Town")));
  const std::string both = node_of("Town");
  const ChangeId first = told.story.says(both, {told.one}, clerk("Qian"));
  const ChangeId left = told.story.says(both, {}, clerk("Chen"));
  told.story.node_states("Town", {left}, both, 1, left);
  told.story.goes_on_after(both, first);
  const ChangeId right = told.story.says(both, {}, clerk("Hu"));
  told.story.log_is_forked(both, 1);
  told.story.expect([&](const StoryVillage& village) {
    CHECK(village.covers(both).empty());
    CHECK_FALSE(village.is_in_force(left));
    CHECK_FALSE(village.is_in_force(right));
  });
}

TEST_CASE("a witness whose own log is forked covers nothing from there on") {
  Restored told;
  told.story.node_states("Town", {told.one}, "Wang", told.point - 1, told.one);
  told.story.node_states("Town", {told.lost}, "Wang", told.point, told.lost);
  told.restore();
  std::uint64_t point = 0;
  SECTION("before what it stated") { point = 1; }
  SECTION("behind it") { point = 2; }
  told.story.log_is_forked(node_of("Town"), point);
  told.story.expect(
      [&](const StoryVillage& village) { CHECK(village.is_in_force(told.lost) == (point == 2)); });
}

TEST_CASE("a witness goes on along the branch that an officer built on") {
  Restored told(officer("Zhao") + office("Town"));
  const ChangeId more = told.story.says("Wang", {}, clerk("Chen"));
  told.story.says("Zhao", {told.lost}, clerk("Qian"));
  told.story.node_states("Town", {more}, "Wang", told.point + 1, more);
  told.restore();
  told.story.expect([&](const StoryVillage& village) {
    CHECK(village.covers("Wang") == std::vector{told.lost, more});
    CHECK(village.is_in_force(more));
    CHECK_FALSE(village.is_in_force(told.again));
  });
}
