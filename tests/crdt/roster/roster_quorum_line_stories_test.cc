// SPDX-License-Identifier: Apache-2.0
//
// Stories of a recovery quorum that somebody wants to replace: a thief of the founder's key, and
// people who were of the quorum once.
#include <algorithm>

#include "crdt/base/limits.h"
#include "tests/crdt/roster/roster_story.h"

using namespace cunju;
using namespace cunju::test;

namespace {

const std::vector<std::string> kThree{"Wang", "supervisor", "office"};

Says is_quorum(const StoryVillage& village) { return {village.roster().quorum}; }

/// The founder named the quorum in a change after the founding, and a thief with the founder's key
/// goes on below it and names another, as deep as he likes.
struct Usurped {
  explicit Usurped(bool is_built_on) : story(officer("Zhao")) {
    admitted =
        story.says("Wang", {}, admit("supervisor", "supervisor") + admit("office", "office"));
    named = story.says("Wang", {}, quorum(2, kThree));
    if (is_built_on) built = story.says("Zhao", {named}, clerk("Li"));
    real_act = story.quorum_says("office", {named}, {"supervisor"}, clerk("Sun"));
    story.goes_on_after("Wang", story.founding());
    for (int i = 0; i < 5; ++i) story.says("Wang", {}, clerk("puppet"));
    usurping = story.says("Wang", {}, quorum(1, {"thief"}));
    theft = story.quorum_says("thief", {usurping}, {}, remove("Zhao", {cut("Zhao", 0)}));
  }
  Story story;
  ChangeId admitted, named, built, real_act, usurping, theft;
};

}  // namespace

TEST_CASE("a thief of the founder's key forks below the quorum's naming and names a deeper one") {
  Usurped told(true);
  told.story.expect([&](const StoryVillage& village) {
    CHECK(is_quorum(village) == quorum(2, kThree));
    CHECK(village.is_in_force(told.real_act));
    CHECK_FALSE(village.is_in_force(told.theft));
    CHECK(village.is_officer("Zhao"));
    CHECK(village.is_member("Sun"));
  });
  // And the real one restores order, whatever the thief has said.
  ChangeId restored =
      told.story.quorum_says("office", {told.built, told.real_act, told.theft}, {"supervisor"},
                             retire("Wang", 1) + key("Wang", "Wang's new laptop"), {told.usurping});
  told.story.expect([&](const StoryVillage& village) {
    CHECK(village.is_in_force(restored));
    CHECK(village.is_officer("Wang's new laptop"));
    CHECK_FALSE(village.is_officer("Wang"));
  });
}

TEST_CASE("where nobody built on either branch no quorum speaks, and no thief's") {
  Usurped told(false);
  told.story.expect([&](const StoryVillage& village) {
    CHECK(village.roster().quorum.threshold == 0);
    CHECK(village.roster().undecided_quorums == 2);
    CHECK_FALSE(village.is_in_force(told.real_act));
    CHECK_FALSE(village.is_in_force(told.theft));
    CHECK(village.is_officer("Zhao"));
  });
  // Nor does the founder's key name a third.
  told.story.goes_on_after("Wang", told.story.founding());
  told.story.says("Wang", {told.named, told.usurping}, quorum(1, {"thief"}));
  told.story.expect([](const StoryVillage& village) {
    CHECK(village.roster().quorum.threshold == 0);
    CHECK(village.roster().undecided_quorums == 2);
  });
}

TEST_CASE("a quorum stands although the founder's log is forked, as long as there is no other") {
  Story story(officer("Zhao"));
  ChangeId named = story.says("Wang", {}, quorum(1, {"office"}));
  ChangeId act = story.quorum_says("office", {named}, {}, clerk("Sun"));
  story.goes_on_after("Wang", story.founding());
  story.says("Wang", {}, clerk("puppet"));
  story.expect([&](const StoryVillage& village) {
    CHECK(village.covers("Wang").empty());
    CHECK(is_quorum(village) == quorum(1, {"office"}));
    CHECK(village.is_in_force(act));
  });
}

TEST_CASE("the founder's key can't replace a quorum that the founding change names") {
  Story story(officer("Zhao") + quorum(1, {"office"}));
  story.goes_on_after("Wang", story.founding());
  for (int i = 0; i < 3; ++i) story.says("Wang", {}, clerk("puppet"));
  ChangeId usurping = story.says("Wang", {}, quorum(1, {"thief"}));
  ChangeId theft = story.quorum_says("thief", {usurping}, {}, officer("thief"));
  story.expect([&](const StoryVillage& village) {
    CHECK(is_quorum(village) == quorum(1, {"office"}));
    CHECK(village.is_dead(theft));
  });
}

namespace {

/// Wang and the supervisor were of the quorum; the office and Wang named its successor. Whoever has
/// the former keys names another from before that, and acts.
struct Former {
  Former() : story(officer("Zhao") + officer("Zhou") + officer("Sun") + quorum(2, kThree)) {
    before = story.quorum_says("office", {}, {"Wang"}, clerk("Li"));
    named = story.quorum_says("office", {before}, {"Wang"}, quorum(1, {"county"}));
  }
  void return_of_the_former(const std::vector<std::string>& signers) {
    for (int i = 0; i < 4; ++i) rival = story.quorum_says("shadow", {before}, signers, clerk("p"));
    beside = rival;
    rival = story.quorum_says("shadow", {before}, signers, quorum(1, {"thief"}));
    theft = story.quorum_says("thief", {rival}, {}, remove("Zhao", {cut("Zhao", 0)}));
  }
  Story story;
  ChangeId before, named, beside, rival, theft;
};

}  // namespace

TEST_CASE("a former quorum's acts beside its replacement are void, and those before it stand") {
  Former told;
  ChangeId late = told.story.quorum_says("shadow", {told.before}, {"supervisor", "Wang"},
                                         remove("Zhao", {cut("Zhao", 0)}));
  ChangeId fresh = told.story.quorum_says("county", {told.named}, {}, clerk("Qian"));
  told.story.expect([&](const StoryVillage& village) {
    CHECK(village.is_in_force(told.before));
    CHECK(village.is_in_force(told.named));
    CHECK(village.is_in_force(fresh));
    CHECK_FALSE(village.is_in_force(late));
    CHECK_FALSE(village.is_dead(late));
    CHECK(village.is_officer("Zhao"));
    CHECK(is_quorum(village) == quorum(1, {"county"}));
  });
}

TEST_CASE("what a former quorum voids beside its replacement stands, and nobody pins its act") {
  Former told;
  const ChangeId deed = told.story.says("Zhao", {told.before}, clerk("Feng"));
  const ChangeId late =
      told.story.quorum_says("shadow", {deed}, {"supervisor", "Wang"}, clerk("friend"), {deed});
  told.story.expect([&](const StoryVillage& village) {
    CHECK(village.is_in_force(deed));
    CHECK(village.is_member("Feng"));
    CHECK_FALSE(village.is_in_force(late));
    std::vector<ChangeId> pins{told.named, deed};
    std::ranges::sort(pins);
    CHECK(village.graph().has_fallen());
    CHECK(village.graph().pick_pins(laptop("Zhao").author(), {}, limits::kMaxPins) == pins);
  });
}

TEST_CASE("a former quorum names another, deeper one: the one that more officers built on stands") {
  Former told;
  told.story.says("Zhao", {told.named}, clerk("Feng"));
  told.story.says("Zhou", {told.named}, clerk("Feng"));
  told.return_of_the_former({"supervisor", "Wang"});
  // One officer is theirs.
  told.story.says("Sun", {told.rival}, clerk("friend"));
  ChangeId fresh = told.story.quorum_says("county", {told.named}, {}, clerk("Qian"));
  told.story.expect([&](const StoryVillage& village) {
    CHECK(is_quorum(village) == quorum(1, {"county"}));
    CHECK(village.is_in_force(fresh));
    for (const ChangeId& act : {told.beside, told.rival, told.theft})
      CHECK_FALSE(village.is_in_force(act));
    CHECK(village.is_officer("Zhao"));
  });
}

TEST_CASE(
    "an officer who builds on both quorums, on two branches or with two keys, chose neither") {
  Former told;
  told.story.says("Zhao", {told.named}, clerk("Feng"));
  told.story.says("Zhou", {told.named}, clerk("Feng"));
  told.return_of_the_former({"supervisor", "Wang"});
  told.story.expect(
      [](const StoryVillage& village) { CHECK(is_quorum(village) == quorum(1, {"county"})); });
  told.story.goes_on_after("Zhao", std::nullopt);
  told.story.says("Zhao", {told.rival}, clerk("friend"));
  told.story.expect([](const StoryVillage& village) {
    CHECK(village.roster().quorum.threshold == 0);
    CHECK(village.roster().undecided_quorums == 2);
  });
}

TEST_CASE("whoever signed for both quorums, or knows both, has chosen neither") {
  Former told;
  told.return_of_the_former({"supervisor", "Wang"});
  // Wang is the founder and so the most senior, and has signed twice.
  told.story.says("Wang", {told.rival}, clerk("friend"));
  told.story.says("Zhao", {told.named, told.rival}, clerk("Zhou"));
  told.story.expect([&](const StoryVillage& village) {
    CHECK(village.roster().quorum.threshold == 0);
    CHECK(village.is_in_force(told.before));
    CHECK_FALSE(village.is_in_force(told.named));
    CHECK_FALSE(village.is_in_force(told.rival));
    CHECK(village.is_officer("Zhao"));
  });
  // Nobody is kept from his work by that, and whoever knows one of them decides.
  told.story.says("Sun", {told.named}, clerk("Qian"));
  told.story.says("Zhou", {told.named}, clerk("Wu"));
  told.story.expect([&](const StoryVillage& village) {
    CHECK(is_quorum(village) == quorum(1, {"county"}));
    CHECK(village.is_member("Qian"));
  });
}

TEST_CASE("one voice among silent officers chooses no quorum") {
  Former told;
  told.return_of_the_former({"supervisor", "Wang"});
  told.story.says("Sun", {told.rival}, clerk("friend"));
  told.story.expect([&](const StoryVillage& village) {
    CHECK(village.roster().quorum.threshold == 0);
    CHECK(village.roster().undecided_quorums == 2);
    CHECK_FALSE(village.is_in_force(told.theft));
    CHECK(village.is_officer("Zhao"));
  });
  // Two of the three who may choose, since Wang has signed for both.
  told.story.says("Zhao", {told.named}, clerk("Feng"));
  told.story.says("Zhou", {told.named}, clerk("Feng"));
  told.story.expect(
      [](const StoryVillage& village) { CHECK(is_quorum(village) == quorum(1, {"county"})); });
}

namespace {

/// Zhao, who had a second laptop entered, forks his log. The office's node had seen one branch.
/// That laptop, which never wrote, enters somebody from the founding heads who builds on the other.
struct Dormant {
  Dormant() : story(officer("Zhao") + key("Zhao", "Zhao's other laptop")) {
    for (int i = 0; i < 3; ++i) story.says("Wang", {}, clerk("clerk"));
    office = story.says("Wang", {}, admit("Town", "office") + node("Town"));
    seen = story.says("Zhao", {}, clerk("Li"));
    story.node_states("Town", {office, seen}, "Zhao", 0, seen);
    story.goes_on_after("Zhao", std::nullopt);
    other = story.says("Zhao", {story.founding()}, clerk("Sun"));
    puppet = story.says("Zhao's other laptop", {story.founding()}, officer("puppet"));
  }
  Story story;
  ChangeId office, seen, other, puppet;
};

}  // namespace

TEST_CASE("a puppet that the owner of a forked log made early is heard after the office") {
  Dormant told;
  told.story.says("puppet", {told.puppet, told.other}, clerk("friend"));
  told.story.expect([&](const StoryVillage& village) {
    CHECK(village.is_in_force(told.seen));
    CHECK_FALSE(village.is_in_force(told.other));
    CHECK(village.is_member("Li"));
  });
}

TEST_CASE("a puppet's puppet is heard as late, and another's officer who is as young is not") {
  Dormant told;
  ChangeId second = told.story.says("puppet", {told.puppet}, officer("puppet's puppet"));
  told.story.says("puppet's puppet", {second, told.other}, clerk("friend"));
  told.story.expect([&](const StoryVillage& village) {
    CHECK(village.is_in_force(told.seen));
    CHECK_FALSE(village.is_in_force(told.other));
  });
  Dormant honest;
  ChangeId early = honest.story.says("Wang", {}, officer("Zhou"));
  honest.story.says("Zhou", {early, honest.other}, clerk("friend"));
  honest.story.expect([&](const StoryVillage& village) {
    // Town was entered before Zhou.
    CHECK(village.is_in_force(honest.seen));
  });
}

TEST_CASE("nobody takes an office's rank by entering its node again from early heads") {
  Dormant told;
  // So Town's first entry would be the owner's; Wang's counts.
  told.story.says("Zhao's other laptop", {told.puppet}, admit("Town", "office") + node("Town"));
  told.story.says("puppet", {told.puppet, told.other}, clerk("friend"));
  told.story.expect([&](const StoryVillage& village) {
    CHECK(village.is_in_force(told.seen));
    CHECK_FALSE(village.is_in_force(told.other));
  });
}
