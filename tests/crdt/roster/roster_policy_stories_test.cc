// SPDX-License-Identifier: Apache-2.0
//
// Stories of the policy: what a role may do, narrowed and widened, alone and beside each other.
#include "tests/crdt/roster/roster_story.h"

using namespace cunju;
using namespace cunju::test;

namespace {

constexpr std::uint8_t kReadWrite = kRead | kWrite;

/// Li is a clerk, and so is Wang, whose laptop a narrowing has to cut as well.
struct TwoClerks {
  Story story{officer("Zhao") + clerk("Li")};
  Cuts cuts{cut("Li", 4), cut("Wang", 1)};
};

}  // namespace

TEST_CASE("clerks lose the minutes: what they wrote before the cut stays") {
  TwoClerks now;
  ChangeId narrowed = now.story.says("Wang", {}, policy("clerk", "minutes", kRead, now.cuts));
  now.story.expect([&](const StoryVillage& village) {
    CHECK_FALSE(village.may_write("Li", "minutes"));
    CHECK(village.may_write("Li", "rental"));
    CHECK(village.minutes_of("Li", {now.story.founding()}) == 4);
    CHECK(village.minutes_of("Li", {now.story.founding()}, "rental") == kForEver);
    CHECK(village.minutes_of("Li", {narrowed}) == 0);
  });
}

TEST_CASE("a narrower policy that forgets a clerk's laptop is no policy") {
  TwoClerks now;
  now.story.says("Wang", {}, policy("clerk", "minutes", kRead, {cut("Li", 4)}));
  now.story.expect([](const StoryVillage& village) {
    CHECK(village.may_write("Li", "minutes"));
    CHECK_FALSE(village.roster().policy.contains({"clerk", "minutes"}));
  });
}

TEST_CASE("a wider policy needs no cuts") {
  Story story;
  story.says("Wang", {}, admit("grid", "grid"));
  story.says("Wang", {}, policy("grid", "minutes", kReadWrite));
  story.expect([](const StoryVillage& village) {
    CHECK(village.may_write("grid", "minutes"));
    CHECK(village.may_write("grid", "rental"));
    CHECK_FALSE(village.may_write("grid", "votes"));
  });
}

TEST_CASE("a role's own line for a registry hides its line for all registries") {
  TwoClerks now;
  ChangeId own = now.story.says("Wang", {}, policy("clerk", "minutes", kReadWrite));
  now.story.says("Wang", {own}, policy("clerk", "*", kRead, now.cuts));
  now.story.expect([](const StoryVillage& village) {
    CHECK(village.may_write("Li", "minutes"));
    CHECK_FALSE(village.may_write("Li", "rental"));
  });
}

TEST_CASE("a right given beside its taking is taken, and one that was not taken is given") {
  TwoClerks now;
  ChangeId first = now.story.says("Wang", {}, policy("clerk", "minutes", kReadWrite));
  now.story.says("Wang", {first}, policy("clerk", "minutes", kRead, now.cuts));
  now.story.says("Zhao", {first}, policy("clerk", "minutes", kReadWrite | kApprove));
  now.story.expect([](const StoryVillage& village) {
    CHECK(village.roster().policy.at({"clerk", "minutes"}) == (kRead | kApprove));
  });
}

TEST_CASE("clerks write the minutes again when somebody who knows of the narrowing says so") {
  TwoClerks now;
  ChangeId narrowed = now.story.says("Wang", {}, policy("clerk", "minutes", kRead, now.cuts));
  now.story.says("Zhao", {narrowed}, policy("clerk", "minutes", kReadWrite));
  now.story.expect([](const StoryVillage& village) { CHECK(village.may_write("Li", "minutes")); });
}

TEST_CASE("who becomes a clerk beside the narrowing has nothing in the minutes") {
  TwoClerks now;
  ChangeId sun = now.story.says("Zhao", {}, clerk("Sun"));
  now.story.says("Wang", {}, policy("clerk", "minutes", kRead, now.cuts));
  now.story.expect([&](const StoryVillage& village) {
    CHECK(village.is_member("Sun"));
    CHECK_FALSE(village.may_write("Sun", "minutes"));
    CHECK(village.minutes_of("Sun", {sun}) == 0);
  });
}

TEST_CASE("officers may no longer write the roster: what one of them does beside that is void") {
  Story story(officer("Zhao") + admit("deputy", "deputy"));
  story.says("Wang", {},
             policy("deputy", "roster", kReadWrite) +
                 policy("chair", "roster", kRead, {cut("Wang", 9), cut("Zhao", 0)}));
  ChangeId beside = story.says("Zhao", {}, clerk("Li"));
  story.expect([&](const StoryVillage& village) {
    CHECK_FALSE(village.is_in_force(beside));
    CHECK_FALSE(village.is_officer("Wang"));
    CHECK(village.is_officer("deputy"));
  });
}

TEST_CASE("a policy of an officer who is removed beside it never was") {
  TwoClerks now;
  now.story.says(
      "Zhao", {},
      policy("clerk", "roster", kReadWrite) + policy("clerk", "minutes", kRead, now.cuts));
  now.story.says("Wang", {}, remove("Zhao", {cut("Zhao", 0)}));
  now.story.expect([](const StoryVillage& village) {
    CHECK_FALSE(village.is_officer("Li"));
    CHECK(village.may_write("Li", "minutes"));
    CHECK_FALSE(village.roster().policy.contains({"clerk", "minutes"}));
  });
}

TEST_CASE("a founder who was removed does not come back by narrowing the officers' line") {
  Story story;
  const ChangeId zhao = story.says("Wang", {}, officer("Zhao"));
  const ChangeId removed = story.says("Zhao", {zhao}, remove("Wang", {story.cut_here("Wang", 2)}));
  const ChangeId next = story.says("Zhao", {removed}, officer("Qian") + clerk("Li"));
  const ChangeId work = story.says("Qian", {next}, clerk("Zhou"));
  const ChangeId coup =
      story.says("Wang", {zhao},
                 policy("boss", "roster", kRead | kWrite) + grant("Wang", "boss") +
                     policy("chair", "roster", kRead, {cut("Wang", 99), cut("Zhao", 0)}));
  story.says("Wang", {coup}, clerk("friend"));
  story.expect([&](const StoryVillage& village) {
    CHECK_FALSE(village.is_in_force(coup));
    CHECK(village.is_in_force(work));
    CHECK_FALSE(village.is_member("Wang"));
    CHECK(village.is_officer("Qian"));
  });
}

TEST_CASE("nor does the thief of a founder's laptop that was retired") {
  Story story(officer("Zhao"));
  const ChangeId second = story.says("Wang", {}, key("Wang", "Wang's new laptop"));
  const ChangeId retired =
      story.says("Wang's new laptop", {second}, Says{RetireDevice{story.cut_here("Wang", 2)}});
  const ChangeId work = story.says("Zhao", {retired}, officer("Qian") + clerk("Li"));
  const Cuts cuts{cut("Wang", 99), cut("Wang's new laptop", 0), cut("Zhao", 0)};
  const ChangeId coup =
      story.says("Wang", {second},
                 policy("boss", "roster", kRead | kWrite) + admit("thief", "boss") +
                     policy("chair", "roster", kRead, cuts));
  story.expect([&](const StoryVillage& village) {
    CHECK_FALSE(village.is_in_force(coup));
    CHECK(village.is_in_force(work));
    CHECK(village.is_officer("Wang's new laptop"));
    CHECK_FALSE(village.is_officer("thief"));
  });
}
