// SPDX-License-Identifier: Apache-2.0
// When a node states what it holds, and to whom that goes.
#include <catch2/catch.hpp>

#include "tests/node/peers/peer_node.h"

namespace cunju::test {
namespace {

/// A village and its office, paired; both know each other by the roster.
struct Receipts {
  explicit Receipts(const std::string& role) : village(1, "文书甲"), office(2, "街道办") {
    space = village.found("幸福村");
    const peers::Invitation invitation = village.invite(space, role);
    office.join(invitation);
    pair_by_words(office, village, invitation);
    exchange();
    exchange();
  }
  /// The village calls once and leaves.
  void exchange() {
    village.manager->set_leave_when_caught_up(true);
    auto line = call(village, office, "once");
    line->pump();
    village.manager->set_leave_when_caught_up(false);
  }
  void write() { write_with(village.keys.author, *village.replica); }
  void write_with(const crypto::SigningKey& key, replica::Replica& replica) {
    replica::ChangeDraft draft =
        draft_of(random.make<RecordId>(), {set_field("n", std::int64_t{1})});
    require(replica.append(space, key, std::span(&draft, 1), 1));
  }
  std::uint64_t acknowledged(PeerNode& at) {
    const auto all = require(at.replica->acknowledged(space, village.keys.author.author()));
    return all.empty() ? 0 : all.front().count;
  }
  std::uint64_t written() {
    return require(village.replica->cut_of(space, village.keys.author.author(), std::nullopt)).end;
  }
  PeerNode village, office;
  SpaceId space;
  crypto::SeededRandom random{77};
};

}  // namespace

TEST_CASE("a village that calls once has the office's receipt for all it brought in that call",
          "[session_manager]") {
  Receipts peers("office");
  for (int i = 0; i < 5; ++i) peers.write();
  CHECK(peers.acknowledged(peers.village) < peers.written());
  peers.exchange();
  CHECK(peers.acknowledged(peers.village) == peers.written());
  CHECK(peers.acknowledged(peers.office) == peers.written());
  const Hash state = require(peers.village.replica->state_hash(peers.space));
  CHECK(state == require(peers.office.replica->state_hash(peers.space)));
  // With nothing new nothing is stated.
  peers.exchange();
  CHECK(require(peers.office.replica->state_hash(peers.space)) == state);
}

TEST_CASE("a clerk's node gives no receipts", "[session_manager]") {
  Receipts peers("clerk");
  peers.write();
  peers.exchange();
  CHECK(
      require(peers.village.replica->acknowledged(peers.space, peers.village.keys.author.author()))
          .empty());
}

TEST_CASE("what a live peer pushes is stated after a pause, and reaches it then",
          "[session_manager]") {
  Receipts peers("office");
  auto line = call(peers.village, peers.office, "live");
  line->pump();
  const std::uint64_t before = peers.acknowledged(peers.office);
  peers.write();
  peers.village.manager->on_commit();
  line->pump();
  CHECK(peers.acknowledged(peers.office) == before);
  peers.office.now += peers::kWitnessPause;
  peers.office.manager->tick();
  CHECK(peers.acknowledged(peers.office) == peers.written());
  peers.office.manager->on_commit();
  line->pump();
  CHECK(peers.acknowledged(peers.village) == peers.written());
}

TEST_CASE("a node that may not sign says so and goes on", "[session_manager]") {
  Receipts peers("office");
  const AuthorKey self = peers.office.keys.node.author();
  peers.office.replica->set_own_authors({self});
  const sync::AuthorHead ahead{self, Seq{1000}, peers.random.make<ChangeId>()};
  require(peers.office.replica->note_claims(peers.space, peers.village.keys.wire.wire(),
                                            std::span(&ahead, 1)));
  peers.write();
  peers.exchange();
  CHECK(peers.acknowledged(peers.village) < peers.written());
  CHECK(std::ranges::any_of(peers.office.events, [](const peers::PeerEvent& event) {
    return event.kind == peers::PeerEvent::Kind::kLog &&
           event.text.find("nothing was witnessed") != std::string::npos;
  }));
  CHECK(peers.office.count(peers::PeerEvent::Kind::kClosed) > 0);
}

TEST_CASE("after an exchange a village knows what its peer has of its log", "[session_manager]") {
  Receipts peers("office");
  peers.village.replica->set_own_authors({peers.village.keys.author.author()});
  peers.write();
  peers.exchange();
  auto told = require(peers.village.replica->told(peers.space, peers.village.keys.author.author()));
  REQUIRE(told.size() == 1);
  CHECK(told[0].peer == peers.office.keys.wire.wire());
  CHECK(told[0].seq.value + 1 == peers.written());
  CHECK(told[0].is_here);
  // Also when both have the same from the start, and no heads are exchanged.
  peers.write();
  peers.exchange();
  peers.exchange();
  told = require(peers.village.replica->told(peers.space, peers.village.keys.author.author()));
  CHECK(told[0].seq.value + 1 == peers.written());
}

}  // namespace cunju::test
