// SPDX-License-Identifier: Apache-2.0
//
// Stories of acts that cut a forked log, of which witnesses had acknowledged one branch or two.
#include "tests/crdt/roster/roster_story.h"

using namespace cunju;
using namespace cunju::test;

namespace {

Says office(const std::string& name) { return admit(name, "office") + node(name); }

/// Li's laptop wrote six records, was restored from a copy that had none, and wrote eight.
struct Restored {
  explicit Restored(const Says& others = office("Town") + office("County"),
                    const Says& founding = quorum(2, {"Wang", "Zhao", "Town"}))
      : story(founding) {
    known = story.says("Wang", {}, officer("Zhao") + clerk("Li") + others);
    acknowledged = story.writes("Li", 6);
    more = story.writes("Li", 4);
    story.goes_on_after("Li", std::nullopt);
    other = story.writes("Li", 8);
    story.log_is_forked("Li", 0);
  }
  Cut at_acknowledged() const { return cut_after("Li", 6, acknowledged); }
  Cut beyond() const { return cut_after("Li", 10, more); }
  Cut on_other() const { return cut_after("Li", 8, other); }

  Story story;
  ChangeId known, acknowledged, more, other;
};

}  // namespace

TEST_CASE("an officer who knows what the office acknowledged can't name the other branch") {
  Restored told;
  told.story.having_read("Town", "Li", told.acknowledged);
  SECTION("whatever the act, and however long that branch is") {
    const auto act = GENERATE(0, 1, 2, 3);
    told.story.says("Wang", {},
                    act == 0   ? remove("Li", {told.on_other()})
                    : act == 1 ? end_role("Li", "clerk", {told.on_other()})
                    : act == 2
                        ? Says{RetireDevice{told.on_other()}}
                        : policy("clerk", "minutes", kRead, {told.on_other(), cut("Wang", 9)}));
  }
  SECTION("nor with a policy that takes nothing and has a cut all the same") {
    told.story.says("Wang", {}, policy("clerk", "minutes", kRead | kWrite, {told.on_other()}));
  }
  SECTION("nor by what an earlier act of hers had read") {
    told.story.says("Wang", {}, clerk("Sun"));
    told.story.says("Wang", {}, remove("Li", {told.on_other()}));
  }
  SECTION("nor by what another had read") {
    const ChangeId read = told.story.says("Zhao", {told.known}, clerk("Sun"));
    told.story.says("Wang", {read}, remove("Li", {told.on_other()}));
  }
  SECTION("nor with a second cut that names the right one") {
    told.story.says("Wang", {}, remove("Li", {told.on_other(), told.at_acknowledged()}));
  }
  SECTION("nor at a change that nobody has, or of another log, or under a number that it has not") {
    const auto last = GENERATE(0, 1, 2);
    told.story.says("Wang", {},
                    remove("Li", {last == 0   ? cut("Li", 8)
                                  : last == 1 ? cut_after("Li", 8, told.known)
                                              : cut_after("Li", 8, told.more)}));
  }
  told.story.expect([&](const StoryVillage& village) {
    CHECK(village.is_member("Li"));
    CHECK(village.has_role("Li", "clerk"));
    CHECK(village.may_write("Li", "minutes"));
    CHECK(village.covers("Li").empty());
  });
}

TEST_CASE("an officer may name the branch that the office acknowledged, there and beyond") {
  Restored told;
  told.story.having_read("Town", "Li", told.acknowledged);
  const bool is_beyond = GENERATE(false, true);
  const Cut cut = is_beyond ? told.beyond() : told.at_acknowledged();
  told.story.says("Wang", {}, remove("Li", {cut}));
  told.story.expect([&](const StoryVillage& village) {
    CHECK_FALSE(village.is_member("Li"));
    CHECK(village.covers("Li") == std::vector{cut.last});
    CHECK(village.minutes_of("Li", {told.known}) == cut.end);
  });
}

TEST_CASE("who had not read what the office acknowledged may name either branch") {
  Restored told;
  told.story.having_read("Town", "Li", told.acknowledged);
  told.story.says("Zhao", {told.known}, clerk("Sun"));
  told.story.says("Wang", {told.known}, remove("Li", {told.on_other()}));
  told.story.expect([&](const StoryVillage& village) {
    CHECK_FALSE(village.is_member("Li"));
    CHECK(village.covers("Li") == std::vector{told.other});
  });
}

TEST_CASE("the recovery quorum may name the branch that nobody acknowledged") {
  Restored told;
  told.story.having_read("Town", "Li", told.acknowledged);
  const ChangeId read = told.story.says("Zhao", {told.known}, clerk("Sun"));
  told.story.quorum_says("Wang", {read}, {"Zhao"}, remove("Li", {told.on_other()}));
  told.story.expect([&](const StoryVillage& village) {
    CHECK_FALSE(village.is_member("Li"));
    CHECK(village.covers("Li") == std::vector{told.other});
    CHECK(village.minutes_of("Li", {told.known}) == 8);
  });
}

TEST_CASE(
    "of two branches that were acknowledged the one is to be kept that the senior office had") {
  Restored told;
  const auto town_first = GENERATE(false, true);
  // In whatever order they were read.
  told.story.having_read(town_first ? "Town" : "County", "Li",
                         town_first ? told.acknowledged : told.other);
  told.story.says("Wang", {}, clerk("Sun"));
  told.story.having_read(town_first ? "County" : "Town", "Li",
                         town_first ? told.other : told.acknowledged);
  bool is_removed = false;
  SECTION("which an officer may name") {
    told.story.says("Wang", {}, remove("Li", {told.beyond()}));
    is_removed = true;
  }
  SECTION("but not the other") { told.story.says("Wang", {}, remove("Li", {told.on_other()})); }
  told.story.expect(
      [&](const StoryVillage& village) { CHECK(village.is_member("Li") != is_removed); });
}

TEST_CASE("a node that the log's owner entered early is heard after the office's") {
  // Zhao's other laptop never wrote before, so it may begin at the founding.
  Story story(officer("Zhao") + key("Zhao", "Zhao's other laptop"));
  story.says("Wang", {}, clerk("Li"));
  const ChangeId town = story.says("Wang", {}, office("Town"));
  const ChangeId puppet = story.says("Zhao's other laptop", {story.founding()}, office("puppet"));
  const ChangeId acknowledged = story.writes("Zhao", 6);
  story.goes_on_after("Zhao", std::nullopt);
  const ChangeId other = story.writes("Zhao", 8);
  story.log_is_forked("Zhao", 0);
  const auto town_first = GENERATE(false, true);
  story.having_read(town_first ? "Town" : "puppet", "Zhao", town_first ? acknowledged : other);
  story.says("Wang", {town, puppet}, clerk("Sun"));
  story.having_read(town_first ? "puppet" : "Town", "Zhao", town_first ? other : acknowledged);
  const Cut other_laptop = cut("Zhao's other laptop", 1);
  bool is_removed = false;
  SECTION("an officer may name the branch that the office had") {
    story.says("Wang", {}, remove("Zhao", {cut_after("Zhao", 6, acknowledged), other_laptop}));
    is_removed = true;
  }
  SECTION("and not the other") {
    story.says("Wang", {}, remove("Zhao", {cut_after("Zhao", 8, other), other_laptop}));
  }
  story.expect(
      [&](const StoryVillage& village) { CHECK(village.is_member("Zhao") != is_removed); });
}

TEST_CASE("what the office acknowledged later on one branch has to be kept as well") {
  Restored told;
  told.story.having_read("County", "Li", told.more);
  told.story.says("Wang", {}, clerk("Sun"));
  told.story.having_read("Town", "Li", told.acknowledged);
  bool is_removed = false;
  SECTION("by a cut there") {
    told.story.says("Wang", {}, remove("Li", {told.beyond()}));
    is_removed = true;
  }
  SECTION("and not only up to what the senior one had") {
    told.story.says("Wang", {}, remove("Li", {told.at_acknowledged()}));
  }
  told.story.expect(
      [&](const StoryVillage& village) { CHECK(village.is_member("Li") != is_removed); });
}

TEST_CASE("a member's own witness does not choose which of its branches others have to keep") {
  // Li supervises as well, with a node that was entered before that of the office.
  Restored told(node("Li") + grant("Li", "supervisor") + office("Town"));
  told.story.having_read("Li", "Li", told.other);
  told.story.says("Wang", {}, clerk("Sun"));
  told.story.having_read("Town", "Li", told.acknowledged);
  bool is_removed = false;
  SECTION("the office's branch may be named") {
    told.story.says("Wang", {}, remove("Li", {told.at_acknowledged()}));
    is_removed = true;
  }
  SECTION("and not the other") { told.story.says("Wang", {}, remove("Li", {told.on_other()})); }
  told.story.expect(
      [&](const StoryVillage& village) { CHECK(village.is_member("Li") != is_removed); });
}

TEST_CASE("no office gets a rank over branches from an entry of its node that is void") {
  // Zhao is removed beside what she enters; Wang enters Town, and later County again.
  Restored told((Says{}));
  const ChangeId void_entry = told.story.says("Zhao", {told.known}, office("County"));
  const ChangeId removal = told.story.says("Wang", {}, remove("Zhao", {cut("Zhao", 0)}));
  told.story.says("Wang", {removal, void_entry}, office("Town"));
  told.story.says("Wang", {}, office("County"));
  told.story.having_read("County", "Li", told.other);
  told.story.says("Wang", {}, clerk("Sun"));
  told.story.having_read("Town", "Li", told.acknowledged);
  told.story.says("Wang", {}, remove("Li", {told.at_acknowledged()}));
  told.story.expect([&](const StoryVillage& village) {
    CHECK_FALSE(village.is_in_force(void_entry));
    CHECK_FALSE(village.is_member("Li"));
  });
}

TEST_CASE("an office that acknowledged both branches by turns had acknowledged the first") {
  Restored told;
  told.story.having_read("Town", "Li", told.acknowledged);
  told.story.says("Wang", {}, clerk("Sun"));
  told.story.having_read("Town", "Li", told.other, 1);
  told.story.says("Wang", {}, remove("Li", {told.on_other()}));
  told.story.expect([&](const StoryVillage& village) { CHECK(village.is_member("Li")); });
}

TEST_CASE(
    "a key is replaced on the acknowledged branch by an officer, and on the other by the quorum") {
  // Wang's laptop is restored, and says something else than what the office had acknowledged.
  Story story(quorum(2, {"Wang", "Zhao", "Town"}));
  const ChangeId known = story.says("Wang", {}, officer("Zhao") + office("Town"));
  const std::uint64_t point = story.written("Wang");
  const ChangeId lost = story.says("Wang", {}, clerk("Sun"));
  story.goes_on_after("Wang", known);
  const ChangeId again = story.says("Wang", {}, clerk("Zhou"));
  story.log_is_forked("Wang", point);
  story.having_read("Town", "Wang", lost);
  const auto retire_on = [&](const ChangeId& branch) {
    return Says{RetireDevice{cut_after("Wang", point + 1, branch)}} + key("Wang", "Wang's new");
  };
  SECTION("an officer on the acknowledged one") {
    const ChangeId act = story.says("Zhao", {known}, retire_on(lost));
    story.expect([&](const StoryVillage& village) {
      CHECK(village.is_in_force(act));
      CHECK(village.is_in_force(lost));
      CHECK_FALSE(village.is_in_force(again));
      CHECK_FALSE(village.is_officer("Wang"));
      CHECK(village.is_officer("Wang's new"));
    });
  }
  SECTION("an officer on the other does not") {
    story.says("Zhao", {known}, retire_on(again));
    story.expect([&](const StoryVillage& village) {
      CHECK(village.covers("Wang").empty());
      CHECK_FALSE(village.is_in_force(again));
      CHECK(village.is_officer("Wang"));
    });
  }
  SECTION("the quorum does") {
    const ChangeId read = story.says("Zhao", {known}, clerk("Hu"));
    story.quorum_says("Zhao", {read}, {"Town"}, retire_on(again));
    story.expect([&](const StoryVillage& village) {
      CHECK(village.is_in_force(again));
      CHECK_FALSE(village.is_in_force(lost));
      CHECK_FALSE(village.is_officer("Wang"));
    });
  }
}
