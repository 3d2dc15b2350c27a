// SPDX-License-Identifier: Apache-2.0
//
// Stories of old keys: who was removed, robbed or forgotten answers years later from old heads.
// What the recovery quorum has sealed by then stays.
#include "tests/crdt/roster/roster_story.h"

using namespace cunju;
using namespace cunju::test;

namespace {

const std::vector<std::string> kThree{"Wang", "supervisor", "office"};
const Says kSeal{Seal{}};

/// Wang and Zhao are officers, with a quorum from the founding on.
Story with_quorum(const Says& more = {}) {
  return Story(officer("Zhao") + admit("supervisor", "supervisor") + admit("office", "office") +
               quorum(2, kThree) + more);
}

/// Wang removes Zhao and goes on with Sun. The answer is Zhao's, from the founding heads.
struct Removed {
  Removed() : story(with_quorum()) {
    removed = story.says("Wang", {}, remove("Zhao", {cut("Zhao", 0)}));
    ChangeId built = story.says("Wang", {removed}, officer("Sun"));
    work = story.says("Sun", {built}, clerk("Li"));
  }
  ChangeId answer() {
    return story.says("Zhao", {story.founding()},
                      remove("Wang", {cut("Wang", 0)}) + remove("Sun", {cut("Sun", 0)}));
  }
  Story story;
  ChangeId removed, work;
};

}  // namespace

TEST_CASE("who was removed voids nothing years later that the quorum has sealed") {
  Removed told;
  ChangeId seal = told.story.quorum_says("office", {told.work}, {"supervisor"}, kSeal);
  ChangeId answer = told.answer();
  ChangeId later = told.story.says("Sun", {seal}, clerk("Feng"));
  told.story.expect([&](const StoryVillage& village) {
    for (const ChangeId& act : {told.removed, told.work, later}) CHECK(village.is_in_force(act));
    CHECK_FALSE(village.is_in_force(answer));
    CHECK(village.is_officer("Wang"));
    CHECK(village.is_officer("Sun"));
    CHECK_FALSE(village.is_member("Zhao"));
  });
}

TEST_CASE("what is not sealed by the quorum, before it hears of it, can be voided from old heads") {
  Removed told;
  SECTION("an act of the quorum does not say so") {
    told.story.quorum_says("office", {told.work}, {"supervisor"}, clerk("Feng"));
    told.answer();
  }
  SECTION("an officer says so alone") {
    told.story.says("Sun", {told.work}, kSeal + clerk("Feng"));
    told.answer();
  }
  SECTION("the quorum knew of the answer") {
    ChangeId answer = told.answer();
    told.story.quorum_says("office", {told.work, answer}, {"supervisor"}, kSeal);
  }
  told.story.expect([&](const StoryVillage& village) {
    CHECK_FALSE(village.is_in_force(told.work));
    CHECK_FALSE(village.is_member("Wang"));
    CHECK_FALSE(village.is_member("Zhao"));
  });
}

TEST_CASE("the thief of a laptop that was retired takes nothing of what is sealed") {
  Story story = with_quorum(key("Zhao", "Zhao's lost laptop"));
  ChangeId retired = story.says("Wang", {}, retire("Zhao's lost laptop", 0));
  ChangeId built = story.says("Zhao", {retired}, officer("Sun"));
  story.quorum_says("office", {built}, {"supervisor"}, kSeal);
  story.says("Zhao's lost laptop", {story.founding()}, remove("Wang", {cut("Wang", 0)}));
  story.expect([&](const StoryVillage& village) {
    for (const char* officer : {"Wang", "Zhao", "Sun"}) CHECK(village.is_officer(officer));
    CHECK_FALSE(village.is_officer("Zhao's lost laptop"));
  });
}

TEST_CASE("a puppet that is entered early is not heard before a remover who came later") {
  Story story = with_quorum(key("Zhao", "Zhao's old laptop"));
  for (int i = 0; i < 3; ++i) story.says("Wang", {}, clerk("c"));
  ChangeId sun = story.says("Wang", {}, officer("Sun"));
  ChangeId removed =
      story.says("Sun", {sun}, remove("Zhao", {cut("Zhao", 0), cut("Zhao's old laptop", 0)}));
  ChangeId work = story.says("Wang", {removed}, clerk("Li"));
  story.quorum_says("office", {work}, {"supervisor"}, kSeal);
  ChangeId made = story.says("Zhao's old laptop", {story.founding()}, officer("puppet"));
  ChangeId coup =
      story.says("puppet", {made}, remove("Wang", {cut("Wang", 0)}) + remove("Sun", {}));
  story.expect([&](const StoryVillage& village) {
    CHECK(village.is_in_force(work));
    CHECK_FALSE(village.is_in_force(coup));
    CHECK_FALSE(village.is_member("puppet"));
    CHECK(village.is_officer("Sun"));
  });
}

TEST_CASE("an officer whom nobody removed takes from old heads only what is not sealed") {
  Story story = with_quorum();
  ChangeId entered = story.says("Wang", {}, officer("Sun"));
  ChangeId seal = story.quorum_says("office", {entered}, {"supervisor"}, kSeal);
  ChangeId fresh = story.says("Wang", {seal}, clerk("Feng"));
  ChangeId taken = story.says("Zhao", {story.founding()}, remove("Wang", {cut("Wang", 0)}));
  story.expect([&](const StoryVillage& village) {
    CHECK(village.is_in_force(taken));
    CHECK_FALSE(village.is_member("Wang"));
    CHECK(village.is_in_force(entered));
    CHECK(village.is_officer("Sun"));
    CHECK_FALSE(village.is_in_force(fresh));
  });
}

TEST_CASE("nothing is final against the quorum, and a seal that does not stand seals nothing") {
  Story story = with_quorum();
  ChangeId built = story.says("Wang", {}, officer("Sun"));
  SECTION("the quorum takes from beside what it has sealed") {
    ChangeId seal = story.quorum_says("office", {built}, {"supervisor"}, kSeal);
    story.quorum_says("supervisor", {story.founding()}, {"Wang"}, remove("Wang", {cut("Wang", 0)}));
    story.expect([&](const StoryVillage& village) {
      CHECK(village.is_in_force(seal));
      CHECK_FALSE(village.is_in_force(built));
      CHECK_FALSE(village.is_member("Sun"));
    });
  }
  SECTION("a former quorum seals beside its replacement") {
    ChangeId named = story.quorum_says("supervisor", {}, {"office"},
                                       quorum(2, {"Zhao", "supervisor", "county"}));
    ChangeId seal = story.quorum_says("office", {built}, {"Wang"}, kSeal);
    ChangeId taken = story.says("Zhao", {named}, remove("Wang", {cut("Wang", 0)}));
    story.expect([&](const StoryVillage& village) {
      CHECK_FALSE(village.is_in_force(seal));
      CHECK(village.is_in_force(taken));
      CHECK_FALSE(village.is_member("Sun"));
    });
  }
}

TEST_CASE("who removed each other stay removed, whatever a forgotten key says of one of them") {
  Story story = with_quorum(officer("Chen"));
  ChangeId a = story.says("Wang", {}, remove("Zhao", {cut("Zhao", 0)}));
  ChangeId b = story.says("Zhao", {}, remove("Wang", {cut("Wang", 0)}));
  story.quorum_says("office", {a, b}, {"supervisor"}, kSeal);
  story.says("Chen", {story.founding()}, remove("Wang", {cut("Wang", 0)}));
  story.expect([&](const StoryVillage& village) {
    CHECK_FALSE(village.is_member("Wang"));
    CHECK_FALSE(village.is_member("Zhao"));
  });
}

TEST_CASE("nobody forks a log below what is sealed of it") {
  const Says recovery = quorum(2, {"office", "supervisor", "county"});
  SECTION("the thief of the founder's retired laptop, who entered everybody") {
    Story story(recovery + key("Wang", "Wang's new laptop"));
    ChangeId entered =
        story.says("Wang", {},
                   officer("Zhao") + admit("office", "office") + admit("supervisor", "supervisor"));
    ChangeId work = story.says("Zhao", {entered}, officer("Sun"));
    ChangeId retired = story.says("Wang's new laptop", {work}, retire("Wang", 2));
    ChangeId seal = story.quorum_says("office", {retired}, {"supervisor"}, kSeal);
    story.goes_on_after("Wang", story.founding());
    story.says("Wang", {story.founding()}, clerk("puppet"));
    story.expect([&](const StoryVillage& village) {
      for (const ChangeId& act : {entered, work, retired, seal}) CHECK(village.is_in_force(act));
      CHECK(village.is_officer("Sun"));
      CHECK_FALSE(village.is_officer("Wang"));
      CHECK_FALSE(village.is_member("puppet"));
    });
  }
  SECTION("a removed officer who entered the remover, with a forgotten senior key to cover it") {
    Story story(officer("Zhao") + recovery);
    ChangeId entered = story.says(
        "Zhao", {}, officer("Sun") + admit("office", "office") + admit("supervisor", "supervisor"));
    ChangeId removed = story.says("Sun", {entered}, remove("Zhao", {cut("Zhao", 1)}));
    story.quorum_says("office", {removed}, {"supervisor"}, kSeal);
    story.goes_on_after("Zhao", std::nullopt);
    ChangeId other = story.says("Zhao", {story.founding()}, clerk("puppet"));
    story.says("Wang", {other}, clerk("Feng"));
    story.expect([&](const StoryVillage& village) {
      CHECK(village.is_in_force(entered));
      CHECK(village.is_in_force(removed));
      CHECK(village.is_officer("Sun"));
      CHECK_FALSE(village.is_officer("Zhao"));
    });
  }
  SECTION("the carrier of the seal") {
    Story story(officer("Zhao") + admit("office", "office") + admit("supervisor", "supervisor") +
                quorum(2, {"office", "supervisor", "Zhao"}));
    ChangeId entered = story.says("Zhao", {}, officer("Sun"));
    ChangeId seal = story.quorum_says("Zhao", {entered}, {"supervisor"}, kSeal);
    story.goes_on_after("Zhao", std::nullopt);
    story.says("Zhao", {story.founding()}, clerk("puppet"));
    story.expect([&](const StoryVillage& village) {
      CHECK(village.is_in_force(seal));
      CHECK(village.is_in_force(entered));
      CHECK(village.is_officer("Sun"));
    });
  }
}
