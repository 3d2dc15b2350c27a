// SPDX-License-Identifier: Apache-2.0
//
// Stories of who reads a scope from their coming on: in whose time each epoch was opened.
#include <algorithm>

#include "tests/crdt/roster/roster_story.h"

using namespace cunju;
using namespace cunju::test;

namespace {

constexpr std::string_view kScope = "mediation";

/// An epoch that wraps its key to these laptops.
Says opens(std::uint8_t which, const std::vector<std::string>& laptops = {}) {
  OpenEpoch out{.scope = Scope{5}, .name = std::string(kScope), .epoch = {{which}}, .wraps = {}};
  for (const std::string& name : laptops) out.wraps.push_back({laptop(name).author(), {}});
  return {out};
}

/// Mediators read from their coming on. The line takes `read`, so it cuts whoever mediates.
Says from_now(Cuts cuts = {}) { return policy("mediator", "scope:mediation", kReadFromNow, cuts); }

/// Which of these epochs that laptop may be handed.
std::vector<int> handed(const StoryVillage& village, const std::string& name, int count) {
  std::vector<int> out;
  for (int which = 1; which <= count; ++which)
    if (village.roster().may_be_handed(
            laptop(name).author(), kScope,
            village.graph().in_whose_time(Scope{5}, {{static_cast<std::uint8_t>(which)}})))
      out.push_back(which);
  return out;
}

using Epochs = std::vector<int>;

}  // namespace

TEST_CASE("a role that reads from now on is entitled, and has no claim to what was before") {
  Story story{officer("Zhao") + admit("Zhang", "mediator") + admit("Grid", "grid")};
  story.says("Wang", {}, from_now({cut("Zhang", 9)}));
  story.expect([](const StoryVillage& village) {
    const Roster& roster = village.roster();
    const AuthorKey zhang = laptop("Zhang").author();
    CHECK(roster.has_from_now());
    CHECK(roster.may_read_scope(zhang, kScope));
    CHECK_FALSE(roster.may_read_earlier(zhang, kScope));
    CHECK(roster.entitled_devices(kScope) == std::vector<AuthorKey>{zhang});
    CHECK(roster.may_be_handed(zhang, kScope, {person("Zhang")}));
    CHECK_FALSE(roster.may_be_handed(zhang, kScope, {person("Grid")}));
    // In somebody's time, and no reader.
    CHECK_FALSE(roster.may_be_handed(laptop("Grid").author(), kScope, {person("Grid")}));
  });
}

TEST_CASE("a role that reads all gives its members what another one would keep from them") {
  Story story{officer("Zhao") + admit("Zhang", "mediator")};
  const ChangeId line = story.says("Wang", {}, from_now({cut("Zhang", 9)}));
  story.says("Wang", {line}, policy("grid", "scope:mediation", kRead, {}) + grant("Zhang", "grid"));
  story.expect([](const StoryVillage& village) {
    CHECK(village.roster().may_read_earlier(laptop("Zhang").author(), kScope));
    CHECK(village.roster().has_from_now());
  });
}

TEST_CASE("what was sealed before somebody's coming is not theirs, and all that comes after is") {
  Story story{officer("Zhao") + admit("Zhang", "mediator")};
  const ChangeId line = story.says("Wang", {}, from_now({cut("Zhang", 9)}) + opens(1, {"Zhang"}));
  const ChangeId old = story.says("Zhao", {line}, opens(2, {"Zhang"}));
  const ChangeId coming =
      story.says("Wang", {old}, admit("Wu", "mediator") + opens(3, {"Zhang", "Wu"}));
  // Of a program of before, which takes mediators for no readers.
  story.says("Zhao", {coming}, opens(4));
  story.expect([](const StoryVillage& village) {
    CHECK(handed(village, "Zhang", 4) == Epochs{1, 2, 3, 4});
    CHECK(handed(village, "Wu", 4) == Epochs{3, 4});
  });
}

TEST_CASE("an epoch that was opened beside somebody's coming is of their time") {
  Story story{officer("Zhao") + admit("Zhang", "mediator")};
  const ChangeId line = story.says("Wang", {}, from_now({cut("Zhang", 9)}) + opens(1, {"Zhang"}));
  story.says("Wang", {line}, admit("Wu", "mediator") + opens(2, {"Zhang", "Wu"}));
  const ChangeId beside = story.says("Zhao", {line}, opens(3, {"Zhang"}));
  story.says("Zhao", {beside}, opens(4, {"Zhang"}));
  story.expect([](const StoryVillage& village) {
    CHECK(handed(village, "Wu", 4) == Epochs{2, 3, 4});
  });
}

TEST_CASE("whoever comes by an act without an epoch gets none of before it") {
  Story story{officer("Zhao") + admit("Zhang", "mediator")};
  const ChangeId line = story.says("Wang", {}, from_now({cut("Zhang", 9)}) + opens(1, {"Zhang"}));
  const ChangeId coming = story.says("Zhao", {line}, admit("Wu", "mediator"));
  story.expect([](const StoryVillage& village) { CHECK(handed(village, "Wu", 1).empty()); });
  story.says("Wang", {coming}, opens(2, {"Zhang", "Wu"}));
  story.expect([](const StoryVillage& village) { CHECK(handed(village, "Wu", 2) == Epochs{2}); });
}

TEST_CASE("what was sealed between somebody's removal and return is not theirs") {
  Story story{officer("Zhao") + admit("Zhang", "mediator") + admit("Wu", "mediator")};
  const ChangeId line =
      story.says("Wang", {}, from_now({cut("Zhang", 9), cut("Wu", 9)}) + opens(1, {"Zhang", "Wu"}));
  const ChangeId out =
      story.says("Wang", {line}, remove("Wu", {cut("Wu", 9)}) + opens(2, {"Zhang"}));
  const ChangeId between = story.says("Zhao", {out}, opens(3, {"Zhang"}));
  story.expect([](const StoryVillage& village) { CHECK(handed(village, "Wu", 3).empty()); });
  const ChangeId back =
      story.says("Wang", {between}, admit("Wu", "mediator") + opens(4, {"Zhang", "Wu"}));
  // A second computer of theirs gets what the first one was given.
  story.says("Zhao", {back}, key("Wu", "Wu's other") + opens(5, {"Zhang", "Wu", "Wu's other"}));
  story.expect([](const StoryVillage& village) {
    CHECK(handed(village, "Wu", 5) == Epochs{1, 4, 5});
    CHECK(handed(village, "Wu's other", 5) == Epochs{1, 4, 5});
    CHECK(handed(village, "Zhang", 5) == Epochs{1, 2, 3, 4, 5});
  });
}

TEST_CASE("a removal that is not in force takes no time from anybody") {
  Story story{officer("Zhao") + admit("Zhang", "mediator") + admit("Wu", "mediator")};
  const ChangeId line =
      story.says("Wang", {}, from_now({cut("Zhang", 9), cut("Wu", 9)}) + opens(1, {"Zhang", "Wu"}));
  // Zhao removes Wu, and is removed himself, by somebody who has not heard of it.
  const ChangeId out =
      story.says("Zhao", {line}, remove("Wu", {cut("Wu", 9)}) + opens(2, {"Zhang"}));
  const ChangeId answer = story.says("Wang", {line}, remove("Zhao", {cut("Zhao", 0)}));
  story.says("Wang", {out, answer}, opens(3, {"Zhang"}));
  story.expect([&](const StoryVillage& village) {
    CHECK_FALSE(village.is_in_force(out));
    CHECK(village.is_member("Wu"));
    // What honest people sealed under the second, and what is sealed with now.
    CHECK(handed(village, "Wu", 3) == Epochs{1, 2, 3});
  });
}

TEST_CASE("an officer of old who opens an epoch once more gives nobody what was before") {
  Story story{officer("Zhao") + admit("Zhang", "mediator") + admit("Wu", "clerk")};
  const ChangeId line = story.says("Wang", {}, from_now({cut("Zhang", 9)}) + opens(1, {"Zhang"}));
  const ChangeId out =
      story.says("Wang", {line}, remove("Zhao", {cut("Zhao", 0)}) + opens(2, {"Zhang"}));
  story.says("Wang", {out}, grant("Wu", "mediator") + opens(3, {"Zhang", "Wu"}));
  // From old heads, as if Wu had been given it; and a clerk's own word.
  story.says("Zhao", {line}, opens(1, {"Wu"}) + opens(2, {"Wu"}));
  story.says("Wu", {line}, opens(1, {"Wu"}));
  story.expect([](const StoryVillage& village) { CHECK(handed(village, "Wu", 3) == Epochs{3}); });
}

TEST_CASE("of an epoch whose act fell, those have a claim who could read by what it knew") {
  Story story{officer("Zhao") + officer("Chen") + admit("Zhang", "mediator") + clerk("Wu")};
  const ChangeId line = story.says("Wang", {}, from_now({cut("Zhang", 9)}) + opens(1, {"Zhang"}));
  // What a void act gives the key counts for nothing, nor does another one that names the epoch.
  const ChangeId fallen = story.says("Zhao", {line}, opens(2, {"Zhang", "Wu"}));
  story.says("Chen", {line}, opens(2, {"Wu"}));
  const ChangeId out =
      story.says("Wang", {line}, remove("Zhao", {cut("Zhao", 0)}) + opens(3, {"Zhang"}));
  const ChangeId also = story.says("Wang", {out}, remove("Chen", {cut("Chen", 0)}));
  story.says("Wang", {also, fallen}, grant("Wu", "mediator") + opens(4, {"Zhang", "Wu"}));
  story.expect([&](const StoryVillage& village) {
    CHECK_FALSE(village.is_in_force(fallen));
    CHECK(handed(village, "Zhang", 4) == Epochs{1, 2, 3, 4});
    CHECK(handed(village, "Wu", 4) == Epochs{4});
  });
}

TEST_CASE("what somebody was given beside their removal is theirs when they come back") {
  Story story{officer("Zhao") + admit("Zhang", "mediator") + admit("Wu", "mediator")};
  const ChangeId line =
      story.says("Wang", {}, from_now({cut("Zhang", 9), cut("Wu", 9)}) + opens(1, {"Zhang", "Wu"}));
  const ChangeId beside = story.says("Zhao", {line}, opens(2, {"Zhang", "Wu"}));
  const ChangeId out =
      story.says("Wang", {line}, remove("Wu", {cut("Wu", 9)}) + opens(3, {"Zhang"}));
  story.says("Wang", {out, beside}, admit("Wu", "mediator") + opens(4, {"Zhang", "Wu"}));
  story.expect([](const StoryVillage& village) {
    CHECK(handed(village, "Wu", 4) == Epochs{1, 2, 4});
  });
}

TEST_CASE("an act that is not in force takes nobody's time from an epoch that it names") {
  Story story{officer("Zhao") + admit("Zhang", "mediator") + admit("Wu", "mediator")};
  const ChangeId line =
      story.says("Wang", {}, from_now({cut("Zhang", 9), cut("Wu", 9)}) + opens(1, {"Zhang", "Wu"}));
  const ChangeId once_more = story.says("Zhao", {line}, opens(1));
  const ChangeId out =
      story.says("Wang", {line}, remove("Zhao", {cut("Zhao", 0)}) + remove("Wu", {cut("Wu", 9)}));
  story.says("Wang", {out, once_more}, admit("Wu", "mediator") + opens(2, {"Zhang", "Wu"}));
  story.expect([&](const StoryVillage& village) {
    CHECK_FALSE(village.is_in_force(once_more));
    CHECK(handed(village, "Wu", 2) == Epochs{1, 2});
  });
}

TEST_CASE("a line that is narrowed keeps nobody from what was of their time, and gives no more") {
  Story story{officer("Zhao") + admit("Zhang", "mediator")};
  const ChangeId first = story.says("Wang", {}, opens(1, {"Zhang"}));
  const ChangeId coming =
      story.says("Wang", {first}, admit("Wu", "mediator") + opens(2, {"Zhang", "Wu"}));
  story.expect([](const StoryVillage& village) {
    CHECK(handed(village, "Wu", 2) == Epochs{1, 2});
  });
  const ChangeId narrow = story.says(
      "Zhao", {coming}, from_now({cut("Zhang", 9), cut("Wu", 9)}) + opens(3, {"Zhang", "Wu"}));
  story.expect([](const StoryVillage& village) {
    CHECK(handed(village, "Wu", 3) == Epochs{2, 3});
  });
  // Reading all has reading from now on in it: nothing is taken, so it cuts nobody.
  story.says("Wang", {narrow}, policy("mediator", "scope:mediation", kRead | kReadFromNow));
  story.expect([](const StoryVillage& village) {
    CHECK(handed(village, "Wu", 3) == Epochs{1, 2, 3});
    CHECK_FALSE(village.roster().has_from_now());
  });
}

TEST_CASE("beside a line that is narrowed nobody widens it") {
  Story story{officer("Zhao") + admit("Zhang", "mediator")};
  story.says("Wang", {}, from_now({cut("Zhang", 9)}));
  story.says("Zhao", {}, policy("mediator", "scope:mediation", kRead));
  story.expect([](const StoryVillage& village) {
    CHECK(village.roster().may_read_scope(laptop("Zhang").author(), kScope));
    CHECK_FALSE(village.roster().may_read_earlier(laptop("Zhang").author(), kScope));
  });
}
