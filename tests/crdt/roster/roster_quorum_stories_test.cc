// SPDX-License-Identifier: Apache-2.0
//
// Stories of the recovery quorum: chair, supervisor and street office, two of whom restore order.
#include "tests/crdt/roster/roster_story.h"

using namespace cunju;
using namespace cunju::test;

namespace {

const std::vector<std::string> kThree{"Wang", "supervisor", "office"};

/// The quorum's laptops belong to members without much to say.
Story with_quorum() {
  return Story(officer("Zhao") + admit("supervisor", "supervisor") + admit("office", "office") +
               quorum(2, kThree));
}

Says remove_all_but_zhao() {
  return remove("Wang", {cut("Wang", 0)}) + remove("supervisor", {cut("supervisor", 0)}) +
         remove("office", {cut("office", 0)});
}

}  // namespace

TEST_CASE("an officer removes everybody else, and two of the quorum restore order") {
  Story story = with_quorum();
  ChangeId coup = story.says("Zhao", {}, remove_all_but_zhao());
  ChangeId restored = story.quorum_says("office", {coup}, {"supervisor", "office"},
                                        remove("Zhao", {cut("Zhao", 0)}) + officer("Wang"), {coup});
  story.expect([&](const StoryVillage& village) {
    CHECK(village.is_in_force(restored));
    CHECK_FALSE(village.is_in_force(coup));
    CHECK(village.is_officer("Wang"));
    CHECK(village.is_member("supervisor"));
    CHECK_FALSE(village.is_member("Zhao"));
  });
}

TEST_CASE("an act of the quorum stands beside the removal of all who signed it") {
  Story story = with_quorum();
  ChangeId coup = story.says("Zhao", {}, remove_all_but_zhao());
  ChangeId act = story.quorum_says("office", {story.founding()}, {"supervisor"},
                                   remove("Zhao", {cut("Zhao", 0)}));
  story.expect([&](const StoryVillage& village) {
    CHECK(village.is_in_force(act));
    CHECK_FALSE(village.is_in_force(coup));
    CHECK(village.is_officer("Wang"));
  });
}

TEST_CASE("one signature of two is no act of the quorum, and neither is one for another act") {
  Story story = with_quorum();
  ChangeId alone = story.quorum_says("office", {story.founding()}, {"office"}, officer("office"));
  ChangeId stranger = story.quorum_says("Zhao", {story.founding()}, {"office", "Zhao"},
                                        remove("Wang", {cut("Wang", 0)}), {});
  story.expect([&](const StoryVillage& village) {
    CHECK(village.is_dead(alone));
    // Zhao may remove by himself; his change is not the quorum's for that.
    CHECK(village.is_in_force(stranger));
  });
  Story forged = with_quorum();
  Epoch other;
  other.signatures.push_back(cosign_epoch(
      laptop("supervisor"), epoch_hash(forged.space(), laptop("office").author(), {}, Says{})));
  ChangeId act = forged.says("office", {forged.founding()}, officer("office") + Says{other});
  forged.expect([&](const StoryVillage& village) { CHECK(village.is_dead(act)); });
}

TEST_CASE("who carries an act of the quorum has signed it, and a carrier need not be of it") {
  Story story = with_quorum();
  ChangeId carried = story.quorum_says("office", {story.founding()}, {"Wang"}, clerk("Li"));
  ChangeId brought =
      story.quorum_says("neighbour", {story.founding()}, {"Wang", "supervisor"}, clerk("Sun"));
  story.expect([&](const StoryVillage& village) {
    CHECK(village.is_in_force(carried));
    CHECK(village.is_in_force(brought));
    CHECK(village.is_member("Li"));
    CHECK(village.is_member("Sun"));
  });
}

TEST_CASE("an epoch voids an act and with it whoever it admitted") {
  Story story = with_quorum();
  ChangeId made = story.says("Zhao", {}, officer("puppet"));
  ChangeId deeds = story.says("puppet", {made}, clerk("friend"));
  story.quorum_says("office", {deeds}, {"Wang"}, {}, {made});
  story.expect([&](const StoryVillage& village) {
    CHECK_FALSE(village.is_in_force(made));
    CHECK_FALSE(village.is_in_force(deeds));
    CHECK_FALSE(village.is_member("puppet"));
    CHECK(village.is_officer("Zhao"));
  });
}

TEST_CASE("the list of void acts counts without signatures as little as anything else") {
  Story story = with_quorum();
  ChangeId admitted = story.says("Wang", {}, clerk("Li"));
  story.says("Zhao", {admitted}, Says{Epoch{.voided = {admitted}, .signatures = {}}});
  story.expect([&](const StoryVillage& village) { CHECK(village.is_in_force(admitted)); });
}

TEST_CASE("an epoch voids neither the founding of the village nor another act of the quorum") {
  Story story = with_quorum();
  ChangeId act = story.quorum_says("office", {story.founding()}, {"Wang"}, clerk("Li"));
  story.quorum_says("supervisor", {act}, {"office"}, {}, {story.founding(), act});
  story.expect([&](const StoryVillage& village) {
    CHECK(village.is_in_force(story.founding()));
    CHECK(village.is_in_force(act));
    CHECK(village.is_member("Li"));
  });
}

TEST_CASE("the quorum names its successors, and the old ones have no say afterwards") {
  Story story = with_quorum();
  ChangeId named =
      story.quorum_says("office", {story.founding()}, {"supervisor"}, quorum(1, {"county"}));
  ChangeId old = story.quorum_says("office", {named}, {"supervisor"}, clerk("Sun"));
  ChangeId fresh = story.quorum_says("county", {named}, {}, clerk("Li"));
  story.expect([&](const StoryVillage& village) {
    CHECK(village.is_dead(old));
    CHECK(village.is_in_force(fresh));
    CHECK(village.roster().quorum.threshold == 1);
  });
}

TEST_CASE("only the founder names the first quorum, and only once") {
  Story story(officer("Zhao"));
  ChangeId usurped = story.says("Zhao", {}, quorum(1, {"Zhao"}));
  story.expect([](const StoryVillage& village) { CHECK(village.roster().quorum.threshold == 0); });
  ChangeId named = story.says("Wang", {usurped}, quorum(2, kThree));
  ChangeId again = story.says("Wang", {named}, quorum(1, {"Wang"}));
  story.says("Zhao", {again}, quorum(1, {"Zhao"}));
  story.expect([](const StoryVillage& village) {
    CHECK(village.roster().quorum == std::get<SetQuorum>(quorum(2, kThree)[0]));
  });
}

TEST_CASE("a quorum that can't be reached, that anybody reaches or that counts twice is none") {
  for (const Says& wrong : {quorum(3, {"Wang", "office"}), quorum(0, {"Wang"}),
                            quorum(2, {"Wang", "Wang", "office"})}) {
    Story story;
    story.says("Wang", {}, wrong);
    story.expect([](const StoryVillage& village) { CHECK(village.roster().quorum.keys.empty()); });
  }
}

TEST_CASE("the founder names a quorum beside the removal of the founder: no removal undoes it") {
  Story story(officer("Zhao"));
  story.says("Zhao", {}, remove("Wang", {cut("Wang", 0)}));
  ChangeId named = story.says("Wang", {story.founding()}, quorum(1, {"office"}));
  story.quorum_says("office", {named}, {}, officer("Wang"));
  story.expect([](const StoryVillage& village) { CHECK(village.roster().quorum.threshold == 1); });
}

TEST_CASE("a later change does not found the village again") {
  Story story;
  story.says("Wang", {}, {FoundSpace{.name = "usurped", .code = "2"}});
  story.expect([](const StoryVillage& village) {
    CHECK(village.roster().space_name == "槐树村");
    CHECK(village.roster().space_code == "110101001001");
  });
}
