// SPDX-License-Identifier: Apache-2.0
// What a merge costs at worst, in steps for each run: a few for every doubling of the history,
// however authors who mean harm choose places and parents. Histories are as tell_text() makes them:
// a change has seen those that its author made before. "[.hostile]" tells the figures at the size
// of an author's whole share (docs/formats/text.md).
#include <catch2/catch.hpp>
#include <iostream>
#include <random>

#include "crdt/base/limits.h"
#include "tests/crdt/types/text/text_steps.h"
#include "tests/crdt/types/text/text_world.h"

using namespace cunju;
using namespace cunju::test;

namespace {

using Index = TextNodeIndex;

double steps_per_run(const TextHistory& history) {
  std::size_t runs = 0;
  for (Index i = 0; i < history.size(); ++i) runs += history.runs(i).size();
  return static_cast<double>(steps_of(history)) / static_cast<double>(runs);
}

Index add(TextHistory& history, std::uint8_t author, const std::vector<Index>& parents,
          const TextEdits& edits) {
  return history.add(text_change_id(history.size()), text_author(author), parents, edits).value();
}

/// Every author writes backwards at the beginning, apart from the others: all of each one's words
/// stand between the left neighbour of everybody's next word and its right neighbour.
TextHistory write_backwards(std::uint8_t authors, std::size_t runs) {
  TextHistory history;
  const Index base = add(history, 0, {}, one_insert(0));
  for (std::uint8_t author = 1; author <= authors; ++author) {
    Index last = base;
    for (std::size_t left = runs; left != 0;) {
      TextEdits edits;
      for (std::size_t i = std::min(left, limits::kMaxTextRuns); i != 0; --i, --left) {
        REQUIRE(edits.insert(0, "x"));
      }
      last = add(history, author, {last}, edits);
    }
  }
  return history;
}

/// Many words apart from each other at one place, by few authors or many.
TextHistory write_at_once(std::size_t changes) {
  TextHistory history;
  const Index base = add(history, 0, {}, one_insert(0));
  for (std::size_t i = 0; i < changes; ++i) {
    add(history, static_cast<std::uint8_t>(1 + i % 200), {base}, one_insert(0));
  }
  return history;
}

/// One writes, the other reads along and writes too, but is not read.
TextHistory read_along(std::size_t changes, std::uint8_t writes, std::uint8_t reads) {
  TextHistory history;
  Index writer = add(history, writes, {}, one_insert(0));
  Index reader = add(history, reads, {writer}, one_insert(0));
  for (std::size_t i = 1; i < changes; ++i) {
    writer = add(history, writes, {writer}, one_insert(i * 7919 % (i + 1)));
    reader = add(history, reads, {reader, writer}, one_insert(i * 7907 % (i + 1)));
  }
  return history;
}

/// Each has seen what the others had written `delay` changes before.
TextHistory lag_behind(std::uint8_t authors, std::size_t changes, std::size_t delay) {
  TextHistory history;
  std::vector<std::vector<Index>> made(authors);
  for (std::size_t i = 0; i < changes; ++i) {
    for (std::uint8_t author = 0; author < authors; ++author) {
      std::vector<Index> parents;
      if (i > 0) parents.push_back(made[author].back());
      for (std::uint8_t other = 0; other < authors; ++other) {
        if (other != author && i >= delay) parents.push_back(made[other][i - delay]);
      }
      made[author].push_back(add(history, author, parents, one_insert(i * 7919 % (i + 1))));
    }
  }
  return history;
}

/// Whoever is next has seen of each other author what it knew, or anything newer; one in three
/// changes erases what there is of a long piece.
TextHistory read_at_random(std::uint64_t seed, std::uint8_t authors, std::size_t changes) {
  std::mt19937_64 random(seed);
  TextHistory history;
  std::vector<std::vector<Index>> made(authors);
  std::vector<std::vector<std::size_t>> knows(authors, std::vector<std::size_t>(authors));
  for (std::size_t i = 0; i < changes; ++i) {
    const auto author = static_cast<std::uint8_t>(random() % authors);
    std::vector<Index> parents;
    if (!made[author].empty()) parents.push_back(made[author].back());
    for (std::uint8_t other = 0; other < authors; ++other) {
      std::size_t& known = knows[author][other];
      if (other == author || random() % 4 != 0 || known == made[other].size()) continue;
      const std::size_t most = made[other].size() - known;
      known += random() % 8 == 0 ? most : 1 + random() % std::min<std::size_t>(most, 3);
      parents.push_back(made[other][known - 1]);
    }
    TextEdits edits;
    const std::size_t at = random() % (i + 1);
    if (random() % 3 == 0) {
      REQUIRE(edits.erase(at, 1 + random() % (i + 1)));
    } else {
      REQUIRE(edits.insert(at, "x"));
    }
    made[author].push_back(add(history, author, parents, edits));
  }
  return history;
}

}  // namespace

TEST_CASE("a run costs a merge the same few steps, however long the history is") {
  for (std::size_t runs : {500, 4000}) {
    CAPTURE(runs);
    CHECK(steps_per_run(write_backwards(2, runs)) < 20);
    CHECK(steps_per_run(write_backwards(8, runs)) < 50);
    CHECK(steps_per_run(write_at_once(runs)) < 30);
    CHECK(steps_per_run(read_along(runs, 1, 2)) < 20);
    CHECK(steps_per_run(read_along(runs, 2, 1)) < 20);
    CHECK(steps_per_run(lag_behind(2, runs, 1)) < 20);
    CHECK(steps_per_run(lag_behind(2, runs, 100)) < 20);
    CHECK(steps_per_run(lag_behind(5, runs / 2, 100)) < 60);
  }
}

TEST_CASE("authors who read each other at random cost a run a few steps for each of them") {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    CAPTURE(seed);
    for (std::uint8_t authors : std::vector<std::uint8_t>{2, 5, 20}) {
      CAPTURE(authors);
      CHECK(steps_per_run(read_at_random(seed, authors, 4000)) < 10 * authors);
    }
  }
}

TEST_CASE("what a merge costs when authors mean harm, at the size of their shares", "[.hostile]") {
  const auto most = static_cast<std::size_t>(limits::kMaxAuthorTextLoad / limits::kTextRunLoad);
  for (std::size_t runs : {most / 8, most / 4, most / 2, most}) {
    auto tell = [runs](const char* what, const TextHistory& history) {
      std::cout << runs << " runs, " << what << ": " << steps_per_run(history)
                << " steps for each run" << std::endl;
    };
    tell("two write backwards", write_backwards(2, runs));
    tell("eight write backwards", write_backwards(8, runs / 4));
    tell("all at once", write_at_once(runs));
    tell("a later author reads along", read_along(runs / 2, 1, 2));
    tell("an earlier author reads along", read_along(runs / 2, 2, 1));
    tell("two lag behind by one", lag_behind(2, runs / 2, 1));
    tell("two lag behind by 100", lag_behind(2, runs / 2, 100));
    tell("five lag behind by 100", lag_behind(5, runs / 8, 100));
    for (std::uint8_t authors : std::vector<std::uint8_t>{2, 5, 20, 64}) {
      tell(("at random, authors: " + std::to_string(authors)).c_str(),
           read_at_random(1, authors, runs));
    }
    tell("five lag behind by 2", lag_behind(5, runs / 8, 2));
  }
}
