// SPDX-License-Identifier: Apache-2.0
//
// Stories of removal: cuts, what was done beside it, and the way back.
#include "tests/crdt/roster/roster_story.h"

using namespace cunju;
using namespace cunju::test;

TEST_CASE(
    "the chair removes an officer who, offline, admits a friend: the friend never was a member") {
  Story story(officer("Zhao"));
  story.says("Wang", {}, remove("Zhao", {cut("Zhao", 0)}));
  ChangeId admitted = story.says("Zhao", {}, officer("friend"));
  ChangeId deeds = story.says("friend", {admitted}, clerk("friend's friend"));
  story.expect([&](const StoryVillage& village) {
    CHECK_FALSE(village.is_member("Zhao"));
    CHECK_FALSE(village.is_member("friend"));
    CHECK_FALSE(village.roster().names.contains(person("friend")));
    CHECK_FALSE(village.is_in_force(deeds));
    CHECK(village.minutes_of("friend", {admitted}) == 0);
  });
}

TEST_CASE("a removed clerk's records before the cut stay, those beyond it are late") {
  Story story;
  ChangeId admitted = story.says("Wang", {}, clerk("Li"));
  story.writes("Li", 20);
  ChangeId removed = story.says("Wang", {}, remove("Li", {cut("Li", 12)}));
  story.expect([&](const StoryVillage& village) {
    CHECK(village.minutes_of("Li", {admitted}) == 12);
    CHECK(village.minutes_of("Li", {removed}) == 0);
    CHECK(village.roster().name_of(laptop("Li").author()) == "Li");
  });
}

TEST_CASE("what an officer did before the cut stays: the clerk of last year is still a member") {
  Story story(officer("Zhao"));
  ChangeId admitted = story.says("Zhao", {}, clerk("Li"));
  story.says("Wang", {}, remove("Zhao", {cut("Zhao", 1)}));
  story.expect([&](const StoryVillage& village) {
    CHECK(village.is_in_force(admitted));
    CHECK(village.is_member("Li"));
    CHECK_FALSE(village.is_member("Zhao"));
  });
}

TEST_CASE("what the remover knew of stays, even with a cut at nothing") {
  Story story(officer("Zhao"));
  ChangeId admitted = story.says("Zhao", {}, clerk("Li"));
  story.says("Wang", {admitted}, remove("Zhao", {cut("Zhao", 0)}));
  story.expect([](const StoryVillage& village) { CHECK(village.is_member("Li")); });
}

TEST_CASE("a removed officer who knows of the removal says nothing any more") {
  Story story(officer("Zhao"));
  ChangeId removed = story.says("Wang", {}, remove("Zhao", {cut("Zhao", 9)}));
  ChangeId later = story.says("Zhao", {removed}, remove("Wang", {cut("Wang", 0)}));
  story.expect([&](const StoryVillage& village) {
    CHECK(village.is_dead(later));
    CHECK(village.graph().heads() == std::vector{removed});
  });
}

TEST_CASE("a removed officer can't take somebody along who has nothing to do with it") {
  Story story(officer("Zhao") + officer("Qian"));
  story.says("Wang", {}, remove("Zhao", {cut("Zhao", 0)}));
  ChangeId revenge = story.says("Zhao", {}, remove("Qian", {cut("Qian", 0)}));
  story.expect([&](const StoryVillage& village) {
    CHECK_FALSE(village.is_in_force(revenge));
    CHECK(village.is_officer("Qian"));
  });
}

TEST_CASE("two officers remove the same clerk: the lower cut holds") {
  Story story(officer("Zhao"));
  ChangeId admitted = story.says("Wang", {}, clerk("Li"));
  story.says("Wang", {}, remove("Li", {cut("Li", 8)}));
  story.says("Zhao", {admitted}, remove("Li", {cut("Li", 3)}));
  story.expect(
      [&](const StoryVillage& village) { CHECK(village.minutes_of("Li", {admitted}) == 3); });
}

TEST_CASE("a clerk is back only when somebody who knows of both removals admits her") {
  Story story(officer("Zhao") + officer("Qian"));
  ChangeId admitted = story.says("Wang", {}, clerk("Li"));
  ChangeId one = story.says("Wang", {}, remove("Li", {cut("Li", 0)}));
  ChangeId other = story.says("Zhao", {admitted}, remove("Li", {cut("Li", 0)}));
  story.says("Qian", {one}, clerk("Li"));
  story.expect([](const StoryVillage& village) { CHECK_FALSE(village.is_member("Li")); });
  story.says("Qian", {one, other}, clerk("Li"));
  story.expect([](const StoryVillage& village) {
    CHECK(village.is_member("Li"));
    CHECK(village.may_write("Li", "minutes"));
  });
}

TEST_CASE("an admission beside the removal does not bring a clerk back") {
  Story story(officer("Zhao"));
  ChangeId admitted = story.says("Wang", {}, clerk("Li"));
  story.says("Wang", {}, remove("Li", {cut("Li", 0)}));
  story.says("Zhao", {admitted}, clerk("Li"));
  story.expect([](const StoryVillage& village) { CHECK_FALSE(village.is_member("Li")); });
}

TEST_CASE("who is admitted again without roles and keys has none: the old ones are gone") {
  Story story;
  story.says("Wang", {}, clerk("Li"));
  story.says("Wang", {}, remove("Li", {cut("Li", 0)}));
  story.says("Wang", {}, {AdmitMember{person("Li"), "Li"}});
  story.expect([](const StoryVillage& village) {
    CHECK(village.is_member("Li"));
    CHECK_FALSE(village.has_role("Li", "clerk"));
    CHECK_FALSE(village.may_write("Li", "minutes"));
  });
}

TEST_CASE("one change removes and admits: what it says last counts") {
  Story fresh;
  fresh.says("Wang", {}, clerk("Li") + grant("Li", "teller"));
  fresh.says("Wang", {}, remove("Li", {cut("Li", 0)}) + clerk("Li"));
  fresh.expect([](const StoryVillage& village) {
    CHECK(village.has_role("Li", "clerk"));
    CHECK_FALSE(village.has_role("Li", "teller"));
  });
  Story gone;
  gone.says("Wang", {}, clerk("Li"));
  gone.says("Wang", {}, clerk("Li") + remove("Li", {cut("Li", 0)}));
  gone.expect([](const StoryVillage& village) { CHECK_FALSE(village.is_member("Li")); });
}

TEST_CASE("a removal that forgets one of the laptops is no removal") {
  Story story;
  ChangeId admitted = story.says("Wang", {}, clerk("Li") + key("Li", "Li's phone"));
  story.says("Wang", {}, remove("Li", {cut("Li", 2)}));
  story.expect([&](const StoryVillage& village) {
    CHECK(village.is_member("Li"));
    CHECK(village.minutes_of("Li", {admitted}) == kForEver);
  });
  story.says("Wang", {}, remove("Li", {cut("Li", 2), cut("Li's phone", 5)}));
  story.expect([&](const StoryVillage& village) {
    CHECK_FALSE(village.is_member("Li"));
    CHECK(village.minutes_of("Li", {admitted}) == 2);
    CHECK(village.minutes_of("Li's phone", {admitted}) == 5);
  });
}

TEST_CASE("the end of a role that forgets a laptop is no end") {
  Story story;
  story.says("Wang", {}, clerk("Li"));
  story.says("Wang", {}, end_role("Li", "clerk", {}));
  story.expect([](const StoryVillage& village) { CHECK(village.has_role("Li", "clerk")); });
}

TEST_CASE("a laptop that was added beside the removal has written nothing that counts") {
  Story story(officer("Zhao"));
  ChangeId admitted = story.says("Wang", {}, clerk("Li"));
  ChangeId added = story.says("Zhao", {admitted}, key("Li", "Li's phone"));
  story.says("Wang", {}, remove("Li", {cut("Li", 6)}));
  story.expect([&](const StoryVillage& village) {
    CHECK(village.minutes_of("Li", {added}) == 6);
    CHECK(village.minutes_of("Li's phone", {added}) == 0);
  });
}

TEST_CASE("an officer removes the founder: nobody stands above the law, and the village goes on") {
  Story story(officer("Zhao"));
  ChangeId removed = story.says("Zhao", {}, remove("Wang", {cut("Wang", 1)}));
  ChangeId beside = story.says("Wang", {}, clerk("Li"));
  ChangeId goes_on = story.says("Zhao", {removed}, officer("Qian"));
  story.expect([&](const StoryVillage& village) {
    CHECK_FALSE(village.is_member("Wang"));
    CHECK_FALSE(village.is_in_force(beside));
    CHECK(village.is_in_force(goes_on));
    CHECK(village.is_officer("Qian"));
  });
}

TEST_CASE("an officer who resigns has no say afterwards, and the last one leaves nobody") {
  Story story;
  story.says("Wang", {}, remove("Wang", {cut("Wang", 2)}));
  ChangeId later = story.says("Wang", {}, officer("Wang"));
  story.expect([&](const StoryVillage& village) {
    CHECK(village.is_dead(later));
    CHECK(village.roster().members.empty());
  });
}

TEST_CASE("an unknown operation of a removed officer does not freeze the village") {
  Story story(officer("Zhao"));
  ChangeId strange = story.says("Zhao", {}, {UnknownRosterOperation{}});
  ChangeId removed = story.says("Wang", {}, remove("Zhao", {cut("Zhao", 0)}));
  story.expect([&](const StoryVillage& village) {
    CHECK(village.roster().is_understood);
    CHECK_FALSE(village.graph().at(std::vector{strange})->is_understood);
    CHECK(village.graph().at(std::vector{removed})->is_understood);
  });
}

TEST_CASE("a removed member's node leaves with the member") {
  Story story;
  crypto::SigningKey node = crypto::SigningKey::from_seed(laptop("node").seed());
  AddNode entry{.node = node.node(), .wire = {}, .name = "office", .member = person("Li")};
  entry.signature = sign_node_entry(node, story.space(), entry.wire, entry.member);
  story.says("Wang", {}, clerk("Li") + Says{entry});
  story.expect([](const StoryVillage& village) { CHECK(village.roster().nodes.size() == 1); });
  story.says("Wang", {}, {SetReplication{entry.node, Replication::kWitness}});
  story.expect([&](const StoryVillage& village) {
    CHECK(village.roster().nodes.at(entry.node).replication == Replication::kWitness);
  });
  ChangeId removed = story.says("Wang", {}, remove("Li", {cut("Li", 0)}));
  story.expect([](const StoryVillage& village) { CHECK(village.roster().nodes.empty()); });
  story.says("Wang", {removed}, {entry});
  story.expect([](const StoryVillage& village) { CHECK(village.roster().nodes.size() == 1); });
  story.says("Wang", {}, {RetireNode{entry.node}});
  story.expect([](const StoryVillage& village) { CHECK(village.roster().nodes.empty()); });
}
