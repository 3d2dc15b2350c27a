// SPDX-License-Identifier: Apache-2.0
//
// Stories of confidential scopes: who may read them, and which epoch is the one to seal with.
#include <algorithm>

#include "tests/crdt/roster/roster_story.h"

using namespace cunju;
using namespace cunju::test;

namespace {

Says epoch(const std::string& name, std::uint16_t number, std::uint8_t which) {
  return {OpenEpoch{.scope = Scope{number}, .name = name, .epoch = {{which}}, .wraps = {}}};
}

std::vector<std::uint8_t> epochs_of(const StoryVillage& village, std::uint16_t number) {
  std::vector<std::uint8_t> out;
  auto scope = village.roster().scopes.find(Scope{number});
  if (scope == village.roster().scopes.end()) return out;
  for (const crypto::EpochId& id : scope->second.epochs) out.push_back(id.value[0]);
  return out;
}

bool may_read(const StoryVillage& village, const std::string& name, const std::string& scope) {
  return village.roster().may_read_scope(laptop(name).author(), scope);
}

}  // namespace

TEST_CASE("a scope's own line says who may read it, and the line for all registers does not") {
  Story story{officer("Zhao") + clerk("Li") + admit("Zhang", "mediator") + admit("Grid", "grid")};
  story.expect([](const StoryVillage& village) {
    CHECK(may_read(village, "Zhang", "mediation"));
    CHECK_FALSE(may_read(village, "Zhang", "rental_persons"));
    CHECK_FALSE(may_read(village, "Zhao", "mediation"));
    CHECK_FALSE(may_read(village, "Li", "mediation"));
    CHECK(may_read(village, "Li", "rental_persons"));
    CHECK(may_read(village, "Grid", "rental_persons"));
    CHECK_FALSE(may_read(village, "Li", "something"));
    CHECK(village.roster().entitled_devices("mediation") ==
          std::vector<AuthorKey>{laptop("Zhang").author()});
  });
}

TEST_CASE("a policy line lets a role into a scope, and out of it") {
  Story story{officer("Zhao") + clerk("Li")};
  // A clerk's line for all registers writes, and one of its own takes that away there.
  const Cuts cuts{cut("Li", 9), cut("Wang", 9)};
  const ChangeId in = story.says("Wang", {}, policy("clerk", "scope:poor relief", kRead, cuts));
  story.expect([](const StoryVillage& village) {
    CHECK(may_read(village, "Li", "poor relief"));
    CHECK_FALSE(may_read(village, "Zhao", "poor relief"));
  });
  story.says("Wang", {in}, policy("clerk", "scope:poor relief", 0, cuts));
  story.expect([](const StoryVillage& village) {
    CHECK_FALSE(may_read(village, "Li", "poor relief"));
    CHECK(village.may_write("Li", "minutes"));
  });
}

TEST_CASE("the last epoch in force is the current one") {
  Story story{officer("Zhao")};
  const ChangeId first = story.says("Wang", {}, epoch("mediation", 5, 1));
  const ChangeId second = story.says("Zhao", {first}, epoch("mediation", 5, 2));
  story.says("Wang", {second}, epoch("mediation", 5, 3));
  story.expect([](const StoryVillage& village) {
    CHECK(epochs_of(village, 5) == std::vector<std::uint8_t>{1, 2, 3});
    CHECK(village.roster().find_scope("mediation") == Scope{5});
    CHECK(village.roster().scopes.at(Scope{5}).current().value[0] == 3);
  });
}

TEST_CASE("two officers who open an epoch apart make two, and all agree which is current") {
  Story story{officer("Zhao")};
  const ChangeId first = story.says("Wang", {}, epoch("mediation", 5, 1));
  const ChangeId a = story.says("Wang", {first}, epoch("mediation", 5, 2));
  const ChangeId b = story.says("Zhao", {first}, epoch("mediation", 5, 3));
  story.expect([&](const StoryVillage& village) {
    // At one depth the smaller id comes first.
    CHECK(epochs_of(village, 5) ==
          (a < b ? std::vector<std::uint8_t>{1, 2, 3} : std::vector<std::uint8_t>{1, 3, 2}));
  });
}

TEST_CASE("an epoch of somebody who may not change the roster, or was removed, opens nothing") {
  Story story{officer("Zhao") + clerk("Li")};
  story.says("Li", {}, epoch("mediation", 5, 1));
  story.says("Zhao", {}, epoch("mediation", 5, 2));
  story.says("Wang", {}, remove("Zhao", {cut("Zhao", 0)}));
  story.expect([](const StoryVillage& village) { CHECK(epochs_of(village, 5).empty()); });
}

TEST_CASE("a number that was given to two scopes belongs to the first") {
  Story story{officer("Zhao")};
  const ChangeId first = story.says("Wang", {}, epoch("mediation", 5, 1));
  story.says("Zhao", {first}, epoch("rental_persons", 5, 2));
  story.expect([](const StoryVillage& village) {
    CHECK(epochs_of(village, 5) == std::vector<std::uint8_t>{1});
    CHECK(village.roster().scopes.at(Scope{5}).name == "mediation");
    CHECK_FALSE(village.roster().find_scope("rental_persons"));
  });
}
