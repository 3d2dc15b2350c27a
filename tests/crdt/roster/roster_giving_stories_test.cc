// SPDX-License-Identifier: Apache-2.0
//
// Stories of roles and keys: who gets them, who loses them, and who gets them again.
#include "tests/crdt/roster/roster_story.h"

using namespace cunju;
using namespace cunju::test;

TEST_CASE("a clerk who was admitted may write the minutes from then on, and not before") {
  Story story;
  ChangeId admitted = story.says("Wang", {}, clerk("Li"));
  story.expect([&](const StoryVillage& village) {
    CHECK(village.may_write("Li", "minutes"));
    CHECK_FALSE(village.is_officer("Li"));
    CHECK(village.minutes_of("Li", {admitted}) == kForEver);
    CHECK(village.minutes_of("Li", {story.founding()}) == 0);
  });
}

TEST_CASE("a term runs out and nothing happens until somebody ends the role") {
  Story story;
  story.says("Wang", {}, clerk("Li") + Says{GrantRole{person("Li"), "teller", "1999", "2000"}});
  story.expect([](const StoryVillage& village) {
    CHECK(village.has_role("Li", "teller"));
    CHECK(village.may_write("Li", "votes"));
  });
}

TEST_CASE(
    "the end of a role ends every grant of it, whatever its term, and leaves the other role") {
  Story story;
  story.says("Wang", {},
             clerk("Li") + grant("Li", "teller") +
                 Says{GrantRole{person("Li"), "teller", "2026", "2031"}});
  story.says("Wang", {}, end_role("Li", "teller", {cut("Li", 0)}));
  story.expect([](const StoryVillage& village) {
    CHECK_FALSE(village.has_role("Li", "teller"));
    CHECK(village.has_role("Li", "clerk"));
  });
}

TEST_CASE("a clerk whose role ends keeps what she wrote before, and writes no more") {
  Story story;
  ChangeId admitted = story.says("Wang", {}, clerk("Li"));
  story.writes("Li", 7);
  ChangeId ended = story.says("Wang", {}, end_role("Li", "clerk", {cut("Li", 5)}));
  story.expect([&](const StoryVillage& village) {
    CHECK(village.is_member("Li"));
    CHECK(village.minutes_of("Li", {admitted}) == 5);
    CHECK(village.minutes_of("Li", {ended}) == 0);
  });
}

TEST_CASE("a role given beside its end is ended, and given again by somebody who knows it stands") {
  Story story(officer("Zhao"));
  ChangeId admitted = story.says("Wang", {}, clerk("Li"));
  ChangeId ended = story.says("Wang", {}, end_role("Li", "clerk", {cut("Li", 0)}));
  story.says("Zhao", {admitted}, grant("Li", "clerk"));
  story.expect([](const StoryVillage& village) { CHECK_FALSE(village.has_role("Li", "clerk")); });
  story.says("Zhao", {ended}, grant("Li", "clerk"));
  story.expect([](const StoryVillage& village) { CHECK(village.has_role("Li", "clerk")); });
}

TEST_CASE("a grant and a key without an admission give nothing, and count once it is there") {
  Story story;
  story.says("Wang", {}, grant("Li", "clerk") + key("Li", "Li"));
  story.expect([](const StoryVillage& village) {
    CHECK_FALSE(village.is_member("Li"));
    CHECK_FALSE(village.may_write("Li", "minutes"));
  });
  story.says("Wang", {}, {AdmitMember{person("Li"), "Li"}});
  story.expect([](const StoryVillage& village) {
    CHECK(village.has_role("Li", "clerk"));
    CHECK(village.may_write("Li", "minutes"));
  });
}

TEST_CASE("a second laptop writes beside the first, and stays when the first is retired") {
  Story story;
  ChangeId both = story.says("Wang", {}, clerk("Li") + key("Li", "Li's new one"));
  story.says("Wang", {}, retire("Li", 3));
  story.expect([&](const StoryVillage& village) {
    CHECK(village.minutes_of("Li", {both}) == 3);
    CHECK(village.minutes_of("Li's new one", {both}) == kForEver);
  });
}

TEST_CASE("a laptop is stolen from an officer: what the thief does with it beside that is void") {
  Story story(officer("Zhao"));
  story.writes("Zhao", 4);
  ChangeId retired = story.says("Wang", {}, retire("Zhao", 4));
  ChangeId theft = story.says("Zhao", {story.founding()}, officer("thief"));
  ChangeId later = story.says("Zhao", {retired}, officer("thief"));
  story.expect([&](const StoryVillage& village) {
    CHECK_FALSE(village.is_in_force(theft));
    CHECK(village.is_dead(later));
    CHECK_FALSE(village.is_member("thief"));
    CHECK(village.is_member("Zhao"));
  });
}

TEST_CASE("a retired key comes back when the laptop is found, for its owner only") {
  Story story;
  story.says("Wang", {}, clerk("Li") + clerk("Sun"));
  ChangeId retired = story.says("Wang", {}, retire("Li", 0));
  story.says("Wang", {retired}, key("Sun", "Li"));
  story.expect(
      [](const StoryVillage& village) { CHECK_FALSE(village.may_write("Li", "minutes")); });
  story.says("Wang", {}, key("Li", "Li"));
  story.expect([](const StoryVillage& village) {
    CHECK(village.roster().devices.at(laptop("Li").author()) == person("Li"));
    CHECK(village.may_write("Li", "minutes"));
  });
}

TEST_CASE("a key never changes hands, not even when its owner is removed") {
  Story story;
  story.says("Wang", {}, clerk("Li"));
  story.says("Wang", {}, remove("Li", {cut("Li", 0)}));
  story.says("Wang", {}, clerk("Sun") + key("Sun", "Li"));
  story.expect([](const StoryVillage& village) {
    CHECK_FALSE(village.roster().devices.contains(laptop("Li").author()));
    CHECK_FALSE(village.may_write("Li", "minutes"));
    CHECK(village.roster().name_of(laptop("Li").author()) == "Li");
  });
}

TEST_CASE("two officers offline give one key to two people: on every node the same one has it") {
  Story story(officer("Zhao"));
  ChangeId one = story.says("Wang", {}, clerk("Li") + key("Li", "shared"));
  ChangeId other = story.says("Zhao", {}, clerk("Sun") + key("Sun", "shared"));
  story.expect([&](const StoryVillage& village) {
    CHECK(village.roster().devices.at(laptop("shared").author()) ==
          person(one < other ? "Li" : "Sun"));
  });
}

TEST_CASE("a member who comes back has the old key, though somebody else was given it meanwhile") {
  Story story;
  story.says("Wang", {}, clerk("Li"));
  story.says("Wang", {}, remove("Li", {cut("Li", 0)}) + clerk("Sun") + key("Sun", "Li"));
  story.says("Wang", {}, clerk("Li"));
  story.expect([](const StoryVillage& village) {
    CHECK(village.roster().devices.at(laptop("Li").author()) == person("Li"));
    CHECK(village.may_write("Li", "minutes"));
  });
}

TEST_CASE("a key that was claimed by an act that is void is free") {
  Story story(officer("Zhao"));
  ChangeId claimed = story.says("Zhao", {}, key("Zhao", "Li"));
  ChangeId removed = story.says("Wang", {}, remove("Zhao", {cut("Zhao", 0)}));
  story.says("Wang", {claimed, removed}, clerk("Li"));
  story.expect([](const StoryVillage& village) {
    CHECK(village.roster().devices.at(laptop("Li").author()) == person("Li"));
    CHECK(village.roster().name_of(laptop("Li").author()) == "Li");
  });
}

TEST_CASE("a member keeps the name of the first admission in force") {
  Story story(officer("Zhao"));
  ChangeId li = story.says("Wang", {}, clerk("Li"));
  story.says("Zhao", {}, {AdmitMember{person("Li"), "scoundrel"}});
  story.says("Wang", {}, remove("Zhao", {cut("Zhao", 0)}));
  story.says("Wang", {li}, {AdmitMember{person("Li"), "Li the younger"}});
  story.expect([](const StoryVillage& village) {
    CHECK(village.roster().members.at(person("Li")).name == "Li");
    CHECK(village.roster().name_of(laptop("Li").author()) == "Li");
  });
}
