// SPDX-License-Identifier: Apache-2.0
//
// The replica over its store and the replay in memory are two programs for one set of laws.
#include <catch2/catch.hpp>
#include <set>

#include "crdt/replay/replay.h"
#include "node/audit/tables.h"
#include "tests/support/forged_logs.h"
#include "tests/support/village.h"

namespace cunju::replay {
namespace {

/// Hands the changes to the replica, each as a run of its own, some at a time.
void deliver(replica::Replica& replica, const SpaceId& space, const std::vector<Change>& changes) {
  WireKey inviter;
  REQUIRE(replica.join(space, inviter));
  std::vector<sync::Run> batch;
  for (const Change& change : changes) {
    batch.push_back({{change}});
    if (batch.size() < 16 && &change != &changes.back()) continue;
    Result<sync::AcceptReport> accepted = replica.accept(space, batch);
    INFO((accepted ? "" : accepted.error().context));
    REQUIRE(accepted);
    batch.clear();
  }
}

/// Replica::view_hash, from a replay.
Hash view_hash(const Replay& replay) {
  crypto::Hasher hasher("cunju views 1");
  for (const auto& [place, view] : replay.views) {
    replica::Key key;
    key.bytes(place.record.view()).u16(place.scope.value);
    hasher.add(key).add(view.encode());
  }
  return hasher.finish();
}

/// What the texts of a replay went through.
struct TextKinds {
  std::size_t texts = 0, merged = 0, met = 0, late = 0, frozen = 0, thawed = 0;

  void add(const RecordView& view) {
    const Field* freezes = view.state.find(kFreezeField, FieldKind::kFreeze);
    if (view.state.is_frozen()) ++frozen;
    if (freezes != nullptr && !view.state.is_frozen()) ++thawed;
    for (const TextField& text : view.state.texts()) {
      ++texts;
      if (text.is_merged) ++merged;
      if (text.heads.size() > 1) ++met;
      if (!text.late.empty()) ++late;
    }
  }
};

TEST_CASE("The replica computes what the replay computes, in every order of arrival") {
  std::set<PartState> seen;
  std::size_t refused = 0;
  TextKinds kinds;
  for (std::uint64_t seed = 1; seed <= 18; ++seed) {
    CAPTURE(seed);
    test::ForgedLogs logs(seed);
    for (int i = 0; i < 100; ++i) logs.draw(seed % 4 != 0);
    std::vector<Change> changes = logs.changes();
    if (seed % 3 == 0) changes.erase(changes.begin() + 20);  // One never arrives.
    const Replay expected = replay(logs.space(), changes);
    for (const PartVerdict& verdict : expected.parts) seen.insert(verdict.state);
    refused += expected.refused.size();
    for (const auto& [place, view] : expected.views) kinds.add(view);
    for (int round = 0; round < 2; ++round) {
      CAPTURE(round);
      test::Store store(seed);
      deliver(*store.replica, logs.space(), changes);
      for (const auto& [place, view] : expected.views) {
        auto found = store.replica->view(logs.space(), place.record, place.scope);
        REQUIRE(found);
        REQUIRE(found.value());
        CAPTURE(place.record.hex());
        REQUIRE(found.value()->encode() == view.encode());
      }
      CHECK(store.replica->state_hash(logs.space()).value() ==
            audit::state_hash(logs.space(), expected));
      CHECK(store.replica->view_hash(logs.space()).value() == view_hash(expected));
      CHECK(store.replica->roster(logs.space()).value()->members.size() ==
            expected.roster->members.size());
      logs.shuffle(changes);
    }
  }
  // The liars did lie, and what was taken away was taken from somebody who wrote on.
  CHECK(seen.size() == 7);
  CHECK(refused > 20);
  // Texts met, were confirmed, and some were final while others wrote on.
  CHECK(kinds.texts > 40);
  CHECK(kinds.met > 3);
  CHECK(kinds.merged > 3);
  CHECK(kinds.merged < kinds.texts);
  CHECK(kinds.late > 5);
  CHECK(kinds.frozen > 5);
  CHECK(kinds.thawed > 2);
}

}  // namespace
}  // namespace cunju::replay
