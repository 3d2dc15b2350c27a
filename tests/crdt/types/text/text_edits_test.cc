// SPDX-License-Identifier: Apache-2.0
#include "crdt/types/text/text_edits.h"

#include <catch2/catch.hpp>
#include <random>

#include "crdt/base/limits.h"

using namespace cunju;

TEST_CASE("typing, rubbing out and erasing forward grow one run each") {
  TextEdits edits;
  for (std::size_t i = 0; i < 5; ++i) REQUIRE(edits.insert(10 + i, "村"));
  REQUIRE(edits.runs().size() == 1);
  CHECK(edits.runs()[0] == TextRun{10, 5, 15});
  for (std::size_t i = 0; i < 3; ++i) REQUIRE(edits.erase(14 - i, 1));
  REQUIRE(edits.runs().size() == 2);
  CHECK(edits.runs()[1] == TextRun{12, 3, 0});
  for (int i = 0; i < 4; ++i) REQUIRE(edits.erase(12, 1));
  CHECK(edits.runs().size() == 2);
  CHECK(edits.runs()[1] == TextRun{12, 7, 0});
  CHECK(edits.text() == "村村村村村");
}

TEST_CASE("an erasure that grows back to the one before it becomes one with it") {
  TextEdits edits;
  REQUIRE(edits.erase(5, 1));
  REQUIRE(edits.erase(9, 1));
  CHECK(edits.runs().size() == 2);
  REQUIRE(edits.erase(5, 4));
  CHECK(edits.runs().size() == 1);
  CHECK(edits.runs()[0] == TextRun{5, 6, 0});
}

TEST_CASE("typing elsewhere, or in front of what was typed, begins a new run") {
  TextEdits edits;
  REQUIRE(edits.insert(3, "ab"));
  REQUIRE(edits.insert(3, "c"));
  REQUIRE(edits.insert(3, "d"));
  CHECK(edits.runs().size() == 3);
  TextBuffer buffer("xyz!");
  apply_edits(buffer, edits);
  CHECK(buffer.str() == "xyzdcab!");
}

TEST_CASE("recorded runs do what the single edits did, also beyond the end") {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    TextBuffer one_by_one("这是原来的文字 with words");
    TextBuffer at_once = one_by_one;
    TextEdits all;
    for (int i = 0; i < 60; ++i) {
      // Near the last place, so that runs touch often.
      const std::size_t position = random() % (one_by_one.length() + 4);
      TextEdits single;
      if (random() % 2 == 0) {
        const std::size_t count = 1 + random() % 4;
        REQUIRE(single.erase(position, count));
        REQUIRE(all.erase(position, count));
      } else {
        REQUIRE(single.insert(position, "新𠮷"));
        REQUIRE(all.insert(position, "新𠮷"));
      }
      apply_edits(one_by_one, single);
    }
    apply_edits(at_once, all);
    REQUIRE(at_once.str() == one_by_one.str());
  }
}

TEST_CASE("edits beyond the end act at the end") {
  TextBuffer buffer("村居");
  TextEdits edits;
  REQUIRE(edits.insert(1000, "!"));
  REQUIRE(edits.erase(2, 1000));
  REQUIRE(edits.erase(999, 5));
  apply_edits(buffer, edits);
  CHECK(buffer.str() == "村居");
}

TEST_CASE("what exceeds a limit is not recorded and spoils nothing") {
  TextEdits edits;
  REQUIRE(edits.insert(0, "a"));
  const TextEdits before = edits;
  CHECK_FALSE(edits.insert(limits::kMaxTextPosition, "b"));
  CHECK_FALSE(edits.erase(1, limits::kMaxTextPosition));
  CHECK_FALSE(edits.insert(5, std::string(limits::kMaxTextInsertBytes, 'x')));
  CHECK_FALSE(edits.add({.position = 0, .erased = 1, .inserted = std::string(1 << 20, 'x')}));
  CHECK(edits == before);
  for (std::size_t i = 1; i < limits::kMaxTextRuns; ++i) REQUIRE(edits.erase(3 * i, 1));
  CHECK_FALSE(edits.erase(9 * limits::kMaxTextRuns, 1));
  CHECK_FALSE(edits.insert(0, "x"));
  CHECK(edits.runs().size() == limits::kMaxTextRuns);
}
