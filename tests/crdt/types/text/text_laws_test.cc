// SPDX-License-Identifier: Apache-2.0
// The laws of text_walk.h on the smallest histories that can break them, among them the
// interleavings that Weidner and Kleppmann ("The Art of the Fugue") show of RGA, Logoot and Yjs.
#include <catch2/catch.hpp>
#include <set>

#include "tests/crdt/types/text/text_oracle.h"
#include "tests/crdt/types/text/text_story.h"

using namespace cunju;
using namespace cunju::test;

namespace {

/// Who is first among equals must not matter, so every story is told with both orders of authors.
const std::vector<std::pair<std::uint8_t, std::uint8_t>> kPairs = {{1, 2}, {2, 1}};

}  // namespace

TEST_CASE("two people who type forwards at one place are not interleaved") {
  for (auto [first, second] : kPairs) {
    SimulatedText story;
    const auto root = story.insert(0, {}, 0, "shopping: !");
    story.type(first, {root}, 10, {"m", "i", "l", "k"});
    story.type(second, {root}, 10, {"e", "g", "g", "s"});
    CHECK(story.text() == (first < second ? "shopping: milkeggs!" : "shopping: eggsmilk!"));
  }
}

TEST_CASE("two people who type backwards at one place are not interleaved") {
  for (auto [first, second] : kPairs) {
    SimulatedText story;
    story.type_backwards(first, {}, 0, {"k", "l", "i", "m"});
    story.type_backwards(second, {}, 0, {"s", "g", "g", "e"});
    CHECK(story.text() == (first < second ? "milkeggs" : "eggsmilk"));
  }
}

TEST_CASE("one who types forwards and one who types backwards are not interleaved") {
  for (auto [first, second] : kPairs) {
    SimulatedText story;
    const auto root = story.insert(0, {}, 0, "()");
    story.type(first, {root}, 1, {"m", "i", "l", "k"});
    story.type_backwards(second, {root}, 1, {"s", "g", "g", "e"});
    CHECK(story.text() == (first < second ? "(milkeggs)" : "(eggsmilk)"));
  }
}

TEST_CASE("a word that is put in front of one's own words stays with them") {
  // The RGA case: the later insertion has the place in front, not its words, as its neighbour.
  for (auto [first, second] : kPairs) {
    SimulatedText story;
    const auto root = story.insert(0, {}, 0, "Hello!");
    const auto alice = story.type(first, {root}, 5, {" ", "A", "l", "i", "c", "e"});
    story.type(first, {alice}, 5, {" ", "d", "e", "a", "r"});
    story.type(second, {root}, 5, {" ", "C", "h", "a", "r", "l", "i", "e"});
    CHECK(story.text() ==
          (first < second ? "Hello dear Alice Charlie!" : "Hello Charlie dear Alice!"));
  }
}

TEST_CASE("a word put into the middle of what another typed on goes behind all of it, or before") {
  for (auto [first, second] : kPairs) {
    SimulatedText story;
    const auto root = story.insert(0, {}, 0, "()");
    const auto x = story.insert(first, {root}, 1, "x");
    const auto y = story.insert(first, {x}, 2, "y");
    // Not in one go with what stands before it.
    const auto mark = story.insert(3, {y}, 4, "!");
    story.insert(3, {mark}, 3, "z");
    // A longer branch, so that it is replayed when the others' words are there.
    story.type(second, {x}, 2, {"a", "b", "c", "d", "e"});
    CHECK(story.text() == (first < second ? "(xyzabcde)!" : "(xabcdeyz)!"));
    story.insert(4, {root}, 1, "_");
    const TextOracle oracle(story.history());
    CHECK(story.text() == oracle.text_at(heads_of(story.history())));
  }
}

TEST_CASE("insertions with one left neighbour are ordered by their right neighbours") {
  // A and B meet; X knows A alone, Y stands between A and B: Y stays at B, X at A (FugueMax).
  for (auto [first, second] : kPairs) {
    SimulatedText story;
    const auto a = story.insert(1, {}, 0, "A");
    const auto b = story.insert(2, {}, 0, "B");
    story.insert(first, {a}, 1, "X");
    story.insert(second, {a, b}, 1, "Y");
    CHECK(story.text() == "AXYB");
  }
}

TEST_CASE("an insertion stays between its neighbours, even when both are erased meanwhile") {
  SimulatedText story;
  const auto root = story.insert(0, {}, 0, "甲乙丙丁");
  story.erase(1, {root}, 0, 4);
  story.insert(2, {root}, 2, "新");
  story.insert(3, {root}, 4, "末");
  CHECK(story.text() == "新末");
}

TEST_CASE("what two people erase is erased once") {
  SimulatedText story;
  const auto root = story.insert(0, {}, 0, "abcdef");
  story.erase(1, {root}, 1, 3);
  story.erase(2, {root}, 2, 3);
  CHECK(story.text() == "af");
}

TEST_CASE("an erasure takes only what its author had seen") {
  SimulatedText story;
  const auto root = story.insert(0, {}, 0, "会议");
  const auto left = story.insert(1, {root}, 1, "临时");
  story.erase(2, {root}, 0, 2);
  CHECK(story.text() == "临时");
  CHECK(story.text_at({left}) == "会临时议");
}

TEST_CASE("positions count scalar values in every plane") {
  SimulatedText story;
  const auto root = story.insert(0, {}, 0, "村𠮷👩e\u0301居");
  story.insert(1, {root}, 2, "|");
  story.erase(2, {root}, 4, 1);
  CHECK(story.text() == "村𠮷|👩e居");
}

TEST_CASE("edits of other fields beside them are no edits of the text") {
  SimulatedText story;
  const auto root = story.insert(0, {}, 0, "a");
  const auto field = story.other(1, {root});
  const auto text = story.insert(2, {root}, 1, "b");
  const auto both = story.insert(1, {field, text}, 2, "c");
  story.other(3, {root});
  CHECK(story.text() == "abc");
  CHECK(story.text_at({both}) == "abc");
}

TEST_CASE("each version of a text that was written apart reads as its author left it") {
  SimulatedText story;
  const auto base = story.insert(0, {}, 0, "会议");
  const auto left = story.insert(1, {base}, 0, "村民");
  const auto more = story.insert(1, {left}, 4, "纪要");
  const auto right = story.insert(2, {base}, 2, "记录");
  const auto met = story.other(2, {more, right});
  const auto after = story.insert(2, {met}, 0, "《");
  CHECK(story.text_at({more}) == "村民会议纪要");
  CHECK(story.text_at({right}) == "会议记录");
  CHECK(story.text_at({after}) == story.text());
  CHECK(story.text() == "《村民会议纪要记录");
}

TEST_CASE("blame names the change that wrote each stretch") {
  SimulatedText story;
  const auto one = story.insert(1, {}, 0, "甲甲甲甲");
  const auto two = story.insert(2, {one}, 2, "乙乙");
  story.erase(3, {two}, 1, 2);
  CHECK(blame(story.history()) == std::vector<BlameSpan>{{1, one}, {1, two}, {2, one}});
  CHECK(blame_at(story.history(), std::vector{one}) == std::vector<BlameSpan>{{4, one}});
}

TEST_CASE("a history refuses a change twice, and parents that are not here") {
  TextHistory history;
  REQUIRE(history.add(text_change_id(1), text_author(1), {}, {}).has_value());
  CHECK(history.add(text_change_id(1), text_author(1), {}, {}).error().code == Errc::kExists);
  const std::vector<TextNodeIndex> missing{1};
  CHECK(history.add(text_change_id(2), text_author(1), missing, {}).error().code == Errc::kMissing);
  CHECK(history.size() == 1);
}
