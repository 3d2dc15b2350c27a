// SPDX-License-Identifier: Apache-2.0
#include "node/peers/session_manager.h"

#include <catch2/catch.hpp>

#include "node/peers/own_node.h"
#include "tests/node/peers/peer_node.h"

namespace cunju::test {
namespace {

using Kind = peers::PeerEvent::Kind;
using Side = peers::InvitationBook::Side;

struct TwoNodes {
  TwoNodes() : a(1, "文书甲"), b(2, "街道") { space = a.found("幸福村"); }
  void pair() {
    invitation = a.invite(space, "clerk");
    b.join(invitation);
    pair_by_words(b, a, invitation);
    REQUIRE(b.count(Kind::kPaired) == 1);
  }
  /// Pairs and exchanges once, so that both know each other by the roster.
  void pair_and_sync() {
    pair();
    b.manager->set_leave_when_caught_up(true);
    auto line = call(b, a, "first");
    line->pump();
    REQUIRE(b.replica->state_hash(space).value() == a.replica->state_hash(space).value());
    b.manager->set_leave_when_caught_up(false);
  }
  PeerNode a, b;
  SpaceId space;
  peers::Invitation invitation;
};

}  // namespace

TEST_CASE("Pairing admits member, device and node, and the next call exchanges the space",
          "[session_manager]") {
  TwoNodes nodes;
  nodes.pair();
  CHECK(nodes.a.has_member(nodes.space, nodes.b.keys.author.author()));
  CHECK(require(nodes.a.replica->roster(nodes.space))->find_wire(nodes.b.keys.wire.wire()));
  CHECK(nodes.b.open(Side::kTaken) == 0);
  CHECK(nodes.a.count(Kind::kPaired) == 1);
  auto line = call(nodes.b, nodes.a, "second");
  line->pump();
  CHECK(nodes.b.has_member(nodes.space, nodes.b.keys.author.author()));
  CHECK(nodes.b.count(Kind::kCaughtUp) == 1);
  CHECK_FALSE(line->is_closed());
  // Known by its own key, the new node needs the invitation no more.
  CHECK(nodes.a.open(Side::kGiven) == 0);
  nodes.a.manager->leave_all();
  line->pump();
  CHECK(line->is_closed());
  CHECK_FALSE(nodes.a.manager->has_connections());
  CHECK_FALSE(nodes.b.manager->has_connections());
}

TEST_CASE(
    "A node that calls itself is told so, and takes nothing of what it says for a peer's word",
    "[session_manager]") {
  TwoNodes nodes;
  nodes.pair_and_sync();
  const std::size_t before = nodes.a.count(Kind::kConnected);
  auto line = call(nodes.a, nodes.a, "own");
  line->pump();
  CHECK(nodes.a.count(Kind::kConnected) == before);
  const bool is_told = std::ranges::any_of(nodes.a.events, [](const peers::PeerEvent& event) {
    return event.kind == Kind::kClosed && event.error && event.error->context == peers::kOwnNode &&
           event.end == transport::LinkEnd::kOwnNode;
  });
  CHECK(is_told);
  for (const AuthorKey& author : nodes.a.replica->own_authors())
    for (const auto& told : require(nodes.a.replica->told(nodes.space, author)))
      CHECK(told.peer != nodes.a.keys.wire.wire());
  // Others are met as ever.
  auto other = call(nodes.b, nodes.a, "other");
  other->pump();
  CHECK(nodes.a.count(Kind::kConnected) == before + 1);
}

TEST_CASE("Where one peer is to be met, nobody else is exchanged with, whoever it is",
          "[session_manager]") {
  TwoNodes nodes;
  nodes.pair_and_sync();
  const std::size_t before = nodes.b.count(Kind::kConnected);
  const auto closed_end = [&] {
    REQUIRE(nodes.b.events.back().kind == Kind::kClosed);
    return nodes.b.events.back();
  };
  // Another acquaintance answers: it is named, and nothing is said to it.
  nodes.b.expected = WireKey{{77}};
  auto line = call(nodes.b, nodes.a, "moved");
  line->pump();
  CHECK(nodes.b.count(Kind::kConnected) == before);
  CHECK(closed_end().end == transport::LinkEnd::kOtherPeer);
  CHECK(closed_end().error->context == peers::kOtherPeer);
  CHECK(closed_end().peer == "幸福村");
  CHECK(closed_end().expected == nodes.b.expected);
  // A stranger answers.
  PeerNode stranger(4, "路人");
  auto other = call(nodes.b, stranger, "stranger");
  other->pump();
  CHECK(closed_end().error->code == Errc::kNotFound);
  CHECK(closed_end().peer.empty());
  CHECK(nodes.b.count(Kind::kConnected) == before);
  // The one who was to be met answers.
  nodes.b.expected = nodes.a.keys.wire.wire();
  auto right = call(nodes.b, nodes.a, "right");
  right->pump();
  CHECK(nodes.b.count(Kind::kConnected) == before + 1);
}

TEST_CASE("Who has invited this node is no stranger to it, while words wait and when it is over",
          "[session_manager]") {
  TwoNodes nodes;
  nodes.invitation = nodes.a.invite(nodes.space, "clerk");
  nodes.b.join(nodes.invitation);
  const auto ends = [&] {
    nodes.b.events.clear();
    call(nodes.b, nodes.a, "a")->pump();
    REQUIRE(nodes.b.count(Kind::kClosed) == 1);
    return nodes.b.events.back().end;
  };
  const auto news = [&] {
    std::vector<peers::PairStage> out;
    for (const peers::PeerEvent& event : nodes.b.events)
      if (event.pairing && event.pairing->kind == peers::PairingNews::Kind::kOver)
        out.push_back(event.pairing->stage);
    return out;
  };
  CHECK(ends() == transport::LinkEnd::kWords);
  CHECK(ends() == transport::LinkEnd::kWords);
  // As a `sync` does that has shown them.
  nodes.b.manager->pass_over(nodes.invitation.id);
  CHECK(ends() == transport::LinkEnd::kWords);
  CHECK(nodes.b.count(Kind::kPairing) == 0);
  nodes.b.restart();
  require(nodes.a.desk().end_given(nodes.invitation.id, peers::PairStage::kCancelled));
  // However often it calls.
  for (int turn = 0; turn < 3; ++turn) {
    CHECK(ends() == transport::LinkEnd::kNoInvitation);
    CHECK(news() == std::vector<peers::PairStage>{peers::PairStage::kCancelled});
  }
  nodes.b.manager->pass_over(nodes.invitation.id);
  CHECK(ends() == transport::LinkEnd::kNoInvitation);
  CHECK(news().empty());
}

TEST_CASE("A member who is removed is cut off at once, and its invitation lets it in no more",
          "[session_manager]") {
  TwoNodes nodes;
  nodes.pair();
  auto line = call(nodes.b, nodes.a, "second");
  line->pump();
  REQUIRE_FALSE(line->is_closed());
  const auto roster = require(nodes.a.replica->roster(nodes.space));
  const AuthorKey device = nodes.b.keys.author.author();
  const MemberId member = roster->devices.at(device);
  const RosterOperation removal = RemoveMember{
      .member = member, .cuts = {require(nodes.a.replica->cut_of(nodes.space, device, {}))}};
  require(
      nodes.a.replica->append_roster(nodes.space, nodes.a.keys.author, std::span(&removal, 1), 0));
  nodes.a.manager->on_commit();
  line->pump();
  CHECK(line->is_closed());
  CHECK_FALSE(nodes.a.manager->is_known(nodes.b.keys.wire.wire()));
  // Nothing more goes to it, even if somebody asks.
  sync::Have nothing;
  CHECK(require(nodes.a.replica->next_runs(nodes.space, nodes.b.keys.wire.wire(), nothing, 1 << 20))
            .empty());
  nodes.b.join(nodes.invitation);
  auto again = call(nodes.b, nodes.a, "again");
  again->pump();
  CHECK(again->is_closed());
  CHECK_FALSE(nodes.a.has_member(nodes.space, device));
}

TEST_CASE("A stranger gets no connection and no answer", "[session_manager]") {
  TwoNodes nodes;
  nodes.pair_and_sync();
  PeerNode stranger(4, "路人");
  stranger.found("别的村");
  // It knows whom it calls, and is not known there.
  require(stranger.replica->join(nodes.space, nodes.a.keys.wire.wire()));
  auto line = call(stranger, nodes.a, "stranger");
  line->pump();
  REQUIRE(line->is_closed());
  CHECK(line->listener().reason()->code == Errc::kPermission);
  CHECK(stranger.count(Kind::kConnected) == 0);
  CHECK_FALSE(nodes.a.manager->has_connections());
}

TEST_CASE("Two nodes that call each other at once keep one connection", "[session_manager]") {
  TwoNodes nodes;
  nodes.pair_and_sync();
  auto from_b = call(nodes.b, nodes.a, "from b");
  auto from_a = call(nodes.a, nodes.b, "from a");
  // Every order in which the two calls may be carried must leave the same one.
  const int head_start = GENERATE(range(0, 8));
  CAPTURE(head_start);
  for (int i = 0; i < head_start; ++i) from_b->step();
  for (bool has_moved = true; has_moved;) {
    has_moved = from_a->step();
    has_moved = from_b->step() || has_moved;
  }
  from_a->pump();
  from_b->pump();
  CHECK(from_a->is_closed() != from_b->is_closed());
  const bool a_is_smaller = nodes.a.keys.wire.wire() < nodes.b.keys.wire.wire();
  CHECK((a_is_smaller ? from_b : from_a)->is_closed());
  // What is left carries changes.
  replica::ChangeDraft draft =
      draft_of(nodes.a.random.make<RecordId>(), {set_field("title", std::string("会"))});
  require(nodes.a.replica->append(nodes.space, nodes.a.keys.author, std::span(&draft, 1), 1));
  nodes.a.manager->on_commit();
  (a_is_smaller ? from_a : from_b)->pump();
  CHECK(nodes.b.replica->state_hash(nodes.space).value() ==
        nodes.a.replica->state_hash(nodes.space).value());
}

TEST_CASE("A newer call of the same peer takes the place of one that may be dead",
          "[session_manager]") {
  TwoNodes nodes;
  nodes.pair_and_sync();
  auto old_line = call(nodes.b, nodes.a, "old");
  old_line->pump();
  REQUIRE(nodes.a.count(Kind::kConnected) >= 1);
  // The caller starts anew without the listener noticing.
  nodes.b.restart();
  auto new_line = call(nodes.b, nodes.a, "new");
  new_line->pump();
  CHECK(old_line->listener().is_closing());
  CHECK_FALSE(new_line->listener().is_closing());
  old_line->listener().report_closed();
  replica::ChangeDraft draft =
      draft_of(nodes.a.random.make<RecordId>(), {set_field("title", std::string("会"))});
  require(nodes.a.replica->append(nodes.space, nodes.a.keys.author, std::span(&draft, 1), 1));
  nodes.a.manager->on_commit();
  new_line->pump();
  CHECK(nodes.b.replica->state_hash(nodes.space).value() ==
        nodes.a.replica->state_hash(nodes.space).value());
}

TEST_CASE("A call in the other direction takes the place of a link that its caller has lost",
          "[session_manager]") {
  TwoNodes nodes;
  nodes.pair_and_sync();
  const bool a_loses_it = GENERATE(true, false);
  CAPTURE(a_loses_it);
  PeerNode& loser = a_loses_it ? nodes.a : nodes.b;
  PeerNode& other = a_loses_it ? nodes.b : nodes.a;
  // The link is one that `other` opened, and long past the time in which two calls cross.
  auto old_line = call(other, loser, "old");
  old_line->pump();
  for (PeerNode* node : {&loser, &other}) node->now += peers::kCrossingCalls;
  loser.restart();
  auto new_line = call(loser, other, "new");
  new_line->pump();
  CHECK(old_line->caller().is_closing());
  CHECK_FALSE(new_line->listener().is_closing());
  CHECK(other.manager->is_connected(loser.keys.wire.wire()));
  REQUIRE(other.manager->connected().size() == 1);
  CHECK(other.manager->connected()[0].second.address == new_line->listener().peer_address());
  old_line->caller().report_closed();
  CHECK(other.manager->is_connected(loser.keys.wire.wire()));
}

TEST_CASE(
    "Of crossing calls the end that is told which one goes still learns whose node it reached",
    "[session_manager]") {
  TwoNodes nodes;
  nodes.pair_and_sync();
  auto from_b = call(nodes.b, nodes.a, "from b");
  auto from_a = call(nodes.a, nodes.b, "from a");
  for (bool has_moved = true; has_moved;) {
    has_moved = from_a->step();
    has_moved = from_b->step() || has_moved;
  }
  nodes.a.events.clear();
  nodes.b.events.clear();
  from_a->pump();
  from_b->pump();
  std::size_t closed = 0;
  for (PeerNode* node : {&nodes.a, &nodes.b}) {
    const WireKey other = (node == &nodes.a ? nodes.b : nodes.a).keys.wire.wire();
    for (const peers::PeerEvent& event : node->events) {
      if (event.kind != Kind::kClosed) continue;
      ++closed;
      REQUIRE(event.wire);
      CHECK(*event.wire == other);
    }
    CHECK(node->manager->is_connected(other));
  }
  CHECK(closed == 2);
}

TEST_CASE("With a peer of whom it is noted what can wait is held back, and with others not",
          "[session_manager]") {
  TwoNodes nodes;
  nodes.pair_and_sync();
  const WireKey b = nodes.b.keys.wire.wire();
  std::optional<WireKey> metered;
  peers::SessionManager manager(
      {.replica = *nodes.a.replica,
       .keys = nodes.a.keys,
       .invitations = *nodes.a.book,
       .random = nodes.a.random,
       .now = [&] { return nodes.a.now; },
       .claimed_ms = [] { return std::uint64_t{1'767'225'600'000}; },
       .is_metered = [&](const WireKey& peer) { return peer == metered; }},
      [](const peers::PeerEvent&) {});
  const auto is_metered = [&] {
    nodes.b.events.clear();
    nodes.b.manager->set_leave_when_caught_up(true);
    MemoryWire line({*nodes.b.manager, nodes.b.keys.wire, "b"}, {manager, nodes.a.keys.wire, "a"},
                    nodes.b.random);
    line.pump();
    REQUIRE(nodes.b.count(Kind::kClosed) == 1);
    return nodes.b.events.back().progress.is_metered;
  };
  CHECK_FALSE(is_metered());
  metered = b;
  CHECK(is_metered());
  metered = WireKey{{9}};
  CHECK_FALSE(is_metered());
}

TEST_CASE("An announcement is known for whose it is, connected or not, and a stranger's is not",
          "[session_manager]") {
  TwoNodes nodes;
  nodes.pair_and_sync();
  const WireKey a = nodes.a.keys.wire.wire();
  const auto of = [&](const WireKey& wire) {
    return wire::Announcement::make(wire, nodes.a.random);
  };
  CHECK(nodes.b.manager->find_announced(of(a)) == a);
  auto line = call(nodes.b, nodes.a, "live");
  line->pump();
  CHECK(nodes.b.manager->find_announced(of(a)) == a);
  CHECK_FALSE(nodes.b.manager->find_announced(of(WireKey{{9}})));
  // Its own.
  CHECK_FALSE(nodes.b.manager->find_announced(of(nodes.b.keys.wire.wire())));
}

}  // namespace cunju::test
