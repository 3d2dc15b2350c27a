// SPDX-License-Identifier: Apache-2.0
// What freezes cost when somebody makes many of them. Their laws are in text_field_test.cc.
#include "crdt/types/text/text_freezes.h"

#include <catch2/catch.hpp>
#include <deque>
#include <random>

#include "crdt/types/text/text_field.h"
#include "tests/crdt/types/text/text_world.h"

using namespace cunju;
using namespace cunju::test;

namespace {

AuthorKey line_of(std::size_t number) { return {text_change_id(number).value}; }

/// Acts and edits with the clocks that they would have.
struct Scene {
  const VersionVector& add(std::size_t line, const std::vector<const VersionVector*>& parents) {
    VersionVector clock;
    for (const VersionVector* parent : parents) clock.merge(*parent);
    clock.raise({line_of(line), Seq{next[line]++}});
    clocks.push_back(std::move(clock));
    return clocks.back();
  }
  TextEvent event(std::size_t line, const VersionVector& clock) {
    return {.author = line_of(line),
            .dot = {line_of(line), Seq{next[line] - 1}},
            .clock = &clock,
            .passed = nullptr};
  }
  const VersionVector& act(std::size_t line, std::uint64_t depth, bool freezes,
                           const std::vector<const VersionVector*>& parents) {
    const VersionVector& clock = add(line, parents);
    acts.add({.change = nullptr, .depth = depth, .event = event(line, clock), .freezes = freezes});
    return clock;
  }
  bool is_vain(std::size_t line, const VersionVector& clock) {
    return acts.is_vain(event(line, clock));
  }

  std::deque<VersionVector> clocks;
  std::map<std::size_t, std::uint64_t> next;
  FreezeRegister acts;
};

constexpr std::size_t kLines = 256, kEdits = 2000, kWriter = 100'000, kOther = 200'000;

}  // namespace

TEST_CASE("edits above hundreds of open freezes cost no comparison once one of them was told") {
  Scene scene;
  std::vector<const VersionVector*> all;
  for (std::size_t line = 0; line < kLines; ++line) all.push_back(&scene.act(line, 1, true, {}));
  scene.acts.finish();
  const VersionVector* last = &scene.add(kWriter, all);
  REQUIRE(scene.is_vain(kWriter, *last));
  const std::uint64_t before = scene.acts.steps();
  for (std::size_t i = 0; i < kEdits; ++i) {
    last = &scene.add(kWriter, {last});
    REQUIRE(scene.is_vain(kWriter, *last));
  }
  last = &scene.add(kOther, {last});
  REQUIRE(scene.is_vain(kOther, *last));
  CHECK(scene.acts.steps() == before);
}

TEST_CASE("edits that each see one more act cost a look at the open ones, not at all pairs") {
  Scene scene;
  // As many freezes, each answered by a thaw that knows of no other one.
  std::vector<const VersionVector*> all;
  for (std::size_t line = 0; line < kLines; ++line) scene.act(line, 1, true, {});
  for (std::size_t line = 0; line < kLines; ++line)
    all.push_back(&scene.act(kLines + line, 2, false, {&scene.clocks[line]}));
  std::vector<const VersionVector*> more;
  for (std::size_t i = 0; i < kEdits; ++i)
    more.push_back(&scene.act(2 * kLines, 3 + i, i % 2 == 0,
                              i == 0 ? std::vector<const VersionVector*>{}
                                     : std::vector<const VersionVector*>{more.back()}));
  scene.acts.finish();
  const VersionVector* last = &scene.add(kWriter, all);
  REQUIRE_FALSE(scene.is_vain(kWriter, *last));
  const std::uint64_t before = scene.acts.steps();
  for (std::size_t i = 0; i < kEdits; ++i) {
    last = &scene.add(kWriter, {last, more[i]});
    REQUIRE(scene.is_vain(kWriter, *last) == (i % 2 == 0));
  }
  CHECK((scene.acts.steps() - before) / kEdits <= 2 * kLines + 2);
}

TEST_CASE("whether an edit was made in vain is what comparing all acts with all says") {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    const auto below = [&](std::size_t bound) {
      return static_cast<std::size_t>(random() % bound);
    };
    Scene scene;
    struct Made {
      std::size_t line;
      Dot dot;
      const VersionVector* clock;
      bool freezes;
    };
    std::vector<Made> acts;
    std::map<std::size_t, const VersionVector*> last;
    const std::size_t lines = 2 + below(5);
    for (std::uint64_t depth = 1; depth <= 12; ++depth) {
      const std::size_t line = below(lines);
      std::vector<const VersionVector*> parents;
      if (last.contains(line)) parents.push_back(last[line]);
      if (!acts.empty() && below(2) == 0) parents.push_back(acts[below(acts.size())].clock);
      const bool freezes = below(2) == 0;
      last[line] = &scene.act(line, depth, freezes, parents);
      acts.push_back({line, {line_of(line), Seq{scene.next[line] - 1}}, last[line], freezes});
    }
    scene.acts.finish();
    for (int i = 0; i < 12; ++i) {
      const std::size_t writer = kWriter + below(3);
      std::vector<const VersionVector*> parents;
      for (std::size_t n = 1 + below(2); n > 0; --n)
        parents.push_back(acts[below(acts.size())].clock);
      // Some come from nowhere, as if what the one before had seen were passed over.
      if (last.contains(writer) && below(4) != 0) parents.push_back(last[writer]);
      const VersionVector& clock = scene.add(writer, parents);
      last[writer] = &clock;
      const bool expected = std::ranges::any_of(acts, [&](const Made& act) {
        return act.freezes && clock.covers(act.dot) &&
               std::ranges::none_of(acts, [&](const Made& other) {
                 return other.dot != act.dot && clock.covers(other.dot) &&
                        other.clock->covers(act.dot);
               });
      });
      CHECK(scene.is_vain(writer, clock) == expected);
    }
  }
}
