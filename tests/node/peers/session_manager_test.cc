// SPDX-License-Identifier: Apache-2.0
#include "node/peers/session_manager.h"

#include <catch2/catch.hpp>

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
    auto line = call(b, a, "pairing");
    line->pump();
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

/// Holds the inviter's wire key and the invitation, and answers as it likes.
class Forger final : public transport::ConnectionHandler {
 public:
  Forger(const peers::Invitation& invitation, std::function<Bytes(ByteView handshake_hash)> answer)
      : invitation_(invitation), answer_(std::move(answer)) {}
  bool is_known(const WireKey&) override { return false; }
  std::optional<wire::PairingSecret> find_pairing(const wire::InvitationId&) override {
    return wire::PairingSecret{.psk = invitation_.psk.clone(),
                               .key = crypto::DhKey::from_secret(*invitation_.one_time_key)};
  }
  std::optional<transport::Start> on_greeting(transport::Link&, const wire::Greeting&) override {
    return std::nullopt;
  }
  void on_established(transport::Link&) override {}
  void on_message(transport::Link& link, ByteView) override {
    REQUIRE(link.send(answer_(link.channel().handshake_hash())));
  }
  void on_writable(transport::Link&) override {}
  void on_closed(transport::Link&, const Error*) override {}

 private:
  const peers::Invitation& invitation_;
  std::function<Bytes(ByteView)> answer_;
};

/// What the invited node says about an answer of this key, wire key, space and status.
Errc outcome_of_answer(const crypto::SigningKey* node, bool has_right_wire, bool has_right_space,
                       wire::PairStatus status) {
  TwoNodes nodes;
  nodes.invitation = nodes.a.invite(nodes.space, "clerk");
  nodes.b.join(nodes.invitation);
  const crypto::SigningKey& signer = node == nullptr ? nodes.a.keys.node : *node;
  Forger forger(nodes.invitation, [&](ByteView hash) {
    return require(wire::encode_pair_reply(wire::sign_pair_reply(
        signer, hash, has_right_wire ? nodes.a.keys.wire.wire() : nodes.b.keys.wire.wire(),
        has_right_space ? nodes.space : nodes.b.random.make<SpaceId>(), status)));
  });
  MemoryWire line({*nodes.b.manager, nodes.b.keys.wire, "forger"}, {forger, nodes.a.keys.wire, "b"},
                  nodes.b.random);
  line.pump();
  REQUIRE(line.is_closed());
  const peers::PeerEvent& last = nodes.b.events.back();
  REQUIRE(last.kind == Kind::kClosed);
  if (!last.error) return Errc::kCorrupt;  // Stands for "accepted".
  CHECK(nodes.b.count(Kind::kPaired) == 0);
  CHECK(nodes.b.open(Side::kTaken) == 1);
  return last.error->code;
}

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

TEST_CASE("An invitation that was used admits no second node", "[session_manager]") {
  TwoNodes nodes;
  nodes.pair();
  PeerNode thief(3, "贼");
  thief.join(nodes.invitation);
  auto line = call(thief, nodes.a, "thief");
  line->pump();
  REQUIRE(line->is_closed());
  CHECK(thief.count(Kind::kPaired) == 0);
  REQUIRE(thief.events.back().error);
  CHECK(thief.events.back().error->code == Errc::kPermission);
  CHECK_FALSE(nodes.a.has_member(nodes.space, thief.keys.author.author()));
  CHECK_FALSE(nodes.a.manager->is_known(thief.keys.wire.wire()));
  // Once the rightful node has come back, the invitation is not even recognised.
  auto second = call(nodes.b, nodes.a, "second");
  second->pump();
  auto again = call(thief, nodes.a, "thief again");
  again->pump();
  CHECK(again->is_closed());
  CHECK(again->listener().reason()->code == Errc::kNotFound);
}

TEST_CASE("A node whose admission's answer got lost is let in when it asks again",
          "[session_manager]") {
  TwoNodes nodes;
  nodes.invitation = nodes.a.invite(nodes.space, "clerk");
  nodes.b.join(nodes.invitation);
  auto line = call(nodes.b, nodes.a, "lost");
  while (!nodes.a.has_member(nodes.space, nodes.b.keys.author.author())) REQUIRE(line->step());
  line->lose_answers();
  line->step();
  line->cut();
  REQUIRE(nodes.b.count(Kind::kPaired) == 0);
  REQUIRE(nodes.b.open(Side::kTaken) == 1);
  nodes.a.restart();
  nodes.b.restart();
  const std::size_t members = require(nodes.a.replica->roster(nodes.space))->members.size();
  auto again = call(nodes.b, nodes.a, "again");
  again->pump();
  CHECK(nodes.b.count(Kind::kPaired) == 1);
  CHECK(nodes.b.open(Side::kTaken) == 0);
  CHECK(require(nodes.a.replica->roster(nodes.space))->members.size() == members);
}

TEST_CASE("Only the inviting node's own answer about the invited space ends a pairing",
          "[session_manager]") {
  crypto::SeededRandom random(9);
  const crypto::SigningKey stranger = crypto::SigningKey::generate(random);
  using wire::PairStatus;
  // The first line shows that the forger's answers are otherwise in order.
  CHECK(outcome_of_answer(nullptr, true, true, PairStatus::kAdmitted) == Errc::kCorrupt);
  CHECK(outcome_of_answer(&stranger, true, true, PairStatus::kAdmitted) == Errc::kBadSignature);
  CHECK(outcome_of_answer(nullptr, false, true, PairStatus::kAdmitted) == Errc::kBadSignature);
  CHECK(outcome_of_answer(nullptr, true, false, PairStatus::kAdmitted) == Errc::kBadSignature);
  CHECK(outcome_of_answer(nullptr, true, true, PairStatus::kRefused) == Errc::kPermission);
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

}  // namespace cunju::test
