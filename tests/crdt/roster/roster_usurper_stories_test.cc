// SPDX-License-Identifier: Apache-2.0
//
// Stories of people who want a place that is not theirs: in the line of recovery quorums, before
// others who are heard of a forked log, or in a dispute that seniority settles. Whoever knows the
// law tries what it asks: who was entered first, whose key it is, who is in force.
#include "tests/crdt/roster/roster_story.h"

using namespace cunju;
using namespace cunju::test;

namespace {

const std::vector<std::string> kThree{"Wang", "supervisor", "office"};

Says is_quorum(const StoryVillage& village) { return {village.roster().quorum}; }

/// Wang is the only officer of the founding, Zhao and Sun come later. The office and Wang name the
/// county, Zhao builds on that, the county acts. Then Wang and the supervisor name a thief, from
/// the founding heads: there is no quorum, and whatever they say besides, no thief's.
struct Replaced {
  Replaced()
      : story(admit("supervisor", "supervisor") + admit("office", "office") +
              key("Wang", "Wang's other laptop") + quorum(2, kThree)) {
    for (int i = 0; i < 2; ++i) story.says("Wang", {}, clerk("c"));
    zhao = story.says("Wang", {}, officer("Zhao") + officer("Sun") + officer("Zhou"));
    named = story.quorum_says("office", {zhao}, {"Wang", "office"}, quorum(1, {"county"}));
    built = story.says("Zhao", {named}, clerk("Li"));
    fresh = story.quorum_says("office", {built}, {"county"}, clerk("Qian"));
    rival = story.quorum_says("supervisor", {story.founding()}, {"Wang", "supervisor"},
                              quorum(1, {"thief"}));
    theft = story.quorum_says("supervisor", {rival}, {"thief"},
                              remove("Zhao", {cut("Zhao", 0)}) + officer("thief"));
  }
  void expect_no_thief() {
    story.expect([&](const StoryVillage& village) {
      CHECK(village.roster().quorum.threshold == 0);
      CHECK_FALSE(village.is_in_force(theft));
      CHECK_FALSE(village.is_officer("thief"));
    });
  }
  Story story;
  ChangeId zhao, named, built, fresh, rival, theft;
};

}  // namespace

TEST_CASE("a former quorum puts in no other one, whoever builds on that") {
  Replaced told;
  told.expect_no_thief();
  SECTION("a puppet of theirs that was entered early") {
    const ChangeId puppet =
        told.story.says("Wang's other laptop", {told.story.founding()}, officer("puppet"));
    told.story.says("puppet", {puppet, told.rival}, clerk("friend"));
  }
  SECTION("a junior officer, after they have claimed the key of the senior") {
    told.story.says("Wang's other laptop", {told.story.founding()}, key("Wang", "Zhao"));
    told.story.says("Sun", {told.rival}, clerk("friend"));
  }
  SECTION("a junior officer, after they have removed the senior from beside") {
    told.story.says("Wang's other laptop", {told.story.founding()}, remove("Zhao", {}));
    told.story.says("Sun", {told.rival}, clerk("friend"));
  }
  told.expect_no_thief();
}

TEST_CASE("nobody else publishes what the quorum has signed for one to publish") {
  Story story(admit("supervisor", "supervisor") + admit("office", "office") + clerk("Li") +
              officer("Zhao") + quorum(2, kThree));
  auto signed_for_office = [&](Says what) {
    what.emplace_back(Epoch{});
    const Hash hash =
        epoch_hash(story.space(), laptop("office").author(), std::vector{story.founding()}, what);
    for (const char* signer : {"Wang", "office"})
      std::get<Epoch>(what.back()).signatures.push_back(cosign_epoch(laptop(signer), hash));
    return what;
  };
  SECTION("a naming, which would have a rival") {
    const Says said = signed_for_office(quorum(2, {"Wang", "county", "office"}));
    const ChangeId named = story.says("office", {}, said);
    const ChangeId copied = story.says("Li", {}, said);
    story.expect([&](const StoryVillage& village) {
      CHECK(village.is_in_force(named));
      CHECK(village.is_dead(copied));
      CHECK(village.roster().undecided_quorums == 0);
      CHECK(is_quorum(village) == quorum(2, {"Wang", "county", "office"}));
    });
  }
  SECTION("a removal, which would take what was given since") {
    const Says said = signed_for_office(remove("Zhao", {cut("Zhao", 0)}));
    const ChangeId removed = story.says("office", {}, said);
    const ChangeId back =
        story.says("Wang", {removed}, officer("Zhao") + key("Zhao", "Zhao's new laptop"));
    const ChangeId work = story.says("Zhao's new laptop", {back}, clerk("Sun"));
    story.says("Li", {}, said);
    story.expect([&](const StoryVillage& village) {
      CHECK(village.is_in_force(work));
      CHECK(village.is_officer("Zhao's new laptop"));
    });
  }
}

TEST_CASE(
    "a third quorum on the branch of the first is not the next one, whoever keeps that branch") {
  Story story(officer("Zhao") + officer("Sun") + officer("Zhou"));
  ChangeId named = story.says("Wang", {}, quorum(2, kThree));
  ChangeId built = story.says("Zhao", {named}, clerk("Li"));
  story.says("Zhou", {named}, clerk("Feng"));
  ChangeId real = story.quorum_says("office", {named}, {"supervisor"}, clerk("Qian"));
  story.goes_on_after("Wang", story.founding());
  ChangeId rival = story.says("Wang", {}, quorum(1, {"thief"}));
  story.expect([&](const StoryVillage& village) {
    CHECK(is_quorum(village) == quorum(2, kThree));
    CHECK(village.is_in_force(real));
  });
  story.goes_on_after("Wang", named);
  ChangeId third = story.says("Wang", {named, rival}, quorum(1, {"thief2"}));
  SECTION("and a junior officer names it in a cut") {
    story.says("Sun", {third}, Says{RetireDevice{story.cut_here("Wang", story.written("Wang"))}});
    story.expect([&](const StoryVillage& village) {
      CHECK(is_quorum(village) == quorum(2, kThree));
      CHECK(village.is_in_force(real));
      CHECK(village.is_member("Li"));
    });
    story.says("Zhao", {built}, Says{RetireDevice{cut_after("Wang", 2, named)}});
    story.expect(
        [&](const StoryVillage& village) { CHECK(is_quorum(village) == quorum(2, kThree)); });
  }
  SECTION("nobody names it") {
    story.expect(
        [&](const StoryVillage& village) { CHECK(is_quorum(village) == quorum(2, kThree)); });
  }
}

TEST_CASE("whose key signed for two quorums is asked of the roster that both knew") {
  Story story(officer("Zhao") + officer("Sun") + admit("supervisor", "supervisor") +
              admit("office", "office") + quorum(2, {"k1", "k2", "k3"}));
  ChangeId named = story.quorum_says("office", {}, {"k1", "k3"}, quorum(1, {"county"}));
  ChangeId built = story.says("Zhao", {named}, clerk("Li"));
  ChangeId fresh = story.quorum_says("office", {built}, {"county"}, clerk("Qian"));
  ChangeId rival = story.quorum_says("supervisor", {}, {"k1", "k2"}, quorum(1, {"thief"}));
  ChangeId friendly = story.says("Sun", {rival}, clerk("friend"));
  story.expect([&](const StoryVillage& village) {
    // One officer for each of them.
    CHECK(village.roster().undecided_quorums == 2);
    CHECK_FALSE(village.is_in_force(fresh));
  });
  SECTION("by somebody who knows nothing of the real one") {
    story.says("Sun", {}, key("Zhao", "k1"));
    story.expect([&](const StoryVillage& village) {
      CHECK(village.roster().undecided_quorums == 2);
      CHECK_FALSE(village.is_in_force(fresh));
    });
  }
  SECTION("on top of all, in one head: the cached verdict against the oracle's") {
    story.says("Sun", {fresh, friendly, rival, built}, key("Zhao", "k1"));
    story.expect(
        [&](const StoryVillage& village) { CHECK(village.roster().undecided_quorums == 2); });
  }
}

TEST_CASE("whom a quorum has removed does not choose its successor against the others") {
  Story story(officer("Zhao") + officer("Sun") + officer("Zhou") +
              admit("supervisor", "supervisor") + admit("office", "office") + quorum(2, kThree));
  ChangeId removed =
      story.quorum_says("office", {}, {"Wang", "office"}, remove("Zhao", {cut("Zhao", 0)}));
  ChangeId named =
      story.quorum_says("office", {removed}, {"Wang", "office"}, quorum(1, {"county"}));
  ChangeId built = story.says("Sun", {named}, clerk("Li"));
  story.says("Zhou", {built}, clerk("Wu"));
  ChangeId fresh = story.quorum_says("office", {built}, {"county"}, clerk("Qian"));
  ChangeId rival = story.quorum_says("supervisor", {story.founding()}, {"Wang", "supervisor"},
                                     quorum(1, {"thief"}));
  auto check = [&] {
    story.expect([&](const StoryVillage& village) {
      CHECK(is_quorum(village) == quorum(1, {"county"}));
      CHECK(village.is_in_force(fresh));
      CHECK(village.is_in_force(removed));
      CHECK_FALSE(village.is_officer("Zhao"));
      CHECK(village.is_officer("Sun"));
    });
  };
  check();
  story.says("Zhao", {rival}, clerk("friend"));
  check();
  story.quorum_says("supervisor", {rival}, {"thief"}, remove("Sun", {cut("Sun", 0)}));
  check();
}

TEST_CASE("who has built on a quorum has done so when the own log is forked later") {
  Story story(officer("Zhao") + officer("Sun") + officer("Zhou") +
              admit("supervisor", "supervisor") + admit("office", "office") + quorum(2, kThree));
  ChangeId named = story.quorum_says("office", {}, {"Wang", "office"}, quorum(1, {"county"}));
  ChangeId built = story.says("Zhao", {named}, clerk("Li"));
  ChangeId known = story.says("Zhou", {built}, clerk("Wu"));
  ChangeId fresh = story.quorum_says("office", {built}, {"county"}, clerk("Qian"));
  ChangeId rival =
      story.quorum_says("supervisor", {}, {"Wang", "supervisor"}, quorum(1, {"thief"}));
  story.says("Sun", {rival}, clerk("friend"));
  story.expect(
      [&](const StoryVillage& village) { CHECK(is_quorum(village) == quorum(1, {"county"})); });
  story.goes_on_after("Zhao", std::nullopt);
  story.says("Zhao", {story.founding()}, clerk("other"));
  story.expect([&](const StoryVillage& village) {
    CHECK(village.is_in_force(known));
    CHECK(village.is_in_force(built));
    CHECK(is_quorum(village) == quorum(1, {"county"}));
    CHECK(village.is_in_force(fresh));
  });
}

TEST_CASE("the office of an officer whose key was claimed early is heard before a puppet") {
  for (const bool is_claimed : {false, true}) {
    CAPTURE(is_claimed);
    Story story(officer("Zhao") + key("Zhao", "Zhao's other laptop"));
    for (int i = 0; i < 3; ++i) story.says("Wang", {}, clerk("clerk"));
    ChangeId zhou = story.says("Wang", {}, officer("Zhou"));
    ChangeId office = story.says("Zhou", {zhou}, admit("Town", "office") + node("Town"));
    ChangeId seen = story.says("Zhao", {}, clerk("Li"));
    story.node_states("Town", {office, seen}, "Zhao", 0, seen);
    story.goes_on_after("Zhao", std::nullopt);
    ChangeId other = story.says("Zhao", {story.founding()}, clerk("Sun"));
    ChangeId puppet = story.says("Zhao's other laptop", {story.founding()},
                                 officer("puppet") + (is_claimed ? key("Zhao", "Zhou") : Says{}));
    story.says("puppet", {puppet, other}, clerk("friend"));
    story.expect([&](const StoryVillage& village) {
      CHECK(village.is_in_force(seen));
      CHECK_FALSE(village.is_in_force(other));
      CHECK(village.is_member("Li"));
    });
  }
}

TEST_CASE("an officer whose key was claimed early is heard before a puppet") {
  for (const bool is_claimed : {false, true}) {
    CAPTURE(is_claimed);
    Story story(officer("Zhao") + key("Zhao", "Zhao's other laptop"));
    for (int i = 0; i < 3; ++i) story.says("Wang", {}, clerk("clerk"));
    ChangeId zhou = story.says("Wang", {}, officer("Zhou"));
    ChangeId seen = story.says("Zhao", {}, clerk("Li"));
    ChangeId built = story.says("Zhou", {zhou, seen}, clerk("Qian"));
    story.goes_on_after("Zhao", std::nullopt);
    ChangeId other = story.says("Zhao", {story.founding()}, clerk("Sun"));
    ChangeId puppet = story.says("Zhao's other laptop", {story.founding()},
                                 officer("puppet") + (is_claimed ? key("Zhao", "Zhou") : Says{}));
    story.says("puppet", {puppet, other}, clerk("friend"));
    story.expect([&](const StoryVillage& village) {
      CHECK(village.is_in_force(built));
      CHECK(village.is_in_force(seen));
      CHECK_FALSE(village.is_in_force(other));
      CHECK(village.is_member("Li"));
    });
  }
}

TEST_CASE("an office that the recovery quorum entered is heard before a puppet") {
  for (const std::string carrier : {"Wang", "county"}) {
    CAPTURE(carrier);
    Story story(officer("Zhao") + key("Zhao", "Zhao's other laptop") + quorum(1, {"county"}));
    // The carrier may owe Zhao the place: the quorum does not.
    ChangeId a = story.says("Zhao", {}, clerk("county"));
    ChangeId office =
        story.quorum_says(carrier, {a}, {"county"}, admit("Town", "office") + node("Town"));
    ChangeId seen = story.says("Zhao", {}, clerk("Li"));
    story.node_states("Town", {office, seen}, "Zhao", 1, seen);
    story.goes_on_after("Zhao", a);
    ChangeId other = story.says("Zhao", {a}, clerk("Sun"));
    ChangeId puppet = story.says("Zhao's other laptop", {story.founding()}, officer("puppet"));
    story.says("puppet", {puppet, other}, clerk("friend"));
    story.expect([&](const StoryVillage& village) {
      CHECK(village.is_in_force(seen));
      CHECK_FALSE(village.is_in_force(other));
    });
  }
}

TEST_CASE("the owner of a forked log makes no office unheard by removing it from beside") {
  for (const bool is_removed : {false, true}) {
    CAPTURE(is_removed);
    Story story(officer("Zhao") + key("Zhao", "Zhao's other laptop"));
    for (int i = 0; i < 3; ++i) story.says("Wang", {}, clerk("clerk"));
    ChangeId office = story.says("Wang", {}, admit("Town", "office") + node("Town"));
    ChangeId seen = story.says("Zhao", {}, clerk("Li"));
    story.node_states("Town", {office, seen}, "Zhao", 0, seen);
    story.goes_on_after("Zhao", std::nullopt);
    ChangeId other = story.says("Zhao", {story.founding()}, clerk("Sun"));
    ChangeId puppet = story.says("Zhao's other laptop", {story.founding()},
                                 officer("puppet") + (is_removed ? remove("Town", {}) : Says{}));
    story.says("puppet", {puppet, other}, clerk("friend"));
    story.expect([&](const StoryVillage& village) {
      CHECK(village.is_in_force(seen));
      CHECK_FALSE(village.is_in_force(other));
    });
  }
}

TEST_CASE("an entry by somebody who is removed betters no rank in a dispute") {
  for (const bool is_helped : {false, true}) {
    CAPTURE(is_helped);
    Story story(officer("Zhao") + key("Wang", "Wang's other laptop"));
    story.says("Wang", {}, remove("Zhao", {cut("Zhao", 0)}));
    ChangeId zhou = story.says("Wang", {}, officer("Zhou"));
    ChangeId junior = story.says("Wang", {zhou}, officer("junior"));
    // Zhao was removed with a cut at nothing: what he says from the founding heads is void.
    ChangeId helping = story.says("Zhao", {}, key("junior", "junior"));
    std::vector<ChangeId> knowing{junior};
    if (is_helped) knowing.push_back(helping);
    ChangeId narrowed = story.says(
        "junior", knowing,
        policy("chair", "roster", kRead,
               {cut("Wang", 9), cut("Wang's other laptop", 0), cut("Zhou", 0), cut("junior", 9)}));
    ChangeId removed = story.says("Zhou", {junior}, remove("junior", {cut("junior", 0)}));
    story.expect([&](const StoryVillage& village) {
      CHECK_FALSE(village.is_in_force(helping));
      CHECK(village.is_in_force(removed));
      CHECK_FALSE(village.is_in_force(narrowed));
      CHECK(village.is_officer("Zhou"));
    });
  }
}

TEST_CASE("an entry by a laptop that is retired betters no rank in a dispute") {
  for (const bool is_helped : {false, true}) {
    CAPTURE(is_helped);
    // Officer Sun is junior's friend, whose dormant laptop was retired.
    Story story(officer("Sun") + key("Sun", "Sun's old laptop"));
    story.says("Wang", {}, retire("Sun's old laptop", 0));
    ChangeId zhou = story.says("Wang", {}, officer("Zhou"));
    ChangeId junior = story.says("Wang", {zhou}, officer("junior"));
    ChangeId helping = story.says("Sun's old laptop", {}, key("junior", "junior"));
    std::vector<ChangeId> knowing{junior};
    if (is_helped) knowing.push_back(helping);
    ChangeId narrowed =
        story.says("junior", knowing,
                   policy("chair", "roster", kRead,
                          {cut("Wang", 9), cut("Sun", 0), cut("Sun's old laptop", 0),
                           cut("Zhou", 0), cut("junior", 9)}));
    ChangeId removed = story.says("Zhou", {junior}, remove("junior", {cut("junior", 0)}));
    story.expect([&](const StoryVillage& village) {
      CHECK_FALSE(village.is_in_force(helping));
      CHECK(village.is_in_force(removed));
      CHECK_FALSE(village.is_in_force(narrowed));
    });
  }
}

TEST_CASE("an early key that claims the keys of later officers locks nobody out") {
  // Zhao's key never wrote, so what a thief signs with it from the founding heads forks nothing.
  Story story(officer("Zhao"));
  const ChangeId later = story.says("Wang", {}, officer("Sun") + officer("Zhou"));
  const ChangeId act = story.says("Sun", {later}, clerk("Li"));
  story.says(
      "Zhao", {story.founding()},
      claim("Zhao", "Sun") + claim("puppet", "Zhou") + claim("puppet", "Li") + officer("puppet"));
  story.expect([&](const StoryVillage& village) {
    CHECK(village.is_officer("Sun"));
    CHECK(village.is_officer("Zhou"));
    CHECK(village.is_in_force(act));
    CHECK(village.may_write("Li", "minutes"));
    // Whom an officer lets in with a key of his own is a member, until somebody removes him.
    CHECK(village.is_officer("puppet"));
    CHECK(village.roster().owners.at(laptop("Sun").author()) == person("Sun"));
  });
}
